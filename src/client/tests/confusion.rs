//! What is mistaken for something else: another issuer, another client, another request, a broken disk.

use super::*;
use crate::http::HttpResponse;
use crate::testing::{Endpoint, StorageFault};

fn user(fixture: &Fixture, client: &Client<Tab>) -> Option<String> {
    fixture.world.settle();
    client.session().and_then(|s| s.subject.clone())
}

#[test]
fn a_read_that_is_refused_signs_nobody_out() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    fixture.world.break_storage(StorageKind::IndexedDb, Some(StorageFault::Refused));
    tab.hide();
    tab.show();
    fixture.world.advance(100);
    fixture.world.break_storage(StorageKind::IndexedDb, None);
    assert_eq!(user(&fixture, &client).as_deref(), Some("alice"), "{:?}", fixture.told());
}

#[test]
fn a_read_that_is_refused_in_a_renewal_signs_nobody_out() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    tab.hide();
    fixture.world.suspend(301_000);
    fixture.world.break_storage(StorageKind::IndexedDb, Some(StorageFault::Refused));
    let r = fixture.call(&client);
    assert_eq!((r, user(&fixture, &client).as_deref()), (Ok(200), Some("alice")));
}

#[test]
fn a_read_that_does_not_decrypt_signs_nobody_out() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    fixture.world.break_storage(StorageKind::IndexedDb, Some(StorageFault::Corrupt));
    tab.hide();
    tab.show();
    fixture.world.advance(100);
    assert_eq!(user(&fixture, &client).as_deref(), Some("alice"), "{:?}", fixture.told());
}

#[test]
fn metadata_of_another_issuer_is_not_used_under_the_same_name() {
    let mut fixture = Fixture::with(|o| o.name = Some("shop".into()));
    fixture.sign_in();
    let other = crate::testing::AuthorizationServer::start(&fixture.world, "https://tenant2.example.com");
    fixture.options.issuer = Some("https://tenant2.example.com".into());
    let tab = fixture.world.tab();
    let client = fixture.create(&tab);
    let _l = tab.start(async move { client.sign_in(SignInOptions::default()).await });
    let url = fixture.world.run(tab.departed());
    let _ = other;
    assert!(url.starts_with("https://tenant2.example.com/"), "{url}");
}

#[test]
fn a_sign_in_without_openid_wants_no_id_token() {
    let fixture = Fixture::new();
    let tab = fixture
        .visit_server(&fixture.world.tab(), SignInOptions { scope: Some("profile".into()), ..Default::default() });
    let client = fixture.create(&tab);
    assert_eq!(client.error().map(|e| e.code()), None);
}

#[test]
fn a_sign_in_with_openid_has_a_nonce() {
    let fixture = Fixture::with(|o| o.scope = "api".into());
    let tab = fixture.world.tab();
    let client = fixture.create(&tab);
    let _l =
        tab.start(
            async move { client.sign_in(SignInOptions { scope: Some("openid".into()), ..Default::default() }).await },
        );
    let url = fixture.world.run(tab.departed());
    assert!(url.contains("nonce="), "{url}");
}

#[test]
fn a_refusal_without_state_is_passed_over_while_signed_in() {
    let fixture = Fixture::new();
    fixture.sign_in();
    let client = fixture
        .create(&fixture.world.tab_at("https://app.example.com/?error=access_denied&error_description=Call+555-1234"));
    assert_eq!(client.error().map(|e| e.message()), None);
}

#[test]
fn words_without_state_are_not_shown_while_signed_in() {
    let fixture = Fixture::new();
    fixture.server.configure(|p| p.sends_issuer = false);
    fixture.sign_in();
    let client = fixture
        .create(&fixture.world.tab_at("https://app.example.com/?error=access_denied&error_description=Call+555-1234"));
    assert_eq!(client.error().map(|e| e.message()), None);
}

#[test]
fn three_redirects_at_once_are_each_answered() {
    let fixture = Fixture::new();
    let mut urls = Vec::new();
    let mut tab = fixture.world.tab();
    for _ in 0..3 {
        let client = fixture.create(&tab);
        let t = tab.clone();
        t.touch();
        let _l = t.start(async move { client.sign_in(SignInOptions::default()).await });
        fixture.world.run(t.departed());
        tab = t.follow(&fixture.server);
        urls.push(tab.url());
        tab = tab.visit("https://app.example.com/");
    }
    let client = fixture.create(&tab);
    let all = urls.iter().map(|u| client.handle_redirect(Some(u)));
    let r = fixture.world.run(futures_util::future::join_all(all));
    assert!(r.iter().all(Result::is_ok));
    assert_eq!(fixture.server.honoured_count(), 3);
}

#[test]
fn no_name_reaches_into_the_keys_of_another() {
    let mut fixture = Fixture::with(|o| o.name = Some("shop sign-in".into()));
    fixture.sign_in();
    let tab = fixture.world.tab();
    let name = fixture.options.name.replace("shop".into());
    let _ = fixture.visit_server(&tab, SignInOptions::default());
    fixture.options.name = name;
    assert!(fixture.create(&fixture.world.tab()).session().is_some());
}

#[test]
fn no_wish_for_a_pause_lasts_longer_than_an_hour() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    tab.hide();
    fixture.world.suspend(301_000);
    let mut busy = HttpResponse::new(429, "");
    busy.headers.push(("retry-after".into(), "4294967295".into()));
    fixture.server.answer_next(Endpoint::Token, busy);
    let _ = fixture.call(&client);
    fixture.world.advance(3_600_000);
    assert_eq!(fixture.call(&client), Ok(200));
}

#[test]
fn a_sign_in_that_is_too_old_does_not_move_the_clock() {
    let fixture = Fixture::new();
    fixture.world.set_witness(false);
    fixture.server.rewrite_id_token(|d| {
        d.claims["auth_time"] = 1.into();
        d.claims["iat"] = 1_000_000.into();
    });
    let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions { max_age: Some(10), ..Default::default() });
    let client = fixture.create(&tab);
    let e = client.error().map(|e| e.code());
    fixture.server.behave();
    let c = client.clone();
    let _l = tab.start(async move { c.sign_in(SignInOptions::default()).await });
    fixture.world.run(tab.departed());
    assert!(client.session().is_none(), "{e:?}");
    let back = tab.follow(&fixture.server);
    let client = fixture.create(&back);
    assert!(client.session().is_some(), "{:?}", client.error());
}

#[test]
fn a_code_goes_to_no_server_but_the_one_that_was_asked() {
    let mut fixture = Fixture::with(|o| o.name = Some("shop".into()));
    let other = crate::testing::AuthorizationServer::start(&fixture.world, "https://tenant2.example.com");
    for server in [&fixture.server, &other] {
        // So that nothing in the answer says whose it is.
        server.configure(|p| p.sends_issuer = false);
    }
    let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    fixture.options.issuer = Some("https://tenant2.example.com".into());
    let client = fixture.create(&tab);
    assert_eq!(client.error().map(|e| e.code()), Some(ErrorCode::StateMismatch));
    assert_eq!((other.request_count(Endpoint::Token), fixture.server.request_count(Endpoint::Token)), (0, 0));
}
