//! Keys that sign: pairs of WebCrypto, which IndexedDB keeps as they are. Their private halves cannot be read out.

use super::object::text;
use super::web::settled;
use super::{Browser, BrowserJson, web};
use crate::client::platform::Signer;
use crate::error::{Error, ErrorCode, Result};
use crate::jwt::Algorithm;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;

/// A pair of keys, and the public one as a JWK.
#[derive(Debug)]
pub struct SigningKey {
    pair: JsValue,
    public: JsValue,
}

impl Signer for Browser {
    type Key = SigningKey;

    async fn signing_key(&self, name: &str, algorithm: Option<Algorithm>) -> Result<Option<SigningKey>> {
        let kind = match algorithm {
            None => None,
            Some(Algorithm::EdDsa) => Some("Ed25519"),
            Some(_) => Some("ECDSA"),
        };
        let found = settled(self.database.signing_key(name, kind)).await.map_err(|thrown| refusal(&thrown))?;
        if found.is_undefined() {
            return Ok(None);
        }
        let found = Array::from(&found);
        Ok(Some(SigningKey { pair: found.get(0), public: found.get(1) }))
    }

    fn public_key(&self, key: &SigningKey) -> BrowserJson {
        BrowserJson(key.public.clone())
    }

    async fn sign(&self, key: &SigningKey, data: &[u8]) -> Result<Vec<u8>> {
        let signature = settled(web::sign(&key.pair, data)).await;
        signature.map(|signature| Uint8Array::new(&signature).to_vec()).map_err(|thrown| refusal(&thrown))
    }
}

fn refusal(thrown: &JsValue) -> Error {
    match text(thrown, "name").as_deref() {
        Some("NotSupportedError" | "OperationError") => {
            Error::new(ErrorCode::Unsupported, "this browser cannot sign with such a key")
        }
        _ => Error::new(ErrorCode::StorageUnavailable, "IndexedDB keeps no key"),
    }
}
