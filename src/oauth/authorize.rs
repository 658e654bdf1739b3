//! The authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core 1.0 §3.1.2.1).

use super::metadata::Metadata;
use super::pkce::CHALLENGE_METHOD;
use super::request::append_query;
use crate::encoding::{Form, concat, parse_form};
use crate::error::{Error, ErrorCode, Result};

/// What the server is asked for.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationRequest<'a> {
    /// The public client's identifier.
    pub client_id: &'a str,
    /// Where the server sends the user back.
    pub redirect_uri: &'a str,
    /// Scopes, separated by spaces; empty: whatever the server thinks right (RFC 6749 §3.3).
    pub scope: &'a str,
    /// Ties the answer to this browser (RFC 6749 §10.12).
    pub state: &'a str,
    /// Ties the ID token to this request; `None` without OpenID.
    pub nonce: Option<&'a str>,
    /// Of the verifier that the code will be redeemed with.
    pub code_challenge: &'a str,
    /// What access tokens will be asked for (RFC 8707 §2.1).
    pub resources: &'a [&'a str],
    /// What is asked for in more words than a scope has: a JSON array (RFC 9396 §2).
    pub authorization_details: Option<&'a str>,
    /// The thumbprint of the key that the code will be bound to (RFC 9449 §10).
    pub dpop_jkt: Option<&'a str>,
    /// `none`, `login`, `consent`, `select_account`, or another.
    pub prompt: Option<&'a str>,
    /// Who is expected to sign in.
    pub login_hint: Option<&'a str>,
    /// Acceptable authentication contexts, separated by spaces, the best first.
    pub acr_values: Option<&'a str>,
    /// Languages, separated by spaces, the best first.
    pub ui_locales: Option<&'a str>,
    /// Seconds since the user last authenticated, at most.
    pub max_age: Option<u32>,
    /// Whatever else; one that is given above already is passed over.
    pub parameters: &'a [(String, String)],
}

/// Where to send the user.
///
/// # Errors
/// `discovery_failed` without an authorization endpoint; `invalid_option` as in [`check_parameters`].
pub fn authorization_url(metadata: &Metadata, request: &AuthorizationRequest<'_>) -> Result<String> {
    let parameters = authorization_parameters(request)?;
    Ok(append_query(metadata.authorization_endpoint()?, &parameters))
}

/// The parameters of a request, wherever they are sent to.
///
/// # Errors
/// `invalid_option` as in [`check_parameters`].
pub fn authorization_parameters(request: &AuthorizationRequest<'_>) -> Result<Form> {
    check_parameters(request.parameters)?;
    let mut parameters = Form::new();
    parameters.add("response_type", "code");
    parameters.add("client_id", request.client_id);
    parameters.add("redirect_uri", request.redirect_uri);
    parameters.add("scope", Some(request.scope).filter(|scope| !scope.is_empty()));
    parameters.add("state", request.state);
    parameters.add("nonce", request.nonce);
    parameters.add("code_challenge", request.code_challenge);
    parameters.add("code_challenge_method", CHALLENGE_METHOD);
    for resource in request.resources {
        parameters.add("resource", *resource);
    }
    parameters.add("authorization_details", request.authorization_details);
    parameters.add("dpop_jkt", request.dpop_jkt);
    parameters.add("prompt", request.prompt);
    parameters.add("login_hint", request.login_hint);
    parameters.add("acr_values", request.acr_values);
    parameters.add("ui_locales", request.ui_locales);
    parameters.add_number("max_age", request.max_age.map(i64::from));
    let given = parse_form(parameters.as_str());
    for (name, value) in request.parameters {
        // RFC 6749 §3.1: no parameter twice.
        if !given.iter().any(|(given, _)| given == name) {
            parameters.add(name, value.as_str());
        }
    }
    Ok(parameters)
}

/// Whether the caller may add these parameters. Those that a check on the way back depends on are the client's own, and so
/// are those that would change how the answer comes back or would carry a token in the URL.
///
/// # Errors
/// `invalid_option` naming the parameter.
pub fn check_parameters(parameters: &[(String, String)]) -> Result<()> {
    match parameters.iter().find(|(name, _)| OWN_PARAMETERS.contains(&name.as_str())) {
        Some((name, _)) => {
            Err(Error::new(ErrorCode::InvalidOption, concat(&["parameters.", name, " is set by the client itself"])))
        }
        None => Ok(()),
    }
}

const OWN_PARAMETERS: [&str; 16] = [
    "response_type",
    "response_mode",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "resource",
    "dpop_jkt",
    "acr_values",
    "max_age",
    "id_token_hint",
    "request",
    "request_uri",
];

#[cfg(test)]
mod tests;
