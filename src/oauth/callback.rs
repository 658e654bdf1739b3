//! The authorization response: what the server puts into the redirect URI (RFC 6749 §4.1.2, RFC 9207).

use super::metadata::Metadata;
use crate::encoding::{concat, join, parse_form, parts};
use crate::error::{Error, ErrorCode, OAuthError, Result};
use crate::secret::Secret;
use crate::url::Url;
use std::fmt;

/// The parameters of an authorization response, as they came: nothing in here may be trusted yet.
#[derive(Clone, PartialEq, Eq)]
pub struct Callback {
    /// Finds the sign-in that this answers. Empty if the server left it out, as some do with an error.
    pub state: String,
    /// OpenID Connect Session Management 1.0 §2.
    pub(crate) session_state: Option<String>,
    code: Option<Secret>,
    issuer: Option<String>,
    error: Option<String>,
    description: Option<String>,
    uri: Option<String>,
    problem: Option<&'static str>,
}

impl Callback {
    /// The response in a URL's query or fragment. An application may have a `code` or an `error` of its own there, so one of
    /// them alone is none: `state` or `iss` must be with it, or with an error its description.
    #[must_use]
    pub fn find(url: &Url) -> Option<Self> {
        match (is_response(&url.query), is_response(&url.fragment)) {
            (true, false) => Some(Self::read(&url.query)),
            (false, true) => Some(Self::read(&url.fragment)),
            (true, true) => Some(Self { problem: Some("the redirect has two answers"), ..Self::read(&url.query) }),
            (false, false) => None,
        }
    }

    /// The URL without the response's parameters; everything else in it stays as it is written.
    #[must_use]
    pub fn without_response(url: &Url) -> String {
        concat(&[&url.without_query(), &without_response(&url.query), &without_response(&url.fragment)])
    }

    /// Whether the server refused.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        self.error.is_some()
    }

    fn read(part: &str) -> Self {
        let parameters = parse_form(parameters_of(part));
        let mut problem = (part.len() > LONGEST_RESPONSE).then_some("the redirect is too long");
        let mut take = |name: &str| {
            let mut values = parameters.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone());
            let first = values.next();
            if values.next().is_some() {
                problem = Some("the redirect has a parameter twice");
            }
            first
        };
        Self {
            state: take("state").unwrap_or_default(),
            session_state: take("session_state"),
            code: take("code").map(Secret::from),
            issuer: take("iss"),
            error: take("error"),
            description: take("error_description"),
            uri: take("error_uri"),
            problem,
        }
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback(…)")
    }
}

/// A code that belongs to this browser's sign-in and comes from the right server. Only [`process_callback`] makes one.
#[derive(Debug)]
pub struct ValidatedCallback {
    code: Secret,
}

impl ValidatedCallback {
    pub(crate) const fn code(&self) -> &Secret {
        &self.code
    }
}

/// Checks a response against the sign-in that it should answer.
///
/// # Errors
/// `callback_invalid` if it contradicts itself; `state_mismatch`; `issuer_mismatch` (RFC 9207 §2.4); and, if the server
/// refused, `access_denied`, `login_required` where the user has to do something, or `authorization_failed`, each with what
/// the server said.
pub fn process_callback(callback: &Callback, expected_state: &str, metadata: &Metadata) -> Result<ValidatedCallback> {
    // RFC 6749 §3.1: no parameter twice.
    if let Some(problem) = callback.problem {
        return Err(Error::new(ErrorCode::CallbackInvalid, problem));
    }
    // RFC 6749 §4.1.2.1: the state comes back with an error too. Without it nothing worse can happen than an error.
    let may_lack_state = callback.state.is_empty() && callback.error.is_some();
    // RFC 6749 §10.12
    if !may_lack_state && (expected_state.is_empty() || callback.state != expected_state) {
        return Err(Error::new(ErrorCode::StateMismatch, "the redirect answers no sign-in of this browser"));
    }
    check_issuer(callback.issuer.as_deref(), metadata)?;
    match (&callback.code, &callback.error) {
        (None, Some(error)) => Err(refusal(callback, error)),
        (Some(code), None) if is_code(code) => Ok(ValidatedCallback { code: code.clone() }),
        (Some(_), None) => Err(Error::new(ErrorCode::CallbackInvalid, "the code in the redirect is damaged")),
        (Some(_), Some(_)) => Err(Error::new(ErrorCode::CallbackInvalid, "the redirect has both a code and an error")),
        (None, None) => Err(Error::new(ErrorCode::CallbackInvalid, "the redirect has neither a code nor an error")),
    }
}

/// RFC 9207 §2.4: `iss` is compared character by character if it is there, and it must be there if the server says that it
/// sends it.
fn check_issuer(named: Option<&str>, metadata: &Metadata) -> Result<()> {
    let problem = match (named, &metadata.issuer) {
        (Some(named), Some(issuer)) if named != issuer => "the redirect comes from another issuer",
        (None, _) if metadata.sends_issuer == Some(true) => {
            "the redirect does not name its issuer, as this server's do"
        }
        _ => return Ok(()),
    };
    Err(Error::new(ErrorCode::IssuerMismatch, problem))
}

/// RFC 6749 §4.1.2.1 and OpenID Connect Core 1.0 §3.1.2.6.
fn refusal(callback: &Callback, error: &str) -> Error {
    let code = match error {
        "access_denied" => ErrorCode::AccessDenied,
        "login_required" | "interaction_required" | "consent_required" | "account_selection_required" => {
            ErrorCode::LoginRequired
        }
        _ => ErrorCode::AuthorizationFailed,
    };
    let said = OAuthError::new(error, callback.description.as_deref(), callback.uri.as_deref(), None);
    Error::new(code, "the server refused the sign-in").with_oauth(said)
}

/// RFC 6749 appendix A.11.
fn is_code(code: &Secret) -> bool {
    !code.expose().is_empty() && code.expose().bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// Longer than any server's answer, shorter than what would be work.
const LONGEST_RESPONSE: usize = 64 * 1024;

/// The parameters of RFC 6749 §4.1.2, RFC 9207, OpenID Connect Session Management 1.0 §3, those that would carry a token,
/// and those that Google adds.
const RESPONSE_PARAMETERS: [&str; 15] = [
    "code",
    "state",
    "iss",
    "error",
    "error_description",
    "error_uri",
    "session_state",
    "access_token",
    "token_type",
    "expires_in",
    "id_token",
    "scope",
    "authuser",
    "hd",
    "prompt",
];

/// A query or a fragment without its `?` or `#`.
fn parameters_of(part: &str) -> &str {
    part.strip_prefix(['?', '#']).unwrap_or(part)
}

fn is_response(part: &str) -> bool {
    let parameters = parse_form(parameters_of(part));
    let has = |name: &str| parameters.iter().any(|(key, _)| key == name);
    let is_answer = has("state") || has("iss");
    (has("code") && is_answer) || (has("error") && (is_answer || has("error_description")))
}

fn without_response(part: &str) -> String {
    let parameters = parameters_of(part);
    if !is_response(part) {
        return part.to_owned();
    }
    let is_ours = |pair: &&str| parse_form(pair).iter().any(|(name, _)| RESPONSE_PARAMETERS.contains(&name.as_str()));
    let rest: Vec<&str> = parts(parameters, &['&']).filter(|pair| !is_ours(pair)).collect();
    let mark = part.strip_suffix(parameters).unwrap_or_default();
    if rest.iter().all(|pair| pair.is_empty()) { String::new() } else { concat(&[mark, &join(&rest, "&")]) }
}

#[cfg(test)]
mod tests;
