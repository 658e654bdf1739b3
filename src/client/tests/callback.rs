use super::*;
use crate::http::HttpResponse;
use crate::testing::{Endpoint, Fault};

fn error_of(client: &Client<Tab>) -> Option<ErrorCode> {
    client.error().map(|error| error.code())
}

#[test]
fn answers_twice_at_once_with_one_session() {
    let mut fixture = Fixture::new();
    fixture.options.handle_redirect = false;
    let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    let client = fixture.create(&tab);
    let url = tab.url();
    let (one, other) = fixture
        .world
        .run(futures_util::future::join(client.handle_redirect(Some(&url)), client.handle_redirect(Some(&url))));
    let (one, other) = (one.unwrap().unwrap(), other.unwrap().unwrap());
    assert!(Rc::ptr_eq(&one, &other));
    assert_eq!(fixture.server.request_count(Endpoint::Token), 1);
    let again = fixture.world.run(client.handle_redirect(Some(&url))).unwrap().unwrap();
    assert!(Rc::ptr_eq(&one, &again));
}

#[test]
fn answers_in_a_duplicated_tab_with_the_same_session() {
    let fixture = Fixture::new();
    let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    let duplicate = tab.duplicate();
    let (one, other) = fixture.world.run(futures_util::future::join(
        Client::create(tab.clone(), fixture.options.clone()),
        Client::create(duplicate.clone(), fixture.options.clone()),
    ));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one.session(), other.session());
    assert!(one.session().is_some());
    assert_eq!(fixture.server.request_count(Endpoint::Token), 1);
    assert_eq!(fixture.server.honoured_count(), 1);
}

#[test]
fn back_and_reload_give_the_same_session() {
    let fixture = Fixture::new();
    let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    let callback_url = tab.url();
    let session = fixture.create(&tab).session();
    assert_ne!(tab.url(), callback_url);
    for later in [tab.visit(&callback_url), tab.reload(), fixture.world.tab_at(&callback_url)] {
        let client = fixture.create(&later);
        assert_eq!(error_of(&client), None);
        assert_eq!(client.session(), session);
        assert!(!later.url().contains("code="));
    }
    assert_eq!(fixture.server.request_count(Endpoint::Token), 1);
}

#[test]
fn a_refusal_starts_the_application_and_says_why() {
    let fixture = Fixture::new();
    fixture.server.refuse_next("access_denied", "the user pressed no");
    let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    let client = fixture.create(&tab);
    assert_eq!(client.session(), None);
    let error = client.error().unwrap();
    assert_eq!(error.code(), ErrorCode::AccessDenied);
    assert_eq!(error.oauth().and_then(|said| said.description.clone()).as_deref(), Some("the user pressed no"));
    assert_eq!(fixture.told(), ["access_denied"]);
}

#[test]
fn the_error_is_gone_once_a_sign_in_succeeds() {
    let fixture = Fixture::new();
    fixture.server.refuse_next("access_denied", "");
    let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    let client = fixture.create(&tab);
    assert!(client.error().is_some());
    let other = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    let other_client = fixture.create(&other);
    assert_eq!(other_client.error(), None);
}

#[test]
fn unknown_state_is_an_error_only_while_signed_out() {
    let fixture = Fixture::new();
    let url = "https://app.example.com/?code=injected&state=unknown&iss=https%3A%2F%2Fas.example.com";
    let client = fixture.create(&fixture.world.tab_at(url));
    assert_eq!(error_of(&client), Some(ErrorCode::StateMismatch));
    assert_eq!(fixture.server.request_count(Endpoint::Token), 0);
    fixture.sign_in();
    let client = fixture.create(&fixture.world.tab_at(url));
    assert_eq!(error_of(&client), None);
    assert!(client.session().is_some());
}

#[test]
fn an_injected_code_is_refused_by_the_server_and_harms_no_session() {
    let fixture = Fixture::new();
    let (_, signed_in) = fixture.sign_in();
    let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    let victim = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    let code_of = |tab: &Tab| tab.url().split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let url = tab.url().replace(&code_of(&tab), &code_of(&victim));
    let client = fixture.create(&tab.visit(&url));
    assert_eq!(error_of(&client), Some(ErrorCode::InvalidGrant));
    assert_eq!(client.session(), signed_in.session());
}

#[test]
fn a_foreign_issuer_is_refused() {
    for change in [("iss=https%3A%2F%2Fas.example.com", "iss=https%3A%2F%2Fevil.test"), ("iss=", "was=")] {
        let fixture = Fixture::new();
        let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
        let url = tab.url().replace(change.0, change.1);
        assert_ne!(url, tab.url());
        let client = fixture.create(&tab.visit(&url));
        assert_eq!(error_of(&client), Some(ErrorCode::IssuerMismatch));
        assert_eq!(fixture.server.request_count(Endpoint::Token), 0);
    }
}

#[test]
fn a_response_that_contradicts_itself_is_refused() {
    let fixture = Fixture::new();
    for more in ["&error=access_denied", "&code=second", "&state=second", &["&x=", &"y".repeat(1_000_000)].concat()] {
        let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
        let client = fixture.create(&tab.visit(&[&tab.url(), more].concat()));
        assert_eq!(error_of(&client), Some(ErrorCode::CallbackInvalid), "{}", more.split("yy").next().unwrap_or(more));
        assert_eq!(fixture.server.request_count(Endpoint::Token), 0);
    }
}

#[test]
fn the_url_is_cleaned_before_anything_is_sent_and_keeps_what_is_the_applications() {
    let fixture = Fixture::new();
    fixture.world.go_offline();
    let tab = fixture.world.tab_at("https://app.example.com/?a=1&code=c&state=s&b=2#part");
    fixture.create(&tab);
    assert_eq!(tab.url(), "https://app.example.com/?a=1&b=2#part");
}

#[test]
fn parameters_of_the_application_are_left_alone() {
    let mut fixture = Fixture::new();
    for url in [
        "https://app.example.com/?code=voucher",
        "https://app.example.com/?state=open",
        "https://app.example.com/?error=not-found",
    ] {
        let tab = fixture.world.tab_at(url);
        assert_eq!(error_of(&fixture.create(&tab)), None, "{url}");
        assert_eq!(tab.url(), url);
    }
    fixture.options.redirect_uri = Some("https://app.example.com/callback".into());
    let url = "https://app.example.com/elsewhere?code=c&state=s";
    let tab = fixture.world.tab_at(url);
    assert_eq!(error_of(&fixture.create(&tab)), None);
    assert_eq!(tab.url(), url);
}

#[test]
fn a_network_error_at_the_code_exchange_can_be_tried_again() {
    let fixture = Fixture::new();
    let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    let url = tab.url();
    fixture.world.fail_next("/token", Fault::Unreachable);
    let client = fixture.create(&tab);
    assert_eq!(error_of(&client), Some(ErrorCode::Network));
    let session = fixture.world.run(client.handle_redirect(Some(&url))).unwrap();
    assert!(session.is_some());
    assert_eq!(client.error(), None);
}

#[test]
fn a_refused_code_is_an_error_with_the_servers_words() {
    let fixture = Fixture::new();
    let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    fixture.server.answer_next(
        Endpoint::Token,
        HttpResponse::new(400, r#"{"error":"invalid_grant","error_description":"code too old"}"#),
    );
    let client = fixture.create(&tab);
    let error = client.error().unwrap();
    assert_eq!(error.code(), ErrorCode::InvalidGrant);
    assert_eq!(error.oauth().map(|said| (said.error.clone(), said.status)), Some(("invalid_grant".into(), Some(400))));
}

#[test]
fn a_page_that_is_loaded_again_while_it_answers_takes_the_redirect_up_again() {
    for ms in [0, 5, 15, 25, 45, 65, 85, 200] {
        let fixture = Fixture::new();
        let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
        let (platform, options) = (tab.clone(), fixture.options.clone());
        let _making = tab.start(async move { Client::create(platform, options).await.map(|_| ()) });
        fixture.world.advance(ms);
        let client = fixture.create(&tab.reload());
        let is_traded = fixture.server.request_count(Endpoint::Token) > 1;
        let is_signed_in = client.session().is_some();
        // A code that the server has seen is used up (RFC 6749 §4.1.2): then the user is told, and not sent round in circles.
        assert!(
            is_signed_in || (is_traded && client.error().is_some_and(|e| e.code() == ErrorCode::InvalidGrant)),
            "{ms} {:?}",
            client.error()
        );
        assert!(!tab.stored(StorageKind::Session).keys().any(|key| key.contains("taken")), "{ms}");
    }
}
