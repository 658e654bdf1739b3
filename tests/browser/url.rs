//! What the browser's parser says, in the words of the layers above, equals what the parser of the native tests says.

use tessera_auth::browser::Browser;
use tessera_auth::testing::TestUrl;
use tessera_auth::url::{ParseUrl, Url};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn a_url_has_its_parts() {
    assert_eq!(
        Browser::parse_url("HTTPS://User:pw@API.example.com:8443/a/../b?q=1#f", None),
        Some(Url {
            href: "https://User:pw@api.example.com:8443/b?q=1#f".into(),
            origin: "https://api.example.com:8443".into(),
            scheme: "https:".into(),
            host: "api.example.com".into(),
            path: "/b".into(),
            query: "?q=1".into(),
            fragment: "#f".into(),
            has_credentials: true,
        })
    );
}

#[wasm_bindgen_test]
fn both_parsers_agree() {
    let base = Some("https://app.example.com/a/?b#c");
    for text in [
        "",
        "x",
        "/x",
        "?x",
        "#x",
        "//evil.test/",
        "\\\\evil.test\\x",
        "https:x",
        "..",
        "%2e%2e/x",
        ".%2E/x",
        "..%2fx",
        "..;/x",
        "a b",
        "\u{e4}",
        "https://api.example.com",
        "https://API.EXAMPLE.com:443/",
        "http://api.example.com:80",
        "http://api.example.com:443",
        "https://api.example.com.evil.test/",
        "https://api.example.com@evil.test/",
        "https://user@api.example.com",
        "https://:pw@api.example.com",
        "https://\u{430}pi.example.com/",
        "https://api.example.com%2eevil.test/",
        "https://\u{ff41}pi.example.com",
        "https://api.example.com\u{3002}evil.test",
        "https://api\u{ad}.example.com",
        "https://faß.de",
        "https:/\\/api.example.com",
        " https://api.example.com\t/\n",
        "https://api.example.com/?#",
        "https://api.example.com?",
        "http://localhost:1",
        "http://[::1]:3/",
        "http://[0:0:0:0:0:0:0:1]",
        "http://127.1",
        "http://0x7f.1/",
        "http://2130706433",
        "http://127.0.0.1:8080/x",
        "data:,x",
        "javascript:0",
        "blob:https://api.example.com/1",
        "ftp://a.test",
        "wss://a.test:443/x",
        "about:blank",
        "x:y",
        "https://",
        "https://a.test:99999",
        "https://[",
        "http://1.2.3.4.5",
        "https://a.test:x",
    ] {
        assert_eq!(Browser::parse_url(text, base), TestUrl::parse_url(text, base), "{text}");
        assert_eq!(Browser::parse_url(text, None), TestUrl::parse_url(text, None), "{text}");
    }
    assert_eq!(Browser::parse_url("x", Some("no base")), None);
}
