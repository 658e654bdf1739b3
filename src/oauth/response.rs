//! Reading a JSON object out of an answer, and the right error out of every other answer.

use crate::encoding::{concat, number};
use crate::error::{Error, ErrorCode, OAuthError, Result};
use crate::http::{HttpResponse, LARGEST_BODY};
use crate::json::Json;

/// The object in a 2xx answer. The content type is not looked at: servers mislabel JSON, and HTML never parses as it. `who`
/// begins the sentence of an error; a 4xx is an error with the code `refused`.
pub(super) fn read_object<J: Json>(response: &HttpResponse, who: &str, refused: ErrorCode) -> Result<J> {
    if !response.is_success() {
        return Err(refusal::<J>(response, who, refused));
    }
    let body = response.body.expose();
    let problem = if body.len() >= LARGEST_BODY {
        "too much"
    } else if body.trim_ascii().is_empty() {
        "nothing"
    } else if let Some(json) = J::parse(body).filter(J::is_object) {
        return Ok(json);
    } else if body.trim_ascii_start().starts_with('<') {
        "a page, not JSON"
    } else {
        "no JSON object"
    };
    Err(invalid(&[who, " answered with ", problem]))
}

/// What an answer that is no success means: not now (408, 429, 5xx), no (4xx), or nothing that an endpoint may say. The
/// server's `error` comes with it (RFC 6749 §5.2); it is empty if there is none in the body.
pub(super) fn refusal<J: Json>(response: &HttpResponse, who: &str, refused: ErrorCode) -> Error {
    let said = Some(response.body.expose()).filter(|body| body.len() < LARGEST_BODY).and_then(J::parse);
    // A server that refuses says so in JSON, or says nothing. A page, or a status about the URL, is from something in between.
    let is_refusal = match response.status {
        404 | 405 | 410 => said.is_some(),
        _ => said.is_some() || response.body.expose().trim_ascii().is_empty(),
    };
    let code = match response.status {
        _ if response.is_transient() => ErrorCode::ServerError,
        400..=499 if is_refusal || refused != ErrorCode::TokenRequestFailed => refused,
        _ => ErrorCode::InvalidResponse,
    };
    let member = |name| said.as_ref()?.text(name);
    let oauth = OAuthError::new(
        &member("error").unwrap_or_default(),
        member("error_description").as_deref(),
        member("error_uri").as_deref(),
        Some(response.status),
    );
    Error::new(code, concat(&[who, " answered with status ", &number(i64::from(response.status))]))
        .with_oauth(oauth)
        .with_retry_after(response.retry_after())
}

/// `invalid_response`
pub(super) fn invalid(context: &[&str]) -> Error {
    Error::new(ErrorCode::InvalidResponse, context.concat())
}
