//! Python, for the servers of `www/server/python`: an environment of this repository's own, in which their packages are.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::failure::{Result, While};
use crate::{browser, process, workspace};

/// Exact versions of all packages.
const REQUIREMENTS: &str = "www/server/python/requirements.txt";
/// Debian's name for what `venv` needs and `python3` does not bring.
const PACKAGES: &[&str] = &["python3", "python3-venv"];
const LIMIT: Duration = Duration::from_secs(10 * 60);

pub(crate) fn is_installed() -> bool {
    let installed = fs::read_to_string(stamp()).ok();
    installed.is_some() && installed == fingerprint().ok()
}

/// Whether it can be installed here: Python is there, or the system's package manager may bring it.
pub(crate) fn may_install() -> bool {
    has_venv() || browser::may_install()
}

pub(crate) fn install() -> Result<()> {
    if !has_venv() {
        browser::install(PACKAGES)?;
    }
    let environment = environment();
    let mut venv = process::command("python3");
    venv.args(["-m", "venv", "--clear"]).arg(&environment);
    process::run_silently(venv, LIMIT)?;
    let mut pip = process::command(interpreter());
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", REQUIREMENTS]);
    process::run_silently(pip, LIMIT)?;
    fs::write(stamp(), fingerprint()?).during("cannot note what the Python environment was made from")
}

/// Tells a script of ours which interpreter has the packages, if there is one.
pub(crate) fn point_to_interpreter(script: &mut Command) {
    if is_installed() {
        script.env("TESSERA_PYTHON", interpreter());
    }
}

fn has_venv() -> bool {
    process::ask(process::command("python3").args(["-c", "import venv, ensurepip"])).is_ok()
}

fn environment() -> PathBuf {
    workspace::tools().join("python")
}

fn interpreter() -> PathBuf {
    environment().join(Path::new("bin/python"))
}

fn stamp() -> PathBuf {
    environment().join("installed-from")
}

fn fingerprint() -> Result<String> {
    Ok(workspace::fingerprint(&[workspace::read(REQUIREMENTS)?.as_bytes()]))
}
