//! The server's public keys (RFC 7517 §5, RFC 8414 §2).

use super::metadata::Metadata;
use super::response::{invalid, read_object};
use crate::error::{ErrorCode, Result};
use crate::http::{HttpRequest, HttpResponse};
use crate::json::Json;

/// Asks for the keys.
///
/// # Errors
/// `unsupported` if the server publishes none.
pub fn jwks_request(metadata: &Metadata) -> Result<HttpRequest> {
    Ok(HttpRequest::get(metadata.jwks_uri()?))
}

/// Reads the JWK Set. What a single key is worth is seen when it is needed.
///
/// # Errors
/// `server_error`, `invalid_response`.
pub fn process_jwks_response<J: Json>(response: &HttpResponse) -> Result<J> {
    let key_set: J = read_object(response, WHO, ErrorCode::InvalidResponse)?;
    if key_set.get("keys").is_some_and(|keys| keys.items().is_some()) {
        Ok(key_set)
    } else {
        Err(invalid(&[WHO, " answered without keys"]))
    }
}

const WHO: &str = "the JWKS endpoint";
