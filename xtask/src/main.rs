//! `cargo xtask`: every command that a contributor runs, and that CI runs too. One file for each command, named after it.

#![allow(clippy::print_stdout, reason = "a command line speaks on standard output")]
#![allow(clippy::disallowed_methods, reason = "the rules about clocks and sleeping are for the crate in the browser")]

mod bench;
mod browser;
mod browser_test;
mod code;
mod command;
mod demo;
mod failure;
mod formatting;
mod futures;
mod fuzz;
mod links;
mod lint;
mod mutation;
mod npm;
mod order;
mod package;
mod parts;
mod process;
mod progress;
mod python;
mod shrink;
mod sim;
mod size;
mod split;
mod tally;
mod test;
mod tool;
mod wasm;
mod workspace;

use std::process::ExitCode;

use command::{Arguments, Command};

const COMMANDS: &[Command] = &[
    package::COMMAND,
    demo::COMMAND,
    test::COMMAND,
    size::COMMAND,
    lint::COMMAND,
    bench::COMMAND,
    sim::COMMAND,
    fuzz::COMMAND,
];

/// What a shell expects after a command that was called wrongly.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let name = words.next().unwrap_or_else(|| "--help".to_owned());
    let rest: Vec<String> = words.collect();

    if matches!(name.as_str(), "--help" | "-h" | "help") {
        println!("{}", command::overview(COMMANDS));
        return ExitCode::SUCCESS;
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprintln!("error: there is no command `{name}`; `cargo xtask --help` lists them.");
        return ExitCode::from(WRONG_USAGE);
    };
    let arguments = match Arguments::parse(command, &rest) {
        Ok(arguments) => arguments,
        Err(failure) => {
            eprintln!("error: {failure}");
            return ExitCode::from(WRONG_USAGE);
        }
    };
    if arguments.has("--help") {
        println!("{}", command.help());
        return ExitCode::SUCCESS;
    }
    match process::end_all_on_interrupt().and_then(|()| (command.run)(&arguments)) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
