use super::*;
use crate::testing::TestUrl;

fn parse(text: &str) -> Url {
    TestUrl::parse_url(text, Some("https://app.example.com/a/")).expect(text)
}

fn resource(text: &str) -> Resource {
    Resource::new(parse(text), "resources[0]").expect(text)
}

#[test]
fn covers_its_own_path_by_whole_segments() {
    let api = resource("https://api.example.com/v1/");
    for url in [
        "https://api.example.com/v1",
        "https://API.example.com:443/v1/",
        "https://api.example.com/v1/users?q=..%2f#x",
        "https://api.example.com/x/../v1/me",
    ] {
        assert!(api.covers(&parse(url)), "{url}");
    }
    for url in [
        "https://api.example.com/",
        "https://api.example.com/v10",
        "https://api.example.com/v1%2fusers",
        "https://api.example.com/V1",
    ] {
        assert!(!api.covers(&parse(url)), "{url}");
    }
}

#[test]
fn a_bare_origin_covers_all_its_paths_and_no_other_origin() {
    let api = resource("https://api.example.com");
    assert!(api.covers(&parse("https://api.example.com/any/%2e%2e%2f/where")));
    for url in [
        "https://api.example.com.evil.test/",
        "//evil.test/",
        "/v1",
        "https://api.example.com:8443/",
        "http://api.example.com/",
        "https://user@api.example.com/",
        "https://api.example.com@evil.test/",
        "https://evil.test/https://api.example.com/",
        "https://\u{430}pi.example.com/",
        "https://api.example.com%2eevil.test/",
        "https:\\\\evil.test\\api.example.com",
        "wss://api.example.com/",
        "blob:https://api.example.com/1",
    ] {
        assert!(!api.covers(&parse(url)), "{url}");
    }
}

#[test]
fn a_path_cannot_be_left_by_dots_however_they_are_written() {
    let api = resource("https://api.example.com/v1");
    for path in [
        "../admin",
        "%2e%2e/admin",
        "..%2fadmin",
        "%2E%2E%2Fadmin",
        "..%5cadmin",
        "%252e%252e%252fadmin",
        "..;x=1/admin",
        ".%2e/admin",
        "x/..%2f..%2fadmin",
    ] {
        let url = ["https://api.example.com/v1/", path].concat();
        assert!(!api.covers(&parse(&url)), "{url}");
    }
}

#[test]
fn a_path_that_never_stops_being_encoded_is_refused() {
    let api = resource("https://api.example.com/v1");
    let nested = |depth: usize| ["https://api.example.com/v1/%", &"25".repeat(depth), "41"].concat();
    assert!(api.covers(&parse(&nested(2))));
    assert!(!api.covers(&parse(&nested(100_000))));
}

#[test]
fn only_https_and_loopback_are_secure() {
    for url in [
        "https://a.test",
        "http://localhost:1",
        "http://app.localhost",
        "http://127.0.0.1",
        "http://127.8.9.10:80",
        "http://[::1]:3",
    ] {
        assert!(parse(url).is_secure(), "{url}");
    }
    for url in [
        "http://a.test",
        "http://localhost.evil.test",
        "http://127.evil.test",
        "http://192.168.0.1",
        "ftp://localhost",
        "javascript:0",
        "data:,x",
    ] {
        assert!(!parse(url).is_secure(), "{url}");
    }
}

#[test]
fn a_resource_that_could_not_be_matched_is_refused() {
    for (url, code) in [
        ("http://api.example.com", ErrorCode::InsecureUrl),
        ("https://user:pw@api.example.com", ErrorCode::InvalidOption),
        ("https://api.example.com?x", ErrorCode::InvalidOption),
        ("https://api.example.com#x", ErrorCode::InvalidOption),
        ("https://api.example.com/v1/..%2f", ErrorCode::InvalidOption),
    ] {
        assert_eq!(Resource::new(parse(url), "resources[0]").map_err(|error| error.code()), Err(code), "{url}");
    }
}
