//! `cargo xtask bench`: how fast and how large it is, natively and in a browser beside its peers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::browser::{self, Engine};
use crate::command::{Arguments, Choice, Command};
use crate::failure::{Result, While};
use crate::process::{self, Echo};
use crate::tool::{self, Tool};
use crate::{demo, npm, package, progress, sim, test, workspace};

pub(crate) const COMMAND: Command = Command {
    name: "bench",
    summary: "Measure it beside its peers",
    details: "Builds the package and measures it in Chromium against the demo's identity provider, in turns with other packages\n\
              for the same: what comes over the wire, page loads, the way back from the server, calls, an expired token in many\n\
              tabs, tokens, memory. Then natively. Prints tables, and writes docs/bench and the README's section from them. On a\n\
              machine that does nothing else it takes some minutes.",
    options: &[
        Choice {
            name: "--only",
            value: "NAME,…",
            meaning: "Measure these: wire, load, redirect, call, storm, jwt, memory, native",
        },
        Choice { name: "--runs", value: "N", meaning: "Measure so many times; 15 by default" },
    ],
    run,
};

/// A workspace of its own, so that no test waits for the benchmark harness to compile.
const NATIVE: &str = "benches/Cargo.toml";
/// What measures, and prints and writes all that was measured.
const BROWSER: &str = "tests/bench/main.mjs";
const NATIVE_PART: &str = "native";

fn run(arguments: &Arguments) -> Result<ExitCode> {
    let only: Option<Vec<&str>> = arguments.value("--only").map(|only| only.split(',').map(str::trim).collect());
    let is_native = only.as_ref().is_none_or(|only| only.contains(&NATIVE_PART));
    let is_browser = only.as_ref().is_none_or(|only| only.iter().any(|name| *name != NATIVE_PART));

    tool::require(&[package::TOOLS, demo::TOOLS, demo::CHECK_TOOLS, &[Tool::Npm(npm::BENCH)]].concat())?;
    // The versions that stand beside the figures are the package's and the peers'.
    package::build()?;
    let mut node = process::command("node");
    node.arg(BROWSER).args(arguments.words());
    browser::point_to_chromium(&mut node);
    if is_native {
        node.arg("--native").arg(measure_natively()?);
    }
    if is_browser {
        progress::heading(format_args!("in {}", Engine::Chromium.name()));
    }
    let status = process::status(&mut node)?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The folder where criterion and the simulation have left what they found.
fn measure_natively() -> Result<PathBuf> {
    progress::heading("native");
    let folder = workspace::target().join("benches");
    let mut criterion = process::command("cargo");
    criterion.args(["bench", "--manifest-path", NATIVE]).env("CARGO_TARGET_DIR", &folder);
    process::run(&mut criterion)?;
    measure_simulation(&folder.join("simulation.txt"))?;
    Ok(folder)
}

fn measure_simulation(output: &Path) -> Result<()> {
    let lives = process::record(sim::lives(sim::SEEDS), Echo::Live, test::LIMIT)?;
    fs::write(output, &lives.text).during(format_args!("cannot write {}", output.display()))
}
