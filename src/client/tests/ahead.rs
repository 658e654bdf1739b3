//! What a page may do before its client is made, and how the client goes on with it.

use super::super::record::Record;
use super::super::{AccessTokenOptions, ResourceOption, Sent, SignOutOptions};
use super::*;
use crate::http::HttpResponse;
use crate::secret::Secret;
use crate::testing::Endpoint;

/// A call that was answered with this status before there was a client.
fn go_on(fixture: &Fixture, client: &Client<Tab>, stored: &Secret, status: u16) -> Result<u16, ErrorCode> {
    let call = Call::get("https://api.example.com/me");
    let answer = fixture.world.run(client.go_on(call, sent(client, stored), HttpResponse::new(status, "")));
    answer.map(|answer| answer.status).map_err(code)
}

/// What a page knows of the session that is stored like this.
fn sent(client: &Client<Tab>, stored: &Secret) -> Sent {
    let record = Record::decode(stored, &client.0.config.owner).expect("a record of this client's");
    Sent { family: record.family.clone(), subject: record.subject.clone(), access_token: record.access_token.clone() }
}

/// A resource of this audience, which is its host's name too.
fn named(audience: &str) -> ResourceOption {
    let url = format!("https://{audience}.example.com");
    ResourceOption { url, audience: Some(audience.to_owned()), scope: None }
}

fn stored(tab: &Tab, client: &Client<Tab>) -> Secret {
    let place = client.ahead().expect("a page has nothing else to do").session;
    let found = tab.stored(StorageKind::IndexedDb).into_iter().find(|(key, _)| *key == place);
    found.map(|(_, text)| text.into()).expect("a session")
}

#[test]
fn says_where_the_session_is_and_whose() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    let ahead = client.ahead().expect("a page has nothing else to do");
    assert_eq!(ahead.owner, "https://as.example.com app");
    assert_eq!((ahead.audience, ahead.clock_offset), (None, 0));
    assert!(stored(&tab, &client).expose().starts_with("v=1&owner=https%3A%2F%2Fas.example.com+app&family="));
    fixture.world.run(client.sign_out(SignOutOptions { local: true, ..Default::default() })).expect("signed out");
    assert!(tab.stored(StorageKind::IndexedDb).iter().any(|(key, _)| *key == ahead.ended));
}

#[test]
fn a_page_with_more_to_do_does_nothing_ahead() {
    let changes: [(&str, fn(&mut ClientOptions)); 4] = [
        ("idle", |options| options.idle_timeout = Some(600)),
        ("storage", |options| options.storage = StorageKind::Local),
        ("session", |options| options.storage = StorageKind::Session),
        ("frontchannel", |options| options.frontchannel_logout = true),
    ];
    for (name, change) in changes {
        let fixture = Fixture::with(change);
        assert_eq!(fixture.create(&fixture.world.tab()).ahead(), None, "{name}");
    }
    for (audiences, expected) in [(vec![named("a")], Some("a")), (vec![named("a"), named("b")], None)] {
        let fixture = Fixture::with(|options| options.resources = audiences);
        let ahead = fixture.create(&fixture.world.tab()).ahead();
        assert_eq!(ahead.and_then(|ahead| ahead.audience).as_deref(), expected);
    }
}

#[test]
fn a_token_is_at_hand_as_long_as_it_is_good() {
    let fixture = Fixture::new();
    let other = fixture.world.tab();
    assert!(fixture.create(&other).at_hand().is_none(), "nobody is signed in");
    let (tab, client) = fixture.sign_in();
    let first = client.at_hand().expect("a token");
    assert_eq!(first.credential.expose(), ["Bearer ", first.of().0.expose()].concat());
    let again = client.at_hand().expect("a token");
    assert!(Rc::ptr_eq(&first.credential, &again.credential), "the same, of the same session");

    fixture.world.run(client.access_token(AccessTokenOptions { fresh: true, ..Default::default() })).expect("a token");
    let renewed = client.at_hand().expect("a token");
    assert_ne!(renewed.credential.expose(), first.credential.expose());
    assert_eq!(renewed.of().1, first.of().1);

    let end = client.session().and_then(|session| session.expires_at).expect("it ends");
    let left = u64::try_from(end.seconds_since(fixture.world.now())).expect("it is good");
    other.hide();
    tab.hide();
    fixture.world.advance((left - 6) * 1000);
    assert!(client.at_hand().is_some(), "six seconds are left");
    fixture.world.advance(1000);
    assert!(client.at_hand().is_none(), "it may not survive the way");
}

#[test]
fn no_token_is_at_hand_where_more_is_to_be_decided() {
    let fixture = Fixture::with(|options| options.resources = vec![named("api")]);
    let (_, client) = fixture.sign_in();
    assert!(client.at_hand().is_some());
    assert_eq!(client.places(), "https://api.example.com/ ");
    client.close();
    assert!(client.at_hand().is_none(), "closed");

    let fixture = Fixture::with(|options| options.resources = vec![named("api"), named("files")]);
    let (_, client) = fixture.sign_in();
    assert!(client.at_hand().is_none(), "the URL decides which token it is");

    let fixture = Fixture::with(|options| options.dpop = true);
    fixture.server.configure(|policy| policy.binds_tokens = true);
    let (_, client) = fixture.sign_in();
    assert!(client.at_hand().is_none(), "a proof belongs to it");
}

#[test]
fn a_closed_client_hands_the_answer_out() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    let before = stored(&tab, &client);
    client.close();
    assert_eq!(go_on(&fixture, &client, &before, 200), Ok(200));
    assert_eq!(go_on(&fixture, &client, &before, 401), Ok(401));
}

#[test]
fn an_answer_that_is_good_is_the_callers() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    let before = stored(&tab, &client);
    assert_eq!(go_on(&fixture, &client, &before, 204), Ok(204));
    // Renewed meanwhile, or signed out.
    fixture.world.run(client.access_token(AccessTokenOptions { fresh: true, ..Default::default() })).expect("a token");
    assert_eq!(go_on(&fixture, &client, &before, 204), Ok(204));
    fixture.world.run(client.sign_out(SignOutOptions { local: true, ..Default::default() })).expect("signed out");
    assert_eq!(go_on(&fixture, &client, &before, 204), Ok(204));
    assert_eq!(fixture.api.request_count(), 0);
}

#[test]
fn a_call_that_was_refused_is_renewed_for_and_repeated_once() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    let before = stored(&tab, &client);
    let renewals = fixture.server.request_count(Endpoint::Token);
    assert_eq!(go_on(&fixture, &client, &before, 401), Ok(200));
    assert_eq!((fixture.server.request_count(Endpoint::Token) - renewals, fixture.api.request_count()), (1, 1));
    // There is a better token by now: that is tried, and nothing else.
    assert_eq!(go_on(&fixture, &client, &before, 401), Ok(200));
    assert_eq!((fixture.server.request_count(Endpoint::Token) - renewals, fixture.api.request_count()), (1, 2));
    fixture.api.answer_next(HttpResponse::new(401, ""));
    assert_eq!(go_on(&fixture, &client, &before, 401), Ok(401));
    assert_eq!((fixture.server.request_count(Endpoint::Token) - renewals, fixture.api.request_count()), (1, 3));
}

#[test]
fn what_an_api_asks_for_is_heard_after_a_renewal_too() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    let before = sent(&client, &stored(&tab, &client));
    fixture.world.run(client.access_token(AccessTokenOptions { fresh: true, ..Default::default() })).expect("a token");
    let mut asks = HttpResponse::new(401, "");
    asks.headers
        .push(("www-authenticate".into(), r#"Bearer error="insufficient_user_authentication", max_age="5""#.into()));
    let answer = fixture.world.run(client.go_on(Call::get("https://api.example.com/me"), before, asks));
    assert_eq!(answer.map(|answer| answer.status).map_err(code), Ok(401));
    assert_eq!(fixture.api.request_count(), 0, "no other token would be any better");
    assert!(fixture.told().contains(&"step_up_required"), "{:?}", fixture.told());
}

#[test]
fn what_was_fetched_for_one_user_is_nothing_for_the_next() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    let before = stored(&tab, &client);
    fixture.world.run(client.sign_out(SignOutOptions { local: true, ..Default::default() })).expect("signed out");
    fixture.server.set_user("bob");
    let (_, client) = fixture.sign_in();
    for status in [200, 401] {
        assert_eq!(go_on(&fixture, &client, &before, status), Err(ErrorCode::LoginRequired));
    }
    client.close();
    assert_eq!(go_on(&fixture, &client, &before, 200), Err(ErrorCode::LoginRequired));
    assert_eq!(fixture.api.request_count(), 0);
}

#[test]
fn a_call_to_elsewhere_is_refused() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    let before = stored(&tab, &client);
    let call = Call::get("https://evil.example.com/me");
    let outcome = fixture.world.run(client.go_on(call, sent(&client, &before), HttpResponse::new(200, "")));
    assert_eq!(outcome.map(|answer| answer.status).map_err(code), Err(ErrorCode::UnlistedResource));
}
