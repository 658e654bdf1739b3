//! Knowing only an API: RFC 9728. What it says is a stranger's word until it fits.

use super::*;
use crate::http::HttpResponse;
use crate::testing::{Endpoint, Fault};
use serde_json::{Value, json};

const MCP: &str = "https://api.example.com/mcp";
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

fn knowing_only(resource: &str) -> Fixture {
    Fixture::with(|options| {
        options.issuer = None;
        options.resources = Vec::new();
        options.scope = String::new();
        options.resource = Some(resource.into());
    })
}

fn described() -> Value {
    json!({ "resource": MCP, "authorization_servers": [ISSUER], "scopes_supported": ["mcp:tools", "openid"] })
}

/// Answers in the place of the API's metadata.
fn say(fixture: &Fixture, status: u16, body: impl ToString) {
    let answer = HttpResponse::new(status, body.to_string());
    fixture
        .world
        .plan_faults(move |request| request.url.path.starts_with(WELL_KNOWN).then(|| Fault::Answered(answer.clone())));
}

/// Answers to calls without a token.
fn challenge(fixture: &Fixture, challenge: &str) {
    let headers = vec![("www-authenticate".to_owned(), challenge.to_owned())];
    let answer = HttpResponse { headers, ..HttpResponse::new(401, "") };
    fixture.world.plan_faults(move |request| {
        let is_call = request.url.path == "/mcp" && request.header("authorization").is_none();
        is_call.then(|| Fault::Answered(answer.clone()))
    });
}

fn refused(fixture: &Fixture) -> ErrorCode {
    fixture.try_create(&fixture.world.tab()).expect_err("a refusal").code()
}

#[test]
fn signs_in_with_what_the_api_says_and_calls_it() {
    let fixture = knowing_only(MCP);
    say(&fixture, 200, described());
    let (_, client) = fixture.sign_in();
    let asked = fixture.server.last_request(Endpoint::Authorization).expect("a request");
    assert_eq!(asked.parameter("resource").as_deref(), Some(MCP));
    assert_eq!(asked.parameter("scope").as_deref(), Some("mcp:tools openid"));
    assert_eq!(fixture.server.last_request(Endpoint::Token).unwrap().parameter("resource").as_deref(), Some(MCP));
    let call = |url: &str| fixture.world.run(client.fetch(Call::get(url)));
    assert_eq!(call("https://api.example.com/mcp/tools").unwrap().status, 200);
    assert_eq!(code(call("https://api.example.com/other").unwrap_err()), ErrorCode::UnlistedResource);
    // Each was asked once: when the page was opened first.
    assert_eq!(fixture.world.transmitted(WELL_KNOWN), 1);
    assert_eq!(fixture.server.request_count(Endpoint::Metadata), 1);
}

#[test]
fn a_scope_of_the_applications_own_counts() {
    let mut fixture = knowing_only(MCP);
    fixture.options.scope = "mcp:read".into();
    say(&fixture, 200, described());
    fixture.sign_in();
    let asked = fixture.server.last_request(Endpoint::Authorization).expect("a request");
    assert_eq!(asked.parameter("scope").as_deref(), Some("mcp:read"));
}

#[test]
fn an_api_without_a_well_known_address_says_in_its_challenge_where_to_look() {
    for status in [404, 401, 200] {
        let fixture = knowing_only(MCP);
        let elsewhere = "https://api.example.com/about-me";
        fixture.world.plan_faults(move |request| match request.url.path.as_str() {
            path if path.starts_with(WELL_KNOWN) => Some(Fault::Answered(HttpResponse::new(status, "<html>"))),
            "/about-me" => Some(Fault::Answered(HttpResponse::new(200, described().to_string()))),
            _ => None,
        });
        challenge(
            &fixture,
            &format!(r#"Bearer error="invalid_token", scope="mcp:one", resource_metadata="{elsewhere}""#),
        );
        fixture.sign_in();
        let asked = fixture.server.last_request(Endpoint::Authorization).expect("a request");
        assert_eq!(asked.parameter("scope").as_deref(), Some("mcp:one"));
    }
}

#[test]
fn a_challenge_that_points_to_another_origin_is_not_followed() {
    let fixture = knowing_only(MCP);
    say(&fixture, 404, "");
    challenge(&fixture, r#"Bearer resource_metadata="https://evil.example.net/metadata""#);
    assert_eq!(refused(&fixture), ErrorCode::DiscoveryFailed);
    assert_eq!(fixture.world.transmitted("evil.example.net"), 0);
}

#[test]
fn what_cannot_be_the_apis_metadata_is_refused_with_its_code() {
    let with = |name: &str, value: Value| {
        let mut metadata = described();
        metadata[name] = value;
        metadata.to_string()
    };
    let large = with("x", "x".repeat(2 << 20).into());
    for (status, body, code) in [
        (200, with("resource", "https://api.example.com/".into()), ErrorCode::ResourceMismatch),
        (200, with("resource", "https://evil.example.net/mcp".into()), ErrorCode::ResourceMismatch),
        (200, with("authorization_servers", json!(["http://as.example.com"])), ErrorCode::InsecureUrl),
        (200, with("authorization_servers", json!(["https://u:p@as.example.com"])), ErrorCode::InvalidResponse),
        (200, with("authorization_servers", json!(["https://as.example.com?x=y"])), ErrorCode::InvalidResponse),
        (200, with("authorization_servers", json!(["https://as.example.com/other"])), ErrorCode::DiscoveryFailed),
        (200, with("authorization_servers", json!(["https://as.example.com/"])), ErrorCode::IssuerMismatch),
        (200, with("authorization_servers", json!(["javascript:alert(1)", 7])), ErrorCode::InsecureUrl),
        (200, with("authorization_servers", json!([])), ErrorCode::DiscoveryFailed),
        (200, "<!doctype html><title>Sign in</title>".into(), ErrorCode::DiscoveryFailed),
        (200, large, ErrorCode::DiscoveryFailed),
        (302, String::new(), ErrorCode::DiscoveryFailed),
        (404, String::new(), ErrorCode::DiscoveryFailed),
        (503, String::new(), ErrorCode::ServerError),
    ] {
        let fixture = knowing_only(MCP);
        say(&fixture, status, &body);
        let tab = fixture.world.tab();
        let error = fixture.try_create(&tab).expect_err("a refusal");
        assert_eq!(error.code(), code, "{status} {:.200}: {error}", body);
        assert_eq!(error.is_retryable(), code == ErrorCode::ServerError);
        assert_eq!((tab.departure(), fixture.world.transmitted("evil")), (None, 0));
        assert!(fixture.api.requests().iter().all(|request| request.header("authorization").is_none()));
    }
}

#[test]
fn an_option_that_is_no_address_of_an_api_is_refused_before_anything_is_sent() {
    for (resource, code) in [
        ("http://api.example.com/mcp", ErrorCode::InsecureUrl),
        ("https://u:p@api.example.com/mcp", ErrorCode::InvalidOption),
        ("https://api.example.com/mcp?x=y", ErrorCode::InvalidOption),
        ("https://api.example.com/mcp#x", ErrorCode::InvalidOption),
        ("/mcp", ErrorCode::InvalidOption),
        ("", ErrorCode::InvalidOption),
    ] {
        let fixture = knowing_only(resource);
        assert_eq!(refused(&fixture), code, "{resource}");
        assert_eq!(fixture.world.transmitted("http"), 0);
    }
}

#[test]
fn the_first_server_that_says_itself_who_it_is_is_picked() {
    let fixture = knowing_only(MCP);
    let servers = ["https://gone.example.com", "http://plain.example.com", "https://as.example.com/x", ISSUER];
    say(&fixture, 200, json!({ "resource": MCP, "authorization_servers": servers, "scopes_supported": ["openid"] }));
    let (_, client) = fixture.sign_in();
    assert!(client.session().is_some());
    assert_eq!(fixture.world.transmitted("http://plain"), 0);
}

#[test]
fn a_server_that_does_not_list_the_api_is_not_its_server() {
    for (listed, is_fine) in
        [(json!([MCP]), true), (json!(["https://other.example.com", MCP]), true), (json!([API]), false)]
    {
        let fixture = knowing_only(MCP);
        say(&fixture, 200, described());
        fixture
            .server
            .rewrite_json(Endpoint::Metadata, move |metadata| metadata["protected_resources"] = listed.clone());
        let created = fixture.try_create(&fixture.world.tab());
        let code = created.err().map(|error| error.code());
        assert_eq!(code, (!is_fine).then_some(ErrorCode::ResourceMismatch));
    }
}

#[test]
fn an_issuer_that_the_application_wants_must_be_named_by_the_api() {
    let mut fixture = knowing_only(MCP);
    say(&fixture, 200, described());
    fixture.options.issuer = Some(ISSUER.into());
    fixture.create(&fixture.world.tab());
    fixture.options.issuer = Some("https://other.example.com".into());
    assert_eq!(refused(&fixture), ErrorCode::IssuerMismatch);
    assert_eq!(fixture.world.transmitted("other.example.com"), 0);
}

#[test]
fn a_url_object_may_lack_the_slash_that_its_api_lacks() {
    for named in [API, "https://api.example.com/"] {
        let mut fixture = knowing_only(API);
        fixture.options.resource = Some(super::super::Issuer::from_parsed("https://api.example.com/".into()));
        say(&fixture, 200, json!({ "resource": named, "authorization_servers": [ISSUER] }));
        let (_, client) = fixture.sign_in();
        let asked = fixture.server.last_request(Endpoint::Token).expect("a request");
        assert_eq!(asked.parameter("resource").as_deref(), Some(named));
        assert_eq!(fixture.call(&client), Ok(200));
    }
}

#[test]
fn what_the_api_has_said_serves_while_it_is_down_and_is_read_again_beside_the_page() {
    let fixture = knowing_only(MCP);
    say(&fixture, 200, described());
    let (tab, client) = fixture.sign_in();
    client.close();
    fixture.world.suspend(2 * 86_400_000);
    say(&fixture, 503, "");
    let tab = tab.reload();
    let client = fixture.create(&tab);
    assert!(client.session().is_some());
    fixture.world.settle();
    fixture.world.advance(1_000);
    assert_eq!(fixture.world.transmitted(WELL_KNOWN), 2);
    client.close();
    // It is not asked again for a day once it has said the same.
    say(&fixture, 200, described());
    for count in [3, 3] {
        let client = fixture.create(&tab.reload());
        fixture.world.advance(1_000);
        client.close();
        assert_eq!(fixture.world.transmitted(WELL_KNOWN), count);
    }
}

#[test]
fn another_server_gets_nothing_that_was_the_first_ones() {
    let mut fixture = knowing_only(MCP);
    fixture.options.name = Some("mcp".into());
    say(&fixture, 200, described());
    let (tab, client) = fixture.sign_in();
    client.close();
    let other = AuthorizationServer::start(&fixture.world, "https://new.example.com");
    say(&fixture, 200, json!({ "resource": MCP, "authorization_servers": [other.issuer()] }));
    fixture.world.suspend(2 * 86_400_000);
    // The page that asks again is still one of the first; the next one is the other's, and signed out.
    let client = fixture.create(&tab.reload());
    assert!(client.session().is_some());
    fixture.world.advance(1_000);
    client.close();
    let client = fixture.create(&tab.reload());
    assert_eq!(client.session(), None);
    fixture.world.settle();
    for endpoint in [Endpoint::Token, Endpoint::Revocation] {
        assert_eq!(other.request_count(endpoint), 0);
    }
}

#[test]
fn the_address_is_clean_before_anything_is_waited_for_and_kept_if_nothing_comes_of_it() {
    let fixture = knowing_only(MCP);
    say(&fixture, 200, described());
    let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    let address = tab.url();
    assert!(address.contains("code="));
    let options = fixture.options.clone();
    let creating = tab.start({
        let tab = tab.clone();
        async move { Client::create(tab, options).await.map(|client| client.session().is_some()) }
    });
    fixture.world.settle();
    assert!(!tab.url().contains("code="));
    assert_eq!(fixture.world.run(creating), Some(Ok(true)));
    // A browser that has forgotten what the API said, and an API that is down.
    let tab = fixture.world.tab_at(&address);
    let mut options = fixture.options.clone();
    options.storage = StorageKind::Memory;
    say(&fixture, 503, "");
    assert!(fixture.world.run(Client::create(tab.clone(), options)).is_err());
    assert_eq!(tab.url(), address);
}

#[test]
fn with_storage_memory_the_way_back_knows_the_server() {
    let mut fixture = knowing_only(MCP);
    fixture.options.storage = StorageKind::Memory;
    say(&fixture, 200, described());
    let (_, client) = fixture.sign_in();
    assert!(client.session().is_some());
    assert_eq!(fixture.world.transmitted(WELL_KNOWN), 1);
}

#[test]
fn the_issuer_of_a_preset_is_the_one_that_is_wanted() {
    let mut fixture = knowing_only(MCP);
    fixture.options.provider =
        Some(crate::client::Provider { issuer: Some(ISSUER.to_owned()), ..crate::client::Provider::default() });
    let evil = AuthorizationServer::start(&fixture.world, "https://evil.example.com");
    say(&fixture, 200, json!({ "resource": MCP, "authorization_servers": ["https://evil.example.com"] }));
    assert_eq!(refused(&fixture), ErrorCode::IssuerMismatch);
    assert_eq!(evil.request_count(Endpoint::Authorization), 0);
    assert_eq!(fixture.world.transmitted("evil.example.com"), 0);
    fixture.world.forget_faults();
    say(&fixture, 200, json!({ "resource": MCP, "authorization_servers": ["https://evil.example.com", ISSUER] }));
    fixture.sign_in();
}

#[test]
fn of_many_servers_that_an_api_names_a_few_are_looked_at() {
    let fixture = knowing_only(MCP);
    let servers: Vec<String> = (0..500).map(|number| format!("https://as{number}.example.com")).collect();
    say(&fixture, 200, json!({ "resource": MCP, "authorization_servers": servers }));
    assert_eq!(refused(&fixture), ErrorCode::Network);
    assert!(fixture.world.transmitted("example.com") < 12);
}
