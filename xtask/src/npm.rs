//! npm packages. The repository has no package of its own at the root: each folder that needs some has a lock file.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::failure::{Result, While};
use crate::{browser, process, python, workspace};

/// wasm-opt, esbuild and prettier.
pub(crate) const TOOLS: &str = "xtask/node";
pub(crate) const DEMO: &str = "www";
pub(crate) const END_TO_END: &str = "tests/e2e";
/// Within the end-to-end tests, whose packages it uses.
pub(crate) const FAULTS: &str = "tests/e2e/faults";
/// The peers that the package is measured beside.
pub(crate) const BENCH: &str = "tests/bench";
pub(crate) const CONSUMERS: &str = "tests/consumers";

const OLDEST_NODE: u32 = 20;
const LIMIT: Duration = Duration::from_secs(10 * 60);
/// Holds the fingerprint of the lock file that the folder was installed from.
const STAMP: &str = "node_modules/.installed-from";

pub(crate) fn is_installed(folder: &str) -> bool {
    let installed = fs::read_to_string(workspace::root().join(folder).join(STAMP)).ok();
    installed.is_some() && installed == lock_fingerprint(folder).ok()
}

pub(crate) fn install(folder: &str) -> Result<()> {
    require_node()?;
    let fingerprint = lock_fingerprint(folder)?;
    let mut npm = process::command("npm");
    npm.args(["ci", "--no-fund", "--no-audit", "--prefix", folder]);
    process::run_silently(npm, LIMIT)?;
    let stamp = workspace::root().join(folder).join(STAMP);
    if let Some(modules) = stamp.parent() {
        fs::create_dir_all(modules).during(format_args!("cannot make {}", modules.display()))?;
    }
    fs::write(&stamp, fingerprint).during(format_args!("cannot write {}", stamp.display()))
}

/// A script of ours, in the folder of our tools.
pub(crate) fn script(name: &str) -> std::process::Command {
    let mut node = process::command("node");
    node.arg(workspace::root().join(TOOLS).join(name));
    node
}

/// `node --test` over the test files in `folder` itself, which are named `*.test.mjs`. Node's own ways of finding them differ
/// from version to version.
pub(crate) fn tests(folder: &str) -> Result<std::process::Command> {
    let mut files = tests_in(&workspace::root().join(folder));
    if files.is_empty() {
        return Err(format!("{folder} has no test: no file there is named *.test.mjs.").into());
    }
    files.sort();
    let mut node = process::command("node");
    // Most of a test is waiting for a browser or for a token to expire.
    node.args(["--test", "--test-concurrency=3", "--test-reporter=spec"]).args(files);
    browser::point_to_chromium(&mut node);
    python::point_to_interpreter(&mut node);
    Ok(node)
}

fn tests_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.to_string_lossy().ends_with(".test.mjs")).collect()
}

fn require_node() -> Result<()> {
    let version = process::ask(process::command("node").arg("--version"))?;
    match major(&version) {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        _ => Err(format!("Node.js {OLDEST_NODE} or newer is needed, and `node` is {version}.").into()),
    }
}

fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn lock_fingerprint(folder: &str) -> Result<String> {
    let lock = workspace::read(&format!("{folder}/package-lock.json"))?;
    Ok(workspace::fingerprint(&[lock.as_bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major_version_of_node() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("20.20.2"), None);
    }

    #[test]
    fn a_folder_without_tests_is_a_failure() {
        assert!(super::tests("xtask/src").is_err());
    }
}
