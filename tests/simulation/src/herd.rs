//! The herd: all clients of one deployment, that signed in within the same minutes on a Monday morning, and what their renewals
//! look like to the token endpoint. It goes by the client's own arithmetic, `client::pace`.

use crate::chart::{self, Curve};
use crate::dice::Dice;
use std::process::ExitCode;
use std::thread;
use tessera_auth::client::pace::{Outage, renewal_part, retry_part};

const CLIENTS: u64 = 1_000_000;
/// Seconds since midnight, as are all times here.
const MORNING: f64 = 9.0 * HOUR;
const EVENING: f64 = 19.0 * HOUR;
const HOUR: f64 = 3_600.0;
/// Everybody signs in within this time.
const RUSH: f64 = 300.0;
const LIFETIME: f64 = HOUR;
const OUTAGE: (f64, f64) = (13.0 * HOUR, 13.0 * HOUR + 600.0);
/// A session that is not renewed for so long is ended by the server.
const IDLE_LIFETIME: f64 = 2.0 * HOUR;
/// From when on the peak counts: the first hour is over.
const SETTLED: f64 = 10.0 * HOUR;
/// The peak may be at most so many times the mean.
const MOST: f64 = 2.0;
/// Seconds that the browser waits even if the client would not.
const SHORTEST_PAUSE: f64 = 0.05;

/// What the clients have in hand against coming all at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chance {
    /// Each draws its own moments.
    Drawn,
    /// Chance says the same to everybody.
    Same,
}

/// A day at the token endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Day {
    /// Requests in each second since midnight.
    requests: Vec<u32>,
    signed_out: u64,
    /// The longest that a client went on without a good token after the outage, in seconds.
    longest_without: f64,
}

impl Day {
    fn new() -> Self {
        Self { requests: vec![0; index(EVENING) + 1], signed_out: 0, longest_without: 0.0 }
    }

    fn count(&mut self, at: f64) {
        if let Some(requests) = self.requests.get_mut(index(at)) {
            *requests += 1;
        }
    }

    fn part(&self, from: f64, until: f64) -> &[u32] {
        self.requests.get(index(from)..index(until)).unwrap_or_default()
    }

    fn mean(&self, from: f64, until: f64) -> f64 {
        self.part(from, until).iter().map(|requests| f64::from(*requests)).sum::<f64>() / (until - from)
    }

    fn peak(&self, from: f64, until: f64) -> u32 {
        self.part(from, until).iter().max().copied().unwrap_or_default()
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a second of one day")]
fn index(at: f64) -> usize {
    at as usize
}

pub(crate) fn run(file: &str) -> ExitCode {
    let days = thread::scope(|scope| {
        let days = [Chance::Drawn, Chance::Same].map(|chance| scope.spawn(move || pass(chance)));
        days.map(|day| day.join().unwrap_or_else(|_| Day::new()))
    });
    let [drawn, same] = &days;
    tell(drawn, same);
    let curves =
        [("with jitter", drawn), ("without jitter", same)].map(|(name, day)| Curve { name, points: minutes(day) });
    let drawing = chart::draw(&curves, drawn.mean(SETTLED, EVENING), (OUTAGE.0 / HOUR, OUTAGE.1 / HOUR));
    if let Err(error) = std::fs::write(file, drawing) {
        eprintln!("error: cannot write {file}: {error}");
        return ExitCode::FAILURE;
    }
    println!("\n{file} shows it.");
    judge(drawn)
}

fn judge(day: &Day) -> ExitCode {
    let (mean, peak) = (day.mean(SETTLED, EVENING), f64::from(day.peak(SETTLED, EVENING)));
    println!("mean {mean:.0}/s, peak {peak:.0}/s once the first hour is over: {:.2} times the mean", peak / mean);
    println!(
        "{} signed out; nobody was without a token for longer than {:.0} s after the outage",
        day.signed_out, day.longest_without
    );
    if peak < MOST * mean && day.signed_out == 0 {
        return ExitCode::SUCCESS;
    }
    println!("FAILED: the peak must stay under {MOST} times the mean, and nobody may be signed out");
    ExitCode::FAILURE
}

fn tell(drawn: &Day, same: &Day) {
    println!("{CLIENTS} clients; requests a second at the token endpoint\n");
    println!("| from  | mean | peak | mean without jitter | peak without jitter |");
    println!("| ----- | ---: | ---: | ------------------: | ------------------: |");
    let mut from = MORNING;
    while from < EVENING {
        let until = from + HOUR / 2.0;
        let (hour, minute) = ((from / HOUR).floor(), (from % HOUR / 60.0).round());
        let [a, b, c, d] = [
            drawn.mean(from, until),
            drawn.peak(from, until).into(),
            same.mean(from, until),
            same.peak(from, until).into(),
        ];
        println!("| {hour:02.0}:{minute:02.0} | {a:4.0} | {b:4.0} | {c:19.0} | {d:19.0} |");
        from = until;
    }
    println!();
}

/// Hours since midnight, and requests a second in that minute.
fn minutes(day: &Day) -> Vec<(f64, f64)> {
    let mut points = Vec::new();
    let mut from = MORNING;
    while from < EVENING {
        points.push((from / HOUR, day.mean(from, from + 60.0)));
        from += 60.0;
    }
    points
}

/// No client depends on another: each has its day, on one core of several.
fn pass(chance: Chance) -> Day {
    let mut day = Day::new();
    for client in 0..CLIENTS {
        let mut dice = Dice::new(client);
        let signed_in = MORNING + RUSH * dice.fraction();
        let mut draw = || match chance {
            Chance::Drawn => dice.fraction(),
            Chance::Same => 1.0,
        };
        live(&mut day, signed_in, &mut draw);
    }
    day
}

/// The day of one client, with a page that somebody looks at.
fn live(day: &mut Day, signed_in: f64, draw: &mut impl FnMut() -> f64) {
    let mut issued = signed_in;
    let mut at = issued + LIFETIME * renewal_part(draw());
    let mut outage: Option<(f64, Outage)> = None;
    while at < EVENING {
        day.count(at);
        if at - issued > IDLE_LIFETIME {
            day.signed_out += 1;
            return;
        }
        if !(OUTAGE.0..OUTAGE.1).contains(&at) {
            let good_until = issued + LIFETIME;
            if good_until < at {
                day.longest_without = day.longest_without.max(at - good_until.max(OUTAGE.1));
            }
            (issued, outage) = (at, None);
            at = issued + LIFETIME * renewal_part(draw());
            continue;
        }
        let (began, mut met) = outage.unwrap_or((at, Outage::default()));
        met.tries += 1;
        // Later than it is, so that the pause is no longer than it would be.
        met.six_took_ms = (met.tries >= 6).then_some((at - began) * 1_000.0);
        let pause = (met.pause_ms(draw()) / 1_000.0).max(SHORTEST_PAUSE);
        let planned = issued + LIFETIME * retry_part((at - issued) / LIFETIME, draw());
        outage = Some((began, met));
        at = planned.max(at + pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_renews_until_the_evening() {
        let mut day = Day::new();
        live(&mut day, MORNING, &mut || 0.5);
        assert!(day.requests.iter().sum::<u32>() >= 10, "{}", day.requests.iter().sum::<u32>());
        assert_eq!(day.signed_out, 0);
    }
}
