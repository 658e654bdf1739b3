//! The server's metadata (RFC 8414 §3.2), and the URLs that are made with it.
//!
//! The first line is the issuer, the rest is the answer of the metadata URL.

use crate::input::{self, assert_error_of_public_input};
use crate::view::{Ada, PARSERS, is_secure};
use serde_json::Value;
use tessera_auth::ErrorCode;
use tessera_auth::http::{HttpResponse, LARGEST_BODY};
use tessera_auth::json::Json;
use tessera_auth::oauth::authorize::{AuthorizationRequest, authorization_url};
use tessera_auth::oauth::logout::{EndSession, end_session_url};
use tessera_auth::oauth::metadata::{Metadata, discovery_urls, process_metadata_response};
use tessera_auth::testing::{TestJson, TestUrl};
use tessera_auth::url::{ParseUrl, Url};
use url::form_urlencoded;

/// The target.
pub fn check(data: &[u8]) {
    let text = input::text(data);
    let ([issuer], body) = input::lines(&text);
    check_discovery::<TestUrl>(issuer);
    check_discovery::<Ada>(issuer);
    for status in [200, 304, 404, 503] {
        let response = HttpResponse::new(status, body);
        check_answer::<TestUrl>(&response, issuer);
        check_answer::<Ada>(&response, issuer);
    }
}

fn check_answer<U: ParseUrl>(response: &HttpResponse, issuer: &str) {
    match process_metadata_response::<TestJson, U>(response, issuer) {
        Ok((metadata, kept)) => {
            let body = response.body.expose();
            assert!(response.is_success() && kept == body && body.len() < LARGEST_BODY);
            check_accepted::<U>(&metadata, issuer, body);
        }
        Err(error) => assert_error_of_public_input(&error, &ERRORS),
    }
}

/// What the parser makes of a URL that it has accepted, and what the others make of it. One that does not know a host name that
/// another one knows is no finding.
fn views<U: ParseUrl>(text: &str) -> Vec<Url> {
    let own = U::parse_url(text, None).unwrap_or_else(|| panic!("no URL: {text}"));
    PARSERS.into_iter().filter_map(|parse| parse(text, None)).chain([own]).collect()
}

const ERRORS: [ErrorCode; 6] = [
    ErrorCode::DiscoveryFailed,
    ErrorCode::InsecureUrl,
    ErrorCode::InvalidResponse,
    ErrorCode::IssuerMismatch,
    ErrorCode::ServerError,
    ErrorCode::Unsupported,
];

/// Metadata is looked for at the issuer's own origin only.
fn check_discovery<U: ParseUrl>(issuer: &str) {
    let Some(issuer) = U::parse_url(issuer, None).filter(is_secure) else { return };
    for text in discovery_urls(&issuer) {
        for url in views::<U>(&text) {
            assert_eq!(url.origin, issuer.origin, "{text}");
            assert!(url.path.contains("/.well-known/") && !url.has_credentials, "{text}");
        }
    }
}

fn check_accepted<U: ParseUrl>(metadata: &Metadata, issuer: &str, body: &str) {
    let json: Value = serde_json::from_str(body).expect("JSON");
    // RFC 8414 §3.3
    assert_eq!(json["issuer"], issuer);
    assert_eq!(Metadata::from_json(&TestJson::parse(body).expect("JSON")), *metadata);
    assert_eq!(metadata.clone().overlay(&Metadata::default()), *metadata);
    assert_eq!(Metadata::default().overlay(metadata), *metadata);
    // RFC 7636 §4.2
    if let Some(methods) = json["code_challenge_methods_supported"].as_array() {
        assert!(methods.iter().all(|method| !method.is_string()) || methods.iter().any(|method| method == "S256"));
    }
    for (name, endpoint) in [
        ("authorization_endpoint", &metadata.authorization_endpoint),
        ("token_endpoint", &metadata.token_endpoint),
        ("userinfo_endpoint", &metadata.userinfo_endpoint),
        ("revocation_endpoint", &metadata.revocation_endpoint),
        ("end_session_endpoint", &metadata.end_session_endpoint),
        ("pushed_authorization_request_endpoint", &metadata.pushed_authorization_request_endpoint),
        ("jwks_uri", &metadata.jwks_uri),
    ] {
        let given = json[name].as_str().filter(|text| !text.is_empty());
        assert_eq!(endpoint.as_deref(), given);
        for url in given.into_iter().flat_map(views::<U>) {
            assert!(is_secure(&url) && !url.has_credentials && url.fragment.is_empty(), "{}", url.href);
        }
    }
    check_authorization::<U>(metadata);
    check_logout::<U>(metadata);
}

/// RFC 6749 §3.1: the parameters go behind those that the endpoint has, to the same place, each once.
fn check_authorization<U: ParseUrl>(metadata: &Metadata) {
    let request = AuthorizationRequest {
        client_id: "app",
        redirect_uri: "https://app.test/cb",
        scope: "openid e&mail",
        state: "s=1#",
        nonce: Some("n"),
        code_challenge: "c",
        resources: &[],
        authorization_details: None,
        dpop_jkt: None,
        prompt: None,
        login_hint: Some("a+b@example.com"),
        acr_values: None,
        ui_locales: None,
        max_age: Some(60),
        parameters: &[("login_hint".to_owned(), "other".to_owned()), ("x".to_owned(), "\u{e9}".to_owned())],
    };
    let expected = [
        ("response_type", "code"),
        ("client_id", "app"),
        ("redirect_uri", "https://app.test/cb"),
        ("scope", "openid e&mail"),
        ("state", "s=1#"),
        ("nonce", "n"),
        ("code_challenge", "c"),
        ("code_challenge_method", "S256"),
        ("login_hint", "a+b@example.com"),
        ("max_age", "60"),
        ("x", "\u{e9}"),
    ];
    match authorization_url(metadata, &request) {
        Ok(url) => {
            check_appended::<U>(metadata.authorization_endpoint.as_deref().expect("an endpoint"), &url, &expected)
        }
        Err(error) => {
            assert_eq!(error.code(), ErrorCode::DiscoveryFailed);
            assert_eq!(metadata.authorization_endpoint, None);
        }
    }
}

fn check_logout<U: ParseUrl>(metadata: &Metadata) {
    let request = EndSession {
        id_token_hint: None,
        client_id: "app",
        post_logout_redirect_uri: Some("https://app.test/?a=b"),
        state: Some("s"),
    };
    let expected = [("client_id", "app"), ("post_logout_redirect_uri", "https://app.test/?a=b"), ("state", "s")];
    let url = end_session_url(metadata, &request);
    assert_eq!(url.is_some(), metadata.end_session_endpoint.is_some());
    if let (Some(endpoint), Some(url)) = (&metadata.end_session_endpoint, &url) {
        check_appended::<U>(endpoint, url, &expected);
    }
}

fn check_appended<U: ParseUrl>(endpoint: &str, url: &str, expected: &[(&str, &str)]) {
    for (endpoint, url) in views::<U>(endpoint).into_iter().zip(views::<U>(url)) {
        assert_eq!((&endpoint.origin, &endpoint.path), (&url.origin, &url.path), "{}", url.href);
        assert!(url.fragment.is_empty() && !url.has_credentials, "{}", url.href);
        let expected = expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        assert_eq!(query(&url), query(&endpoint).into_iter().chain(expected).collect::<Vec<_>>(), "{}", url.href);
    }
}

fn query(url: &Url) -> Vec<(String, String)> {
    form_urlencoded::parse(url.query.trim_start_matches('?').as_bytes()).into_owned().collect()
}
