//! The refresh request and what comes of it: RFC 6749 §6, OpenID Connect Core 1.0 §12.

use super::attempt::{PROMPT_MS, stopped};
use super::audience::Audience;
use super::id_token::Expected;
use super::kind::Refused;
use super::record::Record;
use super::{Inner, Level, Platform};
use crate::error::{Error, ErrorCode, Result};
use crate::json::Json;
use crate::oauth::id_token::{IdToken, check_continuity};
use crate::oauth::metadata::Metadata;
use crate::oauth::token::{TokenResponse, process_token_response, refresh_request};
use crate::secret::Secret;
use std::rc::Rc;

impl<P: Platform> Inner<P> {
    /// Asks for new tokens. A refusal without a reason is asked about once more: it may have been a proxy's.
    pub(super) async fn refresh(
        self: &Rc<Self>,
        metadata: &Rc<Metadata>,
        record: &Rc<Record>,
        refresh_token: &Secret,
        audience: &Audience,
    ) -> Result<Rc<Record>, Refused> {
        let (began, patience_ms) = (self.platform.wall_ms(), f64::from(self.config.timeout_ms) + PROMPT_MS);
        match self.refresh_once(metadata, record, refresh_token, audience).await {
            // While it waits a page can be stopped, and others go on with the refresh token.
            Err(Refused::ForGood(error)) if is_unexplained(&error) && self.is_within(patience_ms, began) => {
                self.log(Level::Info, "the server refused to renew and gave no reason: it is asked once more", None);
                self.refresh_once(metadata, record, refresh_token, audience).await
            }
            Err(Refused::ForGood(error)) if is_unexplained(&error) => Err(Refused::ForNow(stopped())),
            // Its tokens are those of a client that is no more.
            Err(Refused::ForNow(error)) if self.forget_registration(&error, record.others.client_id()).await => {
                Err(Refused::ForGood(error))
            }
            result => result,
        }
    }

    async fn refresh_once(
        self: &Rc<Self>,
        metadata: &Rc<Metadata>,
        record: &Rc<Record>,
        refresh_token: &Secret,
        audience: &Audience,
    ) -> Result<Rc<Record>, Refused> {
        let resource = audience.resource(record, &self.config);
        let request = refresh_request(metadata, self.client_of(record), refresh_token, resource, None)
            .map_err(Refused::ForNow)?;
        let (asked_at, asked_ms) = (self.platform.monotonic_ms(), self.platform.wall_ms());
        let answer = self.send_proven(request, record.key.as_deref(), None, self.config.timeout_ms).await;
        // Without the key that the refresh token is bound to there is nothing that could be sent.
        let is_key_gone = |error: &Error| error.code() == ErrorCode::StorageCorrupt;
        let answer = answer
            .map_err(|error| if is_key_gone(&error) { Refused::ForGood(error) } else { Refused::ForNow(error) })?;
        let answer = answer.without(refresh_token);
        let response = process_token_response::<P::Json>(&answer).map_err(refusal)?;
        response.require_type(record.key_type()).map_err(Refused::ForNow)?;
        let id_token = match &response.id_token {
            None => None,
            Some(id_token) => {
                let client_id = self.client_of(record);
                let expected = Expected { client_id, sent_at: answer.date(), asked_ms, ..Expected::default() };
                match self.check_id_token(metadata, id_token, &response.access_token, &expected).await {
                    Ok(token) => {
                        self.check_same_user(record, &token)?;
                        Some(token)
                    }
                    // The keys cannot be had just now. The tokens came from the token endpoint itself (OpenID Connect Core
                    // §3.1.3.7 step 6), and with rotation the old ones are gone: keep them, and the claims of before.
                    Err(error) if error.is_retryable() => {
                        self.log(
                            Level::Warn,
                            "a renewed ID token could not be checked and was left out",
                            Some(error.message()),
                        );
                        None
                    }
                    Err(error) => return Err(rotated(record, response.refresh_token, error)),
                }
            }
        };
        let next = self.next_record(record, response, id_token, asked_at);
        Ok(Rc::new(audience.put_in_place(record, next)))
    }

    /// OpenID Connect Core §12.2: the new ID token is about the same sign-in of the same user.
    fn check_same_user(&self, record: &Record, token: &IdToken) -> Result<(), Refused> {
        let before =
            record.claims.as_deref().and_then(P::Json::parse).and_then(|claims| IdToken::from_claims(&claims).ok());
        before.map_or(Ok(()), |before| check_continuity(&before, token)).map_err(Refused::ForGood)
    }

    /// What the answer leaves out stays as it was: the refresh token (RFC 6749 §6), the scope (§5.1), the ID token.
    fn next_record(
        &self,
        before: &Record,
        response: TokenResponse,
        id_token: Option<Box<IdToken>>,
        asked_at: f64,
    ) -> Record {
        let issued_at = self.issued_at(asked_at);
        let (raw_id_token, claims) = match id_token {
            Some(token) => (response.id_token, Some(token.claims)),
            None => (before.id_token.clone(), before.claims.clone()),
        };
        Record {
            generation: before.generation + 1,
            expires_at: response.expires_in.map(|seconds| issued_at.plus(i64::from(seconds))),
            access_token: response.access_token,
            token_type: response.token_type.into(),
            scope: response.scope.unwrap_or_else(|| before.scope.clone()),
            issued_at,
            refresh_token: response.refresh_token.or_else(|| before.refresh_token.clone()),
            id_token: raw_id_token,
            claims,
            clock_offset: self.clock.offset_ms(&self.platform),
            key: before.key.clone(),
            authorization_details: response.authorization_details.or_else(|| before.authorization_details.clone()),
            others: before.others.clone(),
            audience: Audience::default(),
            is_restored: false,
            owner: before.owner.clone(),
            family: before.family.clone(),
            replaced: before.replaced.clone(),
            subject: before.subject.clone(),
            signed_in_at: before.signed_in_at,
        }
    }
}

/// Sorts what the token endpoint said (RFC 6749 §5.2). Codes that say that the request or the client is wrong leave the
/// session alone; what nobody knows, or nobody explains, is about the token.
fn refusal(error: Error) -> Refused {
    const ABOUT_THE_REQUEST: &[&str] = &[
        "invalid_client",
        "invalid_request",
        "invalid_scope",
        "invalid_target",
        "unauthorized_client",
        "unsupported_grant_type",
        "use_dpop_nonce",
        "invalid_dpop_proof",
    ];
    let said = error.oauth().map_or("", |said| said.error.as_str());
    let is_refused = error.code() == ErrorCode::TokenRequestFailed && !ABOUT_THE_REQUEST.contains(&said);
    if is_refused || error.code() == ErrorCode::InvalidGrant { Refused::ForGood(error) } else { Refused::ForNow(error) }
}

/// What is left of an answer that cannot be trusted.
fn rotated(before: &Record, refresh_token: Option<Secret>, error: Error) -> Refused {
    match refresh_token {
        None => Refused::ForNow(error),
        Some(refresh_token) => {
            let (refresh_token, generation) = (Some(refresh_token), before.generation + 1);
            Refused::ButRotated(error, Rc::new(Record { refresh_token, generation, ..before.clone() }))
        }
    }
}

/// Whether the server refused without an OAuth error.
fn is_unexplained(error: &Error) -> bool {
    error.code() == ErrorCode::TokenRequestFailed && error.oauth().is_none_or(|said| said.error.is_empty())
}
