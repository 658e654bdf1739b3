use super::*;
use crate::testing::{TestJson, TestUrl};
use serde_json::{Value, json};

const ISSUER: &str = "https://server.example.com";

fn url(text: &str) -> Url {
    TestUrl::parse_url(text, None).expect(text)
}

fn document() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://server.example.com/authorize",
        "token_endpoint": "https://server.example.com/token",
        "jwks_uri": "https://server.example.com/jwks.json",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
        "id_token_signing_alg_values_supported": ["none", "RS256"],
    })
}

/// The document with some members changed; `null` takes one out.
fn document_with(changes: Value) -> Value {
    let mut document = document();
    for (name, value) in changes.as_object().expect("an object") {
        document[name] = value.clone();
    }
    document
}

fn metadata(document: &Value) -> Metadata {
    Metadata::from_json(&TestJson(document.clone()))
}

fn process(status: u16, body: &str) -> Result<(Metadata, String)> {
    process_metadata_response::<TestJson, TestUrl>(&HttpResponse::new(status, body), ISSUER)
}

fn code_of(document: &Value) -> Option<ErrorCode> {
    process(200, &document.to_string()).err().map(|error| error.code())
}

#[test]
fn metadata_is_looked_for_where_openid_connect_and_then_rfc_8414_say() {
    // OpenID Connect Discovery 1.0 §4.1 and RFC 8414 §3.1, by their own examples.
    assert_eq!(
        discovery_urls(&url("https://example.com")),
        [
            "https://example.com/.well-known/openid-configuration",
            "https://example.com/.well-known/oauth-authorization-server"
        ]
    );
    for issuer in ["https://example.com/issuer1", "https://example.com/issuer1/"] {
        assert_eq!(
            discovery_urls(&url(issuer)),
            [
                "https://example.com/issuer1/.well-known/openid-configuration",
                "https://example.com/.well-known/oauth-authorization-server/issuer1"
            ]
        );
    }
    assert_eq!(
        discovery_urls(&url("http://localhost:8080/realms/a/")).first().map(String::as_str),
        Some("http://localhost:8080/realms/a/.well-known/openid-configuration")
    );
}

#[test]
fn metadata_is_asked_for_by_a_get_without_credentials() {
    let request = metadata_request("https://example.com/.well-known/openid-configuration");
    assert_eq!(request.headers, [("accept".into(), "application/json".into())]);
    assert_eq!(request.body, None);
}

#[test]
fn the_document_comes_back_as_text_for_the_cache() {
    let text = document().to_string();
    let (read, cached) = process(200, &text).expect("metadata");
    assert_eq!(cached, text);
    assert_eq!(read, metadata(&document()));
    assert_eq!(read.token_endpoint(), Ok("https://server.example.com/token"));
    assert_eq!(read.sends_issuer, None);
}

#[test]
fn the_issuer_is_compared_character_by_character_and_the_error_names_what_the_server_says() {
    for other in
        ["https://server.example.com/", "https://SERVER.example.com", "https://evil.test", "http://server.example.com"]
    {
        let error = process(200, &document_with(json!({ "issuer": other })).to_string()).expect_err(other);
        assert_eq!(error.code(), ErrorCode::IssuerMismatch, "{other}");
        assert!(error.message().contains(other), "{error}");
    }
    let long = process(200, &document_with(json!({ "issuer": "\n".repeat(9) + &"x".repeat(9000) })).to_string());
    assert!(long.expect_err("another issuer").message().len() < 400);
}

#[test]
fn a_document_without_an_issuer_is_none() {
    for issuer in [json!(null), json!(""), json!(7), json!([ISSUER])] {
        assert_eq!(code_of(&document_with(json!({ "issuer": issuer }))), Some(ErrorCode::InvalidResponse), "{issuer}");
    }
}

#[test]
fn a_url_without_metadata_is_a_failed_discovery() {
    for status in [400, 401, 403, 404, 410] {
        assert_eq!(process(status, "").expect_err("no metadata").code(), ErrorCode::DiscoveryFailed, "{status}");
    }
}

#[test]
fn members_that_are_left_out_or_of_the_wrong_type_are_no_fault_until_they_are_needed() {
    let read = metadata(&json!({
        "issuer": ISSUER,
        "authorization_endpoint": null,
        "token_endpoint": 5,
        "userinfo_endpoint": "",
        "revocation_endpoint": ["https://server.example.com/revoke"],
        "code_challenge_methods_supported": "S256",
        "authorization_response_iss_parameter_supported": "true",
        "x": { "y": [] },
    }));
    assert_eq!(read, Metadata { issuer: Some(ISSUER.into()), ..Metadata::default() });
    assert_eq!(read.check::<TestUrl>(), Ok(()));
    let codes = [
        read.authorization_endpoint().map_err(|error| error.code()),
        read.token_endpoint().map_err(|error| error.code()),
        read.userinfo_endpoint().map_err(|error| error.code()),
        read.revocation_endpoint().map_err(|error| error.code()),
        read.jwks_uri().map_err(|error| error.code()),
    ];
    use ErrorCode::{DiscoveryFailed, Unsupported};
    assert_eq!(codes, [DiscoveryFailed, DiscoveryFailed, Unsupported, Unsupported, Unsupported].map(Err));
    assert!(read.token_endpoint().expect_err("none").message().contains("token_endpoint"));
}

#[test]
fn pkce_methods_may_be_left_out_but_not_without_s256() {
    for (methods, code) in [
        (json!(null), None),
        (json!([]), None),
        (json!(["S256"]), None),
        (json!(["plain", "S256"]), None),
        (json!(["plain"]), Some(ErrorCode::Unsupported)),
    ] {
        assert_eq!(code_of(&document_with(json!({ "code_challenge_methods_supported": methods }))), code, "{methods}");
    }
}

#[test]
fn an_endpoint_that_is_no_place_for_a_secret_is_refused_and_named() {
    for (endpoint, given, discovered) in [
        ("http://server.example.com/x", ErrorCode::InsecureUrl, ErrorCode::InsecureUrl),
        ("javascript:alert(1)", ErrorCode::InsecureUrl, ErrorCode::InsecureUrl),
        ("/x", ErrorCode::InvalidOption, ErrorCode::InvalidResponse),
        ("https://user:pw@server.example.com/x", ErrorCode::InvalidOption, ErrorCode::InvalidResponse),
        ("https://server.example.com/x ", ErrorCode::InvalidOption, ErrorCode::InvalidResponse),
        ("\thttps://server.example.com/x", ErrorCode::InvalidOption, ErrorCode::InvalidResponse),
        ("https://server.example.com/x#", ErrorCode::InvalidOption, ErrorCode::InvalidResponse),
        ("https://server.example.com/x#y", ErrorCode::InvalidOption, ErrorCode::InvalidResponse),
    ] {
        for name in [
            "authorization_endpoint",
            "token_endpoint",
            "userinfo_endpoint",
            "revocation_endpoint",
            "end_session_endpoint",
            "jwks_uri",
        ] {
            let document = document_with(json!({ name: endpoint }));
            let error = metadata(&document).check::<TestUrl>().expect_err(endpoint);
            assert_eq!(error.code(), given, "{name} {endpoint}");
            assert!(error.message().contains(&["metadata.", name, " "].concat()), "{error}");
            assert_eq!(code_of(&document), Some(discovered), "{name} {endpoint}");
        }
    }
}

#[test]
fn loopback_endpoints_are_for_development() {
    let document =
        document_with(json!({ "token_endpoint": "http://localhost:3000/token", "jwks_uri": "http://[::1]/jwks" }));
    assert_eq!(code_of(&document), None);
}

#[test]
fn what_the_caller_gives_lies_over_what_the_server_says() {
    let given = Metadata {
        token_endpoint: Some("https://other.example.com/token".into()),
        sends_issuer: Some(false),
        ..Metadata::default()
    };
    let server = document_with(json!({ "authorization_response_iss_parameter_supported": true }));
    let both = metadata(&server).overlay(&given);
    assert_eq!(both, Metadata { token_endpoint: given.token_endpoint, sends_issuer: Some(false), ..metadata(&server) });
}
