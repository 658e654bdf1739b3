//! Pushed authorization requests (RFC 9126): what is asked for goes to the server directly, and the browser's address carries
//! only a reference to it.

use super::metadata::Metadata;
use super::request::{append_query, post};
use super::response::{invalid, read_object};
use crate::encoding::Form;
use crate::error::{ErrorCode, Result};
use crate::http::{HttpRequest, HttpResponse};
use crate::json::Json;

/// Pushes the parameters of an authorization request (§2.1).
///
/// # Errors
/// `unsupported` if the server has no such endpoint.
pub fn par_request(metadata: &Metadata, parameters: Form) -> Result<HttpRequest> {
    Ok(post(metadata.pushed_authorization_request_endpoint()?, parameters))
}

/// Reads the reference (§2.2). How long it may be used is no matter here: it is used at once.
///
/// # Errors
/// `authorization_failed` with what the server said (§2.3, in the form of RFC 6749 §5.2); `server_error` if it may take the same
/// request later; `invalid_response`.
pub fn process_par_response<J: Json>(response: &HttpResponse) -> Result<String> {
    const WHO: &str = "the pushed authorization request endpoint";
    let json: J = read_object(response, WHO, ErrorCode::AuthorizationFailed)?;
    let request_uri = json.text("request_uri").filter(|uri| !uri.is_empty());
    request_uri.ok_or_else(|| invalid(&[WHO, " answered without a request_uri"]))
}

/// Where to send the user for a request that was pushed (§4): nothing else is in the address.
///
/// # Errors
/// `discovery_failed` without an authorization endpoint.
pub fn pushed_url(metadata: &Metadata, client_id: &str, request_uri: &str) -> Result<String> {
    let mut parameters = Form::new();
    parameters.add("client_id", client_id);
    parameters.add("request_uri", request_uri);
    Ok(append_query(metadata.authorization_endpoint()?, &parameters))
}

#[cfg(test)]
mod tests;
