//! `cargo xtask test`: everything, cheapest first. Its last line is the tally, for people and for machines.

use std::process::ExitCode;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crate::browser::Engine;
use crate::command::{Arguments, Choice, Command};
use crate::failure::{Failure, Result};
use crate::process::{self, Echo};
use crate::tally::Tally;
use crate::tool::{self, Lack, Lacking, Tool};
use crate::workspace::{self, PACKAGE};
use crate::{browser_test, demo, fuzz, lint, npm, package, progress, sim, size};

pub(crate) const COMMAND: Command = Command {
    name: "test",
    summary: "Run every check and every test",
    details: "Installs what is missing, then runs all steps, cheapest first, and goes on past a failed one. The last line says\n\
              how many tests passed and failed; a step that is not a test runner counts as one. With CI=true nothing may be\n\
              skipped.",
    options: &[
        Choice { name: "--only", value: "STEP,…", meaning: "Run these steps and what they need" },
        Choice { name: "--list", value: "", meaning: "List the steps" },
    ],
    run,
};

/// For one step. Past it something hangs.
pub(crate) const LIMIT: Duration = Duration::from_secs(15 * 60);

struct Step {
    name: &'static str,
    summary: &'static str,
    tools: &'static [&'static [Tool]],
    /// What the step uses if it is there; what it leaves out without it, it counts as skipped.
    optional: &'static [Tool],
    needs_package: bool,
    run: fn() -> Result<Tally>,
}

const BUILD: &str = "build";
const FAULTS: &str = "faults";

/// They run while `FAULTS` does, which mostly waits; the steps after them have the machine to themselves again.
const BESIDE_FAULTS: &[&str] = &["chromium", "firefox", "webkit", "consumers"];

const STEPS: &[Step] = &[
    Step {
        name: "lint",
        summary: "formatting, clippy, documentation",
        tools: &[lint::TOOLS],
        optional: &[],
        needs_package: false,
        run: lint::check,
    },
    Step {
        name: "native",
        summary: "the unit and integration tests of the workspace",
        tools: &[],
        optional: &[],
        needs_package: false,
        run: || cargo_test(&["--all-features", "--workspace", "--lib", "--bins", "--tests"]),
    },
    Step {
        name: "lean",
        summary: "the unit tests of what the smaller module is made of",
        tools: &[],
        optional: &[],
        needs_package: false,
        run: || cargo_test(&["--no-default-features", "--features", "testing", "--package", PACKAGE, "--lib"]),
    },
    Step {
        name: "doc",
        summary: "the examples in the documentation and in README.md",
        tools: &[],
        optional: &[],
        needs_package: false,
        run: || cargo_test(&["--all-features", "--package", PACKAGE, "--doc"]),
    },
    Step {
        name: "sim",
        summary: "two thousand lives of sessions, from seeds",
        tools: &[],
        optional: &[],
        needs_package: false,
        run: sim::check,
    },
    Step {
        name: "replay",
        summary: "the inputs that fuzzing has kept",
        tools: &[],
        optional: &[],
        needs_package: false,
        run: fuzz::replay,
    },
    Step {
        name: BUILD,
        summary: "the npm package",
        tools: &[package::TOOLS],
        optional: &[],
        needs_package: false,
        run: || package::build().map(|()| Tally::PASSED),
    },
    Step {
        name: "size",
        summary: "the size budgets",
        tools: &[package::TOOLS],
        optional: &[],
        needs_package: true,
        run: || size::measure().map(Tally::of),
    },
    Step {
        name: FAULTS,
        summary: "sessions under faults, in three engines at once, against the identity provider (beside the next steps)",
        tools: &[demo::TOOLS, &[Tool::Npm(npm::END_TO_END), Tool::Npm(npm::CONSUMERS)]],
        optional: &[Tool::Browser(Engine::Chromium), Tool::Browser(Engine::Firefox), Tool::Browser(Engine::WebKit)],
        needs_package: true,
        run: || node_test(npm::FAULTS, Echo::AtOnce),
    },
    Step {
        name: "chromium",
        summary: "the browser tests in Chromium",
        tools: &[browser_test::TOOLS, &[Tool::Browser(Engine::Chromium)]],
        optional: &[],
        needs_package: false,
        run: || browser_test::run(Engine::Chromium),
    },
    Step {
        name: "firefox",
        summary: "the browser tests in Firefox",
        tools: &[browser_test::TOOLS, &[Tool::Browser(Engine::Firefox)]],
        optional: &[],
        needs_package: false,
        run: || browser_test::run(Engine::Firefox),
    },
    Step {
        name: "webkit",
        summary: "the browser tests in WebKit",
        tools: &[browser_test::TOOLS, &[Tool::Browser(Engine::WebKit)]],
        optional: &[],
        needs_package: false,
        run: || browser_test::run(Engine::WebKit),
    },
    Step {
        name: "consumers",
        summary: "real projects that install the packed package",
        tools: &[&[Tool::Npm(npm::CONSUMERS), Tool::Browser(Engine::Chromium)]],
        optional: &[],
        needs_package: true,
        run: || node_test(npm::CONSUMERS, Echo::Live),
    },
    Step {
        name: "e2e",
        summary: "the demo page in Chromium, against the identity provider, and other credentials against Flask and FastAPI",
        tools: &[demo::TOOLS, demo::CHECK_TOOLS],
        optional: &[Tool::Python],
        needs_package: true,
        run: || node_test(npm::END_TO_END, Echo::Live),
    },
    Step {
        name: "demo",
        summary: "a sign-in with each credential, as cargo xtask demo --check does it",
        tools: &[demo::TOOLS, demo::CHECK_TOOLS],
        optional: &[Tool::Python],
        needs_package: true,
        run: check_demo,
    },
];

struct Outcome {
    step: &'static str,
    tally: Tally,
    duration: Duration,
    remark: String,
}

fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.has("--list") {
        for step in STEPS {
            println!("{:<10} {}", step.name, step.summary);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let steps = select(arguments.value("--only"))?;
    let tools: Vec<Tool> = steps.iter().flat_map(|step| [&step.tools.concat(), step.optional].concat()).collect();
    let lacking = &tool::ensure(&tools);

    let outcomes = thread::scope(|scope| {
        let mut outcomes: Vec<Outcome> = Vec::new();
        let mut faults = None;
        for step in steps {
            if !BESIDE_FAULTS.contains(&step.name) {
                outcomes.extend(faults.take().map(outcome));
            }
            let is_built = outcomes.iter().all(|outcome| outcome.step != BUILD || outcome.tally.failed == 0);
            if step.name == FAULTS {
                faults = Some(scope.spawn(move || take(step, lacking, is_built)));
            } else {
                outcomes.push(take(step, lacking, is_built));
            }
        }
        outcomes.extend(faults.map(outcome));
        outcomes
    });
    Ok(report(&outcomes))
}

/// What a thread has to say; its panic is ours.
fn outcome(thread: ScopedJoinHandle<Outcome>) -> Outcome {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The steps that were asked for, and the build if one of them needs the package.
fn select(only: Option<&str>) -> Result<Vec<&'static Step>> {
    let Some(only) = only else {
        return Ok(STEPS.iter().collect());
    };
    let wanted: Vec<&str> = only.split(',').map(str::trim).collect();
    if let Some(unknown) = wanted.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        return Err(format!("there is no step `{unknown}`; `cargo xtask test --list` lists them.").into());
    }
    let is_wanted = |step: &Step| wanted.contains(&step.name);
    let is_package_needed = STEPS.iter().any(|step| is_wanted(step) && step.needs_package);
    Ok(STEPS.iter().filter(|step| is_wanted(step) || (step.name == BUILD && is_package_needed)).collect())
}

/// One step, from its heading to what there is to say about it besides its tally.
fn take(step: &Step, lacking: &Lacking, is_built: bool) -> Outcome {
    progress::heading(format_args!("{}: {}", step.name, step.summary));
    let started = Instant::now();
    let (tally, remark) = attempt(step, lacking, is_built);
    if !remark.is_empty() {
        progress::note(step.name, &remark);
    }
    Outcome { step: step.name, tally, duration: started.elapsed(), remark }
}

fn attempt(step: &Step, lacking: &Lacking, is_built: bool) -> (Tally, String) {
    if step.needs_package && !is_built {
        return (Tally::FAILED, "not run, because the build failed".to_owned());
    }
    match lacking.first_of(&step.tools.concat()) {
        Some(Lack::Absent(failure)) if !workspace::is_ci() => {
            return (Tally::SKIPPED, format!("skipped: {failure}"));
        }
        Some(Lack::Absent(failure) | Lack::Failed(failure)) => {
            return (Tally::FAILED, failure_in_one_line(failure));
        }
        None => {}
    }
    match (step.run)() {
        Ok(tally) if tally.skipped > 0 && workspace::is_ci() => {
            (tally + Tally::FAILED, format!("{} skipped, which CI does not accept", tally.skipped))
        }
        Ok(tally) => (tally, String::new()),
        Err(failure) => (Tally::FAILED, failure.to_string()),
    }
}

fn failure_in_one_line(failure: &Failure) -> String {
    failure.to_string().lines().next().unwrap_or_default().trim_end_matches(':').to_owned()
}

fn report(outcomes: &[Outcome]) -> ExitCode {
    progress::heading("summary");
    println!("{:<10} {:>7} {:>7} {:>8} {:>9}", "step", "passed", "failed", "skipped", "time");
    for Outcome { step, tally, duration, remark } in outcomes {
        let Tally { passed, failed, skipped } = tally;
        let remark = remark.lines().next().unwrap_or_default();
        let line =
            format!("{step:<10} {passed:>7} {failed:>7} {skipped:>8} {:>9}  {remark}", progress::seconds(*duration));
        println!("{}", line.trim_end());
    }
    let total: Tally = outcomes.iter().map(|outcome| outcome.tally).sum();
    println!("\n{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn cargo_test(words: &[&str]) -> Result<Tally> {
    let mut cargo = process::command("cargo");
    cargo.args(["test", "--no-fail-fast"]).args(words);
    if progress::is_coloured() {
        cargo.env("CARGO_TERM_COLOR", "always");
    }
    Ok(Tally::of_tests(&process::record(cargo, Echo::Live, LIMIT)?))
}

fn node_test(folder: &str, echo: Echo) -> Result<Tally> {
    Ok(Tally::of_tests(&process::record(npm::tests(folder)?, echo, LIMIT)?))
}

fn check_demo() -> Result<Tally> {
    let mut server = demo::server();
    server.arg("--check");
    Ok(Tally::of(process::record(server, Echo::Live, LIMIT)?.is_success))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: Option<&str>) -> Vec<&'static str> {
        select(only).unwrap().iter().map(|step| step.name).collect()
    }

    #[test]
    fn runs_everything_unless_told_otherwise() {
        assert_eq!(names(None).len(), STEPS.len());
    }

    #[test]
    fn builds_first_what_a_chosen_step_needs() {
        assert_eq!(names(Some("e2e, lint")), ["lint", "build", "e2e"]);
        assert_eq!(names(Some("webkit")), ["webkit"]);
    }

    #[test]
    fn refuses_a_step_that_does_not_exist() {
        assert!(select(Some("lint,end2end")).is_err());
    }

    #[test]
    fn does_not_run_a_step_whose_package_could_not_be_built() {
        let step = STEPS.iter().find(|step| step.needs_package).unwrap();
        assert_eq!(take(step, &Lacking::default(), false).tally, Tally::FAILED);
    }
}
