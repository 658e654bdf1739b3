//! The attempt to renew, written down before it is made.
//!
//! Whoever finds one of which nobody said what came of it knows that the server may have acted on it: its tab died, or its answer
//! was lost. And all tabs keep the pause after one that failed.

use super::kind::Kind;
use super::lease::Turn;
use super::pace::{LONGEST_WISH_MS, Outage, TRIES_IN_A_MINUTE};
use super::platform::StorageKind;
use super::record::{Fields, Record};
use super::{Inner, Platform};
use crate::encoding::{Form, base64url, concat, parts};
use crate::error::{Error, ErrorCode, Result};
use crate::jwt::Hash;
use crate::secret::Secret;

const KEY: &str = "attempt";
/// Refresh tokens that this browser has used up, where tabs with a session of their own see it.
const SPENT: &str = "spent";
/// Letters: those of some six hundred tokens.
const MOST_SPENT: usize = 10_000;
/// Bytes of a digest: enough that no two tokens share a name.
const NAME_BYTES: usize = 12;
/// What another tab may take to say that it is at it.
pub(super) const ANSWER_MS: u32 = 250;
/// Questions that must stay without an answer: a message can be lost.
const QUESTIONS: u32 = 2;
/// What is written down is worth nothing for a page that slept since.
pub(super) const PROMPT_MS: f64 = 2_000.0;

/// What is written down about the latest attempt with a refresh token. Times are milliseconds of the machine's clock, the only
/// one that tabs share.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempt {
    /// A digest of the refresh token.
    token: String,
    /// How many were made with it since the last success.
    tries: u32,
    /// When the last of them were made, the latest last.
    sent: Vec<f64>,
    /// When it was made, or when it failed.
    at: f64,
    /// How it failed; `None`: nobody has said yet.
    failed: Option<ErrorCode>,
    pause_ms: f64,
    /// The note in the store as this page saw it last, which may be about another token: whoever has been frozen since must
    /// not write over what others have noted.
    noted: Option<Secret>,
}

impl Attempt {
    fn encode(&self) -> Secret {
        let mut fields = Form::new();
        fields.add("token", self.token.as_str());
        fields.add_number("tries", i64::from(self.tries));
        fields.add_number("at", whole(self.at));
        fields.add_number("pause", whole(self.pause_ms));
        for time in &self.sent {
            fields.add_number("sent", whole(*time));
        }
        fields.add("failed", self.failed.map(ErrorCode::as_str));
        fields.into()
    }

    fn decode(text: &Secret) -> Option<Self> {
        let fields = Fields::parse(text);
        let ms = |name| fields.numbers(name).first().copied();
        Some(Self {
            token: fields.text("token")?,
            tries: fields.number("tries")?.try_into().ok()?,
            sent: fields.numbers("sent"),
            at: ms("at")?,
            // One that is longer was written by nobody, and would keep the session from ever being renewed.
            pause_ms: ms("pause")?.min(LONGEST_WISH_MS),
            failed: fields.text("failed").and_then(|code| ErrorCode::from_name(&code)),
            noted: None,
        })
    }

    /// What it is part of, at this moment.
    fn outage(&self, now: f64) -> Outage {
        let sixth_last = self.sent.iter().rev().nth(TRIES_IN_A_MINUTE - 1);
        Outage { tries: self.tries, six_took_ms: sixth_last.map(|time| now - time), ..Outage::default() }
    }

    /// Whether nobody has said what came of it.
    fn is_open(&self) -> bool {
        self.tries > 0 && self.failed.is_none()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "saturates")]
fn whole(ms: f64) -> i64 {
    ms as i64
}

/// Why there is no attempt now.
pub(super) enum NotNow {
    /// Somebody has renewed meanwhile, or ended the session: look again.
    Changed,
    /// An attempt failed just now; so many milliseconds are left of the pause after it.
    Pause(Error, f64),
}

impl<P: Platform, K: Kind<P>> Inner<P, K> {
    /// The attempt that this tab may make now. Called by whoever has his turn.
    pub(super) async fn next_attempt(
        &self,
        turn: &Turn<P, K>,
        record: &Record,
        refresh_token: &Secret,
    ) -> Result<Attempt, NotNow> {
        let token = self.digest_of(refresh_token).await.map_err(|error| NotNow::Pause(error, 0.0))?;
        let mut attempt = self.stored_attempt(&token).await;
        if attempt.is_open() {
            self.await_other_tab(turn, &attempt, record).await;
            if !self.is_stored(record).await {
                return Err(NotNow::Changed);
            }
            let awaited = attempt.at;
            attempt = self.stored_attempt(&token).await;
            if attempt.is_open() && attempt.at > awaited {
                // Another has begun, whose turn ended while this page or the machine slept.
                return Err(NotNow::Changed);
            }
        }
        let now = self.platform.wall_ms();
        // Of times that are still to come, somebody has turned the clock back.
        attempt.sent.retain(|time| *time <= now);
        let left = self.pause_left(&attempt, now);
        if left > 0.0 {
            let code = attempt.failed.unwrap_or(ErrorCode::Timeout);
            return Err(NotNow::Pause(Error::new(code, "renewing has failed a moment ago"), left));
        }
        let surplus = (attempt.sent.len() + 1).saturating_sub(TRIES_IN_A_MINUTE);
        attempt.sent.drain(..surplus);
        attempt.sent.push(now);
        Ok(Attempt { token, tries: attempt.tries.saturating_add(1), at: now, failed: None, ..attempt })
    }

    /// Writes an attempt down. The request must follow at once.
    pub(super) async fn note_attempt(
        &self,
        attempt: &mut Attempt,
        record: &Record,
        refresh_token: &Secret,
    ) -> Result<(), NotNow> {
        let now = self.platform.wall_ms();
        attempt.at = now;
        attempt.sent.pop();
        attempt.sent.push(now);
        // Looked at before too: one who slept since he took over the session would write over what others have noted since.
        let is_noted = self.is_stored(record).await && self.store_attempt(attempt).await;
        let is_unchanged = is_noted && self.is_stored(record).await && !self.is_spent(refresh_token).await;
        // A page that slept between the note and now knows nothing of what others have done since.
        if is_unchanged && self.is_within(PROMPT_MS, now) { Ok(()) } else { Err(NotNow::Changed) }
    }

    /// The same attempt, as it counts for the refresh token that came of it.
    pub(super) async fn attempt_of(&self, attempt: Attempt, next: &Record) -> Attempt {
        let digest = match &next.refresh_token {
            Some(refresh_token) => self.digest_of(refresh_token).await.ok(),
            None => None,
        };
        Attempt { token: digest.unwrap_or_default(), ..attempt }
    }

    /// What is left of the pause after a failed attempt. The network's return cuts it short.
    fn pause_left(&self, attempt: &Attempt, now: f64) -> f64 {
        let since = now - attempt.at;
        let shortest = attempt.outage(attempt.at).pause_ms(0.0);
        // Of an open one nobody has said how long to wait.
        let is_cut_short = attempt.failed.is_none() || self.online_at.get() >= attempt.at;
        let pause = if is_cut_short { shortest } else { attempt.pause_ms };
        // Of a clock that was set back nothing can be learned but that the pause is not longer than it is.
        if since < 0.0 { shortest } else { (pause - since).max(0.0) }
    }

    /// Writes down how an attempt failed, and gives the pause that follows it, in milliseconds.
    pub(super) async fn fail_attempt(&self, mut attempt: Attempt, error: &Error) -> f64 {
        let now = self.platform.wall_ms();
        // Counted from its end: what it sent may have been sent twice, with another proof.
        attempt.sent.pop();
        attempt.sent.push(now);
        let retry_after_ms = f64::from(error.retry_after().unwrap_or(0)) * 1_000.0;
        let outage = Outage { retry_after_ms, ..attempt.outage(now) };
        attempt.pause_ms = outage.pause_ms(self.random_fraction());
        attempt.at = now;
        attempt.failed = Some(error.code());
        let pause_ms = attempt.pause_ms;
        if !self.store_attempt(&mut attempt).await {
            // Others have gone on from there; unless the store was cleared.
            attempt.noted = None;
            self.store_attempt(&mut attempt).await;
        }
        pause_ms
    }

    /// Forgets an attempt that succeeded. One whose token the server goes on taking would be mistaken for an open one.
    pub(super) async fn end_attempt(&self, attempt: &Attempt) {
        self.last_attempt.take();
        self.swap_note(self.store.kind(), KEY, attempt.noted.as_ref(), None).await;
    }

    /// Whether a duplicate of this tab has used up this refresh token: it has gone on with a session of its own, and using the
    /// token again would end both.
    pub(super) async fn is_spent(&self, refresh_token: &Secret) -> bool {
        if self.config.storage != StorageKind::Session {
            return false;
        }
        let Ok(token) = self.digest_of(refresh_token).await else { return false };
        parts(&self.spent().await, &[' ']).any(|spent| spent == token)
    }

    async fn spent(&self) -> String {
        let found = self.note(StorageKind::Local, SPENT).await;
        found.map_or_else(String::new, |spent| spent.expose().to_owned())
    }

    /// Notes that the refresh token of an attempt is used up or refused, for duplicates of this tab; before what replaces it is
    /// stored, because this page may die in between.
    pub(super) async fn note_spent(&self, attempt: &Attempt, next: Option<&Record>) {
        if self.config.storage != StorageKind::Session {
            return;
        }
        if let Some(refresh_token) = next.and_then(|next| next.refresh_token.as_ref())
            && self.digest_of(refresh_token).await.is_ok_and(|token| token == attempt.token)
        {
            return;
        }
        let mut all = concat(&[attempt.token.as_str(), " ", &self.spent().await]);
        if all.is_char_boundary(MOST_SPENT) {
            all.truncate(MOST_SPENT);
        }
        // Refused, it is as if there were no duplicates.
        self.take_note(StorageKind::Local, SPENT, &all.into()).await;
    }

    /// The latest attempt with this token: the stored one, or this page's own where the browser does not keep it. Others may have
    /// begun again since that; of one that is still to come the clock was set back since.
    async fn stored_attempt(&self, token: &str) -> Attempt {
        let noted = self.note(self.store.kind(), KEY).await;
        let stored = noted.as_ref().and_then(Attempt::decode).filter(|stored| stored.token == token);
        let own = self.last_attempt.borrow().clone().filter(|own| own.token == token);
        let now = self.platform.wall_ms();
        let latest = match (stored, own) {
            (Some(stored), Some(own)) if stored.tries > own.tries || stored.at > own.at || own.at > now => stored,
            (stored, own) => own.or(stored).unwrap_or_default(),
        };
        Attempt { token: token.to_owned(), noted, ..latest }
    }

    /// Writes down an attempt. `false`: others have noted something since this page looked, and that stands.
    async fn store_attempt(&self, attempt: &mut Attempt) -> bool {
        let seen = attempt.noted.replace(attempt.encode());
        let is_noted = self.swap_note(self.store.kind(), KEY, seen.as_ref(), attempt.noted.as_ref()).await;
        if is_noted || !attempt.is_open() {
            self.last_attempt.replace(Some(attempt.clone()));
        }
        is_noted
    }

    /// Waits while another tab is at it: until it has said what came of it, is gone, or its request has timed out.
    async fn await_other_tab(&self, turn: &Turn<P, K>, attempt: &Attempt, record: &Record) {
        let timeout = f64::from(self.config.timeout_ms);
        let age = (self.platform.wall_ms() - attempt.at).max(0.0);
        let began = self.platform.monotonic_ms();
        let (mut unanswered, mut questions) = (0, QUESTIONS);
        loop {
            let is_answered = self.is_another_tab_renewing(ANSWER_MS).await;
            let waited = self.platform.monotonic_ms() - began;
            unanswered += 1;
            if is_answered == Some(true) {
                // One that falls silent then may have been frozen, with its request on its way.
                (unanswered, questions) = (0, self.config.timeout_ms / ANSWER_MS);
            }
            // However old it looks: this machine may have slept, or its clock been set. But a page that is frozen says nothing,
            // and may hold the lock.
            let may_be_frozen = is_answered.is_none() || self.is_shared(turn).await;
            let is_gone = unanswered >= questions && !(may_be_frozen && age + waited <= timeout);
            if is_gone || waited > 2.0 * timeout {
                return;
            }
            // Whoever says that he is at it may have lost what he wrote down.
            if is_answered != Some(true)
                && (!self.stored_attempt(&attempt.token).await.is_open() || !self.is_stored(record).await)
            {
                return;
            }
        }
    }

    /// Names a refresh token without giving it away.
    async fn digest_of(&self, refresh_token: &Secret) -> Result<String> {
        let mut digest = self.platform.digest(Hash::Sha256, refresh_token.expose().as_bytes()).await?;
        digest.truncate(NAME_BYTES);
        Ok(base64url(&digest))
    }
}

/// Others may have gone on with the refresh token that a page sends after it was stopped.
pub(super) fn stopped() -> Error {
    Error::new(ErrorCode::Timeout, "this page was stopped before it could send")
}
