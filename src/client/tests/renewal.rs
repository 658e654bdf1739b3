use super::super::AccessTokenOptions;
use super::*;
use crate::http::HttpResponse;
use crate::testing::{Endpoint, Fault, Rotation};
use futures_util::future::join_all;
use serde_json::json;

const LATER_MS: u64 = 301_000;

fn refusal(status: u16, error: &str) -> HttpResponse {
    HttpResponse::new(status, json!({ "error": error }).to_string())
}

fn token_requests(fixture: &Fixture) -> usize {
    fixture.server.request_count(Endpoint::Token)
}

fn token(fixture: &Fixture, client: &Client<Tab>, options: AccessTokenOptions) -> Result<String, ErrorCode> {
    let token = fixture.world.run(client.access_token(options));
    token.map(|token| token.expose().to_owned()).map_err(|error| error.code())
}

#[test]
fn five_tabs_with_twenty_calls_each_on_an_expired_token_make_one_request() {
    let fixture = Fixture::new();
    fixture.sign_in();
    let clients: Vec<_> = (0..5).map(|_| fixture.create(&fixture.world.tab())).collect();
    let before = token_requests(&fixture);
    fixture.world.suspend(LATER_MS);
    let calls =
        clients.iter().flat_map(|client| (0..20).map(|_| client.fetch(Call::get("https://api.example.com/me"))));
    let answers = fixture.world.run(join_all(calls));
    assert_eq!(answers.iter().filter(|answer| answer.as_ref().is_ok_and(|answer| answer.status == 200)).count(), 100);
    assert_eq!(token_requests(&fixture) - before, 1);
    fixture.world.suspend(LATER_MS);
    for client in &clients {
        assert_eq!(fixture.call(client), Ok(200));
    }
    assert_eq!((fixture.server.reuse_count(), fixture.server.honoured_count()), (0, 1));
}

#[test]
fn renews_ahead_of_time_while_the_page_is_looked_at() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    let first = client.session().unwrap().expires_at;
    fixture.world.advance(290_000);
    assert_ne!(client.session().unwrap().expires_at, first);
    assert_eq!(fixture.told().iter().filter(|event| **event == "refreshed").count(), 1);
}

#[test]
fn a_hidden_page_renews_nothing_until_it_is_looked_at_again() {
    let fixture = Fixture::new();
    let (tab, _client) = fixture.sign_in();
    let before = token_requests(&fixture);
    tab.hide();
    fixture.world.advance(1_200_000);
    assert_eq!(token_requests(&fixture), before);
    tab.show();
    fixture.world.advance(1_000);
    assert_eq!(token_requests(&fixture), before + 1);
}

#[test]
fn an_access_token_is_good_for_as_long_as_it_was_asked_for() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    tab.hide();
    let first = token(&fixture, &client, AccessTokenOptions::default()).unwrap();
    fixture.world.advance(200_000);
    assert_eq!(token(&fixture, &client, AccessTokenOptions::default()).as_deref(), Ok(&*first));
    let longer = |seconds| AccessTokenOptions { min_validity: Some(seconds), ..AccessTokenOptions::default() };
    let second = token(&fixture, &client, longer(110)).unwrap();
    assert_ne!(second, first);
    assert_eq!(token_requests(&fixture), 2);
    // Also for more than half of the five minutes that a token lives.
    fixture.world.advance(50_000);
    assert_eq!(token(&fixture, &client, longer(240)).as_deref(), Ok(&*second));
    assert_ne!(token(&fixture, &client, longer(290)).as_deref(), Ok(&*second));
    assert_eq!(token_requests(&fixture), 3);
    let more_than_there_is = AccessTokenOptions { min_validity: Some(100_000), ..AccessTokenOptions::default() };
    token(&fixture, &client, more_than_there_is).unwrap();
    assert_eq!(token_requests(&fixture), 3);
    token(&fixture, &client, AccessTokenOptions { fresh: true, ..AccessTokenOptions::default() }).unwrap();
    assert_eq!(token_requests(&fixture), 4);
}

#[test]
fn an_access_token_is_refused_for_what_it_is_not() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    let for_resource = |url: &str| AccessTokenOptions { resource: Some(url.into()), ..AccessTokenOptions::default() };
    assert!(token(&fixture, &client, for_resource("https://api.example.com/v1")).is_ok());
    assert_eq!(token(&fixture, &client, for_resource("https://evil.test")), Err(ErrorCode::UnlistedResource));
    let wider = AccessTokenOptions { scope: Some("admin".into()), ..AccessTokenOptions::default() };
    assert_eq!(token(&fixture, &client, wider), Err(ErrorCode::LoginRequired));
}

#[test]
fn signed_out_means_login_required() {
    let fixture = Fixture::new();
    let client = fixture.create(&fixture.world.tab());
    assert_eq!(token(&fixture, &client, AccessTokenOptions::default()), Err(ErrorCode::LoginRequired));
    assert_eq!(fixture.call(&client), Err(ErrorCode::LoginRequired));
}

#[test]
fn transient_failures_keep_the_session_and_the_token_serves_while_it_is_good() {
    let faults = [
        Fault::Unreachable,
        Fault::Answered(HttpResponse::new(503, "")),
        Fault::Answered(HttpResponse::new(408, "")),
        Fault::Answered(HttpResponse::new(429, "<html>")),
        Fault::Answered(refusal(400, "temporarily_unavailable")),
        Fault::RequestLost,
    ];
    for fault in faults {
        let fixture = Fixture::new();
        let (tab, client) = fixture.sign_in();
        tab.hide();
        fixture.world.suspend(280_000);
        fixture.world.fail_next("/token", fault.clone());
        assert!(token(&fixture, &client, AccessTokenOptions::default()).is_ok(), "{fault:?}");
        assert!(fixture.told().contains(&"refresherror"), "{fault:?}");
        assert!(client.error().is_some_and(|error| error.is_retryable()), "{fault:?}");
        fixture.world.advance(30_000);
        assert_eq!(fixture.call(&client), Ok(200), "{fault:?}");
        assert_eq!(client.error(), None);
    }
}

#[test]
fn a_server_that_asks_for_a_pause_gets_it() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    tab.hide();
    fixture.world.suspend(LATER_MS);
    let mut busy = HttpResponse::new(429, "");
    busy.headers.push(("retry-after".into(), "120".into()));
    fixture.server.answer_next(Endpoint::Token, busy);
    let before = token_requests(&fixture);
    for _ in 0..50 {
        assert_eq!(fixture.call(&client), Err(ErrorCode::ServerError));
        fixture.world.advance(2_000);
    }
    assert_eq!(token_requests(&fixture) - before, 1);
    fixture.world.advance(30_000);
    assert_eq!(fixture.call(&client), Ok(200));
}

#[test]
fn coming_online_ends_the_pause() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    fixture.world.go_offline();
    fixture.world.suspend(LATER_MS);
    assert_eq!(fixture.call(&client), Err(ErrorCode::Network));
    fixture.world.go_online();
    fixture.world.settle();
    assert_eq!(fixture.call(&client), Ok(200));
}

#[test]
fn a_session_that_the_server_has_ended_is_lost_within_one_call() {
    for answer in [
        refusal(400, "invalid_grant"),
        refusal(401, "invalid_grant"),
        refusal(403, "invalid_grant"),
        refusal(400, "session_not_active"),
    ] {
        let fixture = Fixture::new();
        let (_, client) = fixture.sign_in();
        let other = fixture.create(&fixture.world.tab());
        fixture.world.suspend(LATER_MS);
        fixture.server.answer_next(Endpoint::Token, answer);
        assert_eq!(fixture.call(&client), Err(ErrorCode::SessionLost));
        assert_eq!(client.session(), None);
        fixture.world.settle();
        assert_eq!(other.session(), None);
        assert_eq!(fixture.call(&client), Err(ErrorCode::LoginRequired));
        assert!(fixture.told().contains(&"expired"));
    }
}

#[test]
fn a_refusal_without_words_counts_when_it_is_repeated() {
    for status in [400, 401, 403] {
        let fixture = Fixture::new();
        let (_, client) = fixture.sign_in();
        fixture.world.suspend(LATER_MS);
        fixture.server.answer_next(Endpoint::Token, HttpResponse::new(status, ""));
        assert_eq!(fixture.call(&client), Ok(200), "{status}");
        fixture.world.suspend(LATER_MS);
        for _ in 0..2 {
            fixture.server.answer_next(Endpoint::Token, HttpResponse::new(status, ""));
        }
        assert_eq!(fixture.call(&client), Err(ErrorCode::SessionLost), "{status}");
    }
}

#[test]
fn what_something_in_between_says_ends_nothing() {
    for (status, body) in [(403, "<h1>Forbidden</h1>"), (404, ""), (405, ""), (410, ""), (400, "Bad Request")] {
        let fixture = Fixture::new();
        let (tab, client) = fixture.sign_in();
        tab.hide();
        fixture.world.suspend(LATER_MS);
        for _ in 0..2 {
            fixture.server.answer_next(Endpoint::Token, HttpResponse::new(status, body));
            assert_eq!(fixture.call(&client), Err(ErrorCode::InvalidResponse), "{status}");
            // Whoever asks again at once gets the same error, and the server no request.
            let requests = token_requests(&fixture);
            assert_eq!(fixture.call(&client), Err(ErrorCode::InvalidResponse), "{status}");
            assert_eq!(token_requests(&fixture), requests);
            fixture.world.advance(2_000);
        }
        assert_eq!(fixture.call(&client), Ok(200), "{status}");
    }
}

#[test]
fn a_server_that_repeats_the_refresh_token_gives_nothing_away() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    fixture.world.suspend(LATER_MS);
    fixture.server.rewrite(Endpoint::Token, |request, _| {
        let words = ["no ", &request.parameter("refresh_token").unwrap_or_default()].concat();
        HttpResponse::new(400, json!({ "error": "invalid_grant", "error_description": words }).to_string())
    });
    assert_eq!(fixture.call(&client), Err(ErrorCode::SessionLost));
    let said = client.error().unwrap().oauth().and_then(|said| said.description.clone());
    assert_eq!(said.as_deref(), Some("no …"));
}

#[test]
fn a_request_that_is_wrong_ends_nothing() {
    for error in ["invalid_client", "invalid_request", "invalid_scope", "unauthorized_client", "unsupported_grant_type"]
    {
        let fixture = Fixture::new();
        let (_, client) = fixture.sign_in();
        fixture.world.suspend(LATER_MS);
        fixture.server.answer_next(Endpoint::Token, refusal(401, error));
        assert_eq!(fixture.call(&client), Err(ErrorCode::TokenRequestFailed), "{error}");
        assert!(client.session().is_some(), "{error}");
        fixture.world.advance(1_000);
        assert_eq!(fixture.call(&client), Ok(200), "{error}");
    }
}

#[test]
fn without_rotation_the_old_refresh_token_stays() {
    for rotation in [Rotation::Off, Rotation::Grace { seconds: 60 }] {
        let fixture = Fixture::new();
        fixture.server.configure(|policy| policy.rotation = rotation);
        let (_, client) = fixture.sign_in();
        for _ in 0..3 {
            fixture.world.suspend(LATER_MS);
            assert_eq!(fixture.call(&client), Ok(200));
        }
    }
}

#[test]
fn what_an_answer_leaves_out_stays_as_it_was() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    tab.hide();
    let before = client.session().unwrap();
    fixture.server.rewrite_json(Endpoint::Token, |answer| {
        let answer = answer.as_object_mut().unwrap();
        answer.remove("id_token");
        answer.remove("scope");
    });
    fixture.world.suspend(LATER_MS);
    assert_eq!(fixture.call(&client), Ok(200));
    let after = client.session().unwrap();
    assert_eq!((&before.claims, &before.scope, &before.subject), (&after.claims, &after.scope, &after.subject));
    assert_ne!(before.expires_at, after.expires_at);
}

#[test]
fn without_a_refresh_token_the_session_ends_also_when_the_clock_is_wrong() {
    for wrong_by_ms in [5_573, 200_000, -200_000, 86_400_000] {
        let fixture = Fixture::new();
        fixture.server.configure(|policy| policy.issues_refresh_tokens = false);
        fixture.world.shift_clock(wrong_by_ms);
        let (_, client) = fixture.sign_in();
        fixture.world.advance(LATER_MS + 10_000);
        assert_eq!(client.session(), None, "{wrong_by_ms}");
    }
}

#[test]
fn without_a_refresh_token_the_session_ends_with_its_token() {
    let fixture = Fixture::new();
    fixture.server.configure(|policy| policy.issues_refresh_tokens = false);
    let (_, client) = fixture.sign_in();
    assert!(!client.session().unwrap().can_refresh);
    fixture.world.advance(LATER_MS);
    assert_eq!(client.session(), None);
    assert_eq!(fixture.call(&client), Err(ErrorCode::LoginRequired));
    assert!(fixture.told().contains(&"expired"));
}

#[test]
fn a_stored_session_that_is_over_is_not_shown() {
    let fixture = Fixture::new();
    fixture.server.configure(|policy| policy.issues_refresh_tokens = false);
    let (tab, client) = fixture.sign_in();
    client.close();
    fixture.world.suspend(LATER_MS);
    assert_eq!(fixture.create(&tab.reload()).session(), None);
}

#[test]
fn a_token_without_an_expiry_serves_until_the_api_refuses_it() {
    let fixture = Fixture::new();
    fixture.server.rewrite_json(Endpoint::Token, |answer| {
        answer.as_object_mut().unwrap().remove("expires_in");
    });
    let (_, client) = fixture.sign_in();
    assert_eq!(client.session().unwrap().expires_at, None);
    fixture.world.advance(100_000);
    assert_eq!((fixture.call(&client), token_requests(&fixture)), (Ok(200), 1));
    fixture.world.advance(LATER_MS);
    assert_eq!((fixture.call(&client), token_requests(&fixture)), (Ok(200), 2));
}

#[test]
fn another_user_in_the_renewed_id_token_ends_the_session() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    fixture.world.suspend(LATER_MS);
    fixture.server.rewrite_id_token(|draft| draft.claims["sub"] = json!("mallory"));
    assert_eq!(fixture.call(&client), Err(ErrorCode::SessionLost));
    assert!(fixture.told().contains(&"user_changed"));
}

#[test]
fn a_clock_that_is_changed_under_a_session_harms_nothing() {
    for shift in [86_400_000, -86_400_000, 3_600_000, -600_000] {
        let fixture = Fixture::new();
        let (_, client) = fixture.sign_in();
        fixture.world.shift_clock(shift);
        for _ in 0..5 {
            fixture.world.suspend(LATER_MS);
            assert_eq!(fixture.call(&client), Ok(200), "{shift}");
        }
        assert!(token_requests(&fixture) <= 7, "{shift}: {}", token_requests(&fixture));
    }
}

#[test]
fn a_machine_whose_clock_is_a_day_off_signs_in() {
    for shift in [86_400_000, -86_400_000] {
        let fixture = Fixture::new();
        fixture.world.shift_clock(shift);
        let (tab, client) = fixture.sign_in();
        assert_eq!(fixture.call(&client), Ok(200));
        let again = fixture.create(&tab.reload());
        assert_eq!(fixture.call(&again), Ok(200));
        assert_eq!(token_requests(&fixture), 1, "{shift}");
    }
}

#[test]
fn tokens_of_a_short_life_serve_for_half_of_it_if_nobody_asks_for_more() {
    let fixture = Fixture::new();
    fixture.server.configure(|policy| policy.access_token_lifetime = 32);
    let (_, client) = fixture.sign_in();
    for _ in 0..12 {
        fixture.world.run(client.access_token(AccessTokenOptions::default())).expect("a token");
        fixture.world.advance(1_000);
    }
    assert_eq!(fixture.server.request_count(Endpoint::Token), 1);
}
