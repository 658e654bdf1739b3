//! README.md says what is so: its tables, its Rust, its links, and those of its claims that no other test is about.
//!
//! Its other Rust is a doctest of the crate; its JavaScript and the types in its tables are `tests/consumers/suites/readme.js`.

use std::collections::BTreeSet;
use std::path::Path;
use tessera_auth::ErrorCode;
use tessera_auth::client::{Client, ClientOptions, SignInOptions, SignOutOptions, SignedOutReason, StorageKind};
use tessera_auth::testing::{AuthorizationServer, World};

const README: &str = include_str!("../README.md");

/// What stands below a heading, up to the next one.
fn section(heading: &str) -> &'static str {
    let below = README.split_once(&format!("\n{heading}\n")).map_or("", |(_, below)| below);
    below.split("\n#").next().unwrap_or_default()
}

/// The rows of the first table of a text, without its head.
fn table(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    lines.skip(2).map(cells).collect()
}

/// A `|` inside a cell has a backslash before it.
fn cells(line: &str) -> Vec<String> {
    let line = line.trim_matches('|').replace("\\|", "\u{0}");
    line.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect()
}

/// The texts between backticks.
fn code(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The code blocks whose first line is this.
fn blocks(fence: &str) -> Vec<&'static str> {
    let begin = format!("\n```{fence}\n");
    README.split(&begin).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_error_codes_are_those_of_the_crate_with_their_fixes() {
    let expected: Vec<Vec<String>> = ErrorCode::ALL
        .iter()
        .map(|code| {
            let again = if code.is_retryable() { "yes" } else { "" };
            vec![format!("`{}`", code.as_str()), what_happened(*code), code.fix().to_owned(), again.to_owned()]
        })
        .collect();
    assert_eq!(table(section("## Error codes")), expected);
}

/// The comment above a code in `src/error.rs`.
fn what_happened(code: ErrorCode) -> String {
    let lines: Vec<&str> = include_str!("../src/error.rs").lines().map(str::trim).collect();
    let named = format!("= \"{}\",", code.as_str());
    let comment = lines.windows(2).find_map(|pair| match pair {
        [comment, line] if line.contains(&named) => comment.strip_prefix("/// "),
        _ => None,
    });
    comment.unwrap_or_default().to_owned()
}

#[test]
fn the_codes_that_this_version_does_not_give_are_those_that_nothing_makes() {
    fn collect(folder: &Path, made: &mut String) {
        for path in folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path()) {
            if ["testing", "tests", "tests.rs", "error.rs"].iter().any(|name| path.ends_with(name)) {
                continue;
            }
            if path.is_dir() {
                collect(&path, made);
            } else {
                made.push_str(&std::fs::read_to_string(&path).unwrap_or_default());
            }
        }
    }
    let facade = include_str!("../pkg-template/index.js");
    let mut made = String::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut made);
    let is_made = |code: &ErrorCode| {
        made.contains(&format!("ErrorCode::{code:?}")) || facade.contains(&format!("\"{}\"", code.as_str()))
    };
    let missing: BTreeSet<&str> =
        ErrorCode::ALL.iter().filter(|code| !is_made(code)).map(|code| code.as_str()).collect();
    let sentence = section("## Error codes").split_once("This version gives no").map_or("", |(_, rest)| rest);
    assert_eq!(code(sentence.split(':').next().unwrap_or_default()), missing);
}

#[test]
fn the_options_have_the_defaults_of_the_crate() {
    let defaults = ClientOptions::default();
    assert_eq!(defaults.storage, StorageKind::IndexedDb);
    let options = table(section("### `createClient`"));
    for (name, default) in [
        ("clientId", "required".to_owned()),
        ("issuer", none(defaults.issuer.is_none())),
        ("metadata", none(defaults.metadata.is_none())),
        ("resources", none(defaults.resources.is_empty())),
        ("scope", format!("`\"{}\"`", defaults.scope)),
        ("postLogoutRedirectUri", none(defaults.post_logout_redirect_uri.is_none())),
        ("parameters", none(defaults.parameters.is_empty())),
        ("handleRedirect", format!("`{}`", defaults.handle_redirect)),
        ("verifySignature", format!("`{}`", defaults.verify_signature)),
        ("storage", "`\"indexeddb\"`".to_owned()),
        ("timeoutMs", format!("`{}`", defaults.timeout_ms)),
        ("clockTolerance", format!("`{}`", defaults.clock_tolerance)),
        ("idleTimeout", defaults.idle_timeout.map_or_else(|| "never".to_owned(), |seconds| seconds.to_string())),
    ] {
        let row = options.iter().find(|row| row[0] == format!("`{name}`"));
        assert_eq!(row.map(|row| &row[2]), Some(&default), "{name}");
    }
}

fn none(is_none: bool) -> String {
    if is_none { "none" } else { "some" }.to_owned()
}

#[test]
fn the_crate_has_every_option_that_this_version_has() {
    let fields = include_str!("../src/client/options.rs").split_once("pub struct ClientOptions {");
    let fields = fields.and_then(|(_, rest)| rest.split_once("\n}")).map_or("", |(fields, _)| fields);
    let fields: BTreeSet<String> =
        fields.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split(':').next()).map(camel_case).collect();
    let options: BTreeSet<String> =
        table(section("### `createClient`")).iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    let missing: BTreeSet<&str> = options.difference(&fields).map(String::as_str).collect();
    assert_eq!(missing, BTreeSet::from(["logger"]));
    assert_eq!(fields.difference(&options).count(), 0, "{fields:?}");
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at(1);
        name + &initial.to_uppercase() + rest
    })
}

#[test]
fn the_reasons_of_an_end_are_those_of_the_crate() {
    use SignedOutReason::{Expired, Idle, OtherTab, Revoked, User, UserChanged};
    let expected = [User, OtherTab, Expired, Revoked, Idle, UserChanged].map(|reason| format!("`{}`", reason.as_str()));
    let reasons: Vec<String> = table(section("## The session")).into_iter().map(|mut row| row.remove(0)).collect();
    assert_eq!(reasons, expected);
}

#[test]
fn the_rust_for_browsers_is_what_the_browser_tests_run() {
    let tested = include_str!("browser/readme.rs");
    let blocks = blocks("rust,custom");
    assert_eq!(blocks.len(), README.matches("```rust,custom").count());
    assert!(!blocks.is_empty());
    for block in blocks {
        assert!(tested.contains(block), "tests/browser/readme.rs does not have this block:\n{block}");
    }
}

#[test]
fn every_link_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let headings: BTreeSet<String> = README.lines().filter(|line| line.starts_with('#')).map(anchor).collect();
    for target in README.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        match target.strip_prefix('#') {
            Some(name) => assert!(headings.contains(name), "{target}"),
            None => assert!(target.starts_with("https://") || root.join(target).exists(), "{target}"),
        }
    }
}

/// ARCHITECTURE.md leaves `src/` away where that is clear.
#[test]
fn every_file_that_the_documents_name_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let documents = [
        README,
        include_str!("../ARCHITECTURE.md"),
        include_str!("../CONTRIBUTING.md"),
        include_str!("../SECURITY.md"),
    ];
    let is_file = |text: &&str| {
        let is_path = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
        is_path
            && (text.ends_with(".rs") || ["src/", "tests/", "xtask/", "www/"].iter().any(|top| text.starts_with(top)))
    };
    for path in documents.into_iter().flat_map(code).filter(is_file) {
        assert!(root.join(path).exists() || root.join("src").join(path).exists(), "{path}");
    }
}

/// What the heading is called in links to it.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-')).collect::<String>().replace(' ', "-")
}

#[test]
fn no_message_to_other_tabs_holds_a_secret() {
    let world = World::new(1);
    let server = AuthorizationServer::start(&world, "https://id.example.com");
    let options = ClientOptions {
        issuer: Some("https://id.example.com".into()),
        client_id: "app".to_owned(),
        ..ClientOptions::default()
    };
    let tab = world.tab();
    let client = world.run(Client::create(tab.clone(), options.clone())).unwrap();
    let _leaving = tab.start(async move { client.sign_in(SignInOptions::default()).await });
    world.run(tab.departed());
    let client = world.run(Client::create(tab.follow(&server), options)).unwrap();
    world.suspend(3_600_000);
    world.run(client.access_token(Default::default())).unwrap();
    world.run(client.sign_out(SignOutOptions { local: true, ..Default::default() })).unwrap();
    // One for the sign-in, one for the renewal, one for the sign-out.
    let posted = world.posted();
    let kinds: Vec<_> = posted.iter().filter_map(|message| message.split(' ').next()).collect();
    assert_eq!(kinds, ["changed", "changed", "ended"]);
    assert!(posted.iter().all(|message| server.find_secret(message).is_none()));
}
