//! A client that registers itself: RFC 7591.

use super::super::SignOutOptions;
use super::*;
use crate::http::HttpResponse;
use crate::oauth::register::Member;
use crate::testing::Endpoint;
use serde_json::{Value, json};

fn registering() -> Fixture {
    let fixture = Fixture::with(|options| {
        options.client_id = String::new();
        options.register = Some(vec![("client_name".into(), Member::Text("An app".into()))]);
    });
    fixture.server.configure(|policy| policy.has_registration = true);
    fixture
}

fn registrations(fixture: &Fixture) -> usize {
    fixture.server.request_count(Endpoint::Registration)
}

fn client_id(fixture: &Fixture, endpoint: Endpoint) -> String {
    fixture.server.last_request(endpoint).expect("a request").parameter("client_id").expect("a client_id")
}

/// Begins a sign-in that must fail, and says how.
fn refused(fixture: &Fixture) -> Error {
    let client = fixture.create(&fixture.world.tab());
    fixture.world.run(client.sign_in(SignInOptions::default())).expect_err("a refusal")
}

#[test]
fn registers_once_says_who_it_is_and_is_known_from_then_on() {
    let fixture = registering();
    let (tab, client) = fixture.sign_in();
    let said = fixture.server.last_request(Endpoint::Registration).expect("a registration");
    let said: Value = serde_json::from_str(&said.body).expect("JSON");
    assert_eq!(said["redirect_uris"], json!(["https://app.example.com/"]));
    assert_eq!((&said["client_name"], &said["token_endpoint_auth_method"]), (&json!("An app"), &json!("none")));
    assert_eq!((&said["scope"], said["grant_types"].as_array().map(Vec::len)), (&json!("openid"), Some(2)));
    let id = client_id(&fixture, Endpoint::Token);
    assert!(id.starts_with("client-"));
    // Renewal and sign-out are the same client's, also after a reload.
    let client = {
        client.close();
        fixture.create(&tab.reload())
    };
    let fresh = super::super::AccessTokenOptions { fresh: true, ..Default::default() };
    fixture.world.run(client.access_token(fresh)).expect("a token");
    assert_eq!(client_id(&fixture, Endpoint::Token), id);
    fixture.world.run(client.revoke(None)).expect("revoked");
    assert_eq!(client_id(&fixture, Endpoint::Revocation), id);
    fixture.sign_in();
    assert_eq!((client_id(&fixture, Endpoint::Token), registrations(&fixture)), (id, 1));
}

#[test]
fn the_sign_out_page_is_told_who_asks() {
    let fixture = registering();
    let (tab, client) = fixture.sign_in();
    let _leaving = tab.start(async move { client.sign_out(SignOutOptions::default()).await });
    let url = fixture.world.run(tab.departed());
    assert!(url.contains("client_id=client-"), "{url}");
}

#[test]
fn tabs_that_begin_at_once_register_once() {
    for has_locks in [true, false] {
        let fixture = registering();
        fixture.world.set_locks(has_locks);
        let tabs: Vec<Tab> = (0..3).map(|_| fixture.world.tab()).collect();
        let _leaving: Vec<_> = tabs
            .iter()
            .map(|tab| {
                let client = fixture.create(tab);
                tab.start(async move { client.sign_in(SignInOptions::default()).await })
            })
            .collect();
        let ids: Vec<String> = tabs
            .iter()
            .map(|tab| {
                let url = fixture.world.run(tab.departed());
                url.split("client_id=").nth(1).and_then(|rest| rest.split('&').next()).expect("a client_id").to_owned()
            })
            .collect();
        assert_eq!(registrations(&fixture), 1);
        assert!(ids.iter().all(|id| *id == ids[0]));
    }
}

#[test]
fn what_is_to_be_registered_otherwise_is_registered_anew_and_the_session_stays_its_clients() {
    let mut fixture = registering();
    let (_, client) = fixture.sign_in();
    let id = client_id(&fixture, Endpoint::Token);
    fixture.options.register = Some(vec![("client_name".into(), Member::Text("Another name".into()))]);
    let tab = fixture.world.tab();
    let other = fixture.create(&tab);
    let _leaving = tab.start(async move { other.sign_in(SignInOptions::default()).await });
    let url = fixture.world.run(tab.departed());
    assert!(registrations(&fixture) == 2 && !url.contains(&id));
    // The tokens are those of the first client.
    let fresh = super::super::AccessTokenOptions { fresh: true, ..Default::default() };
    fixture.world.run(client.access_token(fresh)).expect("a token");
    assert_eq!(client_id(&fixture, Endpoint::Token), id);
}

#[test]
fn a_server_that_has_forgotten_the_client_is_told_again_before_the_user_leaves() {
    let fixture = registering();
    fixture.server.configure(|policy| policy.has_pushed_requests = true);
    let (_, client) = fixture.sign_in();
    client.close();
    let id = client_id(&fixture, Endpoint::Token);
    fixture.server.unregister(&id);
    let (_, client) = fixture.sign_in();
    assert_ne!(client_id(&fixture, Endpoint::Token), id);
    assert_eq!((registrations(&fixture), client.error()), (2, None));
}

#[test]
fn a_server_that_never_remembers_is_not_asked_for_ever() {
    let fixture = registering();
    fixture.server.configure(|policy| policy.has_pushed_requests = true);
    fixture.server.rewrite(Endpoint::PushedRequest, |_, _| HttpResponse::new(401, r#"{"error":"invalid_client"}"#));
    assert_eq!(refused(&fixture).code(), ErrorCode::AuthorizationFailed);
    assert_eq!(registrations(&fixture), 2);
}

#[test]
fn a_code_for_a_forgotten_client_fails_and_the_next_sign_in_registers() {
    let fixture = registering();
    let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    fixture.server.unregister(&client_id(&fixture, Endpoint::Authorization));
    let client = fixture.create(&tab);
    assert_eq!(client.error().map(|error| error.code()), Some(ErrorCode::TokenRequestFailed));
    client.close();
    fixture.sign_in();
    assert_eq!(registrations(&fixture), 2);
}

#[test]
fn a_session_of_a_forgotten_client_ends_when_it_is_renewed() {
    let fixture = registering();
    let (_, client) = fixture.sign_in();
    fixture.server.unregister(&client_id(&fixture, Endpoint::Token));
    let fresh = super::super::AccessTokenOptions { fresh: true, ..Default::default() };
    let error = fixture.world.run(client.access_token(fresh)).expect_err("no client");
    assert_eq!((error.code(), client.session()), (ErrorCode::SessionLost, None));
    client.close();
    fixture.sign_in();
    assert_eq!(registrations(&fixture), 2);
}

#[test]
fn what_the_server_refuses_or_makes_of_it_is_told() {
    let secret =
        json!({ "client_id": "x", "client_secret": "hush-hush", "token_endpoint_auth_method": "client_secret_post" });
    for (status, body, code) in [
        (400, r#"{"error":"invalid_client_metadata"}"#.to_owned(), ErrorCode::RegistrationFailed),
        (403, String::new(), ErrorCode::RegistrationFailed),
        (201, secret.to_string(), ErrorCode::RegistrationFailed),
        (201, "{}".to_owned(), ErrorCode::InvalidResponse),
        (200, "<html>".to_owned(), ErrorCode::InvalidResponse),
        (503, String::new(), ErrorCode::ServerError),
    ] {
        let fixture = registering();
        fixture.server.answer_next(Endpoint::Registration, HttpResponse::new(status, body));
        assert_eq!(refused(&fixture).code(), code);
        fixture.sign_in();
        assert_eq!(registrations(&fixture), 2);
    }
    let fixture = registering();
    fixture.server.configure(|policy| policy.has_registration = false);
    assert_eq!(refused(&fixture).code(), ErrorCode::Unsupported);
}

#[test]
fn a_secret_that_comes_along_is_thrown_away_and_told() {
    let fixture = registering();
    fixture.server.rewrite_json(Endpoint::Registration, |client| {
        client["client_secret"] = "hush-hush".into();
        client["registration_access_token"] = "hush-too".into();
    });
    let (_, client) = fixture.sign_in();
    assert_eq!(fixture.call(&client), Ok(200));
    let diary = format!("{:?}", fixture.diary.borrow());
    assert!(diary.contains("thrown away") && !diary.contains("hush"));
}

#[test]
fn with_storage_memory_the_way_back_knows_the_client() {
    let mut fixture = registering();
    fixture.options.storage = StorageKind::Memory;
    let (_, client) = fixture.sign_in();
    assert!(client.session().is_some());
    assert_eq!(registrations(&fixture), 1);
}

#[test]
fn a_client_that_has_a_name_or_says_what_is_not_its_to_say_is_refused() {
    let refused = |change: fn(&mut ClientOptions)| {
        let mut fixture = registering();
        change(&mut fixture.options);
        fixture.try_create(&fixture.world.tab()).expect_err("a refusal").code()
    };
    assert_eq!(refused(|options| options.client_id = "app".into()), ErrorCode::InvalidOption);
    assert_eq!(refused(|options| options.register = None), ErrorCode::InvalidOption);
    let own = |options: &mut ClientOptions| {
        options.register = Some(vec![("redirect_uris".into(), Member::Texts(vec!["https://evil.test".into()]))]);
    };
    assert_eq!(refused(own), ErrorCode::InvalidOption);
}
