//! WebCrypto: digests and signatures. Outside secure contexts there is none.

use super::object::{record, set, text};
use super::{Browser, BrowserJson, web};
use crate::client::platform::Crypto;
use crate::error::{Error, ErrorCode, Result};
use crate::json::Json;
use crate::jwt::{Algorithm, Hash};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

impl Crypto for Browser {
    async fn digest(&self, hash: Hash, data: &[u8]) -> Result<Vec<u8>> {
        let digest = web::settled(web::digest(hash_name(hash), data)).await;
        digest.map(|digest| Uint8Array::new(&digest).to_vec()).map_err(|_| unsupported())
    }

    async fn verify(&self, algorithm: Algorithm, key: &BrowserJson, data: &[u8], signature: &[u8]) -> Result<bool> {
        let scheme = scheme(algorithm);
        let jwk = public_jwk(&scheme, key).ok_or_else(no_such_key)?;
        // RFC 7518 §3.5: the salt is as long as the digest.
        let outcome = web::verify(
            scheme.name,
            hash_name(scheme.hash),
            scheme.curve,
            hash_length(scheme.hash),
            &jwk,
            signature,
            data,
        );
        match web::settled(outcome).await {
            Ok(outcome) => Ok(outcome.as_bool() == Some(true)),
            Err(thrown) if is_unsupported(&thrown) => Err(unsupported()),
            Err(_) => Err(no_such_key()),
        }
    }
}

/// What a JWS algorithm is in WebCrypto (W3C Web Cryptography API, §20 to §24, and Secure Curves) and in a JWK (RFC 7518 §6).
struct Scheme {
    name: &'static str,
    hash: Hash,
    /// `kty`
    key_type: &'static str,
    /// `crv`, which is WebCrypto's `namedCurve` too; RSA has none.
    curve: Option<&'static str>,
}

fn scheme(algorithm: Algorithm) -> Scheme {
    let rsa = |name, hash| Scheme { name, hash, key_type: "RSA", curve: None };
    let ecdsa = |curve, hash| Scheme { name: "ECDSA", hash, key_type: "EC", curve: Some(curve) };
    match algorithm {
        Algorithm::Rs256 => rsa("RSASSA-PKCS1-v1_5", Hash::Sha256),
        Algorithm::Rs384 => rsa("RSASSA-PKCS1-v1_5", Hash::Sha384),
        Algorithm::Rs512 => rsa("RSASSA-PKCS1-v1_5", Hash::Sha512),
        Algorithm::Ps256 => rsa("RSA-PSS", Hash::Sha256),
        Algorithm::Ps384 => rsa("RSA-PSS", Hash::Sha384),
        Algorithm::Ps512 => rsa("RSA-PSS", Hash::Sha512),
        Algorithm::Es256 => ecdsa("P-256", Hash::Sha256),
        Algorithm::Es384 => ecdsa("P-384", Hash::Sha384),
        Algorithm::Es512 => ecdsa("P-521", Hash::Sha512),
        Algorithm::EdDsa => Scheme { name: "Ed25519", hash: Hash::Sha512, key_type: "OKP", curve: Some("Ed25519") },
    }
}

/// Only the members that make up the public key: its `alg`, `use`, `ext` and `key_ops` are the sender's wishes, and a `d` has
/// no business here.
fn public_jwk(scheme: &Scheme, key: &BrowserJson) -> Option<JsValue> {
    let is_on_curve = scheme.curve.is_none() || key.text("crv").as_deref() == scheme.curve;
    let is_fit = key.text("kty")? == scheme.key_type && is_on_curve;
    let members: &[&str] = match scheme.key_type {
        "RSA" => &["n", "e"],
        "EC" => &["x", "y"],
        _ => &["x"],
    };
    let jwk = record([("kty", scheme.key_type.into()), ("crv", scheme.curve.into())]);
    for name in members {
        set(&jwk, name, &key.text(name)?.into()).ok()?;
    }
    is_fit.then_some(jwk)
}

fn hash_name(hash: Hash) -> &'static str {
    match hash {
        Hash::Sha256 => "SHA-256",
        Hash::Sha384 => "SHA-384",
        Hash::Sha512 => "SHA-512",
    }
}

fn hash_length(hash: Hash) -> u32 {
    match hash {
        Hash::Sha256 => 32,
        Hash::Sha384 => 48,
        Hash::Sha512 => 64,
    }
}

fn is_unsupported(thrown: &JsValue) -> bool {
    thrown.is_undefined() || text(thrown, "name").as_deref() == Some("NotSupportedError")
}

fn unsupported() -> Error {
    Error::new(ErrorCode::Unsupported, "crypto.subtle needs https or localhost, and a browser that knows the algorithm")
}

fn no_such_key() -> Error {
    Error::new(ErrorCode::KeyNotFound, "the key is none that this algorithm can use")
}
