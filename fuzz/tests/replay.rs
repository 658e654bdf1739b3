//! Everything that fuzzing has found worth keeping, given to the targets once more: the corpora, and the inputs that have broken
//! a property before it was mended.

use std::fs;
use std::path::{Path, PathBuf};
use tessera_auth_fuzz::TARGETS;

/// The inputs of a target. `folder` is relative to this package.
fn inputs(folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).expect("a file"))).collect()
}

/// Says which input it was, when it is dropped by a panic.
struct Replaying<'a>(&'a Path);

impl Drop for Replaying<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("while replaying {}", self.0.display());
        }
    }
}

fn replay(name: &str) {
    let (_, check) = TARGETS.into_iter().find(|(target, _)| *target == name).expect("a target of this name");
    let corpus = inputs(&["corpus/", name].concat());
    assert!(!corpus.is_empty(), "{name} has no corpus");
    for (path, input) in corpus.into_iter().chain(inputs(&["../tests/vectors/fuzz/", name].concat())) {
        let _replaying = Replaying(&path);
        check(&input);
    }
}

macro_rules! replay {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                replay(stringify!($name));
            }
        )*

        #[test]
        fn every_target_is_replayed() {
            assert_eq!([$(stringify!($name)),*], TARGETS.map(|(name, _)| name));
        }
    };
}

replay! { jwt keys callback challenge metadata token record resource protected registration dpop demand login }

/// What is committed stays small.
#[test]
fn corpora_are_small() {
    const LARGEST: usize = 300_000;
    let size = |folder: String| inputs(&folder).iter().map(|(_, input)| input.len()).sum::<usize>();
    let total: usize = TARGETS.iter().map(|(name, _)| size(["corpus/", name].concat())).sum();
    assert!(total < LARGEST, "{total} bytes: minimise them with `cargo xtask fuzz --minimise`");
}
