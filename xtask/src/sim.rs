//! `cargo xtask sim`: whole lives of sessions from seeds, the herd, and what the simulation would notice.

use std::process::ExitCode;

use crate::command::{Arguments, Choice, Command};
use crate::failure::Result;
use crate::process::{self, Echo};
use crate::tally::Tally;
use crate::{mutation, progress, test};

pub(crate) const COMMAND: Command = Command {
    name: "sim",
    summary: "Run whole lives of sessions from seeds",
    details: "Each seed is a life: a browser with some tabs, a user, a server with its policy, and misfortunes; the rules of\n\
              tests/simulation/src/rule.rs are checked after every step. A life that breaks one is told with the command that\n\
              replays it. The same seed is the same life, as long as the code is the same.",
    options: &[
        Choice { name: "--seeds", value: "N", meaning: "Live so many lives; 2000 by default" },
        Choice { name: "--from", value: "S", meaning: "Begin with this seed; 0 by default" },
        Choice { name: "--minutes", value: "M", meaning: "Stop after so many minutes" },
        Choice { name: "--jobs", value: "N", meaning: "On so many cores; on all by default" },
        Choice { name: "--rough", value: "", meaning: "Three times as much goes wrong, often in the same moment" },
        Choice { name: "--trace", value: "", meaning: "Tell all that happens, for one seed" },
        Choice { name: "--keep-going", value: "", meaning: "Go on after a violation" },
        Choice { name: "--herd", value: "", meaning: "A million clients of one server, with and without jitter" },
        Choice { name: "--mutations", value: "", meaning: "Break the client on purpose, and see that it is noticed" },
    ],
    run,
};

/// In a release of its own: see `profile.sim` in Cargo.toml.
const RUN: [&str; 7] = ["run", "--quiet", "--profile", "sim", "--package", "tessera-simulation", "--"];
/// What every change is tested with.
pub(crate) const SEEDS: &str = "2000";
const ROUGH_SEEDS: &str = "500";

fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.has("--mutations") {
        return mutation::run(arguments.value("--seeds"));
    }
    let status = process::status(process::command("cargo").args(RUN).args(arguments.words()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The step of `cargo xtask test`.
pub(crate) fn check() -> Result<Tally> {
    progress::note("sim", format_args!("{SEEDS} lives, and {ROUGH_SEEDS} rough ones"));
    let mut rough = lives(ROUGH_SEEDS);
    rough.arg("--rough");
    let [lives, rough] = [lives(SEEDS), rough].map(|lives| process::record(lives, Echo::Live, test::LIMIT));
    Ok(Tally::of(lives?.is_success) + Tally::of(rough?.is_success))
}

/// The last line says how many there were in a second.
pub(crate) fn lives(seeds: &str) -> std::process::Command {
    let mut lives = process::command("cargo");
    lives.args(RUN).args(["--seeds", seeds]);
    lives
}
