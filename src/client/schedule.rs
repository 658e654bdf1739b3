//! Renewal ahead of time, while somebody looks at the page.

use super::kind::Kind;
use super::record::Record;
use super::{Inner, Platform, pace};
use std::rc::Rc;

/// No timer is trusted for longer than this: browsers throttle them, machines sleep, and 2³¹ ms overflow.
const LONGEST_SLEEP_MS: f64 = 60_000.0;
/// Seconds. Tokens that are over sooner than this are a mistake of the server's, and are renewed for calls only: the next would be no
/// better.
const SHORTEST_LIFE: f64 = 2.0;

impl<P: Platform, K: Kind<P>> Inner<P, K> {
    /// Starts the timer of the current session; an earlier one ends by itself. Milliseconds until then; `None`: never.
    pub(super) fn schedule_renewal(self: &Rc<Self>) -> Option<f64> {
        let epoch = self.timer.get() + 1;
        self.timer.set(epoch);
        let record = self.record().filter(|_| self.is_ready.get() && !self.is_closed.get())?;
        let part = self.renewal_part(&record);
        let due = self.ms_until_due(&record, part);
        let inner = Rc::clone(self);
        self.platform.spawn(async move {
            while let Some(ms) = inner.ms_until_due(&record, part) {
                inner.sleep_ms(ms.clamp(50.0, LONGEST_SLEEP_MS)).await;
                if inner.timer.get() != epoch {
                    return;
                }
                if inner.ms_until_due(&record, part).is_some_and(|ms| ms <= 0.0) {
                    inner.renew_or_end(&record).await;
                    return;
                }
            }
        });
        due
    }

    fn renewal_part(&self, record: &Record) -> f64 {
        let chance = self.random_fraction();
        let (Some(expires_at), true) = (record.expires_at, self.backoff_ms() > 0.0) else {
            return pace::renewal_part(chance);
        };
        let [lifetime, left] = [record.issued_at, self.now()].map(|from| seconds(expires_at.seconds_since(from)));
        pace::retry_part(1.0 - left / lifetime, chance)
    }

    /// Milliseconds until something is to be done about this session; `None`: never.
    fn ms_until_due(&self, record: &Record, part: f64) -> Option<f64> {
        let expires_at = record.expires_at?;
        let [lifetime, until_expiry] =
            [record.issued_at, self.now()].map(|from| seconds(expires_at.seconds_since(from)));
        let may_renew = record.refresh_token.is_some();
        if may_renew && lifetime < SHORTEST_LIFE {
            return None;
        }
        let early = if may_renew { lifetime * (1.0 - part) } else { 0.0 };
        Some(((until_expiry - early) * 1_000.0).max(self.backoff_ms()))
    }

    /// Renews a session that is due, if anybody looks at the page; ends one that has expired for good.
    async fn renew_or_end(self: &Rc<Self>, record: &Rc<Record>) {
        let may_renew = record.refresh_token.is_some();
        if may_renew && !self.platform.is_visible() {
            // Until the page is looked at again, or asks for a token.
            return;
        }
        // What comes of it is told as an event.
        let _ = self.renew(record).await;
    }

    async fn sleep_ms(&self, ms: f64) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped by the caller")]
        self.platform.sleep(ms as u32).await;
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a token's life")]
fn seconds(seconds: i64) -> f64 {
    seconds as f64
}
