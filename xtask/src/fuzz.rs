//! `cargo xtask fuzz`: looks for inputs that break a property, and gives those that were found once more.

use std::fs;
use std::process::{Command as Process, ExitCode};
use std::time::Duration;

use crate::command::{Arguments, Choice, Command};
use crate::failure::{Result, While};
use crate::process::{self, Echo, Recording};
use crate::tally::Tally;
use crate::test::LIMIT;
use crate::tool::{self, Tool};
use crate::{progress, workspace};

pub(crate) const COMMAND: Command = Command {
    name: "fuzz",
    summary: "Look for inputs that break a property",
    details: "Builds the targets of fuzz/ with the nightly toolchain and runs each for a while. What they come across is kept in\n\
              fuzz/target/corpus and built upon by the next run. An input that breaks a property ends its target and is written\n\
              to fuzz/artifacts.",
    options: &[
        Choice { name: "--seconds", value: "N", meaning: "Run each target for so long; 60 if it is not given" },
        Choice {
            name: "--keep",
            value: "",
            meaning: "Add to fuzz/corpus what reaches code that nothing there reaches",
        },
        Choice { name: "--list", value: "", meaning: "List the targets" },
        Choice { name: "TARGET", value: "…", meaning: "Only these" },
    ],
    run,
};

const TOOLS: &[Tool] = &[Tool::Nightly, Tool::CargoFuzz];
const SECONDS: &str = "60";
const TARGETS: &str = "fuzz/fuzz_targets";
/// Longer inputs find the same, later.
const LONGEST_INPUT: u32 = 4096;
/// What is committed is to stay small.
const LONGEST_KEPT: u32 = 1024;
/// Seconds for one input; the slowest takes some milliseconds.
const SLOWEST_INPUT: u32 = 10;

fn run(arguments: &Arguments) -> Result<ExitCode> {
    let targets = select(&arguments.values("TARGET"))?;
    if arguments.has("--list") {
        targets.iter().for_each(|target| println!("{target}"));
        return Ok(ExitCode::SUCCESS);
    }
    let seconds = arguments.value("--seconds").unwrap_or(SECONDS);
    let seconds: u32 = seconds.parse().during("`--seconds` needs a whole number")?;
    tool::require(TOOLS)?;
    progress::heading("building the targets");
    process::run(&mut cargo_fuzz(&["build"]))?;

    let mut results = Vec::new();
    for target in &targets {
        progress::note(target, format_args!("running for {seconds} s"));
        let recording = process::record(fuzzing(target, seconds)?, Echo::Silent, patience(seconds))?;
        results.push(Outcome::read(target, &recording));
        if !recording.is_success {
            report_finding(target, &recording);
        } else if arguments.has("--keep") {
            process::run_silently(keeping(target), LIMIT)?;
        }
    }
    progress::heading("summary");
    println!("| target | seconds | executions | edges | findings |\n| --- | --: | --: | --: | --: |");
    results.iter().for_each(|outcome| println!("{}", outcome.row()));
    let is_clean = results.iter().all(|outcome| outcome.is_clean);
    Ok(if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The inputs that are kept in this repository, through the same functions, on the toolchain that there is.
pub(crate) fn replay() -> Result<Tally> {
    let mut cargo = process::command("cargo");
    cargo.args(["test", "--manifest-path", "fuzz/Cargo.toml", "--no-default-features", "--no-fail-fast"]);
    Ok(Tally::of_tests(&process::record(cargo, Echo::Live, LIMIT)?))
}

/// The targets that were asked for; all of them, if none was.
fn select(wanted: &[&str]) -> Result<Vec<String>> {
    let all = targets()?;
    if let Some(unknown) = wanted.iter().find(|name| all.iter().all(|target| target != *name)) {
        return Err(format!("there is no target `{unknown}`; `cargo xtask fuzz --list` lists them.").into());
    }
    Ok(all.into_iter().filter(|target| wanted.is_empty() || wanted.contains(&target.as_str())).collect())
}

fn targets() -> Result<Vec<String>> {
    let entries = fs::read_dir(workspace::root().join(TARGETS)).during(format_args!("cannot read {TARGETS}"))?;
    let paths = entries.flatten().map(|entry| entry.path());
    let mut names: Vec<String> =
        paths.filter_map(|path| Some(path.file_name()?.to_str()?.strip_suffix(".rs")?.to_owned())).collect();
    names.sort();
    Ok(names)
}

/// One target, with the corpus of this machine first, as that is where the fuzzer writes to.
fn fuzzing(target: &str, seconds: u32) -> Result<Process> {
    let own = own_corpus(target);
    fs::create_dir_all(workspace::root().join(&own)).during(format_args!("cannot make {own}"))?;
    let mut cargo = cargo_fuzz(&["run", target, &own, &kept_corpus(target)]);
    cargo.arg("--").arg(format!("-dict=fuzz/dictionaries/{target}.dict"));
    cargo.arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={LONGEST_INPUT}"));
    cargo.arg(format!("-timeout={SLOWEST_INPUT}")).arg("-print_final_stats=1");
    Ok(cargo)
}

/// Merges by the code that is reached, not by how often: that would keep ten times as much.
fn keeping(target: &str) -> Process {
    let mut cargo = cargo_fuzz(&["run", target, &kept_corpus(target), &own_corpus(target)]);
    cargo.args(["--", "-set_cover_merge=1", "-use_counters=0"]).arg(format!("-max_len={LONGEST_KEPT}"));
    cargo
}

fn own_corpus(target: &str) -> String {
    format!("fuzz/target/corpus/{target}")
}

fn kept_corpus(target: &str) -> String {
    format!("fuzz/corpus/{target}")
}

/// Without sanitizers, which find what cannot be in a crate that forbids `unsafe`, and take half of the time.
fn cargo_fuzz(words: &[&str]) -> Process {
    let (command, rest) = words.split_first().unwrap_or((&"list", &[]));
    let mut cargo = process::command("rustup");
    cargo.args(["run", "nightly", "cargo", "fuzz", command, "--sanitizer", "none"]).args(rest);
    cargo
}

/// The fuzzer ends by itself.
fn patience(seconds: u32) -> Duration {
    LIMIT + Duration::from_secs(u64::from(seconds))
}

fn report_finding(target: &str, recording: &Recording) {
    let lines: Vec<&str> = recording.text.lines().collect();
    let begin = lines.iter().rposition(|line| line.contains("panicked at")).unwrap_or(lines.len().saturating_sub(30));
    println!("{}", lines.iter().skip(begin).copied().collect::<Vec<_>>().join("\n"));
    let advice = "keep it in tests/vectors/fuzz, under the name of the target, with what mends it";
    progress::note(target, format_args!("broken by an input that is in fuzz/artifacts/{target}; {advice}"));
}

/// What a run has come to.
#[derive(Debug)]
struct Outcome {
    target: String,
    seconds: String,
    executions: String,
    edges: String,
    is_clean: bool,
}

impl Outcome {
    /// Reads the numbers out of what libFuzzer prints.
    fn read(target: &str, recording: &Recording) -> Self {
        let after = |mark: &str| {
            let line = recording.text.lines().rev().find(|line| line.contains(mark))?;
            line.split(mark).nth(1)?.split_whitespace().next().map(str::to_owned)
        };
        let unknown = || "?".to_owned();
        let seconds = recording.text.lines().rev().find_map(|line| {
            let (_, rest) = line.split_once("Done ")?;
            rest.split_once(" runs in ")?.1.split_whitespace().next().map(str::to_owned)
        });
        Self {
            target: target.to_owned(),
            seconds: seconds.unwrap_or_else(unknown),
            executions: after("stat::number_of_executed_units:").unwrap_or_else(unknown),
            edges: after("cov:").unwrap_or_else(unknown),
            is_clean: recording.is_success,
        }
    }

    fn row(&self) -> String {
        let findings = if self.is_clean { "0" } else { "1" };
        format!("| {} | {} | {} | {} | {findings} |", self.target, self.seconds, self.executions, self.edges)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_a_corpus_and_a_dictionary() {
        for target in targets().unwrap() {
            assert!(workspace::root().join(kept_corpus(&target)).is_dir(), "{target}");
            assert!(workspace::root().join(format!("fuzz/dictionaries/{target}.dict")).is_file(), "{target}");
        }
    }

    #[test]
    fn runs_every_target_unless_told_otherwise() {
        assert!(select(&[]).unwrap().len() > 1);
        assert_eq!(select(&["token"]).unwrap(), ["token"]);
        assert!(select(&["tokens"]).is_err());
    }

    #[test]
    fn reads_the_numbers_of_a_run() {
        let text = "#9\tDONE   cov: 2066 ft: 6121 corp: 1595/146Kb lim: 498\nDone 617830 runs in 16 second(s)\n\
                    stat::number_of_executed_units: 617830\n";
        let outcome = Outcome::read("jwt", &Recording { is_success: true, text: text.to_owned() });
        assert_eq!(outcome.row(), "| jwt | 16 | 617830 | 2066 | 0 |");
    }
}
