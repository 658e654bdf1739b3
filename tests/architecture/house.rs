//! The rows of the house, as the table of ARCHITECTURE.md has them, and what they must not contain.

use crate::source::{Placed, Source, Token, continues_a_path};
use std::collections::BTreeSet;

/// Past this a file has two subjects.
const LONGEST_FILE: usize = 400;

/// Words of OAuth, whichever way they are spelled: `TokenType` is `token_type`.
const OAUTH_WORDS: [&str; 19] = [
    "oauth",
    "openid",
    "oidc",
    "pkce",
    "bearer",
    "dpop",
    "nonce",
    "scope",
    "authorize",
    "authorization",
    "redirect",
    "grant",
    "session",
    "sign_in",
    "id_token",
    "access_token",
    "refresh_token",
    "client_id",
    "token_endpoint",
];

/// What makes a protocol step more than a function of its arguments: waiting, a clock, dice, a store.
const EFFECTS: [&str; 11] = [
    "async",
    "await",
    "Future",
    "Poll",
    "Clock",
    "Instant",
    "SystemTime",
    "Random",
    "getrandom",
    "Storage",
    "Platform",
];

/// A row of the table.
#[derive(Debug)]
struct Row {
    /// Modules at the root of the crate.
    modules: Vec<String>,
    /// Other crates that it may use.
    crates: Vec<String>,
}

/// The table, from top to bottom.
#[derive(Debug)]
pub(crate) struct House {
    rows: Vec<Row>,
    /// What `lib.rs` shows at the root of the crate beside modules: it belongs to the first row.
    shown_at_root: Vec<String>,
    /// The names of all crates in `Cargo.toml`.
    dependencies: BTreeSet<String>,
    test_modules: BTreeSet<Vec<String>>,
}

impl House {
    /// `architecture` is the document, `manifest` is `Cargo.toml`, `sources` are the files of `src/` by their paths below it.
    pub(crate) fn new(architecture: &str, manifest: &str, sources: &[(String, String)]) -> Self {
        let parsed: Vec<Source> = sources.iter().map(|(path, text)| Source::parse(path, text)).collect();
        let root = parsed.iter().find(|source| source.module.is_empty());
        Self {
            rows: architecture.lines().filter_map(row).collect(),
            shown_at_root: root.map(shown_at_root).unwrap_or_default(),
            dependencies: dependencies(manifest),
            test_modules: parsed.iter().flat_map(Source::test_modules).collect(),
        }
    }

    /// The modules that have a row.
    pub(crate) fn modules(&self) -> BTreeSet<&str> {
        self.rows.iter().flat_map(|row| &row.modules).map(String::as_str).collect()
    }

    /// Everything that a file of `src/` does and its row does not allow. `lib.rs` has no row and may use all of them.
    pub(crate) fn violations(&self, path: &str, text: &str) -> Vec<String> {
        let mut source = Source::parse(path, text);
        if self.test_modules.iter().any(|module| source.module.starts_with(module)) {
            source.tests.append(&mut source.code);
        }
        let mut found = Vec::new();
        if let Some(place) = source.module.first() {
            found.extend(self.foreign_rows(&source, &source.code, false));
            found.extend(self.foreign_rows(&source, &source.tests, true));
            found.extend(self.foreign_crates(place, &source.code));
            found.extend(foreign_words(place, &source.code));
        }
        let mut violations: Vec<String> =
            found.iter().map(|(line, what)| format!("src/{path}:{line}: {what}")).collect();
        let length = text.lines().count();
        if length > LONGEST_FILE && !path.ends_with("vectors.rs") {
            violations.push(format!("src/{path}: {length} lines; past {LONGEST_FILE} a file has two subjects"));
        }
        violations
    }

    /// A row uses the rows above it. Those below `testing` do not use it: it is no part of what is shipped. Tests of any row do.
    fn foreign_rows(&self, source: &Source, tokens: &[Placed], is_test: bool) -> Vec<(usize, String)> {
        let row = |module: &str| self.rows.iter().position(|row| row.modules.iter().any(|name| name == module));
        let place = source.module.first().map(String::as_str).unwrap_or_default();
        let Some(own) = row(place) else {
            return vec![(1, format!("`{place}` has no row in the table of ARCHITECTURE.md"))];
        };
        let is_allowed = |used: &str| {
            if used == place || (used == "testing" && is_test) || self.shown_at_root.iter().any(|name| name == used) {
                return true;
            }
            // The first row uses nothing else of the crate but the rest of itself.
            row(used).is_some_and(|row| row < own && used != "testing" || row == own)
        };
        let paths = source.paths(tokens).into_iter();
        paths
            .filter_map(|(line, path)| {
                let used = path.first()?;
                (!is_allowed(used)).then(|| (line, format!("`{place}` may not use `{}`", path.join("::"))))
            })
            .collect()
    }

    fn foreign_crates(&self, place: &str, tokens: &[Placed]) -> Vec<(usize, String)> {
        let Some(row) = self.rows.iter().find(|row| row.modules.iter().any(|module| module == place)) else {
            return Vec::new();
        };
        let token = |index: usize| tokens.get(index).map(|(_, token)| token);
        let is_colon = |index| matches!(token(index), Some(Token::Mark(':')));
        let is_named = |index: usize| {
            let before = index.checked_sub(1).and_then(token);
            let is_imported = matches!(before, Some(Token::Word(word)) if word == "use" || word == "crate");
            (is_imported || (is_colon(index + 1) && is_colon(index + 2))) && !continues_a_path(tokens, index)
        };
        let mut violations = Vec::new();
        for (index, (line, token)) in tokens.iter().enumerate() {
            if let Token::Word(word) = token
                && self.dependencies.contains(word)
                && !row.crates.contains(word)
                && is_named(index)
            {
                violations.push((*line, format!("`{place}` may not use the crate `{word}`")));
            }
        }
        violations
    }
}

/// What is written in a row, as code or in a text, and none of its business.
fn foreign_words(place: &str, tokens: &[Placed]) -> Vec<(usize, String)> {
    let is_foreign: fn(&str) -> bool = match place {
        "jwt" => |text| OAUTH_WORDS.iter().any(|word| snake_case(text).contains(&format!("_{word}_"))),
        "oauth" | "credential" => |text| EFFECTS.contains(&text),
        "browser" => |text| matches!(text, "window" | "Window"),
        _ => |_| false,
    };
    let mut violations = Vec::new();
    for (line, token) in tokens {
        if let Token::Word(text) | Token::Text(text) = token
            && is_foreign(text)
        {
            violations.push((*line, format!("`{place}` must not know `{text}`")));
        }
    }
    violations
}

/// `TokenType` and `the token type` as `_token_type_`.
fn snake_case(text: &str) -> String {
    let mut words = String::from("_");
    let mut was_lower = false;
    for c in text.chars() {
        if c.is_uppercase() && was_lower {
            words.push('_');
        }
        was_lower = c.is_lowercase();
        words.extend(if c.is_alphanumeric() { c } else { '_' }.to_lowercase());
    }
    words.push('_');
    words
}

/// A line of the table: `` | `src/{a,b}.rs` | … | `crate`, `crate` | … | ``.
fn row(line: &str) -> Option<Row> {
    let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
    let place = cells.next()?.strip_prefix("`src/")?.trim_end_matches(['`', '/']).trim_end_matches(".rs");
    let crates = cells.nth(1)?.split('`').skip(1).step_by(2);
    let modules = place.trim_matches(['{', '}']).split(',');
    Some(Row { modules: modules.map(str::to_owned).collect(), crates: crates.map(str::to_owned).collect() })
}

/// The last names of what `lib.rs` exports with `pub use`.
fn shown_at_root(root: &Source) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_use = false;
    for (_, token) in &root.code {
        match token {
            Token::Word(word) if word == "use" => is_use = true,
            Token::Word(word) if is_use => names.push(word.clone()),
            Token::Mark(';') => is_use = false,
            Token::Word(_) | Token::Text(_) | Token::Mark(_) => {}
        }
    }
    names
}

/// The crates of every `[…dependencies]` section, as code spells them.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut is_section = false;
    let mut names = BTreeSet::new();
    for line in manifest.lines() {
        if let Some(section) = line.strip_prefix('[') {
            is_section = section.ends_with("dependencies]");
        } else if let Some((name, _)) = line.split_once([' ', '=']).filter(|_| is_section && !line.starts_with('#')) {
            names.insert(name.replace('-', "_"));
        }
    }
    names
}
