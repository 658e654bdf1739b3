use super::super::{SignOutOptions, TokenKind};
use super::*;
use crate::testing::{Delivery, Endpoint, Fault, Happening};
use std::cell::Cell;
use std::ops::ControlFlow;

fn sign_out(fixture: &Fixture, client: &Client<Tab>, options: SignOutOptions) -> Result<(), ErrorCode> {
    fixture.world.run(client.sign_out(options)).map_err(|error| error.code())
}

const LOCAL: SignOutOptions = SignOutOptions { local: true, return_to: None, without_hint: false };

#[test]
fn local_sign_out_forgets_the_tokens_and_sends_nothing() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    sign_out(&fixture, &client, LOCAL).unwrap();
    assert_eq!(client.session(), None);
    assert_eq!(tab.departure(), None);
    assert_eq!(fixture.server.request_count(Endpoint::Revocation), 0);
    let stored = format!("{:?}", tab.stored(StorageKind::IndexedDb));
    assert_eq!(fixture.server.find_secret(&stored), None);
    assert_eq!(fixture.create(&tab.reload()).session(), None);
}

#[test]
fn sign_out_ends_the_session_at_the_server_and_comes_back() {
    let mut fixture = Fixture::new();
    fixture.options.post_logout_redirect_uri = Some("https://app.example.com/bye".into());
    let (tab, client) = fixture.sign_in();
    let leaving = client.clone();
    let _leaving = tab.start(async move { leaving.sign_out(SignOutOptions::default()).await });
    let url = fixture.world.run(tab.departed());
    assert!(url.starts_with("https://as.example.com/logout?"), "{url}");
    assert!(url.contains("id_token_hint=") && url.contains("client_id=app"));
    let back = tab.follow(&fixture.server);
    fixture.create(&back).close();
    assert_eq!(back.url(), "https://app.example.com/bye");
    assert_eq!(client.session(), None);
    assert_eq!(fixture.server.honoured_count(), 0);
}

#[test]
fn sign_out_works_without_a_network_and_says_what_it_could_not_do() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    client.close();
    let client = fixture.create(&tab.reload());
    // No metadata is remembered that would say where the server's page is.
    tab.clear_storage(StorageKind::IndexedDb);
    fixture.world.go_offline();
    assert_eq!(sign_out(&fixture, &client, SignOutOptions::default()), Err(ErrorCode::Network));
    assert_eq!((client.session(), tab.departure()), (None, None));
}

#[test]
fn a_server_without_an_end_session_page_gets_the_token_revoked() {
    let fixture = Fixture::new();
    fixture.server.configure(|policy| policy.has_end_session = false);
    let (tab, client) = fixture.sign_in();
    sign_out(&fixture, &client, SignOutOptions::default()).unwrap();
    assert_eq!(tab.departure(), None);
    assert_eq!(fixture.server.honoured_count(), 0);
}

#[test]
fn returns_to_the_own_origin_only() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    let options = SignOutOptions { return_to: Some("https://evil.test/".into()), ..SignOutOptions::default() };
    assert_eq!(sign_out(&fixture, &client, options), Err(ErrorCode::InvalidOption));
    assert!(client.session().is_some());
}

#[test]
fn signing_out_during_a_renewal_stays_signed_out() {
    for after_ms in [1, 10, 30, 39, 40, 41, 60] {
        let fixture = Fixture::new();
        let (_, client) = fixture.sign_in();
        let tab = fixture.world.tab();
        let other = fixture.create(&tab);
        fixture.world.suspend(301_000);
        let (renewal, ()) = fixture.world.run(futures_util::future::join(
            client.fetch(Call::get("https://api.example.com/me")),
            async {
                use super::super::platform::Clock;
                tab.sleep(after_ms).await;
                other.sign_out(LOCAL).await.unwrap();
            },
        ));
        drop(renewal);
        fixture.world.advance(1_000);
        assert_eq!((client.session(), other.session()), (None, None), "{after_ms}");
        assert_eq!(fixture.create(&fixture.world.tab()).session(), None, "{after_ms}");
    }
}

#[test]
fn a_sign_out_whose_page_dies_in_the_middle_holds_wherever_anybody_looks() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    let tab = fixture.world.tab();
    let leaving = fixture.create(&tab);
    let is_marked = Rc::new(Cell::new(false));
    let seen = Rc::clone(&is_marked);
    fixture.world.observe(move |happening| {
        let Happening::Stored { key, .. } = *happening else { return };
        seen.set(seen.get() || key.ends_with(" ended"));
    });
    let _leaving = tab.start(async move { leaving.sign_out(LOCAL).await });
    let stop = || if is_marked.get() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    fixture.world.advance_watched(1_000, stop);
    tab.close();
    fixture.world.settle();
    assert!(tab.stored(StorageKind::IndexedDb).keys().any(|key| key.ends_with(" session")), "it is still there");
    assert_eq!(fixture.create(&fixture.world.tab()).session(), None);
    fixture.world.settle();
    assert_eq!(client.session(), None);
    assert_eq!(fixture.told().last(), Some(&"other_tab"));
}

#[test]
fn revoking_the_refresh_token_ends_the_session() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    fixture.world.run(client.revoke(None)).unwrap();
    assert_eq!(client.session(), None);
    assert_eq!(fixture.server.honoured_count(), 0);
    assert!(fixture.told().contains(&"revoked"));
}

#[test]
fn revoking_the_access_token_makes_the_next_call_renew() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    tab.hide();
    fixture.world.run(client.revoke(Some(TokenKind::AccessToken))).unwrap();
    assert!(client.session().is_some());
    assert_eq!(fixture.call(&client), Ok(200));
    assert_eq!(fixture.server.request_count(Endpoint::Token), 2);
}

#[test]
fn a_revocation_that_does_not_arrive_ends_nothing() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    fixture.world.fail_next("/revoke", Fault::Unreachable);
    assert_eq!(fixture.world.run(client.revoke(None)).unwrap_err().code(), ErrorCode::Network);
    assert!(client.session().is_some());
    fixture.server.configure(|policy| policy.has_revocation = false);
}

#[test]
fn the_id_token_goes_along_unless_it_is_not_to() {
    for without_hint in [false, true] {
        let mut fixture = Fixture::new();
        fixture.options.post_logout_redirect_uri = Some("https://app.example.com/bye".into());
        let (tab, client) = fixture.sign_in();
        let options = SignOutOptions { without_hint, ..SignOutOptions::default() };
        let _leaving = tab.start(async move { client.sign_out(options).await });
        let url = fixture.world.run(tab.departed());
        assert_eq!(url.contains("id_token_hint="), !without_hint);
        assert!(url.contains("client_id=app") && url.contains("post_logout_redirect_uri="));
    }
}

#[test]
fn the_state_comes_back_is_compared_and_leaves_the_address() {
    let mut fixture = Fixture::new();
    fixture.options.post_logout_redirect_uri = Some("https://app.example.com/bye?lang=de#top".into());
    fixture.options.redirect_uri = Some("https://app.example.com/".into());
    let (tab, client) = fixture.sign_in();
    let _leaving = tab.start(async move { client.sign_out(SignOutOptions::default()).await });
    fixture.world.run(tab.departed());
    let tab = tab.follow(&fixture.server);
    let state = tab.url().split("state=").nth(1).expect("a state").to_owned();
    assert!(state.starts_with("signed-out."));
    // A server puts it before the fragment; this one is simple.
    let tab = tab.visit(&format!("https://app.example.com/bye?lang=de&state={}#top", state.trim_end_matches("#top")));
    let client = fixture.create(&tab);
    assert_eq!((client.error(), tab.url().as_str()), (None, "https://app.example.com/bye?lang=de#top"));
    client.close();
    // It was good for once, and nobody else's is good at all.
    for forged in [state.as_str(), "signed-out.forged", "signed-out."] {
        let tab = tab.visit(&format!("https://app.example.com/bye?state={forged}"));
        let client = fixture.create(&tab);
        assert_eq!(client.error().map(|error| error.code()), Some(ErrorCode::StateMismatch));
        assert_eq!(tab.url(), "https://app.example.com/bye");
    }
    // A state of the application's own is its own.
    let tab = tab.visit("https://app.example.com/bye?state=mine");
    let client = fixture.create(&tab);
    assert_eq!((client.error(), tab.url().as_str()), (None, "https://app.example.com/bye?state=mine"));
}

#[test]
fn whichever_client_of_the_page_sees_it_first_the_way_back_is_the_right_one() {
    let mut fixture = Fixture::new();
    fixture.options.post_logout_redirect_uri = Some("https://app.example.com/bye".into());
    fixture.options.redirect_uri = Some("https://app.example.com/".into());
    let (tab, client) = fixture.sign_in();
    let _leaving = tab.start(async move { client.sign_out(SignOutOptions::default()).await });
    fixture.world.run(tab.departed());
    let tab = tab.follow(&fixture.server);
    let other = ClientOptions { name: Some("other".into()), resources: Vec::new(), ..fixture.options.clone() };
    let other = fixture.world.run(Client::create(tab.clone(), other)).expect("options that work");
    let client = fixture.create(&tab);
    assert_eq!((other.error(), client.error()), (None, None));
    assert_eq!(tab.url(), "https://app.example.com/bye");
}

#[test]
fn signing_out_while_a_sign_in_is_being_finished_ends_that_too() {
    let fixture = Fixture::new();
    let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    fixture.world.fail_next("/token", crate::testing::Fault::AnswerLate(500));
    let mut options = fixture.options.clone();
    options.handle_redirect = false;
    let client = fixture.world.run(Client::create(tab.clone(), options)).expect("options that work");
    let url = tab.url();
    let finishing = client.clone();
    let finishing =
        tab.start(async move { finishing.handle_redirect(Some(&url)).await.map(|session| session.is_some()) });
    fixture.world.advance(100);
    assert_eq!(fixture.server.request_count(Endpoint::Token), 1);
    let local = SignOutOptions { local: true, ..SignOutOptions::default() };
    assert_eq!(sign_out(&fixture, &client, local), Ok(()));
    let _ = fixture.world.run(finishing);
    fixture.world.advance(3_000);
    assert!(client.session().is_none());
    assert!(fixture.create(&fixture.world.tab()).session().is_none());
    assert_eq!(fixture.server.honoured_count(), 0, "nobody has these tokens, nor may anybody find them");
}

#[test]
fn a_revocation_ends_the_session_that_it_was_about_and_no_other() {
    for has_refresh_token in [true, false] {
        let fixture = Fixture::new();
        fixture.server.configure(|policy| policy.issues_refresh_tokens = has_refresh_token);
        let (tab, client) = fixture.sign_in();
        fixture.world.fail_next("/revoke", crate::testing::Fault::AnswerLate(2_000));
        let revoking = client.clone();
        let revoked = tab.start(async move { revoking.revoke(None).await.map_err(|error| error.code()) });
        fixture.world.advance(100);
        fixture.server.set_user("bob");
        let (_other, bob) = fixture.sign_in();
        assert_eq!(fixture.world.run(revoked), Some(Ok(())));
        fixture.world.advance(1_000);
        let subject = |client: &Client<Tab>| client.session().and_then(|session| session.subject.clone());
        assert_eq!([&bob, &client].map(subject), [Some("bob".to_owned()), Some("bob".to_owned())]);
    }
}

#[test]
fn a_page_that_revokes_ends_no_session_that_it_has_not_heard_of() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    fixture.world.plan_deliveries(|| Delivery::Lost);
    fixture.world.fail_next("/revoke", Fault::AnswerLate(500));
    let revoking = client.clone();
    let revoked = tab.start(async move { revoking.revoke(None).await.map_err(|error| error.code()) });
    fixture.world.advance(100);
    fixture.server.set_user("bob");
    fixture.sign_in();
    assert_eq!(fixture.world.run(revoked), Some(Ok(())));
    for client in [client, fixture.create(&fixture.world.tab())] {
        assert_eq!(client.session().and_then(|session| session.subject.clone()).as_deref(), Some("bob"));
    }
}
