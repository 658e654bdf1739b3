//! What servers look for in a proof (RFC 9449 §4.3), said by other means than the client's.
#![expect(clippy::indexing_slicing, reason = "a member that serde_json's value does not have is null")]

use super::crypto::digest;
use super::network::Request;
use crate::encoding::{base64url, from_base64url};
use crate::http::HttpResponse;
use crate::jwt::Hash;
use crate::time::UnixTime;
use ed25519_compact::{PublicKey, Signature};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Seconds that a proof may be old, or early.
const LIFETIME: i64 = 60;

/// The memory of one server.
#[derive(Default)]
pub(super) struct ProofCheck {
    nonce: RefCell<Option<String>>,
    /// `jti`s
    seen: RefCell<BTreeSet<String>>,
}

/// Why a proof is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    NonceWanted,
    Invalid,
}

impl Refused {
    pub(super) const fn error(self) -> &'static str {
        match self {
            Self::NonceWanted => "use_dpop_nonce",
            Self::Invalid => "invalid_dpop_proof",
        }
    }
}

impl ProofCheck {
    pub(super) fn demand_nonce(&self, nonce: &str) {
        self.nonce.replace(Some(nonce.to_owned()));
    }

    /// An answer with the nonce that is wanted next.
    pub(super) fn stamp(&self, mut response: HttpResponse) -> HttpResponse {
        response.headers.extend(self.nonce.borrow().clone().map(|nonce| ("dpop-nonce".to_owned(), nonce)));
        response
    }

    /// The thumbprint of the key that this request has a good proof of. With a `token` it is about that.
    pub(super) fn check(&self, request: &Request, now: UnixTime, token: Option<&str>) -> Result<String, Refused> {
        let (claims, thumbprint) = request.header("dpop").and_then(open).ok_or(Refused::Invalid)?;
        let hash = token.map(|token| base64url(&digest(Hash::Sha256, token.as_bytes())));
        let made_at = claims["iat"].as_i64().map(UnixTime).ok_or(Refused::Invalid)?;
        let jti = claims["jti"].as_str().filter(|jti| jti.len() >= 16).ok_or(Refused::Invalid)?;
        let is_about_this = claims["htm"] == request.method.as_str()
            && claims["htu"] == request.url.without_query().as_str()
            && claims["ath"] == json!(hash)
            && now.seconds_since(made_at).abs() <= LIFETIME;
        if !is_about_this || !self.seen.borrow_mut().insert(jti.to_owned()) {
            return Err(Refused::Invalid);
        }
        if self.nonce.borrow().as_deref().is_some_and(|nonce| claims["nonce"] != nonce) {
            return Err(Refused::NonceWanted);
        }
        Ok(thumbprint)
    }
}

/// The claims of a proof that its own key has signed, and the thumbprint of that.
fn open(proof: &str) -> Option<(Value, String)> {
    let (signed, signature) = proof.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let parse = |part| serde_json::from_slice::<Value>(&from_base64url(part)?).ok();
    let (header, claims) = (parse(header)?, parse(claims)?);
    let jwk = header.get("jwk")?;
    let x = jwk.get("x")?.as_str()?;
    if header["typ"] != "dpop+jwt" || header["alg"] != "EdDSA" || jwk["crv"] != "Ed25519" || jwk.get("d").is_some() {
        return None;
    }
    let key = PublicKey::from_slice(&from_base64url(x)?).ok()?;
    key.verify(signed, &Signature::from_slice(&from_base64url(signature)?).ok()?).ok()?;
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    Some((claims, base64url(&digest(Hash::Sha256, canonical.as_bytes()))))
}
