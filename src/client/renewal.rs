//! Renewing tokens: RFC 6749 §6, once for all callers in this tab and for all tabs.

use super::attempt::{ANSWER_MS, Attempt, NotNow};
use super::audience::Audience;
use super::kind::{Kind, Refused};
use super::lease::Turn;
use super::part::boxed;
use super::platform::Part;
use super::record::Record;
use super::stored::Stored;
use super::{Current, Event, Inner, Level, Platform, SignedOutReason, login_required};
use crate::error::{Error, ErrorCode, Result};
use crate::secret::Secret;
use crate::time::UnixTime;
use std::rc::Rc;

/// Seconds that a token stays good, or half its life, unless more or less is asked for.
const MIN_VALIDITY: i64 = 30;

/// Until renewal is tried again whose part of the program did not load.
const PART_PAUSE_MS: f64 = 5_000.0;

/// When renewal may be tried again after it failed for now, in monotonic milliseconds, and what failed.
pub(super) type Backoff = Option<(f64, Error)>;

/// How an attempt to renew can end.
enum Failed {
    /// It is tried again after so many milliseconds, at the earliest.
    ForNow(Error, f64),
    /// There is nothing to renew any more.
    ForGood(Error),
    /// The user has left meanwhile, here or in another tab: what the caller gets, and no failure.
    Gone(Error),
}

impl Failed {
    fn gone() -> Self {
        Self::Gone(login_required("nobody is signed in any more"))
    }
}

impl Record {
    /// Seconds that the access token stays good; `None`: nobody said.
    pub(super) fn remaining(&self, now: UnixTime) -> Option<i64> {
        Some(self.expires_at?.seconds_since(now))
    }

    /// Seconds that it was good for when it was issued.
    fn lifetime(&self) -> i64 {
        self.expires_at.map_or(i64::MAX, |expires_at| expires_at.seconds_since(self.issued_at))
    }

    /// Whether the token stays good for this long, or for half its life if it has not so long a life.
    pub(super) fn is_good_for(&self, seconds: i64, now: UnixTime) -> bool {
        let wanted = if seconds < self.lifetime() { seconds } else { self.lifetime() / 2 };
        self.remaining(now).is_none_or(|remaining| remaining > wanted)
    }
}

impl<P: Platform, K: Kind<P>> Inner<P, K> {
    /// The access token, if it stays good for so many seconds; else, or if it must be `fresh`, what it is renewed to.
    pub(super) async fn token(
        self: &Rc<Self>,
        audience: &Audience,
        min_validity: Option<u32>,
        fresh: bool,
    ) -> Result<Secret> {
        self.check_open()?;
        let record = self.record_for(audience).ok_or_else(|| login_required("nobody is signed in"))?;
        let wanted = min_validity.map_or(MIN_VALIDITY.min(record.lifetime() / 2), i64::from);
        let good = if fresh { self.renew(&record).await? } else { self.good_for(Rc::clone(&record), wanted).await? };
        if good.is_same_user(&record) { Ok(good.access_token.clone()) } else { Err(another_user()) }
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

    /// Renews the token that `seen` is about, unless that has happened already.
    pub(super) async fn renew(self: &Rc<Self>, seen: &Rc<Record>) -> Result<Rc<Record>> {
        if let Some(error) = self.must_wait() {
            return Err(error);
        }
        match self.platform.part(Part::Flows).await {
            Ok(()) => boxed(self.renew_for_all(seen)).await,
            // Of those that have waited for it together, one says so.
            Err(error) => Err(self.must_wait().unwrap_or_else(|| self.back_off(error, PART_PAUSE_MS))),
        }
    }

    async fn renew_for_all(self: &Rc<Self>, seen: &Rc<Record>) -> Result<Rc<Record>> {
        self.await_others(&seen.audience).await;
        if let Some(error) = self.must_wait() {
            return Err(error);
        }
        self.renewal.join(&self.platform, || Rc::clone(self).renew_once(Rc::clone(seen))).await
    }

    async fn renew_once(self: Rc<Self>, seen: Rc<Record>) -> Result<Rc<Record>> {
        // One token request at a time; and a sign-in makes this one needless.
        self.kind.is_at_rest().await;
        let result = self.renew_in_turn(&seen).await.map(|record| record.facing(&seen.audience));
        self.is_sending.set(false);
        match result {
            Ok(record) => {
                self.forget_backoff();
                self.succeeded();
                Ok(record)
            }
            Err(Failed::ForNow(error, pause_ms)) => Err(self.back_off(error, pause_ms)),
            Err(Failed::ForGood(error)) => Err(self.failed(error)),
            Err(Failed::Gone(error)) => Err(error),
        }
    }

    async fn renew_in_turn(self: &Rc<Self>, seen: &Rc<Record>) -> Result<Rc<Record>, Failed> {
        let mut seen = Rc::clone(seen);
        loop {
            let turn = self.turn("renewal").await;
            // Another tab may have renewed, or signed out, while this one waited.
            self.adopt_latest().await;
            let record = self.record().ok_or_else(Failed::gone)?;
            let facing = record.facing(&seen.audience);
            if !facing.has_same_token(&seen) && facing.is_good_for(0, self.now()) {
                self.log(Level::Debug, "another tab has renewed the tokens", None);
                return Ok(record);
            }
            let Some(refresh_token) = &record.refresh_token else {
                if !seen.audience.is_own(&record) {
                    return Err(Failed::Gone(login_required("the server gave no refresh token")));
                }
                let was_good = record.is_good_for(0, self.now());
                self.end_if_over().await;
                if !was_good && record.is_good_for(0, self.now()) {
                    // It was the clock.
                    self.schedule_renewal();
                    return Ok(record);
                }
                return Err(Failed::ForGood(login_required("the server gave no refresh token")));
            };
            if let Some(error) = self.audiences.refusal(&seen.audience, &record, self.platform.monotonic_ms()) {
                return Err(Failed::Gone(error));
            }
            if self.is_spent(refresh_token).await {
                self.renounce(&record).await;
                // The same token in another record: nobody has renewed it.
                seen = self.record().ok_or_else(Failed::gone)?.facing(&seen.audience);
                continue;
            }
            match self.attempt(&turn, &record, refresh_token, &seen.audience).await {
                Err(NotNow::Changed) => {}
                Err(NotNow::Pause(error, pause_ms)) => return Err(Failed::ForNow(error, pause_ms)),
                Ok(result) => return result,
            }
        }
    }

    /// Takes over what is stored. A write that was stored again is left for a moment, in which a page that knows a later one
    /// stores that. Other pages wait for their turn meanwhile, so that none of them renews in between.
    async fn adopt_latest(self: &Rc<Self>) {
        let mut told: Option<Rc<Record>> = None;
        while self.adopt_stored(SignedOutReason::OtherTab).await {
            let record = self.record();
            if told.zip(record.as_ref()).is_some_and(|(told, record)| told.is_same_write(record)) {
                return;
            }
            told = record;
            self.tell_tabs();
            // With the session the store has lost who renews.
            while self.is_another_tab_renewing(ANSWER_MS).await == Some(true) {}
        }
    }

    /// One attempt: noted, made, and what came of it noted.
    async fn attempt(
        self: &Rc<Self>,
        turn: &Turn<P, K>,
        record: &Rc<Record>,
        refresh_token: &Secret,
        audience: &Audience,
    ) -> Result<Result<Rc<Record>, Failed>, NotNow> {
        let mut attempt = self.next_attempt(turn, record, refresh_token).await?;
        let result = match K::means(self).await {
            Ok(means) => {
                self.note_attempt(&mut attempt, record, refresh_token).await?;
                if !self.is_still(turn) {
                    return Err(NotNow::Changed);
                }
                self.is_sending.set(true);
                K::refresh(self, &means, record, refresh_token, audience).await
            }
            Err(error) => Err(Refused::ForNow(error)),
        };
        Ok(match result {
            Ok(renewed) => {
                self.note_spent(&attempt, Some(&renewed)).await;
                let kept = self.keep(record, Rc::clone(&renewed)).await;
                self.end_attempt(&attempt).await;
                kept
            }
            // The server has no token for this API, which says nothing about the others.
            Err(Refused::ForNow(error))
                if !audience.is_own(record) && error.code() == ErrorCode::TokenRequestFailed =>
            {
                Err(self.has_none_for(audience, record, &attempt, error).await)
            }
            Err(Refused::ForGood(error)) if !audience.is_own(record) && is_about_the_request(&error) => {
                Err(self.has_none_for(audience, record, &attempt, error).await)
            }
            Err(Refused::ForNow(error)) => {
                let pause_ms = self.fail_attempt(attempt, &error).await;
                // Whatever happened elsewhere meanwhile, nobody looked.
                self.adopt_stored(SignedOutReason::OtherTab).await;
                Err(Failed::ForNow(error, pause_ms))
            }
            Err(Refused::ButRotated(error, next)) => {
                self.note_spent(&attempt, Some(&next)).await;
                let attempt = self.attempt_of(attempt, &next).await;
                let _ = self.keep(record, next).await;
                let pause_ms = self.fail_attempt(attempt, &error).await;
                Err(Failed::ForNow(error, pause_ms))
            }
            Err(Refused::ForGood(error)) => {
                self.note_spent(&attempt, None).await;
                self.end_refused(record, error).await
            }
        })
    }

    async fn has_none_for(&self, audience: &Audience, record: &Record, attempt: &Attempt, error: Error) -> Failed {
        self.end_attempt(attempt).await;
        self.audiences.refuse(audience, record, error.clone(), self.platform.monotonic_ms());
        Failed::Gone(error)
    }

    /// Ends the session that the server has ended, unless another is stored by now: it is not that one that is over.
    async fn end_refused(self: &Rc<Self>, record: &Record, error: Error) -> Result<Rc<Record>, Failed> {
        if let Stored::Record(stored) = self.read_record().await
            && !stored.is_same_write(record)
        {
            self.adopt_written(stored, SignedOutReason::UserChanged);
            return self.record().ok_or_else(Failed::gone);
        }
        let is_other_user = error.code() == ErrorCode::SessionLost;
        let reason = if is_other_user { SignedOutReason::UserChanged } else { SignedOutReason::Expired };
        self.end_session(reason).await;
        Err(Failed::ForGood(error.with_code(ErrorCode::SessionLost)))
    }

    /// Goes on without a refresh token that a duplicate of this tab has used: for as long as the access token is good.
    async fn renounce(self: &Rc<Self>, record: &Record) {
        self.log(Level::Info, "a duplicate of this tab has taken the refresh token over", None);
        let next = Record { refresh_token: None, generation: record.generation + 1, ..record.clone() };
        let _ = self.keep(record, Rc::new(next)).await;
    }

    async fn keep(self: &Rc<Self>, before: &Record, renewed: Rc<Record>) -> Result<Rc<Record>, Failed> {
        if !self.replace_record(before, &renewed).await {
            return self.record().filter(|record| record.is_same_user(before)).ok_or_else(Failed::gone);
        }
        self.log(Level::Info, "the tokens were renewed", None);
        self.adopt(Some(renewed), SignedOutReason::OtherTab);
        self.tell_tabs();
        self.record().ok_or_else(Failed::gone)
    }

    /// Ends a session whose token has expired and cannot be renewed.
    pub(super) async fn end_if_over(self: &Rc<Self>) {
        let is_over = |record: &Rc<Record>| record.refresh_token.is_none() && !record.is_good_for(0, self.now());
        if self.record().is_some_and(|record| is_over(&record)) && self.platform.part(Part::Flows).await.is_ok() {
            boxed(self.end_unless_clock_is_wrong()).await;
        }
    }

    async fn end_unless_clock_is_wrong(self: &Rc<Self>) {
        let is_over = |record: &Rc<Record>| record.refresh_token.is_none() && !record.is_good_for(0, self.now());
        // Or somebody has set the clock forward.
        if let Some(ms) = self.platform.witness_ms().await {
            self.set_clock(UnixTime::from_millis(ms));
        }
        if self.record().is_some_and(|record| is_over(&record)) {
            self.end_session(SignedOutReason::Expired).await;
        }
    }

    /// The error to give instead of asking the server again so soon after it failed.
    fn must_wait(&self) -> Option<Error> {
        let backoff = self.backoff.borrow();
        let (until, error) = backoff.as_ref()?;
        (self.platform.monotonic_ms() < *until).then(|| error.clone())
    }

    fn back_off(self: &Rc<Self>, error: Error, pause_ms: f64) -> Error {
        self.backoff.replace(Some((self.platform.monotonic_ms() + pause_ms, error.clone())));
        self.error.replace(Some(error.clone()));
        let due = self.schedule_renewal().filter(|_| self.platform.is_visible());
        let retry_at = due.map(|ms| self.now().plus(UnixTime::from_millis(ms.max(0.0)).0));
        self.tell(Event::RefreshError { error: error.clone(), retry_at });
        error
    }

    /// Milliseconds until renewal may be tried again.
    pub(super) fn backoff_ms(&self) -> f64 {
        let until = self.backoff.borrow().as_ref().map(|(until, _)| *until);
        until.map_or(0.0, |until| (until - self.platform.monotonic_ms()).max(0.0))
    }

    pub(super) fn forget_backoff(&self) {
        self.backoff.take();
    }

    /// The session of this page, as calls to this audience see it.
    pub(super) fn record_for(&self, audience: &Audience) -> Option<Rc<Record>> {
        Some(self.record()?.facing(audience))
    }

    /// The same, and the credential as a call carries it.
    pub(super) fn credential_for(&self, audience: &Audience) -> Option<(Rc<Record>, Rc<Secret>)> {
        let current = self.current.borrow();
        let Current { record, credential, .. } = current.as_ref()?;
        if audience.is_own(record) {
            return Some((Rc::clone(record), Rc::clone(credential)));
        }
        // The one that was signed in for meanwhile may not have one yet.
        let record = Some(record.facing(audience)).filter(|record| !record.access_token.expose().is_empty())?;
        let credential = Rc::new(self.kind.credential(&record));
        Some((record, credential))
    }
}

/// Whether the server has said, in words of its own, that it does not want this request; of the refresh token it says `invalid_grant`.
fn is_about_the_request(error: &Error) -> bool {
    error.code() == ErrorCode::TokenRequestFailed && error.oauth().is_some_and(|said| !said.error.is_empty())
}

/// What a call gets whose user is not there any more.
pub(super) fn another_user() -> Error {
    login_required("another user has signed in since this call began")
}
