//! One error for the whole crate: a stable [`ErrorCode`], what happened, and what to do about it.

use std::borrow::Cow;
use std::fmt;

/// Defines the codes, each with its name and the sentence that says what to do.
macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $fix:literal;)*) => {
        /// What went wrong, as a stable name. A code is added, never renamed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Name, and the sentence that says what to do.
            const fn texts(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$variant => ($name, $fix),)*
                }
            }
        }
    };
}

error_codes! {
    /// An option is unknown, of the wrong type, or has a value that cannot work.
    InvalidOption = "invalid_option", "Correct this option.";
    /// This environment or this version cannot do that.
    Unsupported = "unsupported", "Use another way, or a browser that can do this.";
    /// The client was closed before.
    Aborted = "aborted", "Make another client.";
    /// The server did not answer in time.
    Timeout = "timeout", "Try again; raise timeoutMs if the server is slow.";
    /// No answer came: offline, DNS, TLS, CORS, or blocked by a policy or an extension.
    Network = "network", "Check the connection, the server's CORS headers and the page's CSP connect-src.";
    /// The server failed for now: a 5xx, 408 or 429.
    ServerError = "server_error", "Try again later.";
    /// The server's answer is not what the specification says.
    InvalidResponse = "invalid_response", "Check that this URL is the endpoint and that no proxy answers for it.";
    /// The server's metadata could not be found.
    DiscoveryFailed = "discovery_failed", "Check issuer, or give metadata.";
    /// The issuer of a document or a redirect is not the configured one.
    IssuerMismatch = "issuer_mismatch", "Set issuer to exactly what the server calls itself.";
    /// The API's metadata is about another resource (RFC 9728 §3.3).
    ResourceMismatch = "resource_mismatch", "Set resource to exactly what the API calls itself.";
    /// The server did not register this client (RFC 7591).
    RegistrationFailed = "registration_failed", "Read oauth.error; correct register, or give clientId.";
    /// The redirect belongs to no sign-in that this browser began.
    StateMismatch = "state_mismatch", "Call signIn again.";
    /// The redirect's parameters contradict each other or the specification.
    CallbackInvalid = "callback_invalid", "Call signIn again; check what rewrites the redirect URI.";
    /// The user or the server refused the sign-in.
    AccessDenied = "access_denied", "Let the user try again.";
    /// The authorization server answered the sign-in with another error.
    AuthorizationFailed = "authorization_failed", "Read oauth.error; check the client's registration at the server.";
    /// The code or the refresh token is not, or no longer, good.
    InvalidGrant = "invalid_grant", "Call signIn again.";
    /// The token endpoint refused the request for another reason.
    TokenRequestFailed = "token_request_failed", "Read oauth.error; check the client's registration at the server.";
    /// There is no way to get a token without the user.
    LoginRequired = "login_required", "Call signIn.";
    /// The server has ended the session.
    SessionLost = "session_lost", "Call signIn.";
    /// The URL is not under `resources`; nothing was sent.
    UnlistedResource = "unlisted_resource", "Add its URL to resources if it may have the credential.";
    /// The API asks for a stronger sign-in (RFC 9470).
    StepUpRequired = "step_up_required", "Call signIn with what the API asks for.";
    /// The text is not a JWT.
    MalformedToken = "malformed_token", "Check that this is a JWT and that it is whole.";
    /// The signature does not fit the token and the key.
    SignatureInvalid = "signature_invalid", "Do not trust this token.";
    /// No key of the set is the one that signed the token.
    KeyNotFound = "key_not_found", "Check that the keys are those of the token's issuer.";
    /// The token's algorithm is not one that may be used.
    AlgorithmNotAllowed = "algorithm_not_allowed", "Let the server sign with an asymmetric algorithm that the options allow.";
    /// A claim is missing or wrong.
    ClaimInvalid = "claim_invalid", "Do not trust this token; check issuer, audience and clientId.";
    /// The token's `exp` has passed.
    TokenExpired = "token_expired", "Get a new token; check the clock if it is new.";
    /// The browser did not open the popup.
    PopupBlocked = "popup_blocked", "Call signIn straight from a click.";
    /// The user closed the popup.
    PopupClosed = "popup_closed", "Let the user try again.";
    /// The browser refuses to store anything.
    StorageUnavailable = "storage_unavailable", "Allow site data, or use storage: \"memory\".";
    /// What was stored cannot be read any more.
    StorageCorrupt = "storage_corrupt", "Call signIn again.";
    /// The URL is neither https nor loopback.
    InsecureUrl = "insecure_url", "Use https, or a loopback address while developing.";
    /// The WebAssembly module could not be loaded.
    WasmFailed = "wasm_failed", "Serve the .wasm file as application/wasm and allow 'wasm-unsafe-eval' in the CSP.";
    /// A defect of this library.
    Internal = "internal", "Please report this.";
}

impl ErrorCode {
    /// The name that JavaScript, logs and documentation use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.texts().0
    }

    /// The code of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }

    /// The sentence that says what to do.
    #[must_use]
    pub const fn fix(self) -> &'static str {
        self.texts().1
    }

    /// The same call may succeed later, unchanged.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Timeout | Self::Network | Self::ServerError | Self::PopupBlocked | Self::PopupClosed)
    }
}

/// What the server said (RFC 6749 §4.1.2.1 and §5.2), cleaned of anything that looks like a credential.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OAuthError {
    /// `error`: a code of RFC 6749 or of an extension, or of nobody's; empty if the server sent none.
    pub error: String,
    /// `error_description`: for developers, not for users.
    pub description: Option<String>,
    /// `error_uri`: a page about the error.
    pub uri: Option<String>,
    /// The HTTP status, if the answer was an HTTP answer.
    pub status: Option<u16>,
}

impl OAuthError {
    /// Takes the server's words; long runs that could be a code or a token are cut out of them.
    #[must_use]
    pub fn new(error: &str, description: Option<&str>, uri: Option<&str>, status: Option<u16>) -> Self {
        Self { error: redact(error), description: description.map(redact), uri: uri.map(redact), status }
    }
}

/// The error of every fallible function of this crate. Holds no secret.
///
/// A single pointer, because every `?` on the way moves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Details>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Details {
    code: ErrorCode,
    context: Cow<'static, str>,
    oauth: Option<OAuthError>,
    retry_after: Option<u32>,
}

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with its code and a clause that says what happened, for example the option's path and what it must be.
    #[must_use]
    pub fn new(code: ErrorCode, context: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Details { code, context: context.into(), oauth: None, retry_after: None }))
    }

    /// The same error with what the server said.
    #[must_use]
    pub fn with_oauth(mut self, oauth: OAuthError) -> Self {
        self.0.oauth = Some(oauth);
        self
    }

    /// The same error with the server's wish for a pause, in seconds (RFC 9110 §10.2.3).
    #[must_use]
    pub fn with_retry_after(mut self, seconds: Option<u32>) -> Self {
        self.0.retry_after = seconds;
        self
    }

    /// The same error under another code: a refused refresh is `session_lost` to the caller.
    #[must_use]
    pub fn with_code(mut self, code: ErrorCode) -> Self {
        self.0.code = code;
        self
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// The same call may succeed later, unchanged.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.code.is_retryable()
    }

    /// What the server said, if it was the server.
    #[must_use]
    pub fn oauth(&self) -> Option<&OAuthError> {
        self.0.oauth.as_ref()
    }

    /// Seconds that the server asked to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<u32> {
        self.0.retry_after
    }

    /// What happened and what to do, in a sentence or two. Written for developers.
    #[must_use]
    pub fn message(&self) -> String {
        let Details { code, context, oauth, .. } = &*self.0;
        let (name, fix) = code.texts();
        let what = if context.is_empty() { name } else { context };
        let said = oauth.as_ref().filter(|said| !said.error.is_empty());
        let mut message = String::from(what);
        if let Some(said) = said {
            message.push_str(" (");
            message.push_str(&said.error);
            if let Some(description) = &said.description {
                message.push_str(": ");
                message.push_str(description.trim_end_matches('.'));
            }
            message.push(')');
        }
        message.push_str(". ");
        message.push_str(fix);
        message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for Error {}

/// Cuts out of a foreign text what could be a credential: runs of 20 or more token characters that mix lower case, upper
/// case and digits (codes and tokens do; words and error codes do not). Keeps at most 400 characters, none of them a control
/// character.
fn redact(text: &str) -> String {
    const LONGEST: usize = 400;
    let is_token_char = |c: char| matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' | '_' | '~' | '+' | '=');
    let mut clean = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|c| is_token_char(c) != is_token_char(first)).unwrap_or(rest.len());
        let (run, tail) = rest.split_at(length);
        rest = tail;
        let kinds = [
            run.bytes().any(|byte| byte.is_ascii_lowercase()),
            run.bytes().any(|byte| byte.is_ascii_uppercase()),
            run.bytes().any(|byte| byte.is_ascii_digit()),
        ];
        if is_token_char(first) && length >= 20 && kinds.iter().filter(|kind| **kind).count() > 1 {
            clean.push('…');
        } else {
            clean.extend(run.chars().map(|c| if c.is_control() { ' ' } else { c }));
        }
        if clean.len() > LONGEST {
            break;
        }
    }
    clean.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_says_what_and_the_fix() {
        let error = Error::new(ErrorCode::InvalidOption, "clientId must be a string");
        assert_eq!(error.message(), "clientId must be a string. Correct this option.");
    }

    #[test]
    fn redacts_what_looks_like_a_credential_and_keeps_words() {
        let said = OAuthError::new(
            "insufficient_user_authentication",
            Some("code SplxlOBeZQQYbYS6WxSbIA is used\nup"),
            None,
            Some(400),
        );
        assert_eq!(said.error, "insufficient_user_authentication");
        assert_eq!(said.description.as_deref(), Some("code … is used up"));
    }

    #[test]
    fn redacts_jwts_and_cuts_long_texts() {
        let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlc2ln";
        assert_eq!(redact(jwt), "…");
        assert!(redact(&"words and ".repeat(1000)).len() <= 404);
    }
}
