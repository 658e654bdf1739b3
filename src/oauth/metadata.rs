//! The authorization server's metadata: where it is found, and what this client needs of it (RFC 8414, OpenID Connect
//! Discovery 1.0).

use super::pkce::CHALLENGE_METHOD;
use super::response::{invalid, read_object};
use crate::encoding::concat;
use crate::error::{Error, ErrorCode, Result};
use crate::http::{HttpRequest, HttpResponse};
use crate::json::Json;
use crate::url::{ParseUrl, Url};

/// The members that matter here (RFC 8414 §2). What the server or the caller leaves out is `None`.
///
/// Lists that servers fill in carelessly have no say: a public client may be accepted where
/// `token_endpoint_auth_methods_supported` does not name `none`, and the algorithms that an ID token may have are not for
/// the server to choose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// `issuer`
    pub issuer: Option<String>,
    /// `authorization_endpoint`
    pub authorization_endpoint: Option<String>,
    /// `token_endpoint`
    pub token_endpoint: Option<String>,
    /// `userinfo_endpoint` (OpenID Connect Discovery 1.0 §3)
    pub userinfo_endpoint: Option<String>,
    /// `revocation_endpoint` (RFC 7009)
    pub revocation_endpoint: Option<String>,
    /// `end_session_endpoint` (OpenID Connect RP-Initiated Logout 1.0 §2.1)
    pub end_session_endpoint: Option<String>,
    /// `check_session_iframe` (OpenID Connect Session Management 1.0 §3.3)
    pub check_session_iframe: Option<String>,
    /// `pushed_authorization_request_endpoint` (RFC 9126 §5)
    pub pushed_authorization_request_endpoint: Option<String>,
    /// `require_pushed_authorization_requests` (RFC 9126 §5)
    pub requires_pushed_requests: Option<bool>,
    /// `dpop_signing_alg_values_supported` (RFC 9449 §5.1)
    pub dpop_algorithms: Option<Vec<String>>,
    /// `jwks_uri`
    pub jwks_uri: Option<String>,
    /// `code_challenge_methods_supported` (RFC 7636)
    pub code_challenge_methods: Option<Vec<String>>,
    /// `authorization_response_iss_parameter_supported`: a callback without `iss` is refused (RFC 9207 §3).
    pub sends_issuer: Option<bool>,
    /// `registration_endpoint` (RFC 7591)
    pub registration_endpoint: Option<String>,
    /// `protected_resources`: the APIs that the server has tokens for, if it lists them (RFC 9728 §4).
    pub protected_resources: Option<Vec<String>>,
}

impl Metadata {
    /// Reads the members of a document. A member that is empty or of the wrong type counts as left out.
    #[must_use]
    pub fn from_json<J: Json>(json: &J) -> Self {
        let text = |name| json.text(name).filter(|text| !text.is_empty());
        let truth = |name| json.get(name).and_then(|value| value.as_bool());
        Self {
            issuer: text("issuer"),
            authorization_endpoint: text("authorization_endpoint"),
            token_endpoint: text("token_endpoint"),
            userinfo_endpoint: text("userinfo_endpoint"),
            revocation_endpoint: text("revocation_endpoint"),
            end_session_endpoint: text("end_session_endpoint"),
            check_session_iframe: text("check_session_iframe"),
            pushed_authorization_request_endpoint: text("pushed_authorization_request_endpoint"),
            requires_pushed_requests: truth("require_pushed_authorization_requests"),
            dpop_algorithms: json.texts("dpop_signing_alg_values_supported"),
            jwks_uri: text("jwks_uri"),
            code_challenge_methods: json.texts("code_challenge_methods_supported"),
            sends_issuer: truth("authorization_response_iss_parameter_supported"),
            registration_endpoint: text("registration_endpoint"),
            protected_resources: json.texts("protected_resources"),
        }
    }

    /// The same metadata with what `over` has instead.
    #[must_use]
    pub fn overlay(self, over: &Self) -> Self {
        let over = over.clone();
        Self {
            issuer: over.issuer.or(self.issuer),
            authorization_endpoint: over.authorization_endpoint.or(self.authorization_endpoint),
            token_endpoint: over.token_endpoint.or(self.token_endpoint),
            userinfo_endpoint: over.userinfo_endpoint.or(self.userinfo_endpoint),
            revocation_endpoint: over.revocation_endpoint.or(self.revocation_endpoint),
            end_session_endpoint: over.end_session_endpoint.or(self.end_session_endpoint),
            check_session_iframe: over.check_session_iframe.or(self.check_session_iframe),
            pushed_authorization_request_endpoint: over
                .pushed_authorization_request_endpoint
                .or(self.pushed_authorization_request_endpoint),
            requires_pushed_requests: over.requires_pushed_requests.or(self.requires_pushed_requests),
            dpop_algorithms: over.dpop_algorithms.or(self.dpop_algorithms),
            jwks_uri: over.jwks_uri.or(self.jwks_uri),
            code_challenge_methods: over.code_challenge_methods.or(self.code_challenge_methods),
            sends_issuer: over.sends_issuer.or(self.sends_issuer),
            registration_endpoint: over.registration_endpoint.or(self.registration_endpoint),
            protected_resources: over.protected_resources.or(self.protected_resources),
        }
    }

    /// Whether a client that keeps its secrets can use this server. Endpoints that are missing are no fault yet.
    ///
    /// # Errors
    /// `insecure_url` or `invalid_option` naming the endpoint that is no URL to send a secret to; `unsupported` if the
    /// server lists PKCE methods and S256 is not among them. Many list none and have it.
    pub fn check<U: ParseUrl>(&self) -> Result<()> {
        for (name, url) in [
            ("metadata.authorization_endpoint", &self.authorization_endpoint),
            ("metadata.token_endpoint", &self.token_endpoint),
            ("metadata.userinfo_endpoint", &self.userinfo_endpoint),
            ("metadata.revocation_endpoint", &self.revocation_endpoint),
            ("metadata.end_session_endpoint", &self.end_session_endpoint),
            ("metadata.check_session_iframe", &self.check_session_iframe),
            ("metadata.pushed_authorization_request_endpoint", &self.pushed_authorization_request_endpoint),
            ("metadata.jwks_uri", &self.jwks_uri),
            ("metadata.registration_endpoint", &self.registration_endpoint),
        ] {
            if let Some(url) = url {
                check_endpoint::<U>(name, url)?;
            }
        }
        match &self.code_challenge_methods {
            Some(methods) if !methods.is_empty() && !methods.iter().any(|method| method == CHALLENGE_METHOD) => {
                Err(Error::new(ErrorCode::Unsupported, "the server does not support PKCE with S256"))
            }
            _ => Ok(()),
        }
    }

    /// Where the user signs in.
    ///
    /// # Errors
    /// `discovery_failed`
    pub fn authorization_endpoint(&self) -> Result<&str> {
        require(self.authorization_endpoint.as_deref(), "authorization_endpoint", ErrorCode::DiscoveryFailed)
    }

    /// Where tokens come from.
    ///
    /// # Errors
    /// `discovery_failed`
    pub fn token_endpoint(&self) -> Result<&str> {
        require(self.token_endpoint.as_deref(), "token_endpoint", ErrorCode::DiscoveryFailed)
    }

    /// Where claims about the user come from.
    ///
    /// # Errors
    /// `unsupported`
    pub fn userinfo_endpoint(&self) -> Result<&str> {
        require(self.userinfo_endpoint.as_deref(), "userinfo_endpoint", ErrorCode::Unsupported)
    }

    /// Where tokens are revoked.
    ///
    /// # Errors
    /// `unsupported`
    pub fn revocation_endpoint(&self) -> Result<&str> {
        require(self.revocation_endpoint.as_deref(), "revocation_endpoint", ErrorCode::Unsupported)
    }

    /// Where authorization requests are pushed to.
    ///
    /// # Errors
    /// `unsupported`
    pub fn pushed_authorization_request_endpoint(&self) -> Result<&str> {
        let endpoint = self.pushed_authorization_request_endpoint.as_deref();
        require(endpoint, "pushed_authorization_request_endpoint", ErrorCode::Unsupported)
    }

    /// Where clients register themselves.
    ///
    /// # Errors
    /// `unsupported`
    pub fn registration_endpoint(&self) -> Result<&str> {
        require(self.registration_endpoint.as_deref(), "registration_endpoint", ErrorCode::Unsupported)
    }

    /// Where the server's public keys are.
    ///
    /// # Errors
    /// `unsupported`
    pub fn jwks_uri(&self) -> Result<&str> {
        require(self.jwks_uri.as_deref(), "jwks_uri", ErrorCode::Unsupported)
    }
}

/// Where the metadata of an issuer may be, the likeliest first: the path of OpenID Connect Discovery 1.0 §4.1 behind the
/// issuer, then that of RFC 8414 §3.1 between its host and its path. A slash at the issuer's end is no part of either.
#[must_use]
pub fn discovery_urls(issuer: &Url) -> Vec<String> {
    let path = issuer.path.trim_end_matches('/');
    vec![
        concat(&[&issuer.origin, path, "/.well-known/openid-configuration"]),
        concat(&[&issuer.origin, "/.well-known/oauth-authorization-server", path]),
    ]
}

/// Asks for metadata (RFC 8414 §3.1).
#[must_use]
pub fn metadata_request(url: &str) -> HttpRequest {
    HttpRequest::get(url)
}

/// Reads the metadata of `issuer`, and the JSON text that it is made of, for a cache.
///
/// # Errors
/// `issuer_mismatch` if the document is another issuer's (RFC 8414 §3.3: compared character by character), naming that;
/// `discovery_failed` if there is none; `invalid_response`, `server_error`; `insecure_url` and `unsupported` as in
/// [`Metadata::check`].
pub fn process_metadata_response<J: Json, U: ParseUrl>(
    response: &HttpResponse,
    issuer: &str,
) -> Result<(Metadata, String)> {
    let json: J = read_object(response, "the metadata URL", ErrorCode::DiscoveryFailed)?;
    let metadata = Metadata::from_json(&json);
    let named = metadata.issuer.as_deref().ok_or_else(|| invalid(&["the server's metadata has no issuer"]))?;
    if named != issuer {
        let named: String = named.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
        return Err(Error::new(ErrorCode::IssuerMismatch, concat(&["the server calls itself ", &named])));
    }
    metadata.check::<U>().map_err(|error| {
        // What is wrong here is not the caller's option.
        if error.code() == ErrorCode::InvalidOption { error.with_code(ErrorCode::InvalidResponse) } else { error }
    })?;
    Ok((metadata, response.body.expose().to_owned()))
}

/// An issuer that is longer is cut off in an error.
const LONGEST_NAME: usize = 200;

fn check_endpoint<U: ParseUrl>(name: &str, text: &str) -> Result<()> {
    // RFC 3986 §2: a URL has neither. A parser drops them, but not where they stand in the middle once parameters follow.
    let is_written_whole = text.bytes().all(|byte| byte != b' ' && !byte.is_ascii_control());
    let url = is_written_whole
        .then(|| U::parse_url(text, None))
        .flatten()
        .ok_or_else(|| Error::new(ErrorCode::InvalidOption, concat(&[name, " is not a URL"])))?
        .require_secure(name)?;
    // RFC 6749 §3.1 and §3.2. Parameters would end up in it.
    if url.fragment.is_empty() && text.bytes().all(|byte| byte != b'#') {
        Ok(())
    } else {
        Err(Error::new(ErrorCode::InvalidOption, concat(&[name, " has a fragment"])))
    }
}

fn require<'a>(endpoint: Option<&'a str>, name: &str, code: ErrorCode) -> Result<&'a str> {
    endpoint.ok_or_else(|| Error::new(code, concat(&["the server's metadata has no ", name])))
}

#[cfg(test)]
mod tests;
