use super::*;
use crate::testing::Endpoint;

fn requests(fixture: &Fixture) -> usize {
    [Endpoint::Metadata, Endpoint::Token, Endpoint::Jwks, Endpoint::UserInfo]
        .map(|endpoint| fixture.server.request_count(endpoint))
        .iter()
        .sum()
}

#[test]
fn a_stored_session_is_there_without_a_request() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    let before = requests(&fixture);
    let again = fixture.create(&tab.reload());
    assert_eq!(again.session(), client.session());
    assert_eq!(fixture.call(&again), Ok(200));
    assert_eq!(requests(&fixture), before);
}

#[test]
fn the_snapshot_is_the_same_object_until_something_changes() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    let (one, other) = (client.session().unwrap(), client.session().unwrap());
    assert!(Rc::ptr_eq(&one, &other));
    fixture.call(&client).unwrap();
    assert!(Rc::ptr_eq(&one, &client.session().unwrap()));
    fixture.world.suspend(300_000);
    fixture.call(&client).unwrap();
    assert!(!Rc::ptr_eq(&one, &client.session().unwrap()));
}

#[test]
fn the_snapshot_says_who_and_for_how_long() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    let session = client.session().unwrap();
    assert_eq!(session.subject.as_deref(), Some("alice"));
    assert!(session.can_refresh);
    assert_eq!(session.scope, "openid");
    let lifetime = session.expires_at.unwrap().seconds_since(session.signed_in_at);
    assert_eq!(lifetime, 300);
    assert!(session.claims.as_deref().unwrap().contains("\"sub\":\"alice\""));
}

#[test]
fn listeners_may_call_back_into_the_client_and_leave_at_any_time() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    let heard = Rc::new(RefCell::new(Vec::new()));
    let subscription = Rc::new(RefCell::new(None));
    let (inner, own, note) = (client.clone(), Rc::clone(&subscription), Rc::clone(&heard));
    *subscription.borrow_mut() = Some(client.subscribe(move |event| {
        if matches!(event, Event::Log { .. }) {
            return;
        }
        note.borrow_mut().push((name(event), inner.session().is_some()));
        inner.close();
        own.take();
    }));
    fixture.world.run(client.sign_out(super::super::SignOutOptions { local: true, ..Default::default() })).unwrap();
    fixture.world.settle();
    assert_eq!(*heard.borrow(), [(Some("user"), false)]);
}

#[test]
fn events_of_creation_are_told_to_listeners_that_come_right_after() {
    let fixture = Fixture::new();
    let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    let client = fixture.world.run(Client::create(tab, fixture.options.clone())).unwrap();
    let heard = Rc::new(RefCell::new(Vec::new()));
    let note = Rc::clone(&heard);
    let _subscription = client.subscribe(move |event| note.borrow_mut().extend(name(event)));
    fixture.world.settle();
    assert_eq!(*heard.borrow(), ["signedin"]);
}

#[test]
fn an_idle_user_is_signed_out_in_every_tab() {
    let fixture = Fixture::with(|options| options.idle_timeout = Some(600));
    let (_, client) = fixture.sign_in();
    let other = fixture.create(&fixture.world.tab());
    assert!(other.session().is_some());
    fixture.world.advance(500_000);
    assert!(client.session().is_some());
    fixture.world.advance(140_000);
    assert_eq!((client.session(), other.session()), (None, None));
    assert!(fixture.told().contains(&"idle"));
}

#[test]
fn a_minute_before_the_end_an_idle_user_is_warned_once_in_every_tab_and_may_stay() {
    let fixture = Fixture::with(|options| options.idle_timeout = Some(600));
    let (tab, client) = fixture.sign_in();
    let _other = fixture.create(&fixture.world.tab());
    let warnings = || fixture.told().iter().filter(|event| **event == "idlewarning").count();
    fixture.world.advance(535_000);
    assert_eq!(warnings(), 0);
    fixture.world.advance(30_000);
    assert_eq!(warnings(), 2);
    tab.touch();
    fixture.world.advance(300_000);
    assert!(client.session().is_some());
    fixture.world.advance(260_000);
    assert_eq!(warnings(), 4);
}

#[test]
fn an_idle_session_is_not_revived_by_opening_the_page_again() {
    let fixture = Fixture::with(|options| options.idle_timeout = Some(600));
    let (tab, client) = fixture.sign_in();
    client.close();
    tab.close();
    fixture.world.advance(700_000);
    assert_eq!(fixture.create(&fixture.world.tab()).session(), None);
}

#[test]
fn options_that_cannot_work_are_refused_by_name() {
    type Change = fn(&mut ClientOptions);
    let cases: [(Change, ErrorCode, &str); 12] = [
        (|o| o.issuer = Some("https://as.example.com?x".into()), ErrorCode::InvalidOption, "issuer"),
        (|o| o.redirect_uri = Some("/#/cb".into()), ErrorCode::InvalidOption, "redirectUri"),
        (|o| o.client_id.clear(), ErrorCode::InvalidOption, "clientId"),
        (|o| o.issuer = None, ErrorCode::InvalidOption, "issuer"),
        (|o| o.issuer = Some("not a url".into()), ErrorCode::InvalidOption, "issuer"),
        (|o| o.issuer = Some("http://as.example.com".into()), ErrorCode::InsecureUrl, "issuer"),
        (|o| o.redirect_uri = Some("http://app.example.com/".into()), ErrorCode::InsecureUrl, "redirectUri"),
        (|o| o.resources = vec!["http://api.example.com".into()], ErrorCode::InsecureUrl, "resources[0]"),
        (|o| o.resources = vec![API.into(), "https://[".into()], ErrorCode::InvalidOption, "resources[1]"),
        (|o| o.timeout_ms = 0, ErrorCode::InvalidOption, "timeoutMs"),
        (|o| o.idle_timeout = Some(0), ErrorCode::InvalidOption, "idleTimeout"),
        (|o| o.parameters = vec![("state".into(), "x".into())], ErrorCode::InvalidOption, "parameters.state"),
    ];
    for (change, code, named) in cases {
        let fixture = Fixture::with(change);
        let error = fixture.try_create(&fixture.world.tab()).unwrap_err();
        assert_eq!(error.code(), code, "{named}");
        assert!(error.message().contains(named), "{named}: {}", error.message());
    }
}
