//! Tokens that are bound to a key: RFC 9449.

use super::*;
use crate::client::AccessTokenOptions;
use crate::client::TokenType;
use crate::encoding::from_base64url;
use crate::http::HttpResponse;
use crate::testing::{Endpoint, Fault, Request};
use serde_json::Value;
use std::ops::ControlFlow;

const LATER_MS: u64 = 301_000;

fn bound() -> Fixture {
    let fixture = Fixture::with(|options| options.dpop = true);
    fixture.server.configure(|policy| policy.binds_tokens = true);
    fixture
}

fn claims(request: &Request) -> Value {
    let proof = request.header("dpop").expect("a proof");
    let claims = proof.split('.').nth(1).and_then(from_base64url).expect("claims");
    serde_json::from_slice(&claims).expect("JSON")
}

fn session_code(result: Result<u16, ErrorCode>, client: &Client<Tab>) -> (Result<u16, ErrorCode>, bool) {
    (result, client.session().is_some())
}

#[test]
fn everything_that_a_session_does_is_proven() {
    let fixture = bound();
    fixture.server.configure(|policy| policy.has_pushed_requests = true);
    let mut fixture = fixture;
    fixture.options.par = Some(true);
    let (_, client) = fixture.sign_in();
    assert_eq!(client.session().expect("a session").token_type, TokenType::DPoP);
    assert_eq!(fixture.call(&client), Ok(200));
    let request = fixture.api.requests().pop().expect("a call");
    assert!(request.credential("DPoP").is_some() && request.bearer().is_none());
    let said = claims(&request);
    assert_eq!((&said["htm"], &said["htu"]), (&"GET".into(), &"https://api.example.com/me".into()));
    assert!(said["ath"].is_string());
    fixture.world.run(client.access_token(AccessTokenOptions { fresh: true, ..Default::default() })).expect("renewed");
    fixture.world.run(client.user_info()).expect("claims");
    fixture.world.run(client.revoke(None)).expect("revoked");
    for endpoint in [Endpoint::PushedRequest, Endpoint::Token, Endpoint::UserInfo, Endpoint::Revocation] {
        let request = fixture.server.last_request(endpoint).expect("a request");
        assert_eq!(claims(&request)["ath"].is_string(), endpoint == Endpoint::UserInfo, "{endpoint:?}");
    }
}

#[test]
fn the_authorization_request_names_the_key() {
    let fixture = bound();
    fixture.sign_in();
    let request = fixture.server.last_request(Endpoint::Authorization).expect("a request");
    assert_eq!(request.parameter("dpop_jkt").map(|jkt| jkt.len()), Some(43));
}

#[test]
fn the_key_outlasts_the_page() {
    let fixture = bound();
    let (tab, _) = fixture.sign_in();
    let client = fixture.create(&tab.reload());
    assert_eq!(fixture.call(&client), Ok(200));
    fixture.world.suspend(LATER_MS);
    assert_eq!(fixture.call(&client), Ok(200));
    // Another tab has the same.
    let other = fixture.create(&fixture.world.tab());
    assert_eq!(fixture.call(&other), Ok(200));
}

#[test]
fn nonces_are_given_back_and_renewed_from_every_answer() {
    let fixture = bound();
    fixture.server.demand_nonce("as-1");
    fixture.api.demand_nonce("rs-1");
    let (_, client) = fixture.sign_in();
    assert_eq!(fixture.server.request_count(Endpoint::Token), 2);
    assert_eq!(fixture.call(&client), Ok(200));
    assert_eq!(fixture.api.request_count(), 2);
    assert_eq!(fixture.call(&client), Ok(200));
    assert_eq!(fixture.api.request_count(), 3, "the nonce is known by now");
    assert_eq!(claims(&fixture.api.requests()[2])["nonce"], "rs-1");
    // The one in force changes while the one before is shown.
    fixture.api.demand_nonce("rs-2");
    assert_eq!(fixture.call(&client), Ok(200));
    assert_eq!(fixture.api.request_count(), 5);
    fixture.server.demand_nonce("as-2");
    fixture.world.suspend(LATER_MS);
    assert_eq!(fixture.call(&client), Ok(200));
    assert_eq!(claims(&fixture.server.last_request(Endpoint::Token).expect("a request"))["nonce"], "as-2");
    assert_eq!(fixture.told(), ["signedin", "refreshed"]);
}

#[test]
fn a_wish_for_a_nonce_is_granted_once() {
    let fixture = bound();
    let (_, client) = fixture.sign_in();
    // An API that changes its mind with every answer.
    let wish = |nonce: &str| HttpResponse {
        headers: vec![
            ("www-authenticate".into(), r#"DPoP error="use_dpop_nonce""#.into()),
            ("dpop-nonce".into(), nonce.into()),
        ],
        ..HttpResponse::new(401, "")
    };
    for nonce in ["a", "b", "c", "d", "e", "f"] {
        fixture.api.answer_next(wish(nonce));
    }
    assert_eq!(fixture.call(&client), Ok(401));
    assert!(fixture.api.request_count() <= 4, "{}", fixture.api.request_count());
    assert!(client.session().is_some());
}

#[test]
fn a_nonce_is_granted_where_cors_hides_the_challenge() {
    let fixture = bound();
    let (_, client) = fixture.sign_in();
    fixture.api.demand_nonce("rs");
    fixture.api.hide_challenge(true);
    assert_eq!(fixture.call(&client), Ok(200));
    assert_eq!(fixture.api.request_count(), 2);
}

#[test]
fn a_call_that_cannot_be_sent_again_gets_the_answer() {
    let fixture = bound();
    let (_, client) = fixture.sign_in();
    fixture.api.demand_nonce("rs");
    let answer = fixture.world.run(client.fetch(Call::stream("https://api.example.com/me", "body")));
    assert_eq!(answer.map(|answer| answer.status).map_err(code), Ok(401));
    // But the next one has the nonce.
    let answer = fixture.world.run(client.fetch(Call::stream("https://api.example.com/me", "body")));
    assert_eq!(answer.map(|answer| answer.status).map_err(code), Ok(200));
}

#[test]
fn no_proof_is_used_twice() {
    let fixture = bound();
    let (_, client) = fixture.sign_in();
    for _ in 0..5 {
        assert_eq!(fixture.call(&client), Ok(200));
    }
    let proofs: std::collections::BTreeSet<String> =
        fixture.api.requests().iter().map(|request| claims(request)["jti"].to_string()).collect();
    assert_eq!(proofs.len(), 5);
}

#[test]
fn a_session_whose_key_is_gone_ends_and_the_next_one_begins() {
    let fixture = bound();
    let (tab, _) = fixture.sign_in();
    fixture.world.lose_signing_keys();
    let tab = tab.reload();
    let client = fixture.create(&tab);
    assert_eq!(session_code(fixture.call(&client), &client), (Err(ErrorCode::SessionLost), false));
    let before = (fixture.server.request_count(Endpoint::Token), fixture.api.request_count());
    assert_eq!(fixture.call(&client), Err(ErrorCode::LoginRequired));
    fixture.world.advance(3_600_000);
    assert_eq!((fixture.server.request_count(Endpoint::Token), fixture.api.request_count()), before);
    let (_, client) = fixture.sign_in();
    assert_eq!(fixture.call(&client), Ok(200));
}

#[test]
fn a_renewal_whose_key_is_gone_ends_the_session() {
    let fixture = bound();
    let (tab, _) = fixture.sign_in();
    fixture.world.lose_signing_keys();
    let tab = tab.reload();
    let client = fixture.create(&tab);
    fixture.world.suspend(LATER_MS);
    assert_eq!(session_code(fixture.call(&client), &client), (Err(ErrorCode::SessionLost), false));
    assert_eq!(fixture.told().last(), Some(&"session_lost"));
}

#[test]
fn a_key_that_cannot_be_read_just_now_ends_nothing() {
    let fixture = bound();
    let (tab, _) = fixture.sign_in();
    let client = fixture.create(&tab.reload());
    fixture.world.break_storage(StorageKind::IndexedDb, Some(crate::testing::StorageFault::Refused));
    assert_eq!(session_code(fixture.call(&client), &client), (Err(ErrorCode::StorageUnavailable), true));
    fixture.world.break_storage(StorageKind::IndexedDb, None);
    assert_eq!(fixture.call(&client), Ok(200));
}

#[test]
fn a_sign_in_whose_key_is_gone_fails_once() {
    let fixture = bound();
    let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    fixture.world.lose_signing_keys();
    let client = fixture.create(&tab);
    assert_eq!(client.error().map(|error| error.code()), Some(ErrorCode::StorageCorrupt));
    assert_eq!(fixture.server.request_count(Endpoint::Token), 0);
}

#[test]
fn another_key_is_no_key_of_this_session() {
    let fixture = bound();
    let (tab, _) = fixture.sign_in();
    fixture.world.lose_signing_keys();
    let tab = tab.reload();
    let client = fixture.create(&tab);
    // Another sign-in begins, and makes a new key.
    let other = fixture.world.tab();
    let starting = fixture.create(&other);
    let _leaving = other.start(async move { starting.sign_in(SignInOptions::default()).await });
    fixture.world.run(other.departed());
    let sent = fixture.api.request_count();
    assert_eq!(fixture.call(&client), Err(ErrorCode::SessionLost));
    assert_eq!(fixture.api.request_count(), sent, "nothing was sent with the wrong key");
}

#[test]
fn a_server_that_does_not_bind_is_refused() {
    let fixture = bound();
    let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    fixture.server.configure(|policy| policy.binds_tokens = false);
    fixture.server.rewrite_json(Endpoint::Token, |json| json["token_type"] = "Bearer".into());
    let client = fixture.create(&tab);
    assert!(client.session().is_none());
    assert!(client.error().is_some());
}

#[test]
fn a_bearer_token_is_refused_where_a_bound_one_was_asked_for() {
    let fixture = bound();
    fixture.server.rewrite_json(Endpoint::Token, |json| json["token_type"] = "Bearer".into());
    let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    let client = fixture.create(&tab);
    assert_eq!(client.error().map(|error| error.code()), Some(ErrorCode::Unsupported));
}

#[test]
fn a_client_with_and_one_without_keep_out_of_each_others_way() {
    let mut fixture = bound();
    let (tab, client) = fixture.sign_in();
    fixture.options.dpop = false;
    let plain = fixture.create(&fixture.world.tab());
    assert!(plain.session().is_none());
    assert_eq!(fixture.call(&client), Ok(200));
    fixture.options.dpop = true;
    assert!(fixture.create(&tab.reload()).session().is_some());
}

#[test]
fn proofs_are_made_by_the_servers_clock() {
    for exposes_date in [true, false] {
        let fixture = bound();
        fixture.server.configure(|policy| policy.exposes_date = exposes_date);
        fixture.world.shift_clock(3_600_000);
        let (_, client) = fixture.sign_in();
        assert_eq!(fixture.call(&client), Ok(200));
        assert_eq!(fixture.api.request_count(), 1);
    }
}

#[test]
fn a_machine_that_sleeps_while_tokens_are_on_their_way_keeps_its_clock() {
    for (has_witness, exposes_date, shift) in
        [(false, false, 0), (false, true, 0), (true, false, 0), (false, true, -86_400_000), (true, false, 86_400_000)]
    {
        let fixture = bound();
        fixture.world.set_witness(has_witness);
        fixture.server.configure(|policy| policy.exposes_date = exposes_date);
        fixture.world.shift_clock(shift);
        let (tab, client) = fixture.sign_in();
        fixture.world.fail_next("/token", Fault::AnswerLate(500));
        let renewing = client.clone();
        let renewed = tab.start(async move {
            renewing.access_token(AccessTokenOptions { fresh: true, ..Default::default() }).await.is_ok()
        });
        fixture.world.advance(200);
        fixture.world.suspend(6_000_000);
        assert_eq!(fixture.world.run(renewed), Some(true));
        for _ in 0..2 {
            fixture.world.suspend(LATER_MS);
            assert_eq!(
                session_code(fixture.call(&client), &client),
                (Ok(200), true),
                "{has_witness} {exposes_date} {shift}"
            );
        }
    }
}

#[test]
fn a_renewal_that_needs_a_nonce_survives_a_lost_answer() {
    let fixture = bound();
    let (_, client) = fixture.sign_in();
    fixture.server.demand_nonce("as-1");
    let mut faults = vec![Fault::AnswerLost];
    fixture.world.plan_faults(move |request| if request.url.path == "/token" { faults.pop() } else { None });
    fixture.world.suspend(LATER_MS);
    let _ = fixture.call(&client);
    fixture.world.advance(60_000);
    assert_eq!(session_code(fixture.call(&client), &client), (Ok(200), true));
}

#[test]
fn a_try_that_was_sent_twice_counts_from_its_end() {
    let fixture = bound();
    let (_, client) = fixture.sign_in();
    fixture.server.demand_nonce("as-1");
    let mut is_first = true;
    fixture.world.plan_faults(move |request| {
        let fault = if std::mem::take(&mut is_first) { Fault::AnswerLate(8_000) } else { Fault::status(503, None) };
        (request.url.path == "/token").then_some(fault)
    });
    fixture.world.suspend(LATER_MS);
    let (before, began) = (fixture.world.transmitted("/token"), fixture.world.now_ms());
    let mut sent = Vec::new();
    while sent.len() < 8 {
        let _ = fixture.call(&client);
        fixture.world.advance(100);
        sent.resize(fixture.world.transmitted("/token") - before, fixture.world.now_ms() - began);
    }
    assert!(sent[7] - sent[1] >= 59_000 && sent[7] < 100_000, "{sent:?}");
}

#[test]
fn a_proof_follows_no_redirect() {
    let fixture = bound();
    let (_, client) = fixture.sign_in();
    let mut elsewhere = HttpResponse::new(302, "");
    elsewhere.headers.push(("location".to_owned(), "https://elsewhere.example.net/".to_owned()));
    fixture.api.answer_next(elsewhere);
    assert_eq!(session_code(fixture.call(&client), &client), (Err(ErrorCode::InvalidResponse), true));
}

#[test]
fn a_tab_that_outlived_its_key_goes_on_with_the_session_of_the_next() {
    let fixture = bound();
    let (_tab, client) = fixture.sign_in();
    assert_eq!(fixture.call(&client), Ok(200));
    fixture.world.lose_signing_keys();
    // Another tab signs in, with a key of its own making.
    let (_other, next) = fixture.sign_in();
    fixture.world.settle();
    assert_eq!(session_code(fixture.call(&client), &client), (Ok(200), true));
    assert_eq!(session_code(fixture.call(&next), &next), (Ok(200), true));
}

#[test]
fn a_page_that_is_frozen_while_it_waits_for_a_nonce_uses_no_refresh_token_again() {
    let fixture = bound();
    let (tab, client) = fixture.sign_in();
    let hidden = fixture.world.tab();
    hidden.hide();
    let other = fixture.create(&hidden);
    fixture.server.demand_nonce("as-1");
    fixture.world.suspend(LATER_MS);
    let before = fixture.world.transmitted("/token");
    let frozen = client.clone();
    drop(tab.start(async move { frozen.access_token(AccessTokenOptions::default()).await.is_ok() }));
    let has_asked = || fixture.world.transmitted("/token") > before;
    fixture
        .world
        .advance_watched(5_000, || if has_asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) });
    tab.freeze();
    fixture.world.advance(60_000);
    assert_eq!(fixture.call(&other), Ok(200));
    tab.thaw();
    fixture.world.advance(5_000);
    assert_eq!((fixture.call(&client), fixture.call(&other), fixture.server.reuse_count()), (Ok(200), Ok(200), 0));
}

#[test]
fn a_page_that_is_frozen_while_it_signs_uses_no_refresh_token_again() {
    for step in 1.. {
        let fixture = bound();
        let (tab, client) = fixture.sign_in();
        let hidden = fixture.world.tab();
        hidden.hide();
        let other = fixture.create(&hidden);
        fixture.world.suspend(LATER_MS);
        let before = fixture.world.transmitted("/token");
        let call = Call::get("https://api.example.com/me");
        drop(tab.start(async move { client.fetch(call).await.map(|answer| answer.status) }));
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
        fixture.world.steal_locks();
        assert_eq!(fixture.call(&other), Ok(200), "{step}");
        fixture.world.advance(2_000);
        tab.thaw();
        fixture.world.advance(20_000);
        assert_eq!((fixture.server.reuse_count(), fixture.server.honoured_count()), (0, 1), "{step}");
    }
}
