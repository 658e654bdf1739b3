//! `cargo xtask lint`: what can be said about the code without running it.

use std::process::{self as std_process, ExitCode};

use crate::command::{Arguments, Choice, Command};
use crate::failure::Result;
use crate::tally::Tally;
use crate::tool::{self, Tool};
use crate::workspace::{self, PACKAGE, WASM_TARGET};
use crate::{npm, process, progress};

pub(crate) const COMMAND: Command = Command {
    name: "lint",
    summary: "Check formatting, clippy and documentation",
    details: "rustfmt and prettier, clippy natively and for the browser with and without the exports for npm, and rustdoc, all\n\
              with warnings as errors.",
    options: &[Choice { name: "--fix", value: "", meaning: "Format the files instead of checking them" }],
    run,
};

pub(crate) const TOOLS: &[Tool] = &[Tool::Rustfmt, Tool::Clippy, Tool::WasmTarget, Tool::Npm(npm::TOOLS)];

struct Check {
    name: &'static str,
    command: fn() -> std_process::Command,
}

/// A workspace of its own.
const FUZZING: &str = "fuzz/Cargo.toml";

/// Cheapest first.
const CHECKS: &[Check] = &[
    Check { name: "rustfmt", command: || cargo(&["fmt", "--all", "--", "--check"]) },
    Check { name: "rustfmt, fuzzing", command: || cargo(&["fmt", "--manifest-path", FUZZING, "--", "--check"]) },
    Check { name: "prettier", command: || prettier("--check") },
    Check { name: "clippy, native", command: || clippy(&["--workspace", "--all-targets", "--all-features"]) },
    Check {
        name: "clippy, for a Rust frontend",
        command: || clippy(&["--package", PACKAGE, "--lib", "--test", "browser", "--target", WASM_TARGET]),
    },
    Check {
        name: "clippy, for npm",
        command: || clippy(&["--package", PACKAGE, "--lib", "--features", "js", "--target", WASM_TARGET]),
    },
    Check {
        name: "clippy, for npm, other credentials",
        command: || {
            let credentials = ["--no-default-features", "--features", "credentials"];
            clippy(&[&["--package", PACKAGE, "--lib", "--target", WASM_TARGET][..], &credentials].concat())
        },
    },
    Check { name: "clippy, fuzzing", command: || clippy(&["--manifest-path", FUZZING, "--lib", "--tests"]) },
    Check { name: "rustdoc, native", command: || doc(&["--workspace", "--all-features"]) },
    Check { name: "rustdoc, for a Rust frontend", command: || doc(&["--package", PACKAGE, "--target", WASM_TARGET]) },
];

fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.has("--fix") {
        tool::require(&[Tool::Rustfmt, Tool::Npm(npm::TOOLS)])?;
        process::run(&mut cargo(&["fmt", "--all"]))?;
        process::run(&mut prettier("--write"))?;
        return Ok(ExitCode::SUCCESS);
    }
    tool::require(TOOLS)?;
    Ok(if check()?.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// For callers that have seen to `TOOLS`. Goes on past a failed check.
pub(crate) fn check() -> Result<Tally> {
    let mut tally = Tally::default();
    for check in CHECKS {
        progress::note("lint", check.name);
        let is_clean = process::status(&mut (check.command)())?.success();
        if !is_clean {
            progress::note("lint", format_args!("{} FAILED; its output above says why", check.name));
        }
        tally = tally + Tally::of(is_clean);
    }
    Ok(tally)
}

fn clippy(words: &[&str]) -> std_process::Command {
    let mut cargo = cargo(&["clippy", "--quiet"]);
    cargo.args(words).args(["--", "--deny", "warnings"]);
    cargo
}

fn doc(words: &[&str]) -> std_process::Command {
    let mut cargo = cargo(&["doc", "--quiet", "--no-deps"]);
    cargo.args(words).env("RUSTDOCFLAGS", "--deny warnings");
    cargo
}

fn cargo(words: &[&str]) -> std_process::Command {
    let mut cargo = process::command("cargo");
    cargo.args(words);
    cargo
}

fn prettier(mode: &str) -> std_process::Command {
    let mut node = process::command("node");
    node.arg(workspace::root().join(npm::TOOLS).join("node_modules/prettier/bin/prettier.cjs"));
    node.args(["--log-level=warn", "--ignore-unknown", mode, "."]);
    node
}
