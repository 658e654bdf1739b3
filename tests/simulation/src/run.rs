//! Many lives, on all cores, until one breaks a rule.

use crate::life::{Lived, live};
use crate::rule::{Rule, Violation};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    from: u64,
    seeds: u64,
    minutes: Option<u64>,
    jobs: usize,
    /// One misfortune follows the other.
    is_rough: bool,
    is_traced: bool,
    /// Go on after a violation.
    keeps_going: bool,
}

impl Order {
    pub(crate) fn read(words: &[String]) -> Result<Self, String> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let mut order = Self {
            from: 0,
            seeds: 2_000,
            minutes: None,
            jobs: cores,
            is_rough: false,
            is_traced: false,
            keeps_going: false,
        };
        let mut has_seeds = false;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut number = || {
                let value = words.next().ok_or_else(|| format!("{word} needs a number"))?;
                value.replace(['_', ','], "").parse::<u64>().map_err(|_| format!("{value} is no number"))
            };
            match word.as_str() {
                "--from" => order.from = number()?,
                "--seeds" => (order.seeds, has_seeds) = (number()?, true),
                "--minutes" => order.minutes = Some(number()?),
                "--jobs" => order.jobs = usize::try_from(number()?).unwrap_or(1).max(1),
                "--rough" => order.is_rough = true,
                "--trace" => order.is_traced = true,
                "--keep-going" => order.keeps_going = true,
                other => return Err(format!("there is no option {other}")),
            }
        }
        if order.minutes.is_some() && !has_seeds {
            order.seeds = u64::MAX - order.from;
        }
        Ok(order)
    }
}

/// How often the progress is told.
const INTERVAL: Duration = Duration::from_secs(10);
const HOUR_MS: f64 = 3_600_000.0;
/// Enough to see what is wrong.
const MOST_TOLD: usize = 30;

pub(crate) fn run(order: &Order) -> ExitCode {
    if !order.is_traced {
        // A panic is a violation, told with its seed.
        std::panic::set_hook(Box::new(|_| {}));
    }
    let began = Instant::now();
    let next = AtomicU64::new(order.from);
    let stop = AtomicBool::new(false);
    let end = order.from.saturating_add(order.seeds);
    let deadline = order.minutes.map(|minutes| began + Duration::from_secs(minutes * 60));
    let mut total = Total::default();
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..order.jobs {
            let (sender, next, stop) = (sender.clone(), &next, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) && deadline.is_none_or(|deadline| Instant::now() < deadline) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || sender.send((seed, try_to_live(seed, order))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut told = Instant::now();
        loop {
            match receiver.recv_timeout(INTERVAL) {
                Ok((seed, lived)) => {
                    total.add(seed, &lived, order);
                    let is_enough = !order.keeps_going || total.violations.len() >= MOST_TOLD;
                    stop.store(!total.violations.is_empty() && is_enough, Ordering::Relaxed);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if told.elapsed() >= INTERVAL {
                told = Instant::now();
                println!("{}", total.line(began.elapsed()));
            }
        }
    });
    println!("{}", total.line(began.elapsed()));
    total.tell_rules();
    if total.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn try_to_live(seed: u64, order: &Order) -> Lived {
    catch_unwind(AssertUnwindSafe(|| live(seed, order.is_rough, order.is_traced))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let violation = Violation { rule: Rule::NoPanic, detail: text.unwrap_or_default() };
        Lived { violation: Some(violation), tab_ms: 0 }
    })
}

#[derive(Default)]
struct Total {
    seeds: u64,
    tab_ms: u64,
    violations: Vec<(u64, Rule)>,
}

impl Total {
    fn add(&mut self, seed: u64, lived: &Lived, order: &Order) {
        self.seeds += 1;
        self.tab_ms += lived.tab_ms;
        if let Some(violation) = &lived.violation {
            self.violations.push((seed, violation.rule));
            println!("seed {seed}: {violation}");
            let rough = if order.is_rough { " --rough" } else { "" };
            println!("        replay: cargo xtask sim --from {seed} --seeds 1{rough} --trace");
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "shown with few digits")]
    fn line(&self, elapsed: Duration) -> String {
        let seconds = elapsed.as_secs_f64().max(0.001);
        format!(
            "{} lives in {seconds:.1} s: {:.0} lives/s, {:.0} tab-hours/s; {} violations",
            self.seeds,
            self.seeds as f64 / seconds,
            self.tab_ms as f64 / HOUR_MS / seconds,
            self.violations.len(),
        )
    }

    /// How many lives broke each rule.
    fn tell_rules(&self) {
        let mut rules: Vec<Rule> = self.violations.iter().map(|(_, rule)| *rule).collect();
        rules.sort_unstable();
        for group in rules.chunk_by(|a, b| a == b) {
            if let Some(rule) = group.first() {
                println!("{:>8} × {}", group.len(), rule.name());
            }
        }
    }
}
