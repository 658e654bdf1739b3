//! Signing out a user who has not touched any tab for `idle_timeout`.

use super::clock::STOPPED_MS;
use super::kind::Kind;
use super::part::boxed;
use super::stored::Stored;
use super::tabs::spawn_with;
use super::{Event, Inner, Platform, SignedOutReason};
use crate::encoding::number;
use crate::secret::Secret;
use crate::time::UnixTime;
use std::rc::Rc;

const KEY: &str = "active";
/// How long before the end the user is warned, in seconds; half of a timeout that is not longer.
const WARNING: u32 = 60;

impl<P: Platform, K: Kind<P>> Inner<P, K> {
    /// Ends a stored session that nobody has touched since some earlier page, and watches the user of this one, if the options
    /// ask for it.
    pub(super) async fn watch_for_idleness(self: &Rc<Self>) {
        if let Some(timeout) = self.config.idle_timeout {
            boxed(self.watch_user(timeout)).await;
        }
    }

    async fn watch_user(self: &Rc<Self>, timeout: u32) {
        self.user_is_here(timeout).await;
        let inner = Rc::downgrade(self);
        let watch = self.platform.watch_user(Box::new(move || {
            spawn_with(&inner, |inner| async move { inner.touched().await });
        }));
        let inner = Rc::downgrade(self);
        self.platform.spawn(async move {
            let pause = (timeout.saturating_mul(1_000) / 20).clamp(200, 10_000);
            let mut is_warned = false;
            while let Some(inner) = inner.upgrade() {
                inner.platform.sleep(pause).await;
                if inner.is_closed.get() {
                    return;
                }
                is_warned = inner.warn_or_end(timeout, is_warned).await;
            }
        });
        if let Some(attached) = self.attached.borrow_mut().as_mut() {
            attached.user = Some(watch);
        }
    }

    /// Warns a user who has not been seen for long, once, and ends the session of one who is gone. Whether he is warned.
    async fn warn_or_end(self: &Rc<Self>, timeout: u32, is_warned: bool) -> bool {
        let timeout = i64::from(timeout);
        if self.record().is_none() {
            return false;
        }
        let look = self.look_for_user().await;
        if !self.is_within(STOPPED_MS, look.ms) {
            // What it saw before it was stopped is not what is.
            return is_warned;
        }
        let Some(idle) = look.idle().filter(|idle| *idle >= 0) else {
            // The store was cleared, or the clock set back: nobody has been seen since.
            self.note_user(look.now(), &look).await;
            return false;
        };
        let left = timeout - idle;
        if left <= 0 {
            self.end_session(SignedOutReason::Idle).await;
        }
        let is_late = left > 0 && left <= i64::from(WARNING).min(timeout / 2);
        if is_late && !is_warned {
            let sign_out_at = UnixTime::from_millis(self.platform.wall_ms()).plus(left);
            self.tell(Event::IdleWarning { sign_out_at });
        }
        is_late
    }

    /// Notes that the user is there; not at every key, but often enough to matter.
    pub(super) async fn touched(self: &Rc<Self>) {
        let Some(timeout) = self.config.idle_timeout.filter(|_| self.is_ready.get()) else { return };
        // Not by the monotonic clock, which stands while the machine sleeps.
        let now = self.platform.wall_ms();
        if (now - self.touched_at.get()).abs() >= f64::from(timeout) * 1_000.0 / 20.0 {
            self.touched_at.set(now);
            self.user_is_here(timeout).await;
        }
    }

    /// Ends the session of a user who was gone for too long, which no page may have been awake to do, and notes that he is there.
    async fn user_is_here(self: &Rc<Self>, timeout: u32) {
        let here = UnixTime::from_millis(self.platform.wall_ms());
        loop {
            let look = self.look_for_user().await;
            let is_over = look.idle().is_some_and(|idle| idle >= i64::from(timeout))
                // A page that has not heard of it yet must not revive it.
                && (self.record().is_some() || matches!(self.read_record().await, Stored::Record(_)));
            if !self.is_within(STOPPED_MS, look.ms) {
                continue;
            }
            if is_over {
                self.end_session(SignedOutReason::Idle).await;
            }
            return self.note_user(here, &look).await;
        }
    }

    async fn look_for_user(&self) -> Look {
        // Before it is read: what others note while this page is frozen would look like nothing.
        let ms = self.platform.wall_ms();
        Look { noted: self.note(self.store.kind(), KEY).await, ms }
    }

    /// Notes that the user was there `then`, unless others have seen him later.
    async fn note_user(&self, then: UnixTime, look: &Look) {
        // What is noted for later than now was noted before the clock was set back.
        let is_newer = |seen: &UnixTime| (then..=UnixTime::from_millis(self.platform.wall_ms())).contains(seen);
        if look.seen().as_ref().is_some_and(is_newer) {
            return;
        }
        let then = number(then.0);
        self.swap_note(self.store.kind(), KEY, look.noted.as_ref(), Some(&then.into())).await;
    }
}

/// What was noted of the user in any tab, and when it was read, in milliseconds of the machine's clock.
struct Look {
    noted: Option<Secret>,
    ms: f64,
}

impl Look {
    fn now(&self) -> UnixTime {
        UnixTime::from_millis(self.ms)
    }

    fn seen(&self) -> Option<UnixTime> {
        Some(UnixTime(self.noted.as_ref()?.expose().parse().ok()?))
    }

    /// Seconds since the user was seen. A clock that was set back counts as now.
    fn idle(&self) -> Option<i64> {
        Some(self.now().seconds_since(self.seen()?))
    }
}
