//! When to renew, and when to try again after that failed: arithmetic without clocks or chance, so that simulations of many
//! clients can use it too.

/// Renewal falls due at a random point between these parts of a token's life: far enough apart that the clients of one
/// deployment, who signed in when work began, do not come all at once an hour later, and early enough that a token outlives an
/// outage of a fifth of its life. The herd in `tests/simulation` shows what other numbers come to.
const EARLIEST: f64 = 0.45;
const LATEST: f64 = 0.80;

/// The part of its life after which a token is renewed ahead of time; `chance` is from 0 up to 1.
#[must_use]
pub fn renewal_part(chance: f64) -> f64 {
    EARLIEST + (LATEST - EARLIEST) * chance
}

/// The part of its life after which renewal is tried again that has failed at the part `age`: any moment of what is left. Nobody
/// waits for a new token while the present one is good, and an outage does not need every client to watch it.
#[must_use]
pub fn retry_part(age: f64, chance: f64) -> f64 {
    age + (1.0 - age).max(0.0) * chance
}

/// The first pause is at most this long, in milliseconds; each later one at most twice as long as the one before …
const FIRST_MS: f64 = 1_000.0;
/// … and none longer than this.
const LONGEST_MS: f64 = 300_000.0;
/// What a server may ask for with `Retry-After`, in milliseconds. One that asks for more does not mean it.
pub(super) const LONGEST_WISH_MS: f64 = 3_600_000.0;
/// More attempts than these are never made within a minute, by all tabs together.
pub(super) const TRIES_IN_A_MINUTE: usize = 6;
const MINUTE_MS: f64 = 60_000.0;

/// An outage, as the tabs of one browser have met it so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outage {
    /// Attempts that were made.
    pub tries: u32,
    /// Milliseconds since the sixth-last of them, negative if the clock was set back since; `None`: there were not so many.
    pub six_took_ms: Option<f64>,
    /// What the server asked for with `Retry-After`, in milliseconds.
    pub retry_after_ms: f64,
}

impl Outage {
    /// Milliseconds until the next attempt; `chance` is from 0 up to 1.
    ///
    /// Full jitter: any moment up to a limit that doubles with each attempt, so that clients which failed together do not come
    /// back together. Whoever asks for a token meanwhile gets the present one, or the error.
    #[must_use]
    pub fn pause_ms(&self, chance: f64) -> f64 {
        let doubled = FIRST_MS * f64::from(1_u32 << self.tries.saturating_sub(1).min(16));
        let limit = doubled.min(LONGEST_MS);
        // The server's wish is spread too: everybody who was sent away in one second was told the same.
        let asked_for = (self.retry_after_ms * (1.0 + 0.1 * chance)).min(LONGEST_WISH_MS);
        let pause = (limit * chance).max(asked_for);
        self.six_took_ms.map_or(pause, |took| pause.max(MINUTE_MS - took.max(0.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_five_minutes() {
        let limits = [1, 2, 3, 4, 9, 10, 40].map(|tries| {
            let outage = Outage { tries, ..Outage::default() };
            assert!(outage.pause_ms(0.0).abs() < f64::EPSILON);
            outage.pause_ms(1.0)
        });
        assert_eq!(limits.map(f64::round), [1e3, 2e3, 4e3, 8e3, 256e3, 300e3, 300e3]);
    }

    #[test]
    fn no_minute_has_more_than_six_attempts_whatever_chance_says() {
        for step in 0..=10 {
            let chance = f64::from(step) / 1_000.0;
            let mut sent = vec![0.0];
            while sent.len() < 40 {
                let now = sent[sent.len() - 1];
                let six_took_ms = sent.iter().rev().nth(TRIES_IN_A_MINUTE - 1).map(|sixth| now - sixth);
                let outage = Outage { tries: u32::try_from(sent.len()).unwrap(), six_took_ms, ..Outage::default() };
                sent.push(now + outage.pause_ms(chance));
            }
            assert!(sent.windows(7).all(|seven| seven[6] - seven[0] >= MINUTE_MS), "{chance}: {sent:?}");
        }
    }

    #[test]
    fn a_token_that_is_good_leaves_time() {
        assert!((retry_part(0.8, 0.5) - 0.9).abs() < 1e-9);
        assert!((retry_part(1.5, 0.5) - 1.5).abs() < 1e-9);
    }

    #[test]
    fn the_server_gets_the_pause_that_it_asks_for_within_reason() {
        let asked = |retry_after_ms| Outage { tries: 1, retry_after_ms, ..Outage::default() };
        assert!(asked(120_000.0).pause_ms(0.0) >= 120_000.0);
        assert!(asked(120_000.0).pause_ms(1.0) <= 132_000.0);
        assert!(asked(1e12).pause_ms(0.0) <= LONGEST_WISH_MS);
    }
}
