//! The ID token: whether its claims hold (OpenID Connect Core 1.0 §2, §3.1.3.7), and whether that of a refresh goes on where
//! the one before stood (§12.2). The signature is checked elsewhere: see [`crate::jwt`].

use crate::encoding::{base64url, concat};
use crate::error::{Error, ErrorCode, Result};
use crate::json::Json;
use crate::jwt::{Claims, Jwt};
use crate::time::UnixTime;
use std::borrow::Cow;
use std::fmt;

/// What an ID token is checked against.
#[derive(Clone, Copy, Debug)]
pub struct IdTokenChecks<'a> {
    /// The server's, character by character.
    pub issuer: &'a str,
    /// The audience.
    pub client_id: &'a str,
    /// That of the authorization request; `None` on a refresh, where [`check_continuity`] looks at it.
    pub nonce: Option<&'a str>,
    /// That of the authorization request, in seconds.
    pub max_age: Option<u32>,
    /// That of the authorization request: one of them must be the token's `acr`.
    pub acr_values: Option<&'a str>,
    /// [`at_hash`] of the access token that came with it.
    pub at_hash: Option<&'a str>,
    /// By the server's clock, as far as that is known.
    pub now: UnixTime,
    /// Seconds by which clocks may differ.
    pub tolerance: i64,
}

/// The claims of an ID token that has everything it must have (§2).
#[derive(Clone, PartialEq, Eq)]
pub struct IdToken {
    /// `sub`: who the user is.
    pub subject: String,
    /// `iat`: the server's clock when it made the token.
    pub issued_at: UnixTime,
    /// `auth_time`: when the user authenticated.
    pub auth_time: Option<UnixTime>,
    /// `azp`: the client that the token was made for.
    pub authorized_party: Option<String>,
    /// `iss`, `aud`, `exp` and `nbf`. Issuer and expiry are there, and the audience is not empty.
    pub registered: Claims,
    /// All claims as JSON text.
    pub claims: String,
    nonce: Option<String>,
    acr: Option<String>,
    at_hash: Option<String>,
}

impl IdToken {
    /// Reads claims without checking them against anything, as those of a session that was stored.
    ///
    /// # Errors
    /// `claim_invalid` naming the claim that is missing or, of those of RFC 7519, has the wrong type.
    pub fn from_claims<J: Json>(json: &J) -> Result<Self> {
        let registered = Claims::from_json(json)?;
        if registered.issuer.is_none() {
            return Err(missing("iss"));
        }
        if registered.audience.is_empty() {
            return Err(missing("aud"));
        }
        if registered.expires_at.is_none() {
            return Err(missing("exp"));
        }
        Ok(Self {
            subject: registered.subject.clone().filter(|subject| !subject.is_empty()).ok_or_else(|| missing("sub"))?,
            issued_at: registered.issued_at.ok_or_else(|| missing("iat"))?,
            // Of the claims that a check asks for, one of the wrong type is none …
            auth_time: json.get("auth_time").and_then(|claim| claim.as_f64()).map(UnixTime::from_f64),
            nonce: json.text("nonce"),
            acr: json.text("acr"),
            // … and of those that count only if they are there, it is a wrong one.
            authorized_party: json.get("azp").map(|claim| claim.as_str().unwrap_or_default()),
            at_hash: json.get("at_hash").map(|claim| claim.as_str().unwrap_or_default()),
            registered,
            claims: json.to_text(),
        })
    }

    /// The checks that no clock has a part in: whose token this is, and which request and access token it belongs to.
    ///
    /// # Errors
    /// `claim_invalid` naming the claim.
    pub fn check_identity(&self, checks: &IdTokenChecks<'_>) -> Result<()> {
        // Step 2.
        self.registered.check_issuer(checks.issuer)?;
        // Step 3.
        self.registered.check_audience(&[checks.client_id])?;
        // Steps 4 and 5. Among several audiences, `azp` says for which of them the token was made.
        let is_for_this_client = match &self.authorized_party {
            Some(client) => client == checks.client_id,
            None => self.registered.audience.len() == 1,
        };
        if !is_for_this_client {
            return Err(invalid("azp is not clientId"));
        }
        // Step 11.
        if checks.nonce.is_some() && self.nonce.as_deref() != checks.nonce {
            return Err(invalid("nonce is not that of the request"));
        }
        // §3.1.3.8
        if let (Some(named), Some(computed)) = (self.at_hash.as_deref(), checks.at_hash)
            && named != computed
        {
            return Err(invalid("at_hash is not that of the access token"));
        }
        // Step 12.
        if let Some(asked) = checks.acr_values
            && !asked.split_ascii_whitespace().any(|acr| self.acr.as_deref() == Some(acr))
        {
            return Err(invalid("acr is none of those that were asked for"));
        }
        // Step 13: §2 requires the claim where `max_age` was asked for.
        if checks.max_age.is_some() && self.auth_time.is_none() {
            return Err(missing("auth_time"));
        }
        Ok(())
    }

    /// The checks that fail when a clock is wrong.
    ///
    /// # Errors
    /// `token_expired`; `claim_invalid` naming the claim.
    pub fn check_times(&self, checks: &IdTokenChecks<'_>) -> Result<()> {
        // Step 9, and RFC 7519 §4.1.5.
        self.registered.check_times(checks.now, checks.tolerance)?;
        // Step 10.
        if self.issued_at > checks.now.plus(checks.tolerance) {
            return Err(invalid("iat lies in the future"));
        }
        // Step 13.
        if let (Some(max_age), Some(auth_time)) = (checks.max_age, self.auth_time)
            && checks.now.seconds_since(auth_time) > i64::from(max_age).saturating_add(checks.tolerance)
        {
            return Err(invalid("auth_time is longer ago than max_age"));
        }
        Ok(())
    }
}

impl fmt::Debug for IdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdToken(…)")
    }
}

/// Checks everything but the signature. What a wrong clock may be the cause of comes last.
///
/// # Errors
/// `claim_invalid` naming the claim; `token_expired`.
pub fn check_id_token<J: Json>(jwt: &Jwt<'_, J>, checks: &IdTokenChecks<'_>) -> Result<IdToken> {
    let id_token = IdToken::from_claims(&jwt.claims_json)?;
    id_token.check_identity(checks)?;
    id_token.check_times(checks)?;
    Ok(id_token)
}

/// Whether the ID token of a refresh goes on where the one before stood (§12.2).
///
/// # Errors
/// `session_lost` if it is about another user; `claim_invalid` naming the claim that has changed.
pub fn check_continuity(before: &IdToken, after: &IdToken) -> Result<()> {
    if before.subject != after.subject {
        return Err(Error::new(ErrorCode::SessionLost, "sub has changed: this is another user"));
    }
    let changed = if before.registered.issuer != after.registered.issuer {
        "iss has changed"
    } else if !is_same_set(&before.registered.audience, &after.registered.audience) {
        "aud has changed"
    } else if before.authorized_party != after.authorized_party {
        "azp has changed"
    } else if differ(before.auth_time.as_ref(), after.auth_time.as_ref()) {
        "auth_time has changed"
    } else if differ(before.nonce.as_ref(), after.nonce.as_ref()) {
        "nonce has changed"
    } else {
        return Ok(());
    };
    Err(invalid(changed))
}

/// `at_hash` of the access token whose digest this is, by the hash of the ID token's algorithm (§3.1.3.6).
#[must_use]
pub fn at_hash(digest: &[u8]) -> String {
    base64url(digest.split_at(digest.len() / 2).0)
}

/// Whether both have the claim, and not the same.
fn differ<T: PartialEq>(before: Option<&T>, after: Option<&T>) -> bool {
    before.is_some() && after.is_some() && before != after
}

fn is_same_set(one: &[String], other: &[String]) -> bool {
    one.iter().all(|member| other.contains(member)) && other.iter().all(|member| one.contains(member))
}

fn missing(name: &str) -> Error {
    invalid(concat(&[name, " is missing"]))
}

fn invalid(context: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorCode::ClaimInvalid, context)
}

#[cfg(test)]
mod tests;
