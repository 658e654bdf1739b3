//! A signed token taken apart (RFC 7515 §3.1, §7.1; RFC 7519 §7.2), trusted in nothing yet.

use crate::encoding::{cut, from_base64url};
use crate::error::{Error, ErrorCode, Result};
use crate::json::Json;
use crate::jwt::{Claims, Header};
use std::fmt;

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
        let three = || {
            let (header, rest) = cut(token, b'.')?;
            let (claims, signature) = cut(rest, b'.')?;
            cut(signature, b'.').is_none().then_some((header, claims, signature))
        };
        let Some((header, claims, signature)) = three() else {
            return Err(malformed(
                "the token does not have three parts (five: it is encrypted, and not meant to be read here)",
            ));
        };
        let not_base64url = || malformed("the token is not base64url without padding");
        let header = from_base64url(header).ok_or_else(not_base64url)?;
        let claims = from_base64url(claims).ok_or_else(not_base64url)?;
        let signature_bytes = from_base64url(signature).ok_or_else(not_base64url)?;
        let (header, header_json) = String::from_utf8(header)
            .ok()
            .and_then(|header| Header::parse(&header))
            .ok_or_else(|| malformed("the token's header is not that of a signed JWT"))?;
        let claims_json = String::from_utf8(claims)
            .ok()
            .and_then(|claims| J::parse(&claims))
            .filter(J::is_object)
            .ok_or_else(|| malformed("the token's claims are not a JSON object"))?;
        let signed = token.strip_suffix(signature).and_then(|rest| rest.strip_suffix('.')).unwrap_or_default();
        Ok(Self { header, header_json, claims_json, signed, signature: signature_bytes })
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

fn malformed(what: &'static str) -> Error {
    Error::new(ErrorCode::MalformedToken, what)
}

#[cfg(test)]
mod tests;
