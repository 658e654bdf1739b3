//! The checker finds what is wrong, and nothing else.

use crate::house::House;

const TABLE: &str = "
| place | what lives there | other crates | must not contain |
|---|---|---|---|
| `src/{error,url}.rs` | words | `zeroize` | |
| `src/jwt/` | tokens | `jwt_compact` | |
| `src/oauth/` | the protocol | | |
| `src/client/` | flows | `futures_util` | |
| `src/testing/` | a world | `url` | |
| `src/browser/` | the web | `js_sys`, `web_sys` | |
| `src/js/` | JavaScript | `js_sys` | |
";
const MANIFEST: &str = r#"
[dependencies]
zeroize = "1"
jwt-compact = { version = "0.8" }
futures-util = "0.3"
url = "2"
[target.'cfg(target_arch = "wasm32")'.dependencies]
js-sys = "0.3"
web-sys = "0.3"
[features]
rand = []
"#;

fn violations(path: &str, text: &str) -> Vec<String> {
    let sources = [
        ("lib.rs", "pub use error::{Error, Result};"),
        ("jwt/mod.rs", "#[cfg(test)]\nmod tests;\n#[cfg(test)] mod vectors;"),
        (path, text),
    ];
    let sources = sources.map(|(path, text)| (path.to_owned(), text.to_owned()));
    House::new(TABLE, MANIFEST, &sources).violations(path, text)
}

#[track_caller]
fn assert_refused(path: &str, text: &str, reason: &str) {
    let violations = violations(path, text);
    assert!(violations.iter().any(|found| found.contains(reason)), "{path}: {text}\n{violations:?}");
}

#[track_caller]
fn assert_allowed(path: &str, text: &str) {
    assert_eq!(violations(path, text), [""; 0], "{path}: {text}");
}

#[test]
fn a_row_uses_the_rows_above_it_only() {
    assert_allowed("client/a.rs", "use crate::{error::Error, jwt::Jwt, oauth};\nuse super::b::C;");
    assert_allowed("js/mod.rs", "use crate::browser::Browser; use crate::client::Client;");
    assert_allowed("error.rs", "use crate::url::Url;");
    for (path, text, reason) in [
        ("jwt/a.rs", "use crate::oauth::token;", "src/jwt/a.rs:1: `jwt` may not use `oauth::token`"),
        ("jwt/mod.rs", "\nuse super::client;", ":2: `jwt` may not use `client`"),
        ("jwt/a/b.rs", "use super::super::super::js::x;", "`js::x`"),
        ("oauth/a.rs", "use crate::{error, client::{Client, platform::Http}};", "`client::platform::Http`"),
        ("oauth/a.rs", "use crate::{\n    error::Error as Mistake, client as c,\n};", "`client`"),
        ("oauth/a.rs", "use {crate::error, crate::client};", "`client`"),
        ("oauth/a.rs", "use crate::*;", "`*`"),
        ("oauth/a.rs", "fn f() { crate::client::run() }", "`client::run`"),
        ("oauth/a.rs", "fn f() { g(&super::super::js::run::<u8>()) }", "`js::run`"),
        ("oauth/a.rs", "pub(in crate::browser) fn f() {}", "`browser`"),
        ("oauth/a.rs", "macro_rules! m { () => { $crate::js::run() } }", "`js::run`"),
        ("oauth/a.rs", "mod inner { fn f() { super::super::super::js::run() } }", "`js::run`"),
        ("oauth/a.rs", "mod inner {}\nfn f() { super::super::js::run() }", "`js::run`"),
        ("error.rs", "use crate::jwt::Jwt;", "`jwt::Jwt`"),
        ("attic.rs", "", "no row"),
    ] {
        assert_refused(path, text, reason);
    }
}

#[test]
fn super_counts_from_the_module_that_it_stands_in() {
    assert_allowed("oauth/a/b.rs", "use super::super::js;");
    assert_allowed("oauth/a.rs", "mod inner { use super::super::js; }");
    assert_allowed("oauth/mod.rs", "use self::js; fn f(&self) -> Self { self.js }");
}

#[test]
fn what_the_root_shows_is_of_the_first_row() {
    assert_allowed("oauth/a.rs", "fn f() -> crate::Result<()> { Err(crate::Error::new()) }");
    assert_refused("oauth/a.rs", "fn f() -> crate::Outcome {}", "`Outcome`");
}

#[test]
fn only_tests_use_the_world_in_a_box() {
    for path in ["jwt/a.rs", "browser/a.rs", "js/a.rs"] {
        assert_refused(path, "use crate::testing::World;", "`testing::World`");
        assert_allowed(path, "#[cfg(test)]\nmod tests {\n    use crate::testing::World;\n}");
        assert_allowed(path, "#[cfg(test)]\nuse crate::testing::World;");
    }
    assert_refused("jwt/a.rs", "#[cfg(test)]\nmod tests {}\nuse crate::testing::World;", ":3:");
    assert_refused("jwt/a.rs", "#[cfg(not(test))]\nmod real { use crate::testing::World; }", ":2:");
    assert_refused("jwt/a.rs", "#[cfg(test)]\nmod tests { use crate::js::x; }", "`js::x`");
    assert_allowed("jwt/tests.rs", "use crate::testing::World;");
    assert_allowed("jwt/tests/more.rs", "use crate::testing::World;");
    assert_allowed("jwt/vectors.rs", "use crate::testing::World;");
    assert_refused("oauth/tests.rs", "use crate::testing::World;", "`testing::World`");
}

#[test]
fn a_row_uses_its_own_crates_only() {
    assert_allowed("browser/a.rs", "use js_sys::Array; fn f() -> web_sys::Url {}");
    assert_allowed(
        "client/a.rs",
        "use crate::url::Url; fn f(url: url::Resource) {}\n#[cfg(test)] use js_sys::Array;"
            .replace("url: url::", "url: ")
            .as_str(),
    );
    assert_allowed("client/a.rs", "let url = js_sys; // js_sys::Date");
    for (path, text) in [
        ("client/a.rs", "use js_sys::Date;"),
        ("client/a.rs", "use {std::rc::Rc, js_sys::Date};"),
        ("client/a.rs", "use js_sys as js;"),
        ("client/a.rs", "extern crate js_sys;"),
        ("client/a.rs", "fn f() -> f64 { js_sys::Date::now() }"),
        ("client/a.rs", "fn f() -> f64 { ::js_sys::Date::now() }"),
        ("js/a.rs", "fn f(list: Vec<web_sys::Url>) {}"),
        ("oauth/a.rs", "use jwt_compact::Token;"),
    ] {
        assert_refused(path, text, "may not use the crate");
    }
}

#[test]
fn a_row_does_not_know_what_is_not_its_business() {
    for (path, text) in [
        ("jwt/a.rs", "struct AccessToken;"),
        ("jwt/a.rs", "fn f() { json.text(\"nonce\") }"),
        ("jwt/a.rs", "const HELP: &str = r#\"the \"redirect\" URI\"#;"),
        ("oauth/a.rs", "async fn f() {}"),
        ("oauth/a.rs", "fn f() -> impl Future<Output = ()> {}"),
        ("oauth/a.rs", "use std::time::SystemTime;"),
        ("oauth/a.rs", "fn f(clock: &impl Clock) {}"),
        ("browser/a.rs", "fn f() { global(\"window\") }"),
        ("browser/a.rs", "fn f(window: Window) {}"),
    ] {
        assert_refused(path, text, "must not know");
    }
    assert_allowed(
        "jwt/a.rs",
        "//! Not about OAuth.\n/* nor /* about */ scope */ struct TokenHeader<'scope>(&'scope str, char);",
    );
    assert_allowed("jwt/a.rs", "const C: char = '\"'; // \" scope\nconst D: char = '\\''; // ' scope\nstruct A;");
    assert_allowed("oauth/a.rs", "fn from_random(bytes: [u8; 32], now: UnixTime) -> &str { \"iat is in the Future\" }");
    assert_allowed("client/a.rs", "async fn f(window: u8) {}");
}

#[test]
fn a_file_has_one_subject() {
    assert_allowed("jwt/a.rs", &"\n".repeat(400));
    assert_refused("jwt/a.rs", &"\n".repeat(401), "401 lines");
    assert_allowed("jwt/vectors.rs", &"\n".repeat(401));
}
