//! Pushed authorization requests: RFC 9126.

use super::*;
use crate::http::HttpResponse;
use crate::testing::Endpoint;

fn pushing(par: Option<bool>) -> Fixture {
    let fixture = Fixture::with(|options| options.par = par);
    fixture.server.configure(|policy| policy.has_pushed_requests = true);
    fixture
}

fn address_of_sign_in(fixture: &Fixture, options: SignInOptions) -> String {
    let tab = fixture.world.tab();
    let client = fixture.create(&tab);
    let _leaving = tab.start(async move { client.sign_in(options).await });
    fixture.world.run(tab.departed())
}

#[test]
fn a_pushed_request_signs_in_and_leaves_nothing_in_the_address() {
    let fixture = pushing(Some(true));
    let options = SignInOptions { login_hint: Some("jane".into()), ..SignInOptions::default() };
    let address = address_of_sign_in(&fixture, options);
    let query = address.split_once('?').expect("a query").1;
    let names: Vec<String> = crate::encoding::parse_form(query).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["client_id", "request_uri"]);
    let pushed = fixture.server.last_request(Endpoint::PushedRequest).expect("a pushed request");
    assert_eq!(pushed.parameter("login_hint").as_deref(), Some("jane"));
    assert_eq!(pushed.parameter("code_challenge_method").as_deref(), Some("S256"));
    let (_, client) = fixture.sign_in();
    assert_eq!(fixture.call(&client), Ok(200));
}

#[test]
fn pushes_by_default_where_the_server_requires_it_and_nowhere_else() {
    let fixture = pushing(None);
    fixture.sign_in();
    assert_eq!(fixture.server.request_count(Endpoint::PushedRequest), 0);
    let fixture = pushing(None);
    fixture.server.configure(|policy| policy.requires_pushed_requests = true);
    fixture.sign_in();
    assert_eq!(fixture.server.request_count(Endpoint::PushedRequest), 1);
}

#[test]
fn what_the_options_say_counts_more_than_what_the_server_requires() {
    let fixture = pushing(Some(false));
    fixture.server.configure(|policy| policy.requires_pushed_requests = true);
    assert!(address_of_sign_in(&fixture, SignInOptions::default()).contains("code_challenge"));
}

#[test]
fn a_server_without_the_endpoint_is_unsupported() {
    let fixture = Fixture::with(|options| options.par = Some(true));
    let client = fixture.create(&fixture.world.tab());
    let error = fixture.world.run(client.sign_in(SignInOptions::default())).expect_err("no endpoint");
    assert_eq!(error.code(), ErrorCode::Unsupported);
}

#[test]
fn a_refused_push_says_what_the_server_said_and_nobody_leaves() {
    for (status, body, code, is_retryable) in [
        (400, r#"{"error":"invalid_request","error_description":"no"}"#, ErrorCode::AuthorizationFailed, false),
        (401, r#"{"error":"invalid_client"}"#, ErrorCode::AuthorizationFailed, false),
        (503, "", ErrorCode::ServerError, true),
    ] {
        let fixture = pushing(Some(true));
        fixture.server.answer_next(Endpoint::PushedRequest, HttpResponse::new(status, body));
        let tab = fixture.world.tab();
        let client = fixture.create(&tab);
        let error = fixture.world.run(client.sign_in(SignInOptions::default())).expect_err("a refusal");
        assert_eq!((error.code(), error.is_retryable()), (code, is_retryable));
        assert_eq!((tab.departure(), client.error().map(|error| error.code())), (None, Some(code)));
    }
}

#[test]
fn authorization_details_go_out_and_what_was_granted_comes_back() {
    let details = r#"[{"type":"payment","amount":"1"}]"#;
    for par in [None, Some(true)] {
        let fixture = pushing(par);
        let options = SignInOptions { authorization_details: Some(details.into()), ..SignInOptions::default() };
        let tab = fixture.visit_server(&fixture.world.tab(), options);
        let client = fixture.create(&tab);
        let granted = || client.session().expect("a session").authorization_details.clone().expect("details");
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        assert_eq!(read(&granted()), read(details));
        // It stays when the page is loaded again, and with renewed tokens.
        let client = fixture.create(&tab.reload());
        let fresh = super::super::AccessTokenOptions { fresh: true, ..Default::default() };
        fixture.world.run(client.access_token(fresh)).expect("a token");
        assert_eq!(
            read(&client.session().expect("a session").authorization_details.clone().expect("details")),
            read(details)
        );
    }
}
