//! A login of a first party: what the user knows for tokens, a refresh token for the next, and the end of both.

use super::answer::{find, invalid, refusal, require_object};
use super::body::Encoding;
use crate::error::{ErrorCode, Result};
use crate::http::{HttpRequest, HttpResponse};
use crate::json::Json;
use crate::jwt::Jwt;
use crate::oauth::token::lifetime;
use crate::secret::Secret;
use crate::time::UnixTime;

/// Where an answer holds things: names of members, of members of members with dots between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// Default `access_token`.
    pub access_token: String,
    /// Default `refresh_token`.
    pub refresh_token: String,
    /// Default `expires_in`: seconds.
    pub expires_in: String,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            access_token: "access_token".to_owned(),
            refresh_token: "refresh_token".to_owned(),
            expires_in: "expires_in".to_owned(),
        }
    }
}

/// How a refresh token is presented.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RefreshWith {
    /// As `Authorization: Bearer`, in place of an access token.
    #[default]
    Bearer,
    /// As a field of the body.
    Field(String),
}

/// What a login or a refresh granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Visible ASCII, so that a header can carry it.
    pub access_token: Secret,
    /// `None` after a refresh: the old one is still the one.
    pub refresh_token: Option<Secret>,
    /// Seconds, at least one.
    pub expires_in: Option<u32>,
    /// What the access token says, if it is a JWT.
    pub claims: Option<TokenClaims>,
}

/// What an access token says of itself. Nobody has checked it: it is the API that does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenClaims {
    /// All of it, as JSON text.
    pub json: String,
    /// `sub`, be it a text or a number.
    pub subject: Option<String>,
    /// `iat`
    pub issued_at: Option<UnixTime>,
    /// `exp`
    pub expires_at: Option<UnixTime>,
}

const LOGIN: &str = "the login";
const REFRESH: &str = "the refresh endpoint";
const LOGOUT: &str = "the logout";

/// Posts what the user knows.
#[must_use]
pub fn login_request(url: &str, encoding: Encoding, credentials: &[(String, Secret)]) -> HttpRequest {
    encoding.post(url, credentials.iter().map(|(name, value)| (name.as_str(), value)))
}

/// Reads what a login said. `sent` are the values that it was sent.
///
/// # Errors
/// `access_denied` with the server's words if it refused (400, 401, 403, 422); `server_error`; `invalid_response`.
pub fn process_login_response<J: Json>(
    response: &HttpResponse,
    fields: &Fields,
    sent: &[(String, Secret)],
) -> Result<Tokens> {
    if !response.is_success() {
        let sent = sent.iter().map(|(_, value)| value);
        return Err(refusal::<J>(response, LOGIN, ErrorCode::AccessDenied, sent));
    }
    tokens(&require_object::<J>(response, LOGIN)?, fields, LOGIN)
}

/// Whether a login whose answer holds nothing of interest succeeded: one that sets a cookie.
///
/// # Errors
/// As [`process_login_response`].
pub fn process_bare_login_response<J: Json>(response: &HttpResponse, sent: &[(String, Secret)]) -> Result<()> {
    let sent = sent.iter().map(|(_, value)| value);
    if response.is_success() { Ok(()) } else { Err(refusal::<J>(response, LOGIN, ErrorCode::AccessDenied, sent)) }
}

/// Asks for the next access token.
#[must_use]
pub fn refresh_request(url: &str, encoding: Encoding, with: &RefreshWith, refresh_token: &Secret) -> HttpRequest {
    match with {
        RefreshWith::Bearer => bearer_post(url, refresh_token),
        RefreshWith::Field(name) => encoding.post(url, [(name.as_str(), refresh_token)]),
    }
}

/// Reads what a refresh said.
///
/// # Errors
/// `invalid_grant` if the refresh token is refused (400, 401, 403, 422): it has expired, is revoked, or never was one;
/// `server_error`; `invalid_response`.
pub fn process_refresh_response<J: Json>(response: &HttpResponse, fields: &Fields, sent: &Secret) -> Result<Tokens> {
    if !response.is_success() {
        return Err(refusal::<J>(response, REFRESH, ErrorCode::InvalidGrant, [sent]));
    }
    tokens(&require_object::<J>(response, REFRESH)?, fields, REFRESH)
}

/// Revokes what is presented: an access token or a refresh token as Bearer, and a refresh token that travels as a field beside it.
#[must_use]
pub fn logout_request(url: &str, encoding: Encoding, token: &Secret, field: Option<(&str, &Secret)>) -> HttpRequest {
    let bearer: Secret = ["Bearer ", token.expose()].concat().into();
    match field {
        None => bearer_post(url, token),
        Some(field) => encoding.post(url, [field]).with_header("authorization", bearer),
    }
}

/// Whether the server has ended the session. To whoever is nobody any more it may say 401.
///
/// # Errors
/// `server_error`; `invalid_response`.
pub fn process_logout_response<J: Json>(response: &HttpResponse) -> Result<()> {
    if response.is_success() {
        return Ok(());
    }
    match refusal::<J>(response, LOGOUT, ErrorCode::InvalidGrant, []) {
        refused if refused.code() == ErrorCode::InvalidGrant => Ok(()),
        error => Err(error),
    }
}

fn bearer_post(url: &str, token: &Secret) -> HttpRequest {
    let bearer: Secret = ["Bearer ", token.expose()].concat().into();
    HttpRequest::post_nothing(url).with_header("authorization", bearer)
}

fn tokens<J: Json>(json: &J, fields: &Fields, who: &str) -> Result<Tokens> {
    let text = |path| find(json, path).and_then(|value| value.as_str()).filter(|text| !text.is_empty());
    let Some(access_token) = text(&fields.access_token) else {
        return Err(invalid(&[who, " answered without ", &fields.access_token]));
    };
    if !access_token.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(invalid(&[who, " answered with an access token that no header can carry"]));
    }
    Ok(Tokens {
        claims: claims::<J>(&access_token),
        access_token: access_token.into(),
        refresh_token: text(&fields.refresh_token).map(Secret::from),
        expires_in: find(json, &fields.expires_in).and_then(|value| lifetime(&value)),
    })
}

/// What a JWT says; an opaque token says nothing.
fn claims<J: Json>(access_token: &str) -> Option<TokenClaims> {
    let json = Jwt::<J>::decode(access_token).ok()?.claims_json;
    let time = |name| json.get(name)?.as_f64().filter(|seconds| seconds.is_finite()).map(seconds);
    Some(TokenClaims {
        subject: subject(&json, "sub"),
        issued_at: time("iat"),
        expires_at: time("exp"),
        json: json.to_text(),
    })
}

/// Who somebody is, be it a text or a number.
pub(super) fn subject<J: Json>(json: &J, name: &str) -> Option<String> {
    let value = json.get(name)?;
    value.as_str().or_else(|| value.as_f64().map(|number| crate::encoding::number(seconds(number).0)))
}

#[expect(clippy::cast_possible_truncation, reason = "saturates")]
fn seconds(number: f64) -> UnixTime {
    UnixTime(number as i64)
}
