use super::*;
use crate::http::HttpResponse;
use crate::testing::{Endpoint, Fault, IdTokenDraft, Signing};
use serde_json::{Value, json};

/// Answers that no endpoint gives, and what becomes of them at discovery and at the code exchange.
fn bad_answers() -> Vec<(&'static str, HttpResponse, ErrorCode, ErrorCode)> {
    use ErrorCode::{DiscoveryFailed, InvalidResponse, ServerError, TokenRequestFailed};
    let huge = json!({ "access_token": "x".repeat(2_000_000), "token_type": "bearer", "issuer": ISSUER }).to_string();
    let html = HttpResponse {
        headers: vec![("content-type".into(), "text/html".into())],
        ..HttpResponse::new(200, "<!doctype html><p>Sign in to the Wi-Fi")
    };
    vec![
        ("HTML", html, DiscoveryFailed, InvalidResponse),
        ("nothing", HttpResponse::new(200, ""), DiscoveryFailed, InvalidResponse),
        ("no content", HttpResponse::new(204, ""), DiscoveryFailed, InvalidResponse),
        ("truncated", HttpResponse::new(200, r#"{"access_token":"tok"#), DiscoveryFailed, InvalidResponse),
        ("2 MB", HttpResponse::new(200, huge), DiscoveryFailed, InvalidResponse),
        ("text", HttpResponse::new(200, "OK"), DiscoveryFailed, InvalidResponse),
        ("a list", HttpResponse::new(200, "[]"), DiscoveryFailed, InvalidResponse),
        ("null", HttpResponse::new(200, "null"), DiscoveryFailed, InvalidResponse),
        ("wrong types", HttpResponse::new(200, r#"{"access_token":7,"issuer":[]}"#), DiscoveryFailed, InvalidResponse),
        ("404", HttpResponse::new(404, ""), DiscoveryFailed, InvalidResponse),
        ("400", HttpResponse::new(400, ""), DiscoveryFailed, TokenRequestFailed),
        ("403", HttpResponse::new(403, "<h1>Forbidden</h1>"), DiscoveryFailed, InvalidResponse),
        ("500", HttpResponse::new(500, ""), ServerError, ServerError),
        ("503", HttpResponse::new(503, "<h1>Busy</h1>"), ServerError, ServerError),
        ("429", HttpResponse::new(429, ""), ServerError, ServerError),
    ]
}

#[test]
fn bad_answers_to_discovery_have_their_code_and_leave_nothing_behind() {
    for (name, answer, code, _) in bad_answers() {
        let fixture = Fixture::new();
        fixture.server.configure(|policy| policy.has_oauth_metadata = true);
        for _ in 0..2 {
            fixture.server.answer_next(Endpoint::Metadata, answer.clone());
        }
        let tab = fixture.world.tab();
        let client = fixture.create(&tab);
        let error = fixture.world.run(client.sign_in(SignInOptions::default())).unwrap_err();
        assert_eq!(error.code(), code, "{name}: {error}");
        assert_eq!(client.error(), Some(error));
        assert_eq!(tab.departure(), None);
        fixture.sign_in();
    }
}

#[test]
fn bad_answers_to_the_code_have_their_code_and_start_no_session() {
    for (name, answer, _, code) in bad_answers() {
        let fixture = Fixture::new();
        let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
        fixture.server.answer_next(Endpoint::Token, answer);
        let client = fixture.create(&tab);
        assert_eq!(client.error().map(|error| error.code()), Some(code), "{name}");
        assert_eq!(client.session(), None, "{name}");
        fixture.sign_in();
    }
}

#[test]
fn bad_answers_to_a_renewal_end_no_session_that_the_server_honours() {
    for (name, answer, ..) in bad_answers() {
        let fixture = Fixture::new();
        let (tab, client) = fixture.sign_in();
        tab.hide();
        fixture.world.suspend(301_000);
        fixture.server.answer_next(Endpoint::Token, answer);
        let first = fixture.call(&client);
        fixture.world.advance(10_000);
        assert_eq!(fixture.call(&client), Ok(200), "{name}: {first:?} at first");
    }
}

#[test]
fn a_request_that_never_arrives_is_a_timeout_or_a_network_error() {
    for (fault, expected) in [(Fault::RequestLost, ErrorCode::Timeout), (Fault::Unreachable, ErrorCode::Network)] {
        let fixture = Fixture::new();
        fixture.world.plan_faults(move |_| Some(fault.clone()));
        let client = fixture.create(&fixture.world.tab());
        let error = fixture.world.run(client.sign_in(SignInOptions::default())).unwrap_err();
        assert_eq!(error.code(), expected);
    }
}

#[test]
fn metadata_of_another_issuer_is_refused() {
    for issuer in
        ["https://evil.test", "https://as.example.com/", "https://as.example.com:443", "HTTPS://as.example.com"]
    {
        let fixture = Fixture::new();
        fixture.server.rewrite_json(Endpoint::Metadata, move |metadata| metadata["issuer"] = issuer.into());
        let client = fixture.create(&fixture.world.tab());
        let error = fixture.world.run(client.sign_in(SignInOptions::default())).unwrap_err();
        assert_eq!(error.code(), ErrorCode::IssuerMismatch, "{issuer}");
    }
}

#[test]
fn metadata_with_an_insecure_endpoint_is_refused() {
    for endpoint in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        let fixture = Fixture::new();
        fixture
            .server
            .rewrite_json(Endpoint::Metadata, move |metadata| metadata[endpoint] = "http://as.example.com/x".into());
        let client = fixture.create(&fixture.world.tab());
        let error = fixture.world.run(client.sign_in(SignInOptions::default())).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InsecureUrl, "{endpoint}");
    }
}

#[test]
fn an_issuer_with_a_slash_at_its_end_works() {
    let mut fixture = Fixture::new();
    fixture.server = AuthorizationServer::start(&fixture.world, "https://as.example.com/");
    fixture.api = Api::start(&fixture.world, &fixture.server, API);
    fixture.options.issuer = Some("https://as.example.com/".into());
    let (_, client) = fixture.sign_in();
    assert_eq!(fixture.call(&client), Ok(200));
}

#[test]
fn an_issuer_given_as_a_parsed_url_may_lack_the_slash_that_parsing_adds() {
    use super::super::Issuer;
    for server_name in ["https://as.example.com", "https://as.example.com/"] {
        let mut fixture = Fixture::new();
        fixture.server = AuthorizationServer::start(&fixture.world, server_name);
        fixture.options.issuer = Some(Issuer::from_parsed("https://as.example.com/".into()));
        fixture.sign_in();
    }
}

#[test]
fn sloppy_metadata_is_understood() {
    let fixture = Fixture::new();
    fixture.server.rewrite_json(Endpoint::Metadata, |metadata| {
        let metadata = metadata.as_object_mut().unwrap();
        for name in ["token_endpoint_auth_methods_supported", "code_challenge_methods_supported", "revocation_endpoint"]
        {
            metadata.remove(name);
        }
        metadata.insert("id_token_signing_alg_values_supported".into(), json!(["none", "RS256"]));
        metadata.insert("scopes_supported".into(), json!("openid"));
    });
    fixture.sign_in();
}

#[test]
fn sloppy_token_answers_are_understood() {
    let changes: [fn(&mut Value); 5] = [
        |answer| answer["expires_in"] = json!("300"),
        |answer| answer["token_type"] = json!("bEARER"),
        |answer| drop(answer.as_object_mut().unwrap().remove("token_type")),
        |answer| drop(answer.as_object_mut().unwrap().remove("scope")),
        |answer| answer["unknown"] = json!({ "nested": [1, 2, 3] }),
    ];
    for change in changes {
        let fixture = Fixture::new();
        fixture.server.rewrite_json(Endpoint::Token, change);
        let (_, client) = fixture.sign_in();
        assert_eq!(client.session().unwrap().scope, "openid");
        assert_eq!(fixture.call(&client), Ok(200));
    }
}

/// What sign-in says when the ID token is changed like this.
fn error_with(change: impl FnMut(&mut IdTokenDraft) + 'static) -> Option<ErrorCode> {
    let fixture = Fixture::new();
    fixture.server.rewrite_id_token(change);
    let tab =
        fixture.visit_server(&fixture.world.tab(), SignInOptions { max_age: Some(600), ..SignInOptions::default() });
    let client = fixture.create(&tab);
    assert_eq!(client.session().is_none(), client.error().is_some());
    client.error().map(|error| error.code())
}

#[test]
fn each_claim_of_the_id_token_is_checked() {
    use ErrorCode::{ClaimInvalid, TokenExpired};
    let cases: [(&str, Value, ErrorCode); 22] = [
        ("iss", json!("https://evil.test"), ClaimInvalid),
        ("iss", Value::Null, ClaimInvalid),
        ("iss", json!("https://as.example.com/"), ClaimInvalid),
        ("sub", Value::Null, ClaimInvalid),
        ("sub", json!(7), ClaimInvalid),
        ("aud", json!("other"), ClaimInvalid),
        ("aud", json!([]), ClaimInvalid),
        ("aud", json!(["app", "other"]), ClaimInvalid),
        ("aud", Value::Null, ClaimInvalid),
        ("azp", json!("other"), ClaimInvalid),
        ("exp", json!(1), TokenExpired),
        ("exp", Value::Null, ClaimInvalid),
        ("exp", json!("soon"), ClaimInvalid),
        ("iat", json!(99_999_999_999_i64), ClaimInvalid),
        ("iat", Value::Null, ClaimInvalid),
        ("nbf", json!(99_999_999_999_i64), ClaimInvalid),
        ("nonce", json!("another"), ClaimInvalid),
        ("nonce", Value::Null, ClaimInvalid),
        ("auth_time", json!(1), ClaimInvalid),
        ("auth_time", Value::Null, ClaimInvalid),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"), ClaimInvalid),
        ("at_hash", json!(5), ClaimInvalid),
    ];
    for (claim, value, code) in cases {
        let shown = value.to_string();
        let error = error_with(move |draft| {
            let claims = draft.claims.as_object_mut().unwrap();
            if value.is_null() {
                claims.remove(claim)
            } else {
                claims.insert(claim.to_owned(), value.clone())
            };
        });
        assert_eq!(error, Some(code), "{claim} = {shown}");
    }
    assert_eq!(error_with(|_| ()), None);
    assert_eq!(error_with(|draft| draft.claims["azp"] = json!("app")), None);
    assert_eq!(
        error_with(|draft| {
            draft.claims["aud"] = json!(["app", "other"]);
            draft.claims["azp"] = json!("app");
        }),
        None
    );
}

#[test]
fn an_id_token_of_the_past_is_refused_when_a_witness_says_that_our_clock_is_right() {
    let old = |draft: &mut IdTokenDraft| {
        for claim in ["iat", "exp", "auth_time"] {
            let time = draft.claims[claim].as_i64().unwrap();
            draft.claims[claim] = json!(time - 7_200);
        }
    };
    assert_eq!(error_with(old), Some(ErrorCode::TokenExpired));
}

#[test]
fn signatures_are_checked_and_algorithms_cannot_be_confused() {
    use ErrorCode::{AlgorithmNotAllowed, KeyNotFound, SignatureInvalid};
    let cases: [(fn(&mut IdTokenDraft), ErrorCode); 7] = [
        (|draft| draft.header["alg"] = json!("none"), AlgorithmNotAllowed),
        (|draft| draft.header["alg"] = json!("HS256"), AlgorithmNotAllowed),
        (|draft| draft.header["kid"] = json!("unknown"), KeyNotFound),
        (
            |draft| {
                draft.header["alg"] = json!("RS256");
                draft.claims.as_object_mut().unwrap().remove("at_hash");
            },
            KeyNotFound,
        ),
        (|draft| draft.signing = Signing::Foreign, SignatureInvalid),
        (
            |draft| {
                draft.header["alg"] = json!("none");
                draft.signing = Signing::Unsigned;
            },
            AlgorithmNotAllowed,
        ),
        (
            |draft| {
                draft.header["alg"] = json!("HS256");
                draft.signing = Signing::Hmac(b"the public key".to_vec());
            },
            AlgorithmNotAllowed,
        ),
    ];
    for (change, code) in cases {
        assert_eq!(error_with(change), Some(code));
    }
}

#[test]
fn two_keys_with_one_kid_are_both_tried() {
    let fixture = Fixture::new();
    fixture.server.rewrite_json(Endpoint::Jwks, |set| {
        let keys = set["keys"].as_array_mut().unwrap();
        let mut other = keys[0].clone();
        other["x"] = json!("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        keys.insert(0, other);
    });
    fixture.sign_in();
}

#[test]
fn an_unknown_kid_makes_the_keys_be_fetched_again_once_a_minute() {
    let fixture = Fixture::new();
    fixture.sign_in();
    let fetched = || fixture.server.request_count(Endpoint::Jwks);
    assert_eq!(fetched(), 1);
    fixture.world.advance(61_000);
    fixture.server.rotate_key();
    fixture.sign_in();
    assert_eq!(fetched(), 2);
    fixture.server.rotate_key();
    let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    let client = fixture.create(&tab);
    assert_eq!(client.error().map(|error| error.code()), Some(ErrorCode::KeyNotFound));
    assert_eq!(fetched(), 2);
}

#[test]
fn bad_key_sets_start_no_session() {
    for (name, answer, ..) in bad_answers() {
        let fixture = Fixture::new();
        let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
        for _ in 0..2 {
            fixture.server.answer_next(Endpoint::Jwks, answer.clone());
        }
        let client = fixture.create(&tab);
        assert_eq!(client.session(), None, "{name}");
        assert!(client.error().is_some(), "{name}");
    }
}

#[test]
fn openid_without_an_id_token_is_refused() {
    let fixture = Fixture::new();
    fixture.server.configure(|policy| policy.issues_id_tokens = false);
    let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    assert_eq!(fixture.create(&tab).error().map(|error| error.code()), Some(ErrorCode::InvalidResponse));
}
