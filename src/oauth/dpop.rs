//! Proofs of possession (RFC 9449): a token that only the holder of a key can use.

use super::challenge::parse_challenges;
use crate::encoding::{base64url, number, parts};
use crate::error::{Error, ErrorCode, Result};
use crate::http::{HttpResponse, Method};
use crate::json::Json;
use crate::jwt::Algorithm;
use crate::time::UnixTime;

/// With which algorithm to sign for a server that lists these (§5.1): the one that every server knows, unless it says otherwise.
/// The APIs behind it have their own say, and it is the same.
///
/// # Errors
/// `unsupported` if it lists neither ES256 nor EdDSA.
pub fn choose_algorithm(supported: Option<&[String]>) -> Result<Algorithm> {
    let Some(supported) = supported.filter(|supported| !supported.is_empty()) else { return Ok(Algorithm::Es256) };
    let known = [("ES256", Algorithm::Es256), ("EdDSA", Algorithm::EdDsa)];
    let common = known.into_iter().find(|(name, _)| supported.iter().any(|supported| supported == name));
    common
        .map(|(_, algorithm)| algorithm)
        .ok_or_else(|| Error::new(ErrorCode::Unsupported, "the server takes DPoP proofs by neither ES256 nor EdDSA"))
}

/// A public key as proofs show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: &'static str,
    /// The required members in lexicographic order, without white space: what RFC 7638 §3 makes a thumbprint of.
    jwk: String,
}

impl PublicKey {
    /// From a JWK of P-256 or Ed25519; `None` for any other.
    pub fn from_jwk<J: Json>(jwk: &J) -> Option<Self> {
        let member = |name| jwk.text(name).filter(|text| text.bytes().all(is_base64url));
        let (algorithm, jwk) = match (jwk.text("kty")?.as_str(), jwk.text("crv")?.as_str()) {
            ("EC", "P-256") => {
                let (x, y) = (member("x")?, member("y")?);
                ("ES256", [r#"{"crv":"P-256","kty":"EC","x":""#, &x, r#"","y":""#, &y, r#""}"#].concat())
            }
            ("OKP", "Ed25519") => ("EdDSA", [r#"{"crv":"Ed25519","kty":"OKP","x":""#, &member("x")?, r#""}"#].concat()),
            _ => return None,
        };
        Some(Self { algorithm, jwk })
    }

    /// The bytes whose SHA-256 is the key's thumbprint.
    #[must_use]
    pub fn thumbprint_input(&self) -> &[u8] {
        self.jwk.as_bytes()
    }
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// What a proof is about (§4.2).
#[derive(Clone, Copy, Debug)]
pub struct Proof<'a> {
    /// Random, and never used again.
    pub jti: &'a str,
    /// The method of the request, in upper case where it is one that is.
    pub method: &'a str,
    /// Where the request goes; query and fragment are left out of the proof.
    pub url: &'a str,
    /// By the server's clock.
    pub issued_at: UnixTime,
    /// What this server has asked to see again (§8, §9).
    pub nonce: Option<&'a str>,
    /// SHA-256 of the access token that goes along.
    pub token_hash: Option<&'a [u8]>,
}

impl Proof<'_> {
    /// What is to be signed; a period and the signature in base64url behind it make the proof.
    #[must_use]
    pub fn signing_input(&self, key: &PublicKey) -> String {
        let header = [r#"{"typ":"dpop+jwt","alg":""#, key.algorithm, r#"","jwk":"#, &key.jwk, "}"].concat();
        let mut claims = String::from("{");
        let target = parts(self.url, &['?', '#']).next().unwrap_or_default();
        let hash = self.token_hash.map(base64url);
        for (name, value) in [
            ("jti", Some(self.jti)),
            ("htm", Some(self.method)),
            ("htu", Some(target)),
            ("nonce", self.nonce),
            ("ath", hash.as_deref()),
        ] {
            let Some(value) = value else { continue };
            claims.push_str(&["\"", name, "\":\""].concat());
            escape_into(&mut claims, value);
            claims.push_str("\",");
        }
        claims.push_str(&["\"iat\":", &number(self.issued_at.0), "}"].concat());
        [base64url(header.as_bytes()), base64url(claims.as_bytes())].join(".")
    }
}

/// RFC 8259 §7. A header and a URL have no control characters in them.
fn escape_into(text: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            c if c.is_control() => text.push(' '),
            c => text.push(c),
        }
    }
}

/// The nonce to use from now on, if an answer brings one (§8.2).
#[must_use]
pub fn next_nonce(response: &HttpResponse) -> Option<&str> {
    response.header("dpop-nonce").filter(|nonce| !nonce.is_empty())
}

/// What is wrong with the proof of a request: `use_dpop_nonce`, `invalid_dpop_proof` or nothing. The token endpoint says so in its
/// body (§8), whatever is protected by an access token in a challenge (§9).
#[must_use]
pub fn is_proof_refused<J: Json>(response: &HttpResponse, error: &str) -> bool {
    let said = || J::parse(response.body.expose())?.text("error");
    match response.status {
        400 | 401 => said().as_deref() == Some(error) || has_challenge(response.header("www-authenticate"), error),
        _ => false,
    }
}

/// Whether one of these challenges is about a proof, with this error.
#[must_use]
pub fn has_challenge(header: Option<&str>, error: &str) -> bool {
    let challenges = header.map(parse_challenges).unwrap_or_default();
    challenges.iter().any(|challenge| challenge.is_scheme("dpop") && challenge.parameter("error") == Some(error))
}

/// As it stands in a proof.
#[must_use]
pub const fn method_name(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
    }
}

#[cfg(test)]
mod tests;
