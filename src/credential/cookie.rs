//! A session in a cookie that no script can read: what is known of it, and what shows that a request is the page's own.

use super::answer::{is_page, object, refusal, require_object};
use super::login::subject;
use crate::encoding::percent_decode;
use crate::error::{ErrorCode, Result};
use crate::http::{HttpRequest, HttpResponse};
use crate::json::Json;
use crate::oauth::token::lifetime;
use crate::secret::Secret;

/// Double submit: what a cookie holds that scripts can read, and only those of its own site, is repeated in a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csrf {
    /// The cookie that is read.
    pub cookie: String,
    /// The header that repeats it.
    pub header: String,
    /// The cookie that goes with a refresh, if that is another one.
    pub refresh_cookie: Option<String>,
}

/// Whether a call of this method may change something, so that it needs the header (RFC 9110 §9.2.1).
#[must_use]
pub fn is_unsafe(method: &str) -> bool {
    !["GET", "HEAD", "OPTIONS", "TRACE"].iter().any(|safe| method.eq_ignore_ascii_case(safe))
}

/// The cookie's value as the header repeats it. Some servers encode what they put into cookies; `%` is in no other.
#[must_use]
pub fn csrf_value(cookie: &Secret) -> Secret {
    percent_decode(cookie.expose()).into()
}

/// Who is signed in, as the server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// `sub`, or else `id`, be it a text or a number.
    pub subject: Option<String>,
    /// All that it says, as JSON text.
    pub json: String,
}

const SESSION: &str = "the session endpoint";
const REFRESH: &str = "the refresh endpoint";

/// Asks who is signed in.
#[must_use]
pub fn session_request(url: &str) -> HttpRequest {
    HttpRequest::get(url).with_cookies()
}

/// Reads who is signed in; `None`: nobody.
///
/// # Errors
/// `server_error`; `invalid_response`.
pub fn process_session_response<J: Json>(response: &HttpResponse) -> Result<Option<User>> {
    match response.status {
        // A page in place of words may be a proxy's.
        401 | 403 if !is_page(response) => Ok(None),
        _ if !response.is_success() => Err(refusal::<J>(response, SESSION, ErrorCode::InvalidResponse, [])),
        _ => {
            let json: J = require_object(response, SESSION)?;
            Ok(Some(User { subject: subject(&json, "sub").or_else(|| subject(&json, "id")), json: json.to_text() }))
        }
    }
}

/// A POST of nothing, with the cookie: for a refresh or a logout.
#[must_use]
pub fn post_request(url: &str) -> HttpRequest {
    HttpRequest::post_nothing(url).with_cookies()
}

/// Reads whether the cookie was renewed, and for how many seconds it is good, if the server says so.
///
/// # Errors
/// `invalid_grant` if it was refused (400, 401, 403, 422); `server_error`; `invalid_response`.
pub fn process_cookie_refresh_response<J: Json>(response: &HttpResponse) -> Result<Option<u32>> {
    if !response.is_success() {
        return Err(refusal::<J>(response, REFRESH, ErrorCode::InvalidGrant, []));
    }
    Ok(object::<J>(response).and_then(|json| lifetime(&json.get("expires_in")?)))
}
