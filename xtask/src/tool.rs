//! The tools that a command needs: found, or installed where that may be done, in as many lanes as can run side by side.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::thread;
use std::time::{Duration, Instant};

use crate::browser::{self, Engine};
use crate::failure::{Failure, Result};
use crate::{npm, process, progress, python, workspace};

const WASM_PACK_VERSION: &str = "0.15.1";
const CARGO_FUZZ_VERSION: &str = "0.13.2";
const GECKODRIVER_VERSION: &str = "0.37.1";
/// A `cargo install` takes a minute and a half on two cores; this is for a machine that does much else.
const LIMIT: Duration = Duration::from_secs(30 * 60);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tool {
    Rustfmt,
    Clippy,
    WasmTarget,
    WasmBindgen,
    WasmPack,
    Nightly,
    CargoFuzz,
    Npm(&'static str),
    Python,
    Browser(Engine),
}

/// Why a tool is not there.
#[derive(Clone, Debug)]
pub(crate) enum Lack {
    /// We may not install it. Outside CI what needs it can be skipped.
    Absent(Failure),
    /// We tried.
    Failed(Failure),
}

impl Lack {
    pub(crate) fn failure(&self) -> &Failure {
        match self {
            Self::Absent(failure) | Self::Failed(failure) => failure,
        }
    }
}

/// What `ensure` could not bring about; everything else that it was asked for is there.
#[derive(Debug, Default)]
pub(crate) struct Lacking(BTreeMap<Tool, Lack>);

impl Lacking {
    pub(crate) fn first_of(&self, tools: &[Tool]) -> Option<&Lack> {
        tools.iter().find_map(|tool| self.0.get(tool))
    }
}

/// For commands that cannot do without any of `tools`.
pub(crate) fn require(tools: &[Tool]) -> Result<()> {
    require_beside(tools, &[]).map(drop)
}

/// The same where there are `wishes` too: the command can do without any of these, and is told which it has to.
pub(crate) fn require_beside(tools: &[Tool], wishes: &[Tool]) -> Result<Lacking> {
    let lacking = ensure(&[tools, wishes].concat());
    match lacking.first_of(tools) {
        Some(lack) => Err(lack.failure().clone()),
        None => Ok(lacking),
    }
}

/// Sees that `tools` are there, installs those that are not, and says what it does.
pub(crate) fn ensure(tools: &[Tool]) -> Lacking {
    let (browsers, rest): (Vec<Tool>, Vec<Tool>) =
        tools.iter().copied().filter(|tool| !tool.is_there()).partition(|tool| matches!(tool, Tool::Browser(_)));
    let (packages, rest): (Vec<Tool>, Vec<Tool>) = rest.into_iter().partition(|tool| matches!(tool, Tool::Npm(_)));
    let (python, crates): (Vec<Tool>, Vec<Tool>) = rest.into_iter().partition(|tool| matches!(tool, Tool::Python));

    let lacking = thread::scope(|scope| {
        let lanes = [
            // Both may need the system's package manager, which is one.
            scope.spawn(|| install_browsers(&browsers).into_iter().chain(install_each(&python)).collect()),
            scope.spawn(|| install_each(&crates)),
            scope.spawn(|| install_each(&packages)),
        ];
        lanes.into_iter().flat_map(|lane| lane.join().unwrap_or_default()).collect()
    });
    Lacking(lacking)
}

fn install_each(tools: &[Tool]) -> BTreeMap<Tool, Lack> {
    let mut lacking = BTreeMap::new();
    for tool in tools {
        if *tool == Tool::Python && !python::may_install() {
            let absent = "there is no Python 3 with `venv` here; install python3 and python3-venv (Debian's names).";
            lacking.insert(*tool, Lack::Absent(absent.into()));
        } else if let Err(failure) = timed(tool, || tool.install()) {
            lacking.insert(*tool, Lack::Failed(failure));
        }
    }
    lacking
}

/// All engines in one go of the system's package manager; Firefox's driver after it, as it is compiled.
fn install_browsers(tools: &[Tool]) -> BTreeMap<Tool, Lack> {
    let engines =
        || tools.iter().filter_map(|tool| if let Tool::Browser(engine) = tool { Some(*engine) } else { None });
    let mut lacking = BTreeMap::new();
    let packages: Vec<&str> = engines().flat_map(Engine::missing_packages).collect();
    let mut refusal = None;
    if !packages.is_empty() && browser::may_install() {
        refusal = timed(packages.join(", "), || browser::install(&packages)).err();
    }
    if !engines().all(Engine::is_quick) {
        // Says itself what went wrong; nothing fails for it.
        let _ = timed("the headless Chromium", browser::install_headless_chromium);
    }
    for engine in engines() {
        let missing = engine.missing_packages();
        let lack = match (&refusal, missing.is_empty()) {
            (_, true) => install_driver(engine).err().map(Lack::Failed),
            (Some(failure), false) => Some(Lack::Failed(failure.clone())),
            (None, false) => Some(Lack::Absent(
                format!(
                    "{} is not complete here; install {} (the names of Debian's packages).",
                    engine.name(),
                    missing.join(", ")
                )
                .into(),
            )),
        };
        lacking.extend(lack.map(|lack| (Tool::Browser(engine), lack)));
    }
    lacking
}

fn install_driver(engine: Engine) -> Result<()> {
    if engine.driver().is_some() {
        return Ok(());
    }
    match engine {
        Engine::Firefox => timed(format_args!("geckodriver {GECKODRIVER_VERSION}"), || {
            cargo_install("geckodriver", GECKODRIVER_VERSION, true)
        }),
        Engine::Chromium | Engine::WebKit => Err(format!("`{}` is not on the PATH.", engine.driver_name()).into()),
    }
}

fn timed<T>(what: impl Display, install: impl FnOnce() -> Result<T>) -> Result<T> {
    let started = Instant::now();
    progress::note("tools", format_args!("installing {what}"));
    let result = install();
    match &result {
        Ok(_) => progress::note("tools", format_args!("installed {what} in {}", progress::seconds(started.elapsed()))),
        Err(failure) => progress::note("tools", format_args!("could not install {what}: {failure}")),
    }
    result
}

impl Tool {
    fn is_there(self) -> bool {
        match self {
            Self::Rustfmt => process::ask(process::command("cargo").args(["fmt", "--version"])).is_ok(),
            Self::Clippy => process::ask(process::command("cargo").args(["clippy", "--version"])).is_ok(),
            Self::WasmTarget => has_wasm_target(),
            Self::WasmBindgen => has_locked_wasm_bindgen(),
            Self::WasmPack => process::find("wasm-pack").is_some(),
            Self::Nightly => {
                process::ask(process::command("rustup").args(["run", "nightly", "rustc", "--version"])).is_ok()
            }
            Self::CargoFuzz => process::find("cargo-fuzz").is_some(),
            Self::Npm(folder) => npm::is_installed(folder),
            Self::Python => python::is_installed(),
            Self::Browser(engine) => engine.driver().is_some() && engine.is_quick(),
        }
    }

    fn install(self) -> Result<()> {
        match self {
            Self::Rustfmt => rustup(&["component", "add", "rustfmt"]),
            Self::Clippy => rustup(&["component", "add", "clippy"]),
            Self::WasmTarget => rustup(&["target", "add", workspace::WASM_TARGET]),
            // Not `--locked`: the lock file in a release of the CLI may name a version that has been withdrawn since.
            Self::WasmBindgen => cargo_install("wasm-bindgen-cli", &workspace::locked_version("wasm-bindgen")?, false),
            Self::WasmPack => cargo_install("wasm-pack", WASM_PACK_VERSION, true),
            Self::Nightly => rustup(&["toolchain", "install", "nightly", "--profile", "minimal"]),
            Self::CargoFuzz => cargo_install("cargo-fuzz", CARGO_FUZZ_VERSION, true),
            Self::Npm(folder) => npm::install(folder),
            Self::Python => python::install(),
            Self::Browser(engine) => install_driver(engine),
        }
    }
}

impl Display for Tool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rustfmt => write!(formatter, "rustfmt"),
            Self::Clippy => write!(formatter, "clippy"),
            Self::WasmTarget => write!(formatter, "the Rust target {}", workspace::WASM_TARGET),
            Self::WasmBindgen => write!(formatter, "the wasm-bindgen CLI of Cargo.lock's version (about 2 minutes)"),
            Self::WasmPack => write!(formatter, "wasm-pack {WASM_PACK_VERSION} (about 2 minutes)"),
            Self::Nightly => write!(formatter, "the nightly toolchain of Rust"),
            Self::CargoFuzz => write!(formatter, "cargo-fuzz {CARGO_FUZZ_VERSION}"),
            Self::Npm(folder) => write!(formatter, "the npm packages of {folder}"),
            Self::Python => write!(formatter, "the Python packages of www/server/python"),
            Self::Browser(engine) => write!(formatter, "{}", engine.name()),
        }
    }
}

fn has_wasm_target() -> bool {
    let sysroot = process::ask(process::command("rustc").args(["--print", "sysroot"]));
    sysroot
        .is_ok_and(|sysroot| std::path::Path::new(&sysroot).join("lib/rustlib").join(workspace::WASM_TARGET).is_dir())
}

/// The CLI and the library speak a private protocol: their versions must be the same.
fn has_locked_wasm_bindgen() -> bool {
    let installed = process::ask(process::command("wasm-bindgen").arg("--version"));
    match (installed, workspace::locked_version("wasm-bindgen")) {
        (Ok(installed), Ok(locked)) => installed == format!("wasm-bindgen {locked}"),
        _ => false,
    }
}

fn rustup(words: &[&str]) -> Result<()> {
    let mut rustup = process::command("rustup");
    rustup.args(words);
    process::run_silently(rustup, LIMIT)
}

/// Into a folder of this repository's own: another version may be what other projects of the same person need.
fn cargo_install(package: &str, version: &str, is_locked: bool) -> Result<()> {
    let mut cargo = process::command("cargo");
    cargo.args(["install", package, "--version", version, "--root"]).arg(workspace::tools());
    if is_locked {
        cargo.arg("--locked");
    }
    process::run_silently(cargo, LIMIT)
}
