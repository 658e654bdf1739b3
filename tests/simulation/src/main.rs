//! Whole lives of sessions, each from a seed. `cargo xtask sim --help` says how to run them.

#![allow(clippy::print_stdout, reason = "a command line speaks on standard output")]
#![allow(clippy::disallowed_methods, reason = "how long it takes in the real world is what is reported")]

mod calm;
mod chart;
mod deed;
mod dice;
mod extra;
mod herd;
mod life;
mod plan;
mod presence;
mod rule;
mod run;
mod secret;
mod tab;
mod trace;
mod weather;
mod witness;

use std::process::ExitCode;

/// A life is many small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words == ["--herd"] {
        return herd::run("docs/herd.svg");
    }
    match run::Order::read(&words) {
        Ok(order) => run::run(&order),
        Err(what) => {
            eprintln!("error: {what}");
            ExitCode::from(2)
        }
    }
}
