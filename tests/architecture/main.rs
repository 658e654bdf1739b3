//! Reads `src/` against the table of ARCHITECTURE.md: which row uses which, which other crates, which words; and how long a
//! file is.
//!
//! It reads words, not syntax trees, so it can be fooled by whoever wants to; it is for those who do not notice.

mod house;
mod snippet;
mod source;

use house::House;
use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

/// The files of `src/`: their paths below it, and their texts.
fn sources() -> Vec<(String, String)> {
    fn collect(folder: &Path, root: &Path, sources: &mut Vec<(String, String)>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                collect(&path, root, sources)?;
            } else if let Some(name) =
                path.strip_prefix(root).ok().and_then(Path::to_str).filter(|name| name.ends_with(".rs"))
            {
                sources.push((name.replace('\\', "/"), fs::read_to_string(&path)?));
            }
        }
        Ok(())
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    let outcome = collect(&root, &root, &mut sources);
    assert!(outcome.is_ok(), "{outcome:?}");
    sources
}

fn house(sources: &[(String, String)]) -> House {
    House::new(include_str!("../../ARCHITECTURE.md"), include_str!("../../Cargo.toml"), sources)
}

#[test]
fn every_file_keeps_to_its_row() {
    let sources = sources();
    let house = house(&sources);
    let violations: Vec<String> = sources.iter().flat_map(|(path, text)| house.violations(path, text)).collect();
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

#[test]
fn every_module_of_the_crate_has_a_row_and_every_row_its_modules() {
    let sources = sources();
    let found: BTreeSet<&str> = sources
        .iter()
        .filter(|(path, _)| path != "lib.rs")
        .filter_map(|(path, _)| path.split(['/', '.']).next())
        .collect();
    assert_eq!(house(&sources).modules(), found);
}

#[test]
fn flows_are_given_up_only_where_the_build_knows_of_it() {
    const WAYS: [&str; 5] = ["select(", "pin!(", "now_or_never", "bortable", "FutureExt"];
    let gives_up = |(path, text): &(String, String)| {
        let is_flow = ["client/", "js/"].iter().any(|row| path.starts_with(row)) && !path.contains("/tests");
        is_flow && WAYS.iter().any(|way| text.contains(way))
    };
    let sources = sources();
    let places: BTreeSet<&str> = sources.iter().filter(|file| gives_up(file)).map(|(path, _)| path.as_str()).collect();
    // What is given up in others too must be named in xtask/src/futures.rs: everything else is not dropped on the way.
    assert_eq!(places, ["client/attach.rs", "client/flight.rs", "client/lease.rs", "js/mod.rs"].into());
}
