//! WebCrypto: real digests, and real signatures of the one algorithm that is quick and small.

use super::Tab;
use super::json::TestJson;
use crate::client::platform::Crypto;
use crate::encoding::from_base64url;
use crate::error::{Error, ErrorCode, Result};
use crate::json::Json;
use crate::jwt::{Algorithm, Hash};
use ed25519_compact::{PublicKey, Signature};
use sha2::{Digest, Sha256, Sha384, Sha512};

impl Crypto for Tab {
    async fn digest(&self, hash: Hash, data: &[u8]) -> Result<Vec<u8>> {
        self.step().await;
        Ok(digest(hash, data))
    }

    /// Knows `EdDSA` only, with which [`AuthorizationServer`](super::AuthorizationServer) signs.
    async fn verify(&self, algorithm: Algorithm, key: &TestJson, data: &[u8], signature: &[u8]) -> Result<bool> {
        self.step().await;
        if algorithm != Algorithm::EdDsa {
            return Err(Error::new(ErrorCode::Unsupported, "this world can check EdDSA signatures only"));
        }
        let point = key.text("x").filter(|_| algorithm.fits(key)).and_then(|x| from_base64url(&x));
        let public_key = point.and_then(|point| PublicKey::from_slice(&point).ok());
        let unusable = || Error::new(ErrorCode::KeyNotFound, "the key is no Ed25519 public key");
        let public_key = public_key.ok_or_else(unusable)?;
        Ok(Signature::from_slice(signature).is_ok_and(|signature| public_key.verify(data, &signature).is_ok()))
    }
}

pub(super) fn digest(hash: Hash, data: &[u8]) -> Vec<u8> {
    match hash {
        Hash::Sha256 => Sha256::digest(data).to_vec(),
        Hash::Sha384 => Sha384::digest(data).to_vec(),
        Hash::Sha512 => Sha512::digest(data).to_vec(),
    }
}

/// HMAC with SHA-256 (RFC 2104), for forging what must not be accepted.
pub(super) fn hmac_sha256(key: &[u8], data: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 64;
    let mut block = if key.len() > BLOCK { digest(Hash::Sha256, key) } else { key.to_vec() };
    block.resize(BLOCK, 0);
    let pad = |byte: u8| block.iter().map(|key| key ^ byte).collect::<Vec<u8>>();
    let inner = digest(Hash::Sha256, &[&pad(0x36), data].concat());
    digest(Hash::Sha256, &[pad(0x5c), inner].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::Jwt;

    /// RFC 7515 appendix A.1
    #[test]
    fn hmac_of_the_published_token() {
        let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let jwt: Jwt<'_, TestJson> = Jwt::decode(token).expect("a token");
        assert_eq!(hmac_sha256(&from_base64url(key).expect("a key"), jwt.signed()), jwt.signature());
    }
}
