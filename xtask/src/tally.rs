//! How many tests a runner has run, read from what it prints.

use std::iter::Sum;
use std::ops::Add;

use crate::process::Recording;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Tally {
    pub(crate) const PASSED: Self = Self { passed: 1, failed: 0, skipped: 0 };
    pub(crate) const FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };
    pub(crate) const SKIPPED: Self = Self { passed: 0, failed: 0, skipped: 1 };

    pub(crate) fn of(is_success: bool) -> Self {
        if is_success { Self::PASSED } else { Self::FAILED }
    }

    /// A runner that failed without a failed test (it did not compile, it was ended) counts as one failure, and so does one
    /// that ran nothing.
    pub(crate) fn of_tests(recording: &Recording) -> Self {
        let counted: Self = recording.text.lines().filter_map(|line| cargo(line).or_else(|| node(line))).sum();
        let has_run = counted.passed + counted.failed > 0;
        let is_unexplained = counted.failed == 0 && !(recording.is_success && has_run);
        if is_unexplained { counted + Self::FAILED } else { counted }
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), Add::add)
    }
}

/// `test result: ok. 5 passed; 0 failed; 1 ignored; …`, from libtest, rustdoc and wasm-bindgen-test alike.
fn cargo(line: &str) -> Option<Tally> {
    let words: Vec<&str> = line.strip_prefix("test result: ")?.split_whitespace().collect();
    let before = |label: &str| {
        words.windows(2).find_map(|pair| match pair {
            [count, word] if *word == label => count.parse().ok(),
            _ => None,
        })
    };
    Some(Tally { passed: before("passed;")?, failed: before("failed;")?, skipped: before("ignored;").unwrap_or(0) })
}

/// `ℹ pass 5`, from the summary of `node --test --test-reporter=spec`.
fn node(line: &str) -> Option<Tally> {
    let (label, count) = line.strip_prefix("ℹ ")?.split_once(' ')?;
    let count = count.parse().ok()?;
    match label {
        "pass" => Some(Tally { passed: count, ..Tally::default() }),
        "fail" | "cancelled" => Some(Tally { failed: count, ..Tally::default() }),
        "skipped" | "todo" => Some(Tally { skipped: count, ..Tally::default() }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tests(text: &str, is_success: bool) -> Tally {
        Tally::of_tests(&Recording { is_success, text: text.to_owned() })
    }

    #[test]
    fn adds_up_the_binaries_of_cargo_test() {
        let text = "running 2 tests\n\
                    test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
                    test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 filtered out; finished in 0.01s\n";
        assert_eq!(tests(text, false), Tally { passed: 5, failed: 1, skipped: 1 });
    }

    #[test]
    fn reads_the_summary_of_node() {
        let text = "✔ signs in (1ms)\nℹ tests 6\nℹ suites 0\nℹ pass 3\nℹ fail 1\nℹ cancelled 1\nℹ skipped 1\nℹ todo 0\nℹ duration_ms 12.5\n";
        assert_eq!(tests(text, false), Tally { passed: 3, failed: 2, skipped: 1 });
    }

    #[test]
    fn a_runner_that_fails_without_a_failed_test_is_a_failure() {
        assert_eq!(tests("error: could not compile", false), Tally::FAILED);
        assert_eq!(tests("ℹ pass 3\nℹ fail 0", false), Tally { passed: 3, failed: 1, skipped: 0 });
    }

    #[test]
    fn a_runner_that_runs_nothing_is_a_failure() {
        assert_eq!(tests("test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured", true), Tally::FAILED);
        assert_eq!(tests("no tests to run!", true), Tally::FAILED);
    }
}
