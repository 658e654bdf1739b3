//! Where things are in this repository, and which versions Cargo.lock has chosen.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::failure::{Result, While};

/// The name of the crate and of the npm package.
pub(crate) const PACKAGE: &str = "tessera-auth";
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Cargo's target directory, wherever it was told to be: this program runs from `<target>/<profile>/xtask`.
pub(crate) fn target() -> PathBuf {
    let beside_us = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.parent()?.to_path_buf()));
    beside_us.unwrap_or_else(|| root().join("target"))
}

/// Where Cargo keeps the sources of dependencies.
pub(crate) fn cargo_home() -> PathBuf {
    let beside_home = || std::env::home_dir().unwrap_or_default().join(".cargo");
    std::env::var_os("CARGO_HOME").map_or_else(beside_home, PathBuf::from)
}

/// Where this program keeps what it makes and need not be kept by anybody.
pub(crate) fn scratch() -> PathBuf {
    target().join("xtask")
}

/// Where tools are installed that this machine lacks.
pub(crate) fn tools() -> PathBuf {
    target().join("tools")
}

/// Continuous integration: what is missing is a failure, nothing is skipped.
pub(crate) fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

/// The version of `package` in Cargo.lock.
pub(crate) fn locked_version(package: &str) -> Result<String> {
    let lock = read("Cargo.lock")?;
    match version_in_lock(&lock, package) {
        Some(version) => Ok(version.to_owned()),
        None => Err(format!("Cargo.lock does not have `{package}`; run `cargo update --workspace`.").into()),
    }
}

fn version_in_lock<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')
}

/// Reads a text file of the repository.
pub(crate) fn read(path: &str) -> Result<String> {
    fs::read_to_string(root().join(path)).during(format_args!("cannot read {path}"))
}

/// A number that changes when any of `parts` does. It is compared on one machine only, so it need not be cryptographic.
pub(crate) fn fingerprint(parts: &[&[u8]]) -> String {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";

    #[test]
    fn finds_the_version_of_exactly_the_named_package() {
        assert_eq!(version_in_lock(LOCK, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(version_in_lock(LOCK, "bindgen"), None);
    }

    #[test]
    fn fingerprints_tell_apart_the_same_bytes_cut_differently() {
        assert_ne!(fingerprint(&[b"ab", b"c"]), fingerprint(&[b"a", b"bc"]));
    }

    #[test]
    fn knows_the_version_of_its_own_package() {
        assert!(locked_version(PACKAGE).is_ok());
    }
}
