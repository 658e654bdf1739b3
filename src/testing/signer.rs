//! Keys that sign: Ed25519, which is quick and small. They belong to the origin, like what is in IndexedDB.

use super::json::TestJson;
use super::{Tab, World};
use crate::client::platform::{Signer, StorageKind};
use crate::encoding::base64url;
use crate::error::{Error, ErrorCode, Result};
use crate::json::Json;
use crate::jwt::Algorithm;
use ed25519_compact::{KeyPair, Seed};
use std::cell::RefCell;
use std::collections::BTreeMap;

pub(super) type SigningKeys = RefCell<BTreeMap<String, KeyPair>>;

impl World {
    /// Loses all keys, as browsers do that clear what a site has stored. Pages that have one in hand keep it.
    pub fn lose_signing_keys(&self) {
        self.inner.signing_keys.borrow_mut().clear();
    }
}

/// The public half is shown, and that is all.
#[derive(Clone)]
pub struct SigningKey(KeyPair);

super::opaque_debug!(SigningKey);

impl Signer for Tab {
    type Key = SigningKey;

    async fn signing_key(&self, name: &str, algorithm: Option<Algorithm>) -> Result<Option<SigningKey>> {
        self.step().await;
        self.world.check_storage(StorageKind::IndexedDb, &super::storage::REFUSED)?;
        let mut keys = self.world.signing_keys.borrow_mut();
        if let Some(key) = keys.get(name) {
            return Ok(Some(SigningKey(key.clone())));
        }
        match algorithm {
            None => Ok(None),
            Some(Algorithm::EdDsa) => {
                let pair = KeyPair::from_seed(Seed::new(self.world.random.bytes()));
                keys.insert(name.to_owned(), pair.clone());
                Ok(Some(SigningKey(pair)))
            }
            Some(_) => Err(Error::new(ErrorCode::Unsupported, "this world signs by EdDSA only")),
        }
    }

    fn public_key(&self, key: &SigningKey) -> TestJson {
        let x = base64url(key.0.pk.as_ref());
        let jwk = [r#"{"kty":"OKP","crv":"Ed25519","ext":true,"x":""#, &x, r#""}"#].concat();
        TestJson::parse(&jwk).unwrap_or_else(|| super::fail("a JWK is JSON"))
    }

    async fn sign(&self, key: &SigningKey, data: &[u8]) -> Result<Vec<u8>> {
        self.step().await;
        Ok(key.0.sk.sign(data, None).to_vec())
    }
}
