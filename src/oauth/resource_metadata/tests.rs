use super::*;
use crate::testing::{TestJson, TestUrl};

fn url(text: &str) -> Url {
    TestUrl::parse_url(text, None).expect("a URL")
}

fn read(body: &str, resource: &str) -> Result<ResourceMetadata> {
    process_resource_metadata_response::<TestJson>(&HttpResponse::new(200, body), resource)
}

fn refusal(body: &str) -> ErrorCode {
    read(body, "https://api.test/mcp").expect_err("a refusal").code()
}

/// §3.1, its examples among them.
#[test]
fn the_well_known_path_stands_before_the_resources_own() {
    for (resource, expected) in [
        ("https://resource.example.com", "https://resource.example.com/.well-known/oauth-protected-resource"),
        ("https://resource.example.com/", "https://resource.example.com/.well-known/oauth-protected-resource"),
        (
            "https://resource.example.com/resource1",
            "https://resource.example.com/.well-known/oauth-protected-resource/resource1",
        ),
        ("http://127.0.0.1:8080/a/b/", "http://127.0.0.1:8080/.well-known/oauth-protected-resource/a/b/"),
    ] {
        assert_eq!(resource_metadata_url(&url(resource)), expected);
    }
}

/// §3.2
#[test]
fn reads_the_example_of_the_specification() {
    let body = r#"{"resource":"https://resource.example.com","authorization_servers":["https://as1.example.com","https://as2.example.net"],"bearer_methods_supported":["header","body"],"scopes_supported":["profile","email","phone"],"resource_documentation":"https://resource.example.com/resource_documentation.html"}"#;
    let metadata = read(body, "https://resource.example.com").expect("metadata");
    assert_eq!(metadata.authorization_servers, ["https://as1.example.com", "https://as2.example.net"]);
    assert_eq!(metadata.scopes.as_deref(), Some("profile email phone"));
}

/// §3.3: not even a slash may differ.
#[test]
fn rejects_the_metadata_of_another_resource() {
    for other in
        ["https://api.test/mcp/", "https://api.test", "https://API.test/mcp", "https://evil.test/mcp", "", "\u{7}"]
    {
        let body = serde_json::json!({ "resource": other, "authorization_servers": ["https://as.test"] }).to_string();
        assert_eq!(refusal(&body), ErrorCode::ResourceMismatch, "{other}");
    }
    assert_eq!(refusal(r#"{"authorization_servers":["https://as.test"]}"#), ErrorCode::ResourceMismatch);
    let long = serde_json::json!({ "resource": "x".repeat(10_000) }).to_string();
    assert!(read(&long, "https://api.test").expect_err("a mismatch").message().len() < 500);
}

#[test]
fn rejects_what_is_of_no_use() {
    assert_eq!(refusal(r#"{"resource":"https://api.test/mcp"}"#), ErrorCode::DiscoveryFailed);
    let nobody = r#"{"resource":"https://api.test/mcp","authorization_servers":[]}"#;
    assert_eq!(refusal(nobody), ErrorCode::DiscoveryFailed);
    let mistyped = r#"{"resource":"https://api.test/mcp","authorization_servers":"https://as.test"}"#;
    assert_eq!(refusal(mistyped), ErrorCode::DiscoveryFailed);
    let no_header = r#"{"resource":"https://api.test/mcp","authorization_servers":["https://as.test"],"bearer_methods_supported":["query"]}"#;
    assert_eq!(refusal(no_header), ErrorCode::Unsupported);
    for body in ["", "<!doctype html>", "[]", "null", "{"] {
        assert_eq!(refusal(body), ErrorCode::InvalidResponse, "{body}");
    }
    let large = [r#"{"resource":"https://api.test/mcp","x":""#, &"x".repeat(2 << 20), r#""}"#].concat();
    assert_eq!(refusal(&large), ErrorCode::InvalidResponse);
    for (status, code) in [(404, ErrorCode::DiscoveryFailed), (503, ErrorCode::ServerError)] {
        let answer = HttpResponse::new(status, "");
        let error = process_resource_metadata_response::<TestJson>(&answer, "https://api.test").expect_err("none");
        assert_eq!(error.code(), code);
    }
}

fn hint(header: &str) -> Result<Hint> {
    find_hint::<TestUrl>(header, &url("https://api.test/mcp"))
}

/// §5.1
#[test]
fn the_challenge_says_where_the_metadata_is_and_what_to_ask_for() {
    let header = r#"Bearer error="invalid_token", scope="files:read files:write", resource_metadata="https://api.test/.well-known/oauth-protected-resource""#;
    let expected = Hint {
        metadata_url: Some("https://api.test/.well-known/oauth-protected-resource".into()),
        scope: Some("files:read files:write".into()),
    };
    assert_eq!(hint(header), Ok(expected));
    assert_eq!(hint(r#"Basic realm="x", resource_metadata="https://api.test/x""#), Ok(Hint::default()));
    assert_eq!(hint(""), Ok(Hint::default()));
    let dpop = hint(r#"DPoP algs="ES256", resource_metadata=https://api.test/x"#).expect("a hint");
    assert_eq!(dpop.metadata_url.as_deref(), Some("https://api.test/x"));
}

#[test]
fn rejects_an_address_that_is_not_the_apis_own() {
    for address in [
        "https://evil.test/.well-known/oauth-protected-resource",
        "http://api.test/x",
        "https://api.test:8443/x",
        "https://api.test.evil.test/x",
        "https://user:pass@api.test/x",
        "https://api.test@evil.test/x",
        "/.well-known/oauth-protected-resource",
        "data:application/json,{}",
        "javascript:alert(1)",
    ] {
        let header = format!("Bearer resource_metadata=\"{address}\"");
        assert_eq!(hint(&header).expect_err("a refusal").code(), ErrorCode::DiscoveryFailed, "{address}");
    }
}
