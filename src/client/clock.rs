//! The server's clock, as well as it is known here.

use super::kind::Kind;
use super::platform::Clock;
use super::{Inner, Level, Platform};
use crate::encoding::number;
use crate::time::UnixTime;
use std::cell::Cell;

/// A page for which a look into the store takes longer than this was stopped meanwhile, or its disk is ill.
pub(super) const STOPPED_MS: f64 = 5_000.0;

/// Counts the server's time from a moment when it was known. Between then and now the larger of what the wall clock and the
/// monotonic clock say has passed: the first stands when somebody turns it back, the second while the machine sleeps. Too
/// large an answer costs one renewal; too small a one would send expired tokens.
pub(super) struct ServerClock {
    anchor: Cell<Anchor>,
}

#[derive(Clone, Copy)]
struct Anchor {
    server_ms: f64,
    wall_ms: f64,
    monotonic_ms: f64,
}

impl ServerClock {
    /// Until the server says otherwise, its clock is taken to be this machine's.
    pub(super) fn new<P: Clock>(platform: &P) -> Self {
        let wall_ms = platform.wall_ms();
        Self { anchor: Cell::new(Anchor { server_ms: wall_ms, wall_ms, monotonic_ms: platform.monotonic_ms() }) }
    }

    pub(super) fn now<P: Clock>(&self, platform: &P) -> UnixTime {
        UnixTime::from_millis(self.now_ms(platform))
    }

    /// The same in milliseconds.
    pub(super) fn now_ms<P: Clock>(&self, platform: &P) -> f64 {
        let anchor = self.anchor.get();
        let by_wall = platform.wall_ms() - anchor.wall_ms;
        let by_monotonic = platform.monotonic_ms() - anchor.monotonic_ms;
        anchor.server_ms + by_wall.max(by_monotonic)
    }

    /// Takes over what the server's clock shows at this moment.
    pub(super) fn set<P: Clock>(&self, platform: &P, server: UnixTime) {
        #[expect(clippy::cast_precision_loss, reason = "exact for 285 000 years")]
        let server_ms = server.0 as f64 * 1000.0;
        self.anchor.set(Anchor { server_ms, wall_ms: platform.wall_ms(), monotonic_ms: platform.monotonic_ms() });
    }

    /// Takes over how far another page found the server's clock to be ahead of this machine's, in milliseconds.
    pub(super) fn set_offset<P: Clock>(&self, platform: &P, offset_ms: i64) {
        let (wall_ms, monotonic_ms) = (platform.wall_ms(), platform.monotonic_ms());
        #[expect(clippy::cast_precision_loss, reason = "exact for 285 000 years")]
        let server_ms = wall_ms + offset_ms as f64;
        self.anchor.set(Anchor { server_ms, wall_ms, monotonic_ms });
    }

    /// The server's clock minus this machine's, in milliseconds.
    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    pub(super) fn offset_ms<P: Clock>(&self, platform: &P) -> i64 {
        (self.now_ms(platform) - platform.wall_ms()) as i64
    }
}

impl<P: Platform, K: Kind<P>> Inner<P, K> {
    pub(super) fn now(&self) -> UnixTime {
        self.clock.now(&self.platform)
    }

    /// Whether no more milliseconds than this have passed since `then` by the machine's clock: neither has slept in between, the
    /// page or the machine.
    pub(super) fn is_within(&self, ms: f64, then: f64) -> bool {
        (0.0..ms).contains(&(self.platform.wall_ms() - then))
    }

    /// Seconds that the page or the machine has slept since it asked for something, which may be that much older.
    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    pub(super) fn slept_since(&self, asked_ms: f64) -> i64 {
        let seconds = ((self.platform.wall_ms() - asked_ms) / 1_000.0) as i64;
        if seconds > self.config.tolerance() { seconds } else { 0 }
    }

    /// When tokens were issued that were asked for at `asked_at` (monotonic): at the earliest then, so they count from then.
    pub(super) fn issued_at(&self, asked_at: f64) -> UnixTime {
        let ago = self.platform.monotonic_ms() - asked_at;
        UnixTime::from_millis(self.clock.now_ms(&self.platform) - ago)
    }

    /// Takes over the server's time from whoever knows it: the `Date` of an answer, the server that the page came from, or else
    /// the moment at which a fresh token says that it was made. That this machine's own clock is wrong is reported once.
    pub(super) fn set_clock(&self, server: UnixTime) {
        self.clock.set(&self.platform, server);
        let wrong_by = -self.clock.offset_ms(&self.platform) / 1_000;
        if wrong_by.abs() > self.config.tolerance() && !self.is_clock_reported.replace(true) {
            self.log(Level::Warn, "this machine's clock is wrong, by this many seconds", Some(number(wrong_by)));
        }
    }
}
