//! The end of a session seen from outside: the server's page in a frame, and the page that the server loads.

use super::super::{SignOutOptions, SignedOutReason, StorageKind};
use super::*;
use crate::testing::{Endpoint, Started};
use std::cell::Cell;

/// A fixture whose server has a page for its session, and how often that was asked.
struct Watching {
    fixture: Fixture,
    asked: Rc<Cell<u32>>,
}

impl std::ops::Deref for Watching {
    type Target = Fixture;

    fn deref(&self) -> &Fixture {
        &self.fixture
    }
}

fn watching() -> Watching {
    watching_with(|_| ())
}

fn watching_with(change: impl FnOnce(&mut ClientOptions)) -> Watching {
    let mut fixture = Fixture::with(|options| options.check_session = true);
    change(&mut fixture.options);
    fixture.server.configure(|policy| policy.has_session_page = true);
    let asked: Rc<Cell<u32>> = Rc::default();
    let (server, count) = (fixture.server.clone(), Rc::clone(&asked));
    fixture.world.answer_in_frames(move |url, message| {
        assert_eq!(url, "https://as.example.com/check-session");
        assert!(message.starts_with("app ") || message.starts_with("client-"), "{message}");
        count.set(count.get() + 1);
        Some(server.check_session(message))
    });
    Watching { fixture, asked }
}

impl Watching {
    /// Lets a silent sign-in go to the server and come back, if there is one.
    fn answer_frame(&self, tab: &Tab) -> Option<Started<crate::Result<Client<Tab>>>> {
        let is_asking =
            |frame: &Tab| !frame.is_closed() && frame.departure().is_some_and(|url| url.contains("prompt=none"));
        let frame = (0..10).find_map(|_| {
            self.world.advance(1_000);
            tab.opened().filter(is_asking)
        })?;
        let frame = frame.follow(&self.server);
        let (page, options) = (frame.clone(), self.options.clone());
        let starting = frame.start(async move { Client::create(page, options).await });
        self.world.advance(3_000);
        Some(starting)
    }

    fn authorizations(&self) -> usize {
        self.server.request_count(Endpoint::Authorization)
    }

    fn code(&self, client: &Client<Tab>) -> Option<ErrorCode> {
        client.error().map(|error| error.code())
    }

    fn logged(&self, words: &str) -> bool {
        self.world.settle();
        let is_it = |event: &Event| matches!(event, Event::Log { detail: Some(detail), .. } if detail.contains(words));
        self.diary.borrow().iter().any(is_it)
    }

    /// Signs in at the server, by another client of this browser.
    fn sign_in_elsewhere(&self) {
        let tab = self.world.tab();
        let options = ClientOptions { name: Some("other".to_owned()), ..self.options.clone() };
        let client = self.world.run(Client::create(tab.clone(), options)).expect("options that work");
        let _leaving = tab.start(async move { client.sign_in(SignInOptions::default()).await });
        self.world.run(tab.departed());
        drop(tab.follow(&self.server));
        tab.close();
    }
}

#[test]
fn a_session_that_is_as_it_was_goes_on_and_the_server_is_not_asked() {
    let fixture = watching();
    let (tab, client) = fixture.sign_in();
    let before = fixture.authorizations();
    fixture.world.advance(60_000);
    assert!(client.session().is_some());
    assert!((20..=31).contains(&fixture.asked.get()), "{}", fixture.asked.get());
    assert_eq!((tab.opened_count(), fixture.authorizations()), (1, before));
    client.close();
    fixture.world.advance(5_000);
    assert!(tab.opened().unwrap().is_closed());
}

#[test]
fn who_signs_out_at_the_server_is_signed_out_in_all_tabs() {
    let fixture = watching();
    let (tab, client) = fixture.sign_in();
    let other = fixture.world.tab();
    other.hide();
    let other = fixture.create(&other);
    fixture.world.advance(5_000);
    fixture.server.end_own_session();
    assert!(fixture.answer_frame(&tab).is_some());
    assert_eq!((client.session(), other.session()), (None, None));
    assert_eq!(fixture.code(&client), Some(ErrorCode::SessionLost));
    let told = fixture.told();
    assert!(told.contains(&"session_lost") && told.contains(&"expired") && told.contains(&"other_tab"), "{told:?}");
    assert!(!told.contains(&"login_required"), "{told:?}");
    // Whoever signs in again is watched again.
    let asked = fixture.asked.get();
    fixture.world.advance(10_000);
    assert_eq!(fixture.asked.get(), asked);
}

#[test]
fn the_same_user_goes_on_with_the_new_state() {
    let fixture = watching();
    let (tab, client) = fixture.sign_in();
    fixture.world.advance(5_000);
    let subject = client.session().unwrap().subject.clone();
    fixture.server.end_own_session();
    fixture.sign_in_elsewhere();
    assert!(fixture.answer_frame(&tab).is_some());
    assert_eq!(client.session().unwrap().subject, subject);
    assert_eq!((fixture.code(&client), fixture.call(&client)), (None, Ok(200)));
    let (before, asked) = (fixture.authorizations(), fixture.asked.get());
    fixture.world.advance(120_000);
    assert!(fixture.asked.get() > asked);
    assert_eq!(fixture.authorizations(), before);
    assert!(!fixture.told().contains(&"expired"));
}

#[test]
fn another_user_at_the_server_ends_the_session_and_begins_none() {
    let fixture = watching();
    let (tab, client) = fixture.sign_in();
    fixture.world.advance(5_000);
    fixture.server.set_user("bob");
    fixture.sign_in_elsewhere();
    assert!(fixture.answer_frame(&tab).is_some());
    assert_eq!((client.session(), fixture.code(&client)), (None, Some(ErrorCode::SessionLost)));
    let reloaded = fixture.create(&tab.reload());
    assert_eq!(reloaded.session(), None);
}

#[test]
fn where_only_trying_tells_no_session_ends_before_the_page_has_shown_that_it_sees_cookies() {
    // The browser keeps the server's cookies from the frame: everything has changed, and nobody is known.
    let fixture = watching();
    fixture.world.set_cookies_in_frames(None);
    fixture.world.answer_in_frames(|_, _| Some("changed".to_owned()));
    let (tab, client) = fixture.sign_in();
    fixture.server.refuse_next("login_required", "");
    assert!(fixture.answer_frame(&tab).is_some());
    fixture.world.advance(300_000);
    assert!(client.session().is_some());
    assert_eq!(fixture.code(&client), None);
    assert!(fixture.logged("nobody can tell"));
    assert_eq!(tab.opened_count(), 2);

    // It has shown that it sees them.
    let fixture = watching();
    fixture.world.set_cookies_in_frames(None);
    let (tab, client) = fixture.sign_in();
    fixture.world.advance(5_000);
    fixture.server.end_own_session();
    assert!(fixture.answer_frame(&tab).is_some());
    assert_eq!(client.session(), None);
}

#[test]
fn what_cannot_work_is_told_once_and_changes_nothing() {
    type Change = fn(&Watching);
    let cases: [(&str, Change); 4] = [
        ("keeps the server's cookies", |fixture| fixture.world.set_cookies_in_frames(Some(false))),
        ("does not understand", |fixture| fixture.world.answer_in_frames(|_, _| Some("error".to_owned()))),
        ("does not answer", |fixture| fixture.world.answer_in_frames(|_, _| None)),
        ("has no check_session_iframe", |fixture| {
            // The page was there when the user signed in.
            fixture.server.configure(|policy| policy.has_session_page = false);
        }),
    ];
    for (words, change) in cases {
        let fixture = watching();
        if words.starts_with("has no") {
            let (tab, client) = fixture.sign_in();
            client.close();
            change(&fixture);
            fixture.world.advance(90_000_000);
            let client = fixture.create(&tab.reload());
            fixture.world.advance(60_000);
            assert!(client.session().is_some(), "{words}");
        } else {
            change(&fixture);
            let (_tab, client) = fixture.sign_in();
            fixture.world.advance(60_000);
            assert!(client.session().is_some(), "{words}");
            assert_eq!(fixture.code(&client), None, "{words}");
        }
        assert!(fixture.logged(words), "{words}");
        assert_eq!(fixture.authorizations(), 1, "{words}");
    }
}

#[test]
fn a_server_that_always_says_changed_is_asked_three_times_and_not_more_than_once_a_minute() {
    let fixture = watching();
    fixture.world.answer_in_frames(|_, _| Some("changed".to_owned()));
    let (tab, client) = fixture.sign_in();
    for round in 1..=3 {
        assert!(fixture.answer_frame(&tab).is_some());
        assert_eq!(fixture.authorizations(), 1 + round);
        fixture.world.advance(50_000);
        assert_eq!(fixture.authorizations(), 1 + round);
        fixture.world.advance(4_000);
    }
    fixture.world.advance(600_000);
    assert_eq!(fixture.authorizations(), 4);
    assert!(client.session().is_some());
    assert!(fixture.logged("of every session"));
}

#[test]
fn a_server_that_is_down_or_wants_consent_ends_nothing() {
    for error in ["temporarily_unavailable", "server_error", "consent_required", "access_denied"] {
        let fixture = watching();
        let (tab, client) = fixture.sign_in();
        fixture.world.advance(5_000);
        fixture.server.end_own_session();
        fixture.server.refuse_next(error, "");
        assert!(fixture.answer_frame(&tab).is_some());
        assert!(client.session().is_some(), "{error}");
        assert_eq!(fixture.code(&client), None, "{error}");
    }
}

#[test]
fn a_frame_that_never_comes_back_ends_nothing() {
    let fixture = watching();
    let (tab, client) = fixture.sign_in();
    fixture.world.advance(5_000);
    fixture.server.end_own_session();
    fixture.world.advance(30_000);
    assert_eq!(tab.opened_count(), 2);
    assert!(client.session().is_some());
    assert_eq!(fixture.code(&client), None);
}

#[test]
fn nobody_is_watched_who_did_not_ask_for_it_and_nothing_is_kept() {
    let fixture = watching_with(|options| options.check_session = false);
    let (tab, _client) = fixture.sign_in();
    fixture.world.advance(60_000);
    assert_eq!((fixture.asked.get(), tab.opened_count()), (0, 0));
    assert!(tab.stored(StorageKind::IndexedDb).iter().all(|(key, _)| !key.contains("server session")));
}

#[test]
fn a_reloaded_page_knows_the_state_in_every_storage_that_outlives_it() {
    for storage in [StorageKind::IndexedDb, StorageKind::Local, StorageKind::Session] {
        let fixture = watching_with(|options| options.storage = storage);
        let (tab, _client) = fixture.sign_in();
        let tab = tab.reload();
        let client = fixture.create(&tab);
        fixture.world.advance(10_000);
        assert!(fixture.asked.get() > 2, "{storage:?}");
        assert!(client.session().is_some());
    }
}

fn logout_page(query: &str) -> String {
    ["https://app.example.com/signed-out", query].concat()
}

/// A signed-in page whose ID token names the session `s-1`.
fn with_sid() -> (Fixture, Client<Tab>) {
    let fixture = Fixture::new();
    fixture.server.rewrite_id_token(|draft| draft.claims["sid"] = "s-1".into());
    let (_tab, client) = fixture.sign_in();
    (fixture, client)
}

#[test]
fn the_page_that_the_server_loads_ends_the_session_in_all_tabs() {
    let (mut fixture, client) = with_sid();
    fixture.options.redirect_uri = Some("https://app.example.com/".to_owned());
    fixture.options.frontchannel_logout = true;
    let page = fixture.create(&fixture.world.tab_at(&logout_page("?iss=https%3A%2F%2Fas.example.com&sid=s-1")));
    fixture.world.settle();
    assert_eq!((page.session(), client.session()), (None, None));
    assert_eq!(fixture.create(&fixture.world.tab()).session(), None);
    assert!(fixture.told().contains(&SignedOutReason::Expired.as_str()));
}

#[test]
fn it_ends_no_session_but_the_one_that_is_named() {
    let (mut fixture, client) = with_sid();
    fixture.options.redirect_uri = Some("https://app.example.com/".to_owned());
    let about = logout_page("?iss=https%3A%2F%2Fas.example.com&sid=s-1");
    // Without the option it is a page like any other.
    fixture.create(&fixture.world.tab_at(&about));
    fixture.options.frontchannel_logout = true;
    for query in [
        "",
        "?sid=s-1",
        "?iss=https%3A%2F%2Fas.example.com",
        "?iss=https%3A%2F%2Fas.example.com&sid=s-2",
        "?iss=https%3A%2F%2Fother.example.com&sid=s-1",
        "?iss=https%3A%2F%2Fas.example.com&sid=s-1&sid=s-2",
    ] {
        fixture.create(&fixture.world.tab_at(&logout_page(query)));
        fixture.world.settle();
        assert!(client.session().is_some(), "{query}");
    }
}

#[test]
fn a_session_whose_id_token_names_none_ends_by_no_page() {
    let mut fixture = Fixture::new();
    let (_tab, client) = fixture.sign_in();
    fixture.options.redirect_uri = Some("https://app.example.com/".to_owned());
    fixture.options.frontchannel_logout = true;
    fixture.create(&fixture.world.tab_at(&logout_page("?iss=https%3A%2F%2Fas.example.com&sid=")));
    fixture.world.settle();
    assert!(client.session().is_some());
}

#[test]
fn a_client_that_has_registered_itself_asks_by_the_name_that_it_was_given() {
    let fixture = watching_with(|options| {
        (options.client_id, options.register) = (String::new(), Some(Vec::new()));
    });
    fixture.server.configure(|policy| policy.has_registration = true);
    let (tab, client) = fixture.sign_in();
    let before = fixture.authorizations();
    fixture.world.advance(20_000);
    assert!(fixture.asked.get() > 5 && client.session().is_some());
    assert_eq!((tab.opened_count(), fixture.authorizations()), (1, before));
}

#[test]
fn who_signs_out_while_the_server_is_asked_stays_signed_out() {
    for is_elsewhere in [false, true] {
        let fixture = watching();
        let (tab, client) = fixture.sign_in();
        let other = fixture.world.tab();
        other.hide();
        let other = fixture.create(&other);
        fixture.world.advance(5_000);
        // The same user, in another session of the server's.
        fixture.server.end_own_session();
        fixture.sign_in_elsewhere();
        let is_asked = |frame: &Tab| frame.departure().is_some_and(|url| url.contains("prompt=none"));
        let frame = (0..10).find_map(|_| {
            fixture.world.advance(1_000);
            tab.opened().filter(is_asked)
        });
        let local = SignOutOptions { local: true, ..SignOutOptions::default() };
        fixture.world.run((if is_elsewhere { &other } else { &client }).sign_out(local)).expect("signed out");
        fixture.world.settle();
        let frame = frame.expect("a frame").follow(&fixture.server);
        let (page, options) = (frame.clone(), fixture.options.clone());
        let _starting = frame.start(async move { Client::create(page, options).await });
        fixture.world.advance(5_000);
        assert_eq!((client.session(), other.session()), (None, None));
    }
}

#[test]
fn a_session_of_no_openid_sign_in_is_not_watched() {
    let fixture = watching_with(|options| options.scope = "email".to_owned());
    let (tab, client) = fixture.sign_in();
    fixture.server.end_own_session();
    fixture.world.advance(30_000);
    assert!(client.session().is_some());
    assert_eq!((fixture.asked.get(), tab.opened_count()), (0, 0));
}
