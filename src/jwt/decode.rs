//! A signed token taken apart (RFC 7515 §3.1, §7.1; RFC 7519 §7.2), trusted in nothing yet.

use crate::encoding::from_base64url;
use crate::error::{Error, ErrorCode, Result};
use crate::json::Json;
use crate::jwt::Claims;
use jwt_compact::{ParseError, UntrustedToken};
use std::fmt;

/// What the token says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// `alg`, any text.
    pub algorithm: String,
    /// `kid`: which of the issuer's keys signed it.
    pub key_id: Option<String>,
    /// `typ`: for example `JWT` or `at+jwt`.
    pub typ: Option<String>,
    /// Whether there is a `crit`: extensions that whoever checks the token must understand (RFC 7515 §4.1.11).
    pub is_critical: bool,
}

/// A decoded token. `'a` is the text that it was decoded from.
#[derive(Clone)]
pub struct Jwt<'a, J> {
    /// The members of the header that a check needs.
    pub header: Header,
    /// The whole header: an object.
    pub header_json: J,
    /// The whole claims set: an object. Of a claim given twice the last counts (RFC 7519 §4).
    pub claims_json: J,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a, J: Json> Jwt<'a, J> {
    /// Takes a token in compact serialization apart. Everything in it may be made up, also an unsigned one is decoded.
    ///
    /// # Errors
    /// `malformed_token`.
    pub fn decode(token: &'a str) -> Result<Self> {
        let untrusted = UntrustedToken::new(token).map_err(|error| malformed(explain(&error)))?;
        let signature = untrusted.signature_bytes().to_vec();
        let structure = || malformed(explain(&ParseError::InvalidTokenStructure));
        let (signed, _) = token.rsplit_once('.').ok_or_else(structure)?;
        let (header, claims) = signed.split_once('.').ok_or_else(structure)?;
        let header_json: J = object(header).ok_or_else(|| malformed("the token's header is not a JSON object"))?;
        let claims_json: J = object(claims).ok_or_else(|| malformed("the token's claims are not a JSON object"))?;
        let header = Header {
            algorithm: untrusted.algorithm().to_owned(),
            key_id: untrusted.header().key_id.clone(),
            typ: untrusted.header().token_type.clone(),
            is_critical: header_json.get("crit").is_some(),
        };
        Ok(Self { header, header_json, claims_json, signed, signature })
    }

    /// What the signature is over: header and claims as they came (RFC 7515 §5.2, step 8).
    #[must_use]
    pub fn signed(&self) -> &[u8] {
        self.signed.as_bytes()
    }

    /// The signature's bytes; empty in an unsigned token.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The registered claims.
    ///
    /// # Errors
    /// `claim_invalid` if one of them has the wrong type.
    pub fn claims(&self) -> Result<Claims> {
        Claims::from_json(&self.claims_json)
    }
}

impl<J> fmt::Debug for Jwt<'_, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwt").field("header", &self.header).finish_non_exhaustive()
    }
}

/// The JSON object that a segment holds.
fn object<J: Json>(segment: &str) -> Option<J> {
    let text = String::from_utf8(from_base64url(segment)?).ok()?;
    J::parse(&text).filter(J::is_object)
}

fn malformed(what: &'static str) -> Error {
    Error::new(ErrorCode::MalformedToken, what)
}

fn explain(error: &ParseError) -> &'static str {
    if matches!(error, ParseError::InvalidTokenStructure) {
        "the token does not have three parts (five: it is encrypted, and not meant to be read here)"
    } else if matches!(error, ParseError::InvalidBase64Encoding) {
        "the token is not base64url without padding"
    } else {
        "the token's header is not that of a signed JWT"
    }
}

#[cfg(test)]
mod tests;
