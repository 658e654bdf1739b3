//! Reading an answer, and the right error out of every other answer, in the server's own words.

use crate::encoding::number;
use crate::error::{Error, ErrorCode, OAuthError, Result};
use crate::http::{HttpResponse, LARGEST_BODY, cut_out};
use crate::json::Json;
use crate::secret::Secret;

/// Shorter texts than this are in too many words to be cut out of them.
const SHORTEST_CUT: usize = 4;

/// The object in a 2xx answer; `None` if there is none.
pub(super) fn object<J: Json>(response: &HttpResponse) -> Option<J> {
    parse(response).filter(J::is_object)
}

fn parse<J: Json>(response: &HttpResponse) -> Option<J> {
    Some(response.body.expose()).filter(|body| body.len() < LARGEST_BODY).and_then(J::parse)
}

/// What an answer that is no success means: not now (408, 429, 5xx), no (400, 401, 403, 422), or nothing that an endpoint may
/// say. `sent` are the secrets of the request, which the server may repeat.
pub(super) fn refusal<'a, J: Json>(
    response: &HttpResponse,
    who: &str,
    refused: ErrorCode,
    sent: impl IntoIterator<Item = &'a Secret>,
) -> Error {
    let said = parse::<J>(response);
    // A page that comes with 401 or 403 in place of words may be a proxy's. Whoever signs in is refused all the same; a session
    // that was good does not end over it.
    let is_page = is_page(response);
    let code = match response.status {
        _ if response.is_transient() => ErrorCode::ServerError,
        400 | 401 | 403 | 422 if !is_page || refused == ErrorCode::AccessDenied => refused,
        _ => ErrorCode::InvalidResponse,
    };
    let mut words = said.as_ref().and_then(words_of).unwrap_or_default();
    let mut error = said.as_ref().and_then(|said| first_text(said, &["error", "code"])).unwrap_or_default();
    for secret in sent.into_iter().map(Secret::expose).filter(|secret| secret.len() >= SHORTEST_CUT) {
        words = cut_out(&words, secret);
        error = cut_out(&error, secret);
    }
    let words = Some(words.as_str()).filter(|words| !words.is_empty());
    let oauth = OAuthError::new(&error, words, None, Some(response.status));
    Error::new(code, [who, " answered with status ", &number(i64::from(response.status))].concat())
        .with_oauth(oauth)
        .with_retry_after(response.retry_after())
}

/// What a server says to people: as a text under one of the usual names, or as a list of problems, of which this is the first.
fn words_of<J: Json>(said: &J) -> Option<String> {
    const NAMES: [&str; 4] = ["error_description", "msg", "detail", "message"];
    first_text(said, &NAMES).or_else(|| {
        let list = NAMES.into_iter().find_map(|name| said.get(name)?.items())?;
        let first = list.first()?;
        first.as_str().or_else(|| first_text(first, &NAMES))
    })
}

fn first_text<J: Json>(json: &J, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| json.text(name))
}

/// A member, or one further down: names separated by dots.
pub(super) fn find<J: Json>(json: &J, path: &str) -> Option<J> {
    path.split('.').try_fold(json.clone(), |json, name| json.get(name))
}

/// `invalid_response`
pub(super) fn invalid(context: &[&str]) -> Error {
    Error::new(ErrorCode::InvalidResponse, context.concat())
}

/// The object that an endpoint must answer with.
pub(super) fn require_object<J: Json>(response: &HttpResponse, who: &str) -> Result<J> {
    object(response).ok_or_else(|| {
        let is_page = is_page(response);
        invalid(&[who, if is_page { " answered with a page, not JSON" } else { " answered with no JSON object" }])
    })
}

/// Whether the answer is a page of HTML.
pub(super) fn is_page(response: &HttpResponse) -> bool {
    response.body.expose().trim_ascii_start().starts_with('<')
}
