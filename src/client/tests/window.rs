use super::super::{SignInMode, SignOutOptions};
use super::*;
use crate::testing::{Delivery, Endpoint, Started};

pub(super) type SignIn = Started<crate::Result<Rc<super::super::Session>>>;

pub(super) fn popup() -> SignInOptions {
    SignInOptions { mode: SignInMode::Popup, ..SignInOptions::default() }
}

pub(super) fn silent() -> SignInOptions {
    SignInOptions { mode: SignInMode::Silent, ..SignInOptions::default() }
}

impl Fixture {
    /// Clicks: the page, its client, and the sign-in that is under way.
    pub(super) fn click(&self, options: SignInOptions) -> (Tab, Client<Tab>, SignIn) {
        let tab = self.world.tab();
        let client = self.create(&tab);
        let signing_in = start(&tab, &client, options);
        (tab, client, signing_in)
    }

    /// What was opened goes to the server, and comes back: its page then, in which the app starts.
    fn answer(&self, tab: &Tab) -> (Tab, Started<crate::Result<Client<Tab>>>) {
        self.world.advance(300);
        let opened = tab.opened().expect("a window");
        self.world.run(opened.departed());
        let opened = opened.follow(&self.server);
        let starting = self.start_app(&opened);
        (opened, starting)
    }

    pub(super) fn start_app(&self, tab: &Tab) -> Started<crate::Result<Client<Tab>>> {
        let (page, options, diary) = (tab.clone(), self.options.clone(), Rc::clone(&self.diary));
        let listener = Rc::new(move |event: &Event| diary.borrow_mut().push(event.clone()));
        tab.start(async move { Client::create_with_listener(page, options, Some(listener)).await })
    }

    pub(super) fn end(&self, signing_in: SignIn) -> Result<Option<String>, ErrorCode> {
        let outcome = self.world.run(signing_in).expect("a page that is still there");
        outcome.map(|session| session.subject.clone()).map_err(|error| error.code())
    }
}

pub(super) fn start(tab: &Tab, client: &Client<Tab>, options: SignInOptions) -> SignIn {
    tab.start(client.sign_in(options))
}

pub(super) fn alice() -> Result<Option<String>, ErrorCode> {
    Ok(Some("alice".to_owned()))
}

#[test]
fn a_popup_signs_in_and_the_page_stays_as_it_is() {
    for storage in [StorageKind::IndexedDb, StorageKind::Local, StorageKind::Session, StorageKind::Memory] {
        let fixture = Fixture::with(|options| options.storage = storage);
        let (tab, client, signing_in) = fixture.click(popup());
        let (window, _starting) = fixture.answer(&tab);
        assert_eq!(fixture.end(signing_in), alice(), "{storage:?}");
        fixture.world.settle();
        assert!(window.is_closed(), "{storage:?}");
        assert_eq!((tab.departure(), tab.url().as_str()), (None, "https://app.example.com/"));
        assert_eq!((client.return_to(), client.error()), (None, None));
        assert_eq!(fixture.call(&client), Ok(200));
        assert_eq!(fixture.server.request_count(Endpoint::Token), 1);
        assert_eq!(fixture.told(), ["signedin"], "{storage:?}");
    }
}

#[test]
fn the_window_opens_before_anything_is_awaited() {
    let fixture = Fixture::new();
    let tab = fixture.world.tab();
    let client = fixture.create(&tab);
    let future = client.sign_in(popup());
    assert_eq!(tab.opened_count(), 1);
    drop(future);
    assert!(tab.opened().unwrap().is_closed());
    drop(client.sign_in(SignInOptions::default()));
    drop(client.sign_in(silent()));
    assert_eq!(tab.opened_count(), 1);
}

#[test]
fn no_message_holds_the_answer_and_no_storage_keeps_it() {
    let fixture = Fixture::with(|options| options.storage = StorageKind::Memory);
    let (tab, _client, signing_in) = fixture.click(popup());
    let (_window, _starting) = fixture.answer(&tab);
    assert_eq!(fixture.end(signing_in), alice());
    fixture.world.advance(10_000);
    for message in fixture.world.posted() {
        assert_eq!(fixture.server.find_secret(&message), None);
    }
    for kind in [StorageKind::IndexedDb, StorageKind::Local, StorageKind::Session] {
        for (key, value) in tab.stored(kind) {
            assert_eq!(fixture.server.find_secret(&[key, value].concat()), None);
        }
    }
}

#[test]
fn a_window_that_the_browser_does_not_open_is_popup_blocked() {
    let fixture = Fixture::new();
    fixture.world.set_popups(false);
    let (_tab, client, signing_in) = fixture.click(popup());
    assert_eq!(fixture.end(signing_in), Err(ErrorCode::PopupBlocked));
    assert_eq!(client.error().map(|error| error.code()), Some(ErrorCode::PopupBlocked));
    assert_eq!(fixture.world.transmitted("as.example.com"), 0);
}

#[test]
fn a_window_that_the_user_closes_is_popup_closed() {
    let fixture = Fixture::new();
    let (tab, client, signing_in) = fixture.click(popup());
    let window = tab.opened().unwrap();
    fixture.world.run(window.departed());
    fixture.world.advance(60_000);
    window.close_window();
    assert_eq!(fixture.end(signing_in), Err(ErrorCode::PopupClosed));
    // And the next click finds everything as it was.
    let signing_in = start(&tab, &client, popup());
    fixture.answer(&tab);
    assert_eq!(fixture.end(signing_in), alice());
    assert_eq!(client.error(), None);
}

#[test]
fn a_window_that_only_looks_closed_is_waited_for() {
    let fixture = Fixture::new();
    let (tab, _client, signing_in) = fixture.click(popup());
    let window = tab.opened().unwrap();
    fixture.world.run(window.departed());
    window.sever();
    fixture.world.advance(600_000);
    fixture.answer(&tab);
    assert_eq!(fixture.end(signing_in), alice());
}

#[test]
fn a_severed_window_signs_in_even_after_its_page_has_given_it_up() {
    let fixture = Fixture::new();
    let (tab, client, signing_in) = fixture.click(popup());
    let window = tab.opened().unwrap();
    fixture.world.run(window.departed());
    window.sever();
    tab.set_focus(true);
    assert_eq!(fixture.end(signing_in), Err(ErrorCode::PopupClosed));
    let (window, _starting) = fixture.answer(&tab);
    fixture.world.advance(10_000);
    assert!(client.session().is_some());
    assert!(window.is_closed());
}

#[test]
fn a_sign_in_that_is_given_up_closes_its_window_and_begins_no_session() {
    for is_severed in [false, true] {
        let fixture = Fixture::new();
        let tab = fixture.world.tab();
        let client = fixture.create(&tab);
        let mut signing_in = Box::pin(client.sign_in(popup()));
        let window = tab.opened().unwrap();
        fixture.world.run(futures_util::future::select(&mut signing_in, Box::pin(window.departed())));
        if is_severed {
            window.sever();
        }
        let window = window.follow(&fixture.server);
        drop(signing_in);
        fixture.world.settle();
        assert_eq!(window.is_closed(), !is_severed);
        if is_severed {
            let _starting = fixture.start_app(&window);
            fixture.world.advance(10_000);
        }
        assert_eq!(client.session(), None);
        assert_eq!(fixture.server.request_count(Endpoint::Token), 0);
    }
}

#[test]
fn a_window_whose_page_is_gone_finishes_by_itself() {
    let fixture = Fixture::new();
    let (tab, _client, _signing_in) = fixture.click(popup());
    let window = tab.opened().unwrap();
    fixture.world.run(window.departed());
    window.sever();
    let reloaded = tab.reload();
    let client = fixture.create(&reloaded);
    let window = window.follow(&fixture.server);
    let _starting = fixture.start_app(&window);
    fixture.world.advance(10_000);
    assert!(client.session().is_some());
    assert!(window.is_closed());
    assert_eq!(fixture.server.request_count(Endpoint::Token), 1);
}

#[test]
fn a_page_that_sleeps_while_its_window_finishes_finds_the_session() {
    let fixture = Fixture::new();
    let (tab, client, signing_in) = fixture.click(popup());
    let window = tab.opened().unwrap();
    fixture.world.run(window.departed());
    tab.freeze();
    let (_window, _starting) = fixture.answer(&tab);
    fixture.world.advance(10_000);
    tab.thaw();
    fixture.world.advance(1_000);
    assert!(client.session().is_some());
    drop(signing_in);
    assert_eq!(fixture.server.request_count(Endpoint::Token), 1);
}

#[test]
fn a_refusal_in_a_popup_is_told_where_the_click_was() {
    let fixture = Fixture::new();
    fixture.server.refuse_next("access_denied", "The user refused");
    let (tab, client, signing_in) = fixture.click(popup());
    let (window, _starting) = fixture.answer(&tab);
    assert_eq!(fixture.end(signing_in), Err(ErrorCode::AccessDenied));
    fixture.world.settle();
    assert!(window.is_closed());
    assert_eq!(client.error().map(|error| error.code()), Some(ErrorCode::AccessDenied));
}

#[test]
fn two_popups_finish_in_either_order() {
    let fixture = Fixture::new();
    let (tab, client, first) = fixture.click(popup());
    let earlier = tab.opened().unwrap();
    fixture.world.run(earlier.departed());
    let second = start(&tab, &client, popup());
    let (_window, _starting) = fixture.answer(&tab);
    assert_eq!(fixture.end(second), alice());
    let earlier = earlier.follow(&fixture.server);
    let _starting = fixture.start_app(&earlier);
    assert_eq!(fixture.end(first), alice());
}

#[test]
fn a_popup_works_without_channels_and_with_messages_that_come_twice_or_late() {
    let fixture = Fixture::new();
    fixture.world.set_channels(false);
    let (tab, _client, signing_in) = fixture.click(popup());
    let (_window, _starting) = fixture.answer(&tab);
    assert_eq!(fixture.end(signing_in), alice());
    for delivery in [Delivery::Twice, Delivery::Late(400), Delivery::Lost] {
        let fixture = Fixture::new();
        fixture.world.plan_deliveries(move || delivery);
        let (tab, client, _signing_in) = fixture.click(popup());
        let (_window, _starting) = fixture.answer(&tab);
        fixture.world.advance(20_000);
        tab.hide();
        tab.show();
        fixture.world.settle();
        assert!(client.session().is_some(), "{delivery:?}");
        assert_eq!(fixture.server.request_count(Endpoint::Token), 1, "{delivery:?}");
    }
}

#[test]
fn a_forged_answer_for_a_window_starts_the_app_and_no_session() {
    let fixture = Fixture::new();
    let tab =
        fixture.world.tab_at("https://app.example.com/?code=attack&state=beside.x&iss=https%3A%2F%2Fas.example.com");
    let client = fixture.create(&tab);
    assert_eq!(client.session(), None);
    assert_eq!(client.error().map(|error| error.code()), Some(ErrorCode::StateMismatch));
    assert_eq!(tab.url(), "https://app.example.com/");
    assert!(tab.stored(StorageKind::IndexedDb).is_empty());
    assert_eq!(fixture.server.request_count(Endpoint::Token), 0);
}

#[test]
fn silence_signs_in_whom_the_server_knows() {
    let fixture = Fixture::new();
    let (_tab, client) = fixture.sign_in();
    fixture.world.run(client.sign_out(SignOutOptions { local: true, ..SignOutOptions::default() })).unwrap();
    let (tab, client, signing_in) = fixture.click(silent());
    let (frame, starting) = fixture.answer(&tab);
    assert_eq!(fixture.end(signing_in), alice());
    fixture.world.settle();
    assert!(frame.is_closed());
    assert!(client.session().is_some());
    // The app never started in there.
    assert!(fixture.world.run(starting).is_none());
    assert_eq!(frame.opened_count(), 0);
}

#[test]
fn silence_says_login_required_when_the_server_would_have_to_ask() {
    for error in ["login_required", "interaction_required", "consent_required", "account_selection_required"] {
        let fixture = Fixture::new();
        fixture.server.refuse_next(error, "");
        let (tab, _client, signing_in) = fixture.click(silent());
        let (_frame, _starting) = fixture.answer(&tab);
        let asked = tab.opened().unwrap().departure().unwrap();
        assert!(asked.contains("prompt=none"));
        assert_eq!(fixture.end(signing_in), Err(ErrorCode::LoginRequired), "{error}");
    }
}

#[test]
fn silence_that_is_hopeless_says_so_at_once() {
    let fixture = Fixture::new();
    fixture.world.set_cookies_in_frames(Some(false));
    let (tab, _client, signing_in) = fixture.click(silent());
    assert_eq!(fixture.end(signing_in), Err(ErrorCode::LoginRequired));
    assert_eq!(tab.opened_count(), 0);
}

#[test]
fn a_server_that_does_not_know_the_user_in_a_frame_is_asked_once() {
    let fixture = Fixture::new();
    fixture.world.set_cookies_in_frames(None);
    fixture.server.refuse_next("login_required", "");
    let (tab, client, signing_in) = fixture.click(silent());
    fixture.answer(&tab);
    assert_eq!(fixture.end(signing_in), Err(ErrorCode::LoginRequired));
    assert_eq!(fixture.end(start(&tab, &client, silent())), Err(ErrorCode::LoginRequired));
    assert_eq!(tab.opened_count(), 1);
    // Until somebody signs in.
    let signing_in = start(&tab, &client, popup());
    fixture.answer(&tab);
    assert_eq!(fixture.end(signing_in), alice());
    let signing_in = start(&tab, &client, silent());
    fixture.answer(&tab);
    assert_eq!(fixture.end(signing_in), alice());
}

#[test]
fn silence_ends_after_a_while() {
    let fixture = Fixture::with(|options| options.timeout_ms = 5_000);
    let (tab, _client, signing_in) = fixture.click(silent());
    let began = fixture.world.now_ms();
    assert_eq!(fixture.end(signing_in), Err(ErrorCode::Timeout));
    assert!((5_000..7_000).contains(&(fixture.world.now_ms() - began)));
    assert!(tab.opened().unwrap().is_closed());
}

#[test]
fn silence_asks_nothing_else() {
    let fixture = Fixture::new();
    let options = SignInOptions { prompt: Some("login".into()), ..silent() };
    let (_tab, _client, signing_in) = fixture.click(options);
    assert_eq!(fixture.end(signing_in), Err(ErrorCode::InvalidOption));
}

#[test]
fn an_app_never_starts_in_the_frame_of_a_silent_sign_in() {
    let fixture = Fixture::with(|options| options.handle_redirect = false);
    let (tab, _client, _signing_in) = fixture.click(silent());
    fixture.world.advance(300);
    // The server sends the frame to another page of the app, without an answer.
    let frame = tab.opened().unwrap().visit("https://app.example.com/welcome");
    let starting = fixture.start_app(&frame);
    fixture.world.advance(60_000);
    assert!(fixture.world.run(starting).is_none());
}

#[test]
fn who_signs_out_while_a_frame_is_asked_stays_signed_out() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    let signing_in = start(&tab, &client, silent());
    fixture.world.advance(300);
    let local = SignOutOptions { local: true, ..SignOutOptions::default() };
    fixture.world.run(client.sign_out(local)).expect("signed out");
    let _starting = fixture.answer(&tab);
    assert_eq!(fixture.end(signing_in), Err(ErrorCode::LoginRequired));
    assert!(client.session().is_none());
}

#[test]
fn who_signs_out_and_then_signs_in_in_the_window_means_it() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    let signing_in = start(&tab, &client, popup());
    fixture.world.advance(300);
    let local = SignOutOptions { local: true, ..SignOutOptions::default() };
    fixture.world.run(client.sign_out(local)).expect("signed out");
    let _starting = fixture.answer(&tab);
    assert_eq!(fixture.end(signing_in), Ok(Some("alice".to_owned())));
}
