//! `profile: "fapi2"`.

use super::super::Profile;
use super::*;
use crate::testing::Endpoint;
use serde_json::json;

fn fapi() -> Fixture {
    let fixture = Fixture::with(|options| options.profile = Some(Profile::Fapi2));
    fixture.server.configure(|policy| {
        policy.has_pushed_requests = true;
        policy.requires_pushed_requests = true;
        policy.binds_tokens = true;
    });
    fixture
}

fn refused(fixture: &Fixture) -> Error {
    let tab = fixture.world.tab();
    let client = fixture.create(&tab);
    let error = fixture.world.run(client.sign_in(SignInOptions::default())).expect_err("a refusal");
    assert_eq!(tab.departure(), None);
    error
}

#[test]
fn requests_are_pushed_and_tokens_bound_without_a_word_more() {
    let fixture = fapi();
    let (_, client) = fixture.sign_in();
    assert_eq!(fixture.server.request_count(Endpoint::PushedRequest), 1);
    let pushed = fixture.server.last_request(Endpoint::PushedRequest).expect("a pushed request");
    assert_eq!(pushed.parameter("code_challenge_method").as_deref(), Some("S256"));
    assert!(pushed.parameter("dpop_jkt").is_some());
    assert_eq!(client.session().expect("a session").token_type, super::super::TokenType::DPoP);
    assert_eq!(fixture.call(&client), Ok(200));
}

#[test]
fn a_server_that_cannot_is_unsupported_before_the_user_leaves() {
    for (member, value) in [
        ("pushed_authorization_request_endpoint", json!(null)),
        ("code_challenge_methods_supported", json!(null)),
        ("dpop_signing_alg_values_supported", json!(["RS256"])),
        ("dpop_signing_alg_values_supported", json!(null)),
        ("authorization_response_iss_parameter_supported", json!(false)),
    ] {
        let fixture = fapi();
        fixture.server.rewrite_json(Endpoint::Metadata, move |metadata| metadata[member] = value.clone());
        let error = refused(&fixture);
        assert_eq!(error.code(), ErrorCode::Unsupported);
        assert!(error.message().contains(member), "{error}");
        assert_eq!(fixture.server.request_count(Endpoint::PushedRequest), 0);
    }
    let fixture = fapi();
    fixture.server.rewrite_json(Endpoint::Metadata, |metadata| {
        metadata["token_endpoint"] = "http://as.example.com/token".into();
    });
    assert_eq!(refused(&fixture).code(), ErrorCode::InsecureUrl);
}

#[test]
fn an_api_whose_server_cannot_is_refused_when_the_client_is_made() {
    let mut fixture = fapi();
    fixture.options.issuer = None;
    fixture.options.resource = Some(API.into());
    let metadata = json!({ "resource": API, "authorization_servers": [ISSUER] }).to_string();
    fixture.world.plan_faults(move |request| {
        let is_it = request.url.path.starts_with("/.well-known/oauth-protected-resource");
        is_it.then(|| crate::testing::Fault::Answered(crate::http::HttpResponse::new(200, metadata.clone())))
    });
    fixture.server.configure(|policy| policy.sends_issuer = false);
    let error = fixture.try_create(&fixture.world.tab()).expect_err("a refusal");
    assert_eq!(error.code(), ErrorCode::Unsupported);
}

#[test]
fn a_pushed_request_that_lives_too_long_is_refused() {
    for (expires_in, is_fine) in [(json!(60), true), (json!(599), true), (json!(600), false), (json!(null), false)] {
        let fixture = fapi();
        fixture.server.rewrite_json(Endpoint::PushedRequest, move |answer| answer["expires_in"] = expires_in.clone());
        if is_fine {
            fixture.sign_in();
        } else {
            assert_eq!(refused(&fixture).code(), ErrorCode::InvalidResponse);
        }
    }
}

#[test]
fn an_answer_without_its_issuer_or_of_another_is_refused() {
    for (changed, code) in
        [("", ErrorCode::IssuerMismatch), ("&iss=https%3A%2F%2Fevil.test", ErrorCode::IssuerMismatch)]
    {
        let fixture = fapi();
        let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
        let url = tab.url();
        let (before, after) = url.split_once("&iss=").expect("an issuer");
        let rest = after.split_once('&').map_or("", |(_, rest)| rest);
        let client = fixture.create(&tab.visit(&[before, changed, "&", rest].concat()));
        assert_eq!(client.error().map(|error| error.code()), Some(code));
        assert_eq!(fixture.server.request_count(Endpoint::Token), 0);
    }
}

#[test]
fn options_that_contradict_the_profile_are_invalid() {
    let changes: [fn(&mut ClientOptions); 3] = [
        |options| options.par = Some(false),
        |options| options.verify_signature = false,
        |options| options.metadata = Some(crate::oauth::metadata::Metadata::default()),
    ];
    for change in changes {
        let mut fixture = fapi();
        change(&mut fixture.options);
        let error = fixture.try_create(&fixture.world.tab()).expect_err("a refusal");
        assert_eq!(error.code(), ErrorCode::InvalidOption);
    }
}
