//! `cargo xtask size`: what a page loads, against the budgets, and where the bytes of the module come from.

use std::collections::BTreeMap;
use std::fs;
use std::process::ExitCode;

use crate::command::{Arguments, Command};
use crate::failure::{Result, While};
use crate::parts::{PARTS, Part};
use crate::progress::kilobytes;
use crate::wasm::{self, Module};
use crate::{npm, package, process, tool};

pub(crate) const COMMAND: Command = Command {
    name: "size",
    summary: "Measure the package against its size budgets",
    details: "Builds the package, prints what a page loads of it (raw, gzip, brotli), compares that with the budgets, and lists\n\
              the ten largest crates and functions of each optimised module, and what each flow costs that is loaded behind the\n\
              first. Exits with 1 past a budget.",
    options: &[],
    run,
};

struct Budget {
    name: &'static str,
    /// What the design asks for. Bytes, by brotli at its highest quality.
    goal: u64,
    /// Past this the build fails. It is above the goal only where the goal is not reached yet, just above what there is, and
    /// it is lowered with every gain.
    limit: u64,
    counts: fn(&File) -> bool,
}

const BUDGETS: &[Budget] = &[
    Budget { name: "a page with a good session", goal: 20_000, limit: 4_000, counts: |file| file.is_blocking },
    Budget {
        name: "everything",
        goal: 80_000,
        limit: 112_800,
        counts: |file| !file.is_of("more") && !file.is_of("credentials") && !file.is_preset(),
    },
    Budget {
        name: "everything, with what few need",
        goal: 110_000,
        limit: 145_300,
        counts: |file| !file.is_of("credentials") && !file.is_preset(),
    },
    // What only a page loads that makes such a client, beside `index.js` and its imports.
    Budget {
        name: "passwords, API keys, cookies",
        goal: 80_000,
        limit: 81_100,
        counts: |file| file.is_of("credentials"),
    },
    // The first, when none is stored yet, or it is not good any more.
    Budget {
        name: "a page with no session, or an old one",
        goal: 60_000,
        limit: 58_200,
        counts: |file| file.is_blocking || file.is_of("core"),
    },
    Budget { name: "JavaScript that blocks", goal: 4_000, limit: 4_000, counts: |file| file.is_blocking },
];
/// How many crates and functions are listed.
const SHOWN: usize = 10;

/// A file that a page loads. Sizes are in bytes.
#[derive(Debug, PartialEq, Eq)]
struct File {
    is_blocking: bool,
    name: String,
    raw: u64,
    gzip: u64,
    brotli: u64,
}

impl File {
    /// Whether a page loads it only if it names a provider.
    fn is_preset(&self) -> bool {
        self.name.starts_with("providers/")
    }

    /// Whether it is one of the two files of this part.
    fn is_of(&self, part: &str) -> bool {
        self.name.strip_prefix(part).is_some_and(|rest| matches!(rest, ".js" | "_bg.wasm"))
    }
}

fn run(_: &Arguments) -> Result<ExitCode> {
    tool::require(package::TOOLS)?;
    package::build()?;
    Ok(if measure()? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// For callers that have built the package. Says whether every budget is kept.
pub(crate) fn measure() -> Result<bool> {
    let files = files()?;
    print_files(&files);
    let is_kept = print_budgets(&files);
    for part in PARTS {
        for module in part.modules() {
            print_largest(part, module)?;
        }
        print_costs(part, &files)?;
    }
    Ok(is_kept)
}

/// What each capability costs that a page need not load: its part of the code, which is that of the bytes too, as near as makes
/// no difference.
fn print_costs(part: &Part, files: &[File]) -> Result<()> {
    let mut costs = part.costs()?;
    if costs.is_empty() {
        return Ok(());
    }
    let whole: u64 =
        files.iter().filter(|file| part.modules().any(|module| file.is_of(module))).map(|file| file.brotli).sum();
    costs.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    println!("\nwhat only these flows need, about, by brotli");
    for (flows, share) in costs {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "about"
        )]
        let size = (whole as f64 * share) as u64;
        println!("{:>10}  {flows}", kilobytes(size));
    }
    Ok(())
}

fn files() -> Result<Vec<File>> {
    let answer = process::ask(npm::script("wire-size.mjs").arg(package::folder()))?;
    answer
        .lines()
        .map(|line| file(line).ok_or_else(|| format!("cannot read `{line}` of wire-size.mjs.").into()))
        .collect()
}

fn file(line: &str) -> Option<File> {
    let mut fields = line.split('\t');
    let is_blocking = fields.next()? == "blocking";
    let name = fields.next()?.to_owned();
    let mut bytes = || fields.next()?.parse().ok();
    Some(File { is_blocking, name, raw: bytes()?, gzip: bytes()?, brotli: bytes()? })
}

fn print_files(files: &[File]) {
    println!("\n{:<34} {:>10} {:>10} {:>10}", "what a page loads", "raw", "gzip", "brotli");
    for file in files {
        let name = format!("{} ({})", file.name, if file.is_blocking { "blocks" } else { "later" });
        println!("{name:<34} {:>10} {:>10} {:>10}", kilobytes(file.raw), kilobytes(file.gzip), kilobytes(file.brotli));
    }
}

fn print_budgets(files: &[File]) -> bool {
    println!("\n{:<34} {:>10} {:>10} {:>10}", "budget", "brotli", "goal", "at most");
    let mut is_kept = true;
    for Budget { name, goal, limit, counts } in BUDGETS {
        let size: u64 = files.iter().filter(|file| counts(file)).map(|file| file.brotli).sum();
        let verdict = match size {
            _ if size > *limit => "   TOO LARGE",
            _ if size > *goal => "   goal not reached",
            _ => "",
        };
        println!("{name:<34} {:>10} {:>10} {:>10}{verdict}", kilobytes(size), kilobytes(*goal), kilobytes(*limit));
        is_kept &= size <= *limit;
    }
    is_kept
}

fn print_largest(part: &Part, module: &str) -> Result<()> {
    println!("\n{module}");
    let path = part.named_module(module);
    let module = Module::read(&fs::read(&path).during(format_args!("cannot read {}", path.display()))?)?;
    let mut crates = BTreeMap::new();
    let mut functions = BTreeMap::new();
    for function in &module.functions {
        let name = wasm::demangled(&function.name);
        add(&mut crates, crate_of(&name).to_owned(), function.size);
        add(&mut functions, name, function.size);
    }
    add(&mut crates, "(data)".to_owned(), module.data_size);
    print_ranking("largest crates, with the number of their functions, before compression", crates);
    print_ranking("largest functions, with the number of their copies for different types", functions);
    Ok(())
}

/// Bytes, and how many parts make them up.
type Sizes = BTreeMap<String, (u64, usize)>;

fn add(sizes: &mut Sizes, name: String, size: u64) {
    let (total, parts) = sizes.entry(name).or_default();
    *total += size;
    *parts += 1;
}

fn print_ranking(title: &str, sizes: Sizes) {
    let mut ranking: Vec<_> = sizes.into_iter().collect();
    ranking.sort_by_key(|(_, (size, _))| std::cmp::Reverse(*size));
    println!("\n{title}");
    for (name, (size, parts)) in ranking.iter().take(SHOWN) {
        println!("{:>10} {parts:>5}  {name}", kilobytes(*size));
    }
}

/// The crate that a function was written in: of `<a::B as c::D>::e` it is `a`, of `<[T] as c::D>::e` it is `c`, and methods of
/// primitive types are `core`'s.
fn crate_of(function: &str) -> &str {
    let Some((path, _)) = function.rsplit_once("::") else {
        return "(no crate)";
    };
    let is_part_of_a_name = |character: char| character.is_alphanumeric() || character == '_';
    path.split("::")
        .filter_map(|part| part.rsplit(|character| !is_part_of_a_name(character)).next())
        .find(|name| name.starts_with(|first: char| first.is_lowercase() || first == '_'))
        .unwrap_or("core")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_crate_of_a_function() {
        for (function, expected) in [
            ("core::fmt::write", "core"),
            ("<serde_json::value::Value as core::fmt::Display>::fmt", "serde_json"),
            ("<[A] as core::slice::Join>::join", "core"),
            ("<&mut alloc::string::String as core::fmt::Write>::write_str", "alloc"),
            ("tessera_auth::js::create_client::{{closure}}", "tessera_auth"),
            ("<char>::escape_debug_ext", "core"),
            ("__rustc::__rdl_realloc", "__rustc"),
            ("__wbindgen_malloc", "(no crate)"),
        ] {
            assert_eq!(crate_of(function), expected, "{function}");
        }
    }

    #[test]
    fn reads_a_measured_file() {
        let expected = File { is_blocking: true, name: "index.js".to_owned(), raw: 30, gzip: 20, brotli: 10 };
        assert_eq!(file("blocking\tindex.js\t30\t20\t10"), Some(expected));
        assert_eq!(file("blocking\tindex.js\t30"), None);
    }

    #[test]
    fn a_file_past_its_budget_is_noticed() {
        let file = |brotli| File { is_blocking: true, name: "index.js".to_owned(), raw: 0, gzip: 0, brotli };
        assert!(print_budgets(&[file(4_000)]));
        assert!(!print_budgets(&[file(4_001)]));
    }
}
