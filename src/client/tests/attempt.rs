//! What is written down before a renewal is sent, and what others make of it.

use super::super::platform::Storage;
use super::super::{AccessTokenOptions, SignOutOptions};
use super::*;
use crate::http::HttpResponse;
use crate::testing::{Endpoint, Fault, Happening, Rotation};
use futures_util::future::join_all;
use std::cell::Cell;
use std::collections::HashSet;
use std::ops::ControlFlow;

mod turn;

pub(super) const LATER_MS: u64 = 301_000;

fn token_requests(fixture: &Fixture) -> usize {
    fixture.server.request_count(Endpoint::Token)
}

/// Two tabs with one session whose token has expired.
fn two_tabs(rotation: Rotation) -> (Fixture, (Tab, Client<Tab>), (Tab, Client<Tab>)) {
    let fixture = Fixture::new();
    fixture.server.configure(|policy| policy.rotation = rotation);
    let (tab, client) = fixture.sign_in();
    let other = fixture.world.tab();
    let other_client = fixture.create(&other);
    tab.hide();
    other.hide();
    fixture.world.suspend(LATER_MS);
    (fixture, (tab, client), (other, other_client))
}

pub(super) fn start_call(tab: &Tab, client: &Client<Tab>) {
    let client = client.clone();
    let _call = tab.start(async move { client.fetch(Call::get("https://api.example.com/me")).await });
}

/// The most token requests that are ever under way at the same time.
pub(super) fn most_at_once(fixture: &Fixture) -> Rc<Cell<usize>> {
    let (mut under_way, most) = (HashSet::new(), Rc::new(Cell::new(0)));
    let seen = Rc::clone(&most);
    fixture.world.observe(move |happening| {
        if let Happening::Sent { number, request, .. } = *happening
            && request.url.path == "/token"
        {
            under_way.insert(number);
        }
        if let Happening::Received { number, .. } | Happening::Abandoned { number } = *happening {
            under_way.remove(&number);
        }
        seen.set(seen.get().max(under_way.len()));
    });
    most
}

#[test]
fn a_tab_that_dies_in_the_middle_leaves_a_session_that_others_renew() {
    for rotation in [Rotation::Off, Rotation::Grace { seconds: 10 }] {
        for ms in [0, 5, 15, 25, 35, 45, 60] {
            let (fixture, (tab, client), (_, other)) = two_tabs(rotation);
            start_call(&tab, &client);
            fixture.world.advance(ms);
            tab.close();
            assert_eq!(fixture.call(&other), Ok(200), "{rotation:?} {ms}");
            assert_eq!(fixture.server.honoured_count(), 1);
        }
    }
}

#[test]
fn a_session_that_the_server_ended_over_a_lost_answer_is_lost_and_not_asked_for_again() {
    let (fixture, (_, client), (_, other)) = two_tabs(Rotation::ReuseDetection);
    fixture.world.fail_next("/token", Fault::AnswerBroken);
    assert_eq!(fixture.call(&client), Err(ErrorCode::Network));
    assert!(client.session().is_some(), "the answer may come another time");
    fixture.world.advance(30_000);
    let before = token_requests(&fixture);
    assert_eq!(fixture.call(&client), Err(ErrorCode::SessionLost));
    fixture.world.settle();
    assert_eq!((client.session(), other.session()), (None, None));
    assert_eq!(token_requests(&fixture) - before, 1);
    assert!(fixture.told().contains(&"expired"));
}

#[test]
fn a_lost_answer_that_the_server_gives_again_costs_nothing() {
    for fault in [Fault::AnswerBroken, Fault::AnswerLost, Fault::RequestLost, Fault::Unreachable] {
        let (fixture, (_, client), (_, other)) = two_tabs(Rotation::Grace { seconds: 60 });
        fixture.world.fail_next("/token", fault.clone());
        assert!(fixture.call(&client).is_err(), "{fault:?}");
        fixture.world.advance(5_000);
        assert_eq!((fixture.call(&other), fixture.call(&client)), (Ok(200), Ok(200)), "{fault:?}");
        assert_eq!(fixture.server.reuse_count(), 0);
    }
}

#[test]
fn nobody_sends_while_another_tabs_request_is_on_its_way() {
    let (fixture, (tab, client), (_, other)) = two_tabs(Rotation::ReuseDetection);
    fixture.world.fail_next("/token", Fault::RequestLate(4_000));
    start_call(&tab, &client);
    fixture.world.advance(100);
    // A script of the page's steals every lock that it finds.
    fixture.world.steal_locks();
    assert_eq!(fixture.call(&other), Ok(200));
    assert_eq!((token_requests(&fixture), fixture.server.reuse_count()), (2, 0));
}

#[test]
fn the_first_minute_of_an_outage_sees_six_requests_of_all_tabs_together() {
    for seed in 0..20 {
        let fixture = Fixture::seeded(seed);
        fixture.sign_in();
        let clients: Vec<_> = (0..5).map(|_| fixture.create(&fixture.world.tab())).collect();
        fixture.world.suspend(LATER_MS);
        fixture.world.plan_faults(|request| {
            request.url.path.ends_with("/token").then(|| Fault::Answered(HttpResponse::new(503, "")))
        });
        let tries = fixture.world.transmitted("/token");
        let calls = || clients.iter().map(|client| client.fetch(Call::get("https://api.example.com/me")));
        let until = fixture.world.now_ms() + 59_800;
        while fixture.world.now_ms() < until {
            fixture.world.run(join_all(calls()));
            fixture.world.advance(100);
        }
        let tries = fixture.world.transmitted("/token") - tries;
        assert!((2..=6).contains(&tries), "{seed}: {tries}");
        fixture.world.forget_faults();
        fixture.world.advance(600_000);
        for client in &clients {
            assert_eq!(fixture.call(client), Ok(200));
        }
    }
}

#[test]
fn duplicates_of_a_tab_do_not_fight_over_one_refresh_token() {
    let fixture = Fixture::with(|options| options.storage = StorageKind::Session);
    let (tab, client) = fixture.sign_in();
    let duplicate_tab = tab.duplicate();
    let duplicate = fixture.create(&duplicate_tab);
    assert_eq!(duplicate.session(), client.session());
    tab.hide();
    duplicate_tab.hide();
    fixture.world.suspend(LATER_MS);
    assert_eq!(fixture.call(&client), Ok(200));
    assert_eq!(fixture.call(&duplicate), Err(ErrorCode::LoginRequired));
    fixture.world.suspend(LATER_MS);
    assert_eq!(fixture.call(&client), Ok(200));
    assert_eq!((fixture.server.reuse_count(), fixture.server.honoured_count()), (0, 1));
}

#[test]
fn a_duplicate_that_has_given_up_its_refresh_token_does_not_repeat_a_call_with_the_same_token() {
    let fixture = Fixture::with(|options| options.storage = StorageKind::Session);
    let (tab, client) = fixture.sign_in();
    let duplicate = fixture.create(&tab.duplicate());
    fixture.world.run(client.access_token(AccessTokenOptions { fresh: true, ..Default::default() })).unwrap();
    fixture.api.answer_next(HttpResponse::new(401, ""));
    let before = fixture.api.request_count();
    assert_eq!(fixture.call(&duplicate), Ok(401));
    assert_eq!(fixture.api.request_count() - before, 1);
}

#[test]
fn a_user_who_leaves_during_a_renewal_is_no_error() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    let other = fixture.create(&fixture.world.tab());
    fixture.world.suspend(LATER_MS);
    start_call(&tab, &client);
    fixture.world.advance(70);
    fixture.world.run(other.sign_out(SignOutOptions { local: true, ..Default::default() })).unwrap();
    fixture.world.settle();
    assert!(client.session().is_none());
    assert!(client.error().is_none(), "{:?}", client.error());
    assert!(!fixture.diary.borrow().iter().any(|event| matches!(event, Event::Error(_))));
}

#[test]
fn tokens_that_cannot_be_trusted_leave_the_session_with_the_new_refresh_token() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    let claims = client.session().unwrap().claims.clone();
    fixture.world.suspend(LATER_MS);
    fixture.server.rewrite_id_token(|draft| draft.claims["aud"] = "another".into());
    assert_eq!(fixture.call(&client), Err(ErrorCode::ClaimInvalid));
    assert_eq!(client.session().unwrap().claims, claims);
    fixture.server.behave();
    fixture.world.advance(5_000);
    assert_eq!(fixture.call(&client), Ok(200));
    assert_eq!(fixture.server.reuse_count(), 0);
}

#[test]
fn a_session_without_a_refresh_token_outlives_a_clock_that_is_set_forward() {
    let fixture = Fixture::new();
    fixture.server.configure(|policy| policy.issues_refresh_tokens = false);
    let (tab, client) = fixture.sign_in();
    fixture.world.shift_clock(86_400_000);
    assert_eq!(fixture.call(&client), Err(ErrorCode::LoginRequired).or(Ok(200)));
    let again = fixture.create(&tab.reload());
    assert_eq!(fixture.call(&again), Ok(200));
}

#[test]
fn a_wrong_clock_is_reported_once_with_its_size() {
    let fixture = Fixture::new();
    fixture.world.shift_clock(86_400_000);
    let (_, client) = fixture.sign_in();
    for _ in 0..3 {
        fixture.world.suspend(LATER_MS);
        assert_eq!(fixture.call(&client), Ok(200));
    }
    fixture.world.settle();
    let diary = fixture.diary.borrow();
    let sizes: Vec<_> = diary
        .iter()
        .filter_map(|event| {
            let Event::Log { message, detail, .. } = event else { return None };
            detail.clone().filter(|_| message.contains("clock is wrong"))
        })
        .collect();
    assert_eq!(sizes.len(), 1, "{sizes:?}");
    assert!((86_398..=86_402).contains(&sizes[0].parse::<i64>().unwrap()), "{sizes:?}");
}

#[test]
fn signing_out_reaches_a_tab_that_cannot_read_the_store() {
    let fixture = Fixture::with(|options| options.storage = StorageKind::Session);
    let (tab, client) = fixture.sign_in();
    let duplicate = fixture.create(&tab.duplicate());
    fixture.world.run(client.sign_out(SignOutOptions { local: true, ..Default::default() })).unwrap();
    fixture.world.settle();
    assert_eq!(duplicate.session(), None);
}

#[test]
fn a_page_that_was_frozen_writes_over_no_tries_that_others_have_made_since() {
    let (fixture, (tab, client), (_, other)) = two_tabs(Rotation::Grace { seconds: 30 });
    fixture.world.fail_next("/token", Fault::RequestLost);
    start_call(&tab, &client);
    fixture.world.advance(100);
    tab.freeze();
    fixture.world.advance(100_000);
    assert_eq!(fixture.call(&other), Ok(200));
    fixture.world.suspend(LATER_MS);
    fixture.world.fail_next("/token", Fault::Answered(HttpResponse::new(503, "")));
    assert_eq!(fixture.call(&other), Err(ErrorCode::ServerError));
    let note = || tab.stored(StorageKind::IndexedDb).into_iter().find(|(key, _)| key.ends_with(" attempt"));
    let before = note();
    assert!(before.is_some());
    tab.thaw();
    fixture.world.settle();
    assert_eq!(note(), before);
}

#[test]
fn a_clock_that_was_set_back_hides_no_try_of_another_tab() {
    let (fixture, (tab, client), (_, other)) = two_tabs(Rotation::Off);
    fixture.world.plan_faults(|request| {
        request.url.path.ends_with("/token").then(|| Fault::Answered(HttpResponse::new(503, "")))
    });
    let note = || tab.stored(StorageKind::IndexedDb).into_iter().find(|(key, _)| key.ends_with(" attempt"));
    assert_eq!(fixture.call(&client), Err(ErrorCode::ServerError));
    // Whoever ends that try, and begins again, knows the time better.
    let (key, _) = note().unwrap();
    fixture.world.run(tab.remove(StorageKind::IndexedDb, &key)).unwrap();
    fixture.world.shift_clock(-900_000);
    // Their tokens look good again: it is the API that refuses them.
    assert_eq!(fixture.call(&other), Ok(401));
    fixture.world.advance(60_000);
    assert_eq!(fixture.call(&client), Ok(401));
    let (_, text) = note().unwrap();
    assert_eq!(text.matches("sent=").count(), 2, "{text}");
}

#[test]
fn a_duplicate_that_was_frozen_before_it_sent_uses_no_refresh_token_again() {
    for step in 1.. {
        let fixture = Fixture::with(|options| options.storage = StorageKind::Session);
        let (tab, client) = fixture.sign_in();
        let duplicate = fixture.create(&tab.duplicate());
        fixture.world.suspend(LATER_MS);
        let before = fixture.world.transmitted("/token");
        start_call(&tab, &client);
        let mut steps = 0;
        fixture.world.advance_watched(5, || {
            steps += 1;
            if steps == step { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if fixture.world.transmitted("/token") > before {
            // From here on nobody could know.
            return;
        }
        tab.freeze();
        fixture.world.advance(100_000);
        assert_eq!(fixture.call(&duplicate), Ok(200), "{step}");
        tab.thaw();
        fixture.world.advance(20_000);
        assert_eq!((fixture.server.reuse_count(), fixture.server.honoured_count()), (0, 1), "{step}");
    }
}

#[test]
fn a_tab_that_dies_at_any_step_of_a_renewal_does_not_take_itself_for_a_duplicate() {
    for step in 1.. {
        let fixture = Fixture::with(|options| options.storage = StorageKind::Session);
        fixture.server.configure(|policy| policy.rotation = Rotation::Grace { seconds: 60 });
        let (tab, client) = fixture.sign_in();
        tab.hide();
        fixture.world.suspend(LATER_MS);
        start_call(&tab, &client);
        let mut steps = 0;
        fixture.world.advance_watched(5_000, || {
            steps += 1;
            if steps == step { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let again = fixture.create(&tab.reload());
        assert_eq!((fixture.call(&again), fixture.server.reuse_count()), (Ok(200), 0), "{step}");
        if steps < step {
            return;
        }
    }
}

#[test]
fn a_page_that_is_frozen_until_a_refusal_without_a_reason_comes_asks_nobody_again() {
    let (fixture, (tab, client), (_, other)) = two_tabs(Rotation::ReuseDetection);
    fixture.world.fail_next("/token", Fault::Answered(HttpResponse::new(401, "")));
    let before = fixture.world.transmitted("/token");
    start_call(&tab, &client);
    fixture.world.advance_watched(5_000, || {
        if fixture.world.transmitted("/token") > before { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    tab.freeze();
    fixture.world.advance(60_000);
    assert_eq!(fixture.call(&other), Ok(200));
    tab.thaw();
    fixture.world.advance(5_000);
    assert_eq!((fixture.call(&client), fixture.call(&other), fixture.server.reuse_count()), (Ok(200), Ok(200), 0));
}
