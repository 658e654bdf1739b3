//! The revocation endpoint (RFC 7009).

use super::metadata::Metadata;
use super::request::post;
use super::response::refusal;
use crate::encoding::Form;
use crate::error::{ErrorCode, Result};
use crate::http::{HttpRequest, HttpResponse};
use crate::json::Json;
use crate::secret::Secret;

/// Asks the server to forget a token. `hint` is `access_token` or `refresh_token` (§2.1).
///
/// # Errors
/// `unsupported` if the server has no such endpoint.
pub fn revocation_request(metadata: &Metadata, client_id: &str, token: &Secret, hint: &str) -> Result<HttpRequest> {
    let mut parameters = Form::new();
    parameters.add("token", token.expose());
    parameters.add("token_type_hint", hint);
    parameters.add("client_id", client_id);
    Ok(post(metadata.revocation_endpoint()?, parameters))
}

/// Whether the server did. A token that it does not know is revoked (§2.2), and the body of a success says nothing.
///
/// # Errors
/// `server_error`: the token is still good (§2.2.1); `token_request_failed` with the reason, if the server gave one.
pub fn process_revocation_response<J: Json>(response: &HttpResponse) -> Result<()> {
    if response.is_success() {
        return Ok(());
    }
    Err(refusal::<J>(response, "the revocation endpoint", ErrorCode::TokenRequestFailed))
}
