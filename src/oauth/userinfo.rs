//! The userinfo endpoint (OpenID Connect Core 1.0 §5.3).

use super::metadata::Metadata;
use super::request::authorization;
use super::response::read_object;
use super::token::TokenType;
use crate::error::{Error, ErrorCode, Result};
use crate::http::{HttpRequest, HttpResponse};
use crate::json::Json;
use crate::secret::Secret;

/// Asks for claims about the user.
///
/// # Errors
/// `unsupported` if the server has no such endpoint.
pub fn userinfo_request(metadata: &Metadata, token_type: TokenType, access_token: &Secret) -> Result<HttpRequest> {
    let credential = authorization(token_type, access_token);
    Ok(HttpRequest::get(metadata.userinfo_endpoint()?).with_header("authorization", credential))
}

/// Reads the claims. `subject` is the ID token's, if there is an ID token.
///
/// # Errors
/// `claim_invalid` if they are about somebody else (§5.3.2); `login_required` if the access token is not good;
/// `unsupported` for an answer that is a JWT; `server_error`, `invalid_response`.
pub fn process_userinfo_response<J: Json>(response: &HttpResponse, subject: Option<&str>) -> Result<J> {
    if response.header("content-type").is_some_and(is_jwt) {
        return Err(Error::new(
            ErrorCode::Unsupported,
            "the userinfo endpoint answers with a JWT; register the client for JSON",
        ));
    }
    // RFC 6750 §3.1
    let refused = if response.status == 401 { ErrorCode::LoginRequired } else { ErrorCode::InvalidResponse };
    let claims: J = read_object(response, "the userinfo endpoint", refused)?;
    match subject {
        Some(subject) if claims.text("sub").as_deref() != Some(subject) => {
            Err(Error::new(ErrorCode::ClaimInvalid, "sub of the userinfo endpoint is not the ID token's"))
        }
        _ => Ok(claims),
    }
}

fn is_jwt(content_type: &str) -> bool {
    content_type
        .split(';')
        .next()
        .is_some_and(|media_type| media_type.trim_ascii().eq_ignore_ascii_case("application/jwt"))
}
