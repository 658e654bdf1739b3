//! `cargo xtask sim --mutations`: the client with a mistake in it, for each mistake of `tests/simulation/mutations`. A simulation
//! that does not notice one of them would not notice it in the client either.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::failure::{Result, While};
use crate::process::{self, Echo};
use crate::{progress, test, workspace};

const FOLDER: &str = "tests/simulation/mutations";
/// What the simulation is built from.
const COPIED: [&str; 6] = ["Cargo.toml", "Cargo.lock", "README.md", "src", "tests/simulation", "xtask/Cargo.toml"];
/// Lives without a violation after which a mistake counts as unnoticed.
const SEEDS: &str = "10000";

/// A mistake: what it is, and the texts that it puts in place of others.
#[derive(Debug, PartialEq, Eq)]
struct Mutation {
    what: String,
    changes: Vec<Change>,
}

#[derive(Debug, PartialEq, Eq)]
struct Change {
    file: String,
    from: String,
    to: String,
}

pub(crate) fn run(seeds: Option<&str>) -> Result<ExitCode> {
    let seeds = seeds.unwrap_or(SEEDS);
    let mut rows = Vec::new();
    progress::heading("the client as it is");
    if let Some(found) = live(&[], seeds)? {
        return Err(format!("the client as it is breaks a rule: {}; mend that first.", found.rule).into());
    }
    for path in files()? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mutation = Mutation::parse(&fs::read_to_string(&path).during(format_args!("cannot read {name}"))?)
            .ok_or_else(|| format!("{FOLDER}/{name}.txt is no mutation: see the others."))?;
        progress::heading(format_args!("{name}: {}", mutation.what));
        rows.push((mutation.what, live(&mutation.changes, seeds)?));
    }
    Ok(report(&rows))
}

fn report(rows: &[(String, Option<Found>)]) -> ExitCode {
    progress::heading("summary");
    println!("| the mistake | lives until it is caught | by the rule |\n| --- | ---: | --- |");
    for (what, found) in rows {
        match found {
            Some(Found { lives, rule }) => println!("| {what} | {lives} | {rule} |"),
            None => println!("| {what} | not caught | |"),
        }
    }
    let missed = rows.iter().filter(|(_, found)| found.is_none()).count();
    println!("\n{} caught, {missed} missed", rows.len() - missed);
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn files() -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(workspace::root().join(FOLDER)).during(format_args!("cannot read {FOLDER}"))?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "txt"))
        .collect();
    files.sort();
    Ok(files)
}

impl Mutation {
    /// The first line says what it is. Then follows, for each change, `file PATH`, and between lines of three marks what is
    /// replaced and by what: `<<<`, the old text, `===`, the new one, `>>>`.
    fn parse(text: &str) -> Option<Self> {
        let (what, rest) = text.split_once('\n')?;
        let mut changes = Vec::new();
        for part in rest.split("file ").skip(1) {
            let (file, part) = part.split_once("\n<<<\n")?;
            let (from, part) = part.split_once("===\n")?;
            let (to, _) = part.split_once(">>>")?;
            changes.push(Change { file: file.to_owned(), from: from.to_owned(), to: to.to_owned() });
        }
        (!changes.is_empty()).then(|| Self { what: what.to_owned(), changes })
    }
}

/// How a mistake was noticed.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    lives: u64,
    rule: String,
}

/// Builds a copy with these changes and lives in it.
fn live(changes: &[Change], seeds: &str) -> Result<Option<Found>> {
    let copy = workspace::scratch().join("mutations");
    let tree = copy.join("tree");
    for part in COPIED {
        copy_changed(&workspace::root().join(part), &tree.join(part), changes, part)?;
    }
    // The workspace wants its other member; nothing of it is built.
    write_changed(&tree.join("xtask/src/main.rs"), "fn main() {}\n")?;
    for change in changes {
        let path = tree.join(&change.file);
        let text = fs::read_to_string(workspace::root().join(&change.file))
            .during(format_args!("cannot read {}", change.file))?;
        if text.matches(&change.from).count() != 1 {
            return Err(format!("{} does not have this text once:\n{}", change.file, change.from).into());
        }
        write_changed(&path, &text.replacen(&change.from, &change.to, 1))?;
    }
    let mut lives = process::command("cargo");
    lives
        .args(["run", "--quiet", "--profile", "sim", "--package", "tessera-simulation", "--manifest-path"])
        .arg(tree.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(copy.join("target"))
        // It is built often and run shortly.
        .env("CARGO_PROFILE_SIM_LTO", "off")
        .env("CARGO_PROFILE_SIM_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_SIM_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_SIM_INCREMENTAL", "true")
        .env("RUSTFLAGS", "-Awarnings")
        .args(["--", "--seeds", seeds]);
    let recording = process::record(lives, Echo::Live, test::LIMIT)?;
    match (first_violation(&recording.text), recording.is_success) {
        (None, false) => Err("the mutated client does not compile, or the simulation did not run.".into()),
        (found, _) => Ok(found),
    }
}

/// `seed 12: the rule: what happened`; of several the lowest seed.
fn first_violation(output: &str) -> Option<Found> {
    let violations = output.lines().filter_map(|line| {
        let (seed, violation) = line.strip_prefix("seed ")?.split_once(": ")?;
        let (rule, _) = violation.split_once(": ")?;
        Some(Found { lives: seed.parse::<u64>().ok()? + 1, rule: rule.to_owned() })
    });
    violations.min_by_key(|found| found.lives)
}

/// Only what differs is written, so that Cargo builds only that anew.
fn copy_changed(from: &Path, to: &Path, changes: &[Change], name: &str) -> Result<()> {
    if from.is_dir() {
        for entry in fs::read_dir(from).during(format_args!("cannot read {}", from.display()))?.flatten() {
            let file = entry.file_name().to_string_lossy().into_owned();
            copy_changed(&entry.path(), &to.join(&file), changes, &format!("{name}/{file}"))?;
        }
        return Ok(());
    }
    if changes.iter().any(|change| change.file == name) {
        return Ok(());
    }
    match fs::read_to_string(from) {
        Ok(text) => write_changed(to, &text),
        // What is no text is not compiled.
        Err(_) => Ok(()),
    }
}

fn write_changed(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|found| found == text) {
        return Ok(());
    }
    let doing = || format!("cannot write {}", path.display());
    fs::create_dir_all(path.parent().unwrap_or(path)).during(doing())?;
    fs::write(path, text).during(doing())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_mutation() {
        let text = "No lock\nfile src/a.rs\n<<<\nold();\n===\nnew();\n>>>\n";
        let change = Change { file: "src/a.rs".into(), from: "old();\n".into(), to: "new();\n".into() };
        assert_eq!(Mutation::parse(text), Some(Mutation { what: "No lock".into(), changes: vec![change] }));
        assert_eq!(Mutation::parse("No lock\n"), None);
    }

    #[test]
    fn every_mutation_applies() {
        for path in files().unwrap() {
            let mutation = Mutation::parse(&fs::read_to_string(&path).unwrap());
            let mutation = mutation.unwrap_or_else(|| panic!("{path:?}"));
            for change in mutation.changes {
                let text = workspace::read(&change.file).unwrap();
                assert_eq!(text.matches(&change.from).count(), 1, "{path:?}: {}", change.from);
            }
        }
    }

    #[test]
    fn takes_the_lowest_of_several_violations() {
        let output = "seed 7: one rule: tab 1\n   replay\nseed 3: another: tab 2\n8 lives\n";
        assert_eq!(first_violation(output), Some(Found { lives: 4, rule: "another".into() }));
    }
}
