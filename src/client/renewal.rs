//! Renewing tokens: RFC 6749 §6, once for all callers in this tab and for all tabs.

use super::id_token::Expected;
use super::record::Record;
use super::{Client, Current, Event, Inner, Level, Platform, SignedOutReason, Stored, flight, login_required};
use crate::error::{Error, ErrorCode, Result};
use crate::json::Json;
use crate::oauth::id_token::{IdToken, check_continuity};
use crate::oauth::token::{TokenResponse, process_token_response, refresh_request};
use crate::secret::Secret;
use crate::time::UnixTime;
use std::rc::Rc;

/// What a caller of [`Client::access_token`] asks for.
#[derive(Clone, Debug, Default)]
pub struct AccessTokenOptions {
    /// One of the client's resources or its audience; there is one token for all of them.
    pub resource: Option<String>,
    /// Scopes that the token must have.
    pub scope: Option<String>,
    /// Seconds that it must stay good; default 30. Never more than half of what the server gives a token.
    pub min_validity: Option<u32>,
    /// Renew even if the token is good.
    pub fresh: bool,
}

const MIN_VALIDITY: u32 = 30;

/// When renewal may be tried again after it failed for now.
#[derive(Default)]
pub(super) struct Backoff {
    failures: u32,
    /// Monotonic milliseconds, and what failed.
    until: Option<(f64, Error)>,
}

/// Why the server refused a refresh token.
enum Refused {
    /// `invalid_grant`, or words to that effect: asking again is useless.
    ForGood(Error),
    /// It may work later, or the request is wrong and not the token: the session stays.
    ForNow(Error),
}

impl<P: Platform> Client<P> {
    /// A token that stays good for `min_validity` seconds; renewed if need be.
    ///
    /// # Errors
    /// `login_required`: there is no way to get one without the user. `session_lost`: the server has just ended the session.
    /// `network`, `timeout`, `server_error`: not now. `unlisted_resource` for a resource that the options do not list.
    pub async fn access_token(&self, options: AccessTokenOptions) -> Result<Secret> {
        let inner = &self.0;
        inner.check_wanted(&options)?;
        let record = inner.record().ok_or_else(|| login_required("nobody is signed in"))?;
        let wanted = i64::from(options.min_validity.unwrap_or(MIN_VALIDITY));
        let record = if options.fresh { inner.renew(&record).await? } else { inner.good_for(record, wanted).await? };
        Ok(record.access_token.clone())
    }
}

impl Record {
    /// Seconds that the access token stays good; `None`: nobody said.
    pub(super) fn remaining(&self, now: UnixTime) -> Option<i64> {
        Some(self.expires_at?.seconds_since(now))
    }

    /// Whether the token stays good for this long, or for half its life if that is shorter.
    pub(super) fn is_good_for(&self, seconds: i64, now: UnixTime) -> bool {
        let lifetime = self.expires_at.map_or(i64::MAX, |expires_at| expires_at.seconds_since(self.issued_at));
        self.remaining(now).is_none_or(|remaining| remaining > seconds.min(lifetime / 2))
    }
}

impl<P: Platform> Inner<P> {
    fn check_wanted(&self, options: &AccessTokenOptions) -> Result<()> {
        if let Some(wanted) = &options.resource {
            let url = P::parse_url(wanted, None);
            let is_listed = self.config.audience() == Some(wanted)
                || url.is_some_and(|url| self.config.resources.iter().any(|resource| resource.covers(&url)));
            if !is_listed {
                return Err(Error::new(ErrorCode::UnlistedResource, "resource is not under resources"));
            }
        }
        let record = self.record();
        let granted = record.as_ref().map_or("", |record| record.scope.as_str());
        let is_granted = |wanted: &str| granted.split(' ').any(|scope| scope == wanted);
        if !options.scope.iter().flat_map(|scope| scope.split_ascii_whitespace()).all(is_granted) && record.is_some() {
            return Err(Error::new(
                ErrorCode::Unsupported,
                "scope was not granted at sign-in, and is not widened in this version",
            ));
        }
        Ok(())
    }

    /// `record` if its token stays good for this long, or what it is renewed to. While the old token is good at all it serves
    /// if renewal fails for now.
    pub(super) async fn good_for(self: &Rc<Self>, record: Rc<Record>, seconds: i64) -> Result<Rc<Record>> {
        if record.is_good_for(seconds, self.now()) {
            return Ok(record);
        }
        match self.renew(&record).await {
            Err(error) if error.is_retryable() && record.is_good_for(0, self.now()) => Ok(record),
            Ok(renewed) if !renewed.is_same_user(&record) => Err(another_user()),
            renewed => renewed,
        }
    }

    /// Renews `seen`, unless that has happened already.
    pub(super) async fn renew(self: &Rc<Self>, seen: &Rc<Record>) -> Result<Rc<Record>> {
        if let Some(error) = self.must_wait() {
            return Err(error);
        }
        let (inner, seen) = (Rc::clone(self), Rc::clone(seen));
        self.renewal.join(&self.platform, || async move { inner.renew_once(&seen).await }).await
    }

    async fn renew_once(self: &Rc<Self>, seen: &Rc<Record>) -> Result<Rc<Record>> {
        let result = self.renew_under_lock(seen).await;
        match &result {
            Ok(_) => {
                self.backoff.replace(Backoff::default());
                self.succeeded();
            }
            Err(error) if self.record().is_some() && error.code() != ErrorCode::LoginRequired => {
                self.back_off(error.clone())
            }
            Err(error) => {
                self.failed(error.clone());
            }
        }
        result
    }

    async fn renew_under_lock(self: &Rc<Self>, seen: &Rc<Record>) -> Result<Rc<Record>> {
        let name = self.store.scoped("renewal");
        let lock = self.platform.lock(&name);
        let Some(_guard) = flight::within(&self.platform, self.lock_wait_ms(), lock).await else {
            return Err(Error::new(ErrorCode::Timeout, "another tab did not finish renewing"));
        };
        // Another tab may have renewed, or signed out, while this one waited.
        self.adopt_stored(SignedOutReason::OtherTab).await;
        let Some(record) = self.record() else {
            return Err(login_required("nobody is signed in any more"));
        };
        if !record.is_same_write(seen) && record.is_good_for(0, self.now()) {
            self.log(Level::Debug, "another tab has renewed the tokens", None);
            return Ok(record);
        }
        let Some(refresh_token) = &record.refresh_token else {
            return self.end_if_expired(&record).await;
        };
        match self.refresh(&record, refresh_token).await {
            Ok(renewed) => self.keep(&record, renewed).await,
            Err(Refused::ForNow(error)) => {
                // Whatever happened elsewhere meanwhile, nobody looked.
                self.adopt_stored(SignedOutReason::OtherTab).await;
                Err(error)
            }
            Err(Refused::ForGood(error)) => {
                let is_other = |stored: &Record| !stored.is_same_write(&record);
                if let Stored::Record(stored) = self.read_record().await
                    && is_other(&stored)
                {
                    // It is not this session that is over.
                    self.adopt(Some(*stored), SignedOutReason::UserChanged);
                    return self.record().ok_or_else(|| login_required("nobody is signed in any more"));
                }
                let is_other_user = error.code() == ErrorCode::SessionLost;
                let reason = if is_other_user { SignedOutReason::UserChanged } else { SignedOutReason::Expired };
                self.end_session(reason).await;
                Err(error.with_code(ErrorCode::SessionLost))
            }
        }
    }

    /// Asks for new tokens. A refusal without a reason is asked about once more: it may have been a proxy's.
    async fn refresh(self: &Rc<Self>, record: &Rc<Record>, refresh_token: &Secret) -> Result<Record, Refused> {
        match self.refresh_once(record, refresh_token).await {
            Err(Refused::ForGood(error)) if is_unexplained(&error) => {
                self.log(Level::Info, "the server refused to renew and gave no reason: it is asked once more", None);
                self.refresh_once(record, refresh_token).await
            }
            result => result,
        }
    }

    async fn refresh_once(self: &Rc<Self>, record: &Rc<Record>, refresh_token: &Secret) -> Result<Record, Refused> {
        let metadata = self.metadata().await.map_err(Refused::ForNow)?;
        let request = refresh_request(&metadata, &self.config.client_id, refresh_token, self.config.audience(), None)
            .map_err(Refused::ForNow)?;
        let asked_at = self.platform.monotonic_ms();
        let answer = self.platform.send(request, self.config.timeout_ms).await.map_err(Refused::ForNow)?;
        let answer = answer.without(refresh_token);
        let response = process_token_response::<P::Json>(&answer).map_err(refusal)?;
        response.require_bearer().map_err(Refused::ForNow)?;
        let id_token = match &response.id_token {
            None => None,
            Some(id_token) => {
                let expected = Expected { sent_at: answer.date(), ..Expected::default() };
                match self.check_id_token(&metadata, id_token, &response.access_token, &expected).await {
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
                    Err(error) => return Err(Refused::ForNow(error)),
                }
            }
        };
        Ok(self.next_record(record, response, id_token, asked_at))
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
        id_token: Option<IdToken>,
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
            token_type: response.token_type,
            scope: response.scope.unwrap_or_else(|| before.scope.clone()),
            issued_at,
            refresh_token: response.refresh_token.or_else(|| before.refresh_token.clone()),
            id_token: raw_id_token,
            claims,
            clock_offset: self.clock.offset(&self.platform),
            owner: before.owner.clone(),
            family: before.family.clone(),
            subject: before.subject.clone(),
            signed_in_at: before.signed_in_at,
        }
    }

    async fn keep(self: &Rc<Self>, before: &Record, renewed: Record) -> Result<Rc<Record>> {
        if !self.replace_record(before, &renewed).await {
            let record = self.record().filter(|record| record.is_same_user(before));
            return record.ok_or_else(|| login_required("the user signed out meanwhile"));
        }
        self.log(Level::Info, "the tokens were renewed", None);
        self.adopt(Some(renewed), SignedOutReason::OtherTab);
        self.tell_tabs();
        self.record().ok_or_else(|| login_required("the user signed out meanwhile"))
    }

    /// Ends a stored session whose token has expired and cannot be renewed.
    pub(super) async fn end_if_over(self: &Rc<Self>) {
        let is_over = |record: &Rc<Record>| record.refresh_token.is_none() && !record.is_good_for(0, self.now());
        if self.record().is_some_and(|record| is_over(&record)) {
            self.end_session(SignedOutReason::Expired).await;
        }
    }

    async fn end_if_expired(self: &Rc<Self>, record: &Rc<Record>) -> Result<Rc<Record>> {
        if !record.is_good_for(0, self.now()) {
            self.end_session(SignedOutReason::Expired).await;
        }
        Err(login_required("the server gave no refresh token"))
    }

    /// The error to give instead of asking the server again so soon after it failed.
    fn must_wait(&self) -> Option<Error> {
        let backoff = self.backoff.borrow();
        let (until, error) = backoff.until.as_ref()?;
        (self.platform.monotonic_ms() < *until).then(|| error.clone())
    }

    /// Doubles from one second to five minutes, with full jitter, and never less than the server asks for.
    fn back_off(self: &Rc<Self>, error: Error) {
        const FIRST_MS: f64 = 1_000.0;
        const LONGEST_MS: f64 = 300_000.0;
        /// Seconds. A server that asks for more does not mean it.
        const LONGEST_WISH: u32 = 3_600;
        let failures = self.backoff.borrow().failures;
        let ceiling = (FIRST_MS * f64::from(1_u32 << failures.min(16))).min(LONGEST_MS);
        let asked_for = f64::from(error.retry_after().unwrap_or(0).min(LONGEST_WISH)) * 1_000.0;
        let pause = (ceiling * self.random_fraction()).max(asked_for);
        let until = self.platform.monotonic_ms() + pause;
        let retry_at = UnixTime::from_millis(pause);
        self.backoff.replace(Backoff { failures: failures + 1, until: Some((until, error.clone())) });
        self.error.replace(Some(error.clone()));
        self.tell(Event::RefreshError { error, retry_at: Some(self.now().plus(retry_at.0)) });
        self.schedule_renewal();
    }

    /// Milliseconds until renewal may be tried again.
    pub(super) fn backoff_ms(&self) -> f64 {
        let until = self.backoff.borrow().until.as_ref().map(|(until, _)| *until);
        until.map_or(0.0, |until| (until - self.platform.monotonic_ms()).max(0.0))
    }

    pub(super) fn forget_backoff(&self) {
        self.backoff.replace(Backoff::default());
    }

    /// Longer than whoever holds a lock can take: two requests, or discovery and one.
    pub(super) fn lock_wait_ms(&self) -> u32 {
        self.config.timeout_ms.saturating_mul(4)
    }

    /// The current token as the header wants it.
    pub(super) fn authorization(&self) -> Option<Rc<Secret>> {
        self.current.borrow().as_ref().map(|Current { authorization, .. }| Rc::clone(authorization))
    }
}

/// Sorts what the token endpoint said (RFC 6749 §5.2). Codes that say that the request or the client is wrong leave the
/// session alone; what nobody knows, or nobody explains, is about the token.
fn refusal(error: Error) -> Refused {
    let about_the_request = [
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
    let is_refused = error.code() == ErrorCode::TokenRequestFailed && !about_the_request.contains(&said);
    if is_refused || error.code() == ErrorCode::InvalidGrant { Refused::ForGood(error) } else { Refused::ForNow(error) }
}

/// What a call gets whose user is not there any more.
pub(super) fn another_user() -> Error {
    login_required("another user has signed in since this call began")
}

/// Whether the server refused without an OAuth error.
fn is_unexplained(error: &Error) -> bool {
    error.code() == ErrorCode::TokenRequestFailed && error.oauth().is_none_or(|said| said.error.is_empty())
}
