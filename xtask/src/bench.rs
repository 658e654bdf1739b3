//! `cargo xtask bench`: how fast it is, natively and in a browser.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::command::{Arguments, Command};
use crate::failure::Result;
use crate::tool::{self, Tool};
use crate::{package, process, progress, workspace};

pub(crate) const COMMAND: Command = Command {
    name: "bench",
    summary: "Run the benchmarks",
    details: "Runs the native benchmarks in benches/ and the scripts in tests/bench/, which measure the built package.",
    options: &[],
    run,
};

/// A workspace of its own, so that no test waits for the benchmark harness to compile.
const NATIVE: &str = "benches/Cargo.toml";
const BROWSER: &str = "tests/bench";

fn run(_: &Arguments) -> Result<ExitCode> {
    let native = files("benches", "rs");
    let browser = files(BROWSER, "mjs");
    if native.is_empty() && browser.is_empty() {
        return Err("there is nothing to run: no *.rs in benches/ and no *.mjs in tests/bench/.".into());
    }
    if !native.is_empty() {
        progress::heading("native");
        process::run(process::command("cargo").args(["bench", "--manifest-path", NATIVE]))?;
    }
    if !browser.is_empty() {
        tool::require(&[package::TOOLS, &[Tool::Npm(BROWSER)]].concat())?;
        package::build()?;
    }
    for script in browser {
        progress::heading(script.file_name().unwrap_or_default().display());
        process::run(process::command("node").arg(script))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(workspace::root().join(folder)).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_files_by_their_extension() {
        assert!(files("xtask/src", "rs").iter().any(|path| path.ends_with("bench.rs")));
        assert!(files("no/such/folder", "rs").is_empty());
    }
}
