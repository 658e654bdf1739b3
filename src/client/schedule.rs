//! Renewal ahead of time, while somebody looks at the page.

use super::record::Record;
use super::{Inner, Platform};
use std::rc::Rc;

/// No timer is trusted for longer than this: browsers throttle them, machines sleep, and 2³¹ ms overflow.
const LONGEST_SLEEP_MS: f64 = 60_000.0;
/// Renewal falls due at a random point between these parts of the token's life, so that neither the tabs of one browser nor
/// the clients of one deployment come all at once.
const EARLIEST: f64 = 0.75;
const LATEST: f64 = 0.95;

impl<P: Platform> Inner<P> {
    /// Starts the timer of the current session; an earlier one ends by itself.
    pub(super) fn schedule_renewal(self: &Rc<Self>) {
        let epoch = self.timer.get() + 1;
        self.timer.set(epoch);
        let Some(record) = self.record() else { return };
        if self.is_closed.get() {
            return;
        }
        let part = EARLIEST + (LATEST - EARLIEST) * self.random_fraction();
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
    }

    /// Milliseconds until something is to be done about this session; `None`: never.
    fn ms_until_due(&self, record: &Record, part: f64) -> Option<f64> {
        let expires_at = record.expires_at?;
        let lifetime = expires_at.seconds_since(record.issued_at);
        let until_expiry = expires_at.seconds_since(self.now());
        #[expect(clippy::cast_precision_loss, reason = "seconds of a token's life")]
        let (lifetime, until_expiry) = (lifetime as f64, until_expiry as f64);
        let early = if record.refresh_token.is_some() { lifetime * (1.0 - part) } else { 0.0 };
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
