//! What the browser's parser says, in the words of the layers above, equals what the parser of the native tests says: the vectors
//! are checked by both.

use tessera_auth::browser::Browser;
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
fn reads_what_the_native_parser_reads() {
    type Read = Option<([&'static str; 7], bool)>;
    let vectors: &[(&str, bool, Read)] = &include!("../vectors/urls.rs");
    for (text, has_base, expected) in vectors {
        let url = Browser::parse_url(text, has_base.then_some("https://app.example.com/a/?b#c"));
        let parts = url.as_ref().map(|url| {
            let parts = [&url.href, &url.origin, &url.scheme, &url.host, &url.path, &url.query, &url.fragment];
            (parts.map(String::as_str), url.has_credentials)
        });
        assert_eq!(parts, *expected, "{text}");
    }
    assert_eq!(Browser::parse_url("x", Some("no base")), None);
}
