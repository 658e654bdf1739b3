//! The token endpoint: the code grant (RFC 6749 §4.1.3, RFC 7636 §4.5), the refresh grant (§6), and their answers (§5).

use super::callback::ValidatedCallback;
use super::metadata::Metadata;
use super::pkce::Verifier;
use super::request::post;
use super::response::{invalid, read_object, refusal};
use crate::encoding::Form;
use crate::error::{Error, ErrorCode, Result};
use crate::http::{HttpRequest, HttpResponse};
use crate::json::Json;
use crate::secret::Secret;

/// Redeems the code. `resource` is repeated from the authorization request (RFC 8707 §2.2).
///
/// # Errors
/// `discovery_failed` without a token endpoint.
pub fn code_request(
    metadata: &Metadata,
    client_id: &str,
    redirect_uri: &str,
    callback: &ValidatedCallback,
    verifier: &Verifier,
    resource: Option<&str>,
) -> Result<HttpRequest> {
    let mut parameters = Form::new();
    parameters.add("grant_type", "authorization_code");
    parameters.add("code", callback.code().expose());
    parameters.add("redirect_uri", redirect_uri);
    parameters.add("code_verifier", verifier.secret().expose());
    parameters.add("client_id", client_id);
    parameters.add("resource", resource);
    Ok(post(metadata.token_endpoint()?, parameters))
}

/// Renews the access token. Without `scope` the new one has the scope of the old one.
///
/// # Errors
/// `discovery_failed` without a token endpoint.
pub fn refresh_request(
    metadata: &Metadata,
    client_id: &str,
    refresh_token: &Secret,
    resource: Option<&str>,
    scope: Option<&str>,
) -> Result<HttpRequest> {
    let mut parameters = Form::new();
    parameters.add("grant_type", "refresh_token");
    parameters.add("refresh_token", refresh_token.expose());
    parameters.add("client_id", client_id);
    parameters.add("resource", resource);
    parameters.add("scope", scope);
    Ok(post(metadata.token_endpoint()?, parameters))
}

/// How an access token is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenType {
    /// Whoever has it may use it (RFC 6750).
    Bearer,
    /// Only with a proof of the key that it is bound to (RFC 9449).
    DPoP,
}

impl TokenType {
    /// From its name, in upper or lower case (RFC 6749 §5.1).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Bearer, Self::DPoP].into_iter().find(|token_type| token_type.name().eq_ignore_ascii_case(name))
    }

    /// The type of tokens that are bound to a key, if there is one.
    #[must_use]
    pub const fn bound_to(key: Option<&str>) -> Self {
        if key.is_some() { Self::DPoP } else { Self::Bearer }
    }

    /// Its name, which is also the scheme of the `Authorization` header.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::DPoP => "DPoP",
        }
    }
}

/// What the token endpoint granted (RFC 6749 §5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenResponse {
    /// Visible ASCII, so that a header can carry it.
    pub access_token: Secret,
    /// Bearer, unless the server says otherwise.
    pub token_type: TokenType,
    /// Seconds, at least one; `None` if the server does not say, or says nothing that makes sense.
    pub expires_in: Option<u32>,
    /// `None` after a refresh: the old one is still the one (RFC 6749 §6).
    pub refresh_token: Option<Secret>,
    /// Not checked yet.
    pub id_token: Option<Secret>,
    /// `None`: what was asked for was granted.
    pub scope: Option<String>,
    /// What was granted in more words than a scope has: a JSON array (RFC 9396 §7).
    pub authorization_details: Option<String>,
}

impl TokenResponse {
    /// Whether the token is of the type that it was asked for as: with a proof or without (RFC 9449 §5; RFC 6749 §7.1: a type
    /// that the client does not understand is not used).
    ///
    /// # Errors
    /// `unsupported`
    pub fn require_type(&self, wanted: TokenType) -> Result<()> {
        let problem = match self.token_type {
            issued if issued == wanted => return Ok(()),
            TokenType::Bearer => "the server issued a Bearer token, and a DPoP token was asked for",
            TokenType::DPoP => "the server issued a DPoP token, which was not asked for",
        };
        Err(Error::new(ErrorCode::Unsupported, problem))
    }
}

/// Reads the answer to either grant.
///
/// # Errors
/// `invalid_grant`; `server_error` if it may grant the same later;
/// `token_request_failed` for any other refusal, with an empty `oauth.error` if the server gave no reason;
/// `invalid_response` for what is no answer of a token endpoint; `unsupported` for a type of token that nobody here can use.
pub fn process_token_response<J: Json>(response: &HttpResponse) -> Result<TokenResponse> {
    let json: J = read_object(response, WHO, ErrorCode::TokenRequestFailed).map_err(explain)?;
    let text = |name| json.text(name).filter(|text| !text.is_empty());
    let Some(access_token) = text("access_token") else {
        // Some servers refuse with 200.
        return Err(match text("error") {
            Some(_) => explain(refusal::<J>(response, WHO, ErrorCode::TokenRequestFailed)),
            None => invalid(&[WHO, " answered without an access_token"]),
        });
    };
    // RFC 6749 appendix A.12
    if !access_token.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(invalid(&[WHO, " answered with an access_token that no header can carry"]));
    }
    let token_type = match text("token_type") {
        Some(name) => TokenType::from_name(&name).ok_or_else(|| {
            Error::new(ErrorCode::Unsupported, "the server's access tokens are neither Bearer nor DPoP")
        })?,
        None => TokenType::Bearer,
    };
    Ok(TokenResponse {
        access_token: access_token.into(),
        token_type,
        expires_in: json.get("expires_in").and_then(|value| lifetime(&value)),
        refresh_token: text("refresh_token").map(Secret::from),
        id_token: text("id_token").map(Secret::from),
        scope: text("scope").or_else(|| Some(json.words("scope")?).filter(|scope| !scope.is_empty())),
        authorization_details: json
            .get("authorization_details")
            .filter(|details| details.items().is_some())
            .map(|details| details.to_text()),
    })
}

const WHO: &str = "the token endpoint";

/// The same refusal under the code that the server's own `error` deserves (RFC 6749 §5.2), whatever the 4xx that it came with.
fn explain(error: Error) -> Error {
    let Some(said) = error.oauth().filter(|_| error.code() != ErrorCode::ServerError) else { return error };
    let code = match said.error.as_str() {
        "" => return error,
        "invalid_grant" => ErrorCode::InvalidGrant,
        "server_error" | "temporarily_unavailable" => ErrorCode::ServerError,
        _ => ErrorCode::TokenRequestFailed,
    };
    error.with_code(code)
}

/// `expires_in`, be it a number or the text of one, which is JSON again. Zero and less is what servers say whose tokens do not expire.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, which is what is wanted")]
pub(crate) fn lifetime<J: Json>(value: &J) -> Option<u32> {
    let seconds = value.as_f64().or_else(|| J::parse(&value.as_str()?)?.as_f64())?;
    (seconds >= 1.0 && seconds.is_finite()).then_some(seconds as u32)
}

#[cfg(test)]
mod tests;
