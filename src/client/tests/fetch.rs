use super::*;
use crate::http::HttpResponse;
use crate::testing::{Endpoint, Fault};

fn token_requests(fixture: &Fixture) -> usize {
    fixture.server.request_count(Endpoint::Token)
}

#[test]
fn attaches_the_token_to_listed_urls_only() {
    let mut fixture = Fixture::new();
    fixture.options.resources = vec!["https://api.example.com/v1".into()];
    let (_, client) = fixture.sign_in();
    let listed = fixture.world.run(client.fetch(Call::get("https://api.example.com/v1/me"))).unwrap();
    assert_eq!(listed.status, 200);
    let before = fixture.api.request_count();
    for url in [
        "https://api.example.com/",
        "https://api.example.com/v10",
        "https://api.example.com/v1/../admin",
        "https://api.example.com/v1/%2e%2e/admin",
        "https://api.example.com/v1/..%2fadmin",
        "https://api.example.com.evil.test/v1",
        "//evil.test/v1",
        "https://api.example.com:8443/v1",
        "http://api.example.com/v1",
        "https://user:pw@api.example.com/v1",
        "https://api.example.com@evil.test/v1",
        "https://\u{ff0e}evil.test/v1",
        "/v1",
        "not a url",
    ] {
        let error = fixture.world.run(client.fetch(Call::get(url))).map_err(code).map(|_| ()).unwrap_err();
        assert_eq!(error, ErrorCode::UnlistedResource, "{url}");
    }
    assert_eq!(fixture.api.request_count(), before);
}

#[test]
fn renews_and_repeats_once_on_a_401() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    fixture.api.answer_next(HttpResponse::new(401, ""));
    let answer = fixture.world.run(client.fetch(Call::post("https://api.example.com/orders", "a body"))).unwrap();
    assert_eq!(answer.status, 200);
    assert!(answer.body.expose().contains("a body"));
    assert_eq!((token_requests(&fixture), fixture.api.request_count()), (2, 2));
}

#[test]
fn hands_out_a_401_that_a_new_token_does_not_cure_and_does_not_try_it_again_at_once() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    for _ in 0..4 {
        fixture.api.answer_next(HttpResponse::new(401, "never"));
    }
    assert_eq!(fixture.call(&client), Ok(401));
    assert_eq!((token_requests(&fixture), fixture.api.request_count()), (2, 2));
    assert_eq!(fixture.call(&client), Ok(401));
    assert_eq!((token_requests(&fixture), fixture.api.request_count()), (2, 3));
}

#[test]
fn a_stream_is_sent_once() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    fixture.api.answer_next(HttpResponse::new(401, ""));
    let answer = fixture.world.run(client.fetch(Call::stream("https://api.example.com/upload", "flow"))).unwrap();
    assert_eq!(answer.status, 401);
    assert_eq!((token_requests(&fixture), fixture.api.request_count()), (1, 1));
}

#[test]
fn hands_out_the_401_when_renewal_fails_for_now() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    fixture.api.answer_next(HttpResponse::new(401, "old"));
    fixture.world.fail_next("/token", Fault::Unreachable);
    assert_eq!(fixture.call(&client), Ok(401));
    assert!(client.session().is_some());
}

#[test]
fn many_calls_that_meet_a_401_share_one_renewal() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    for _ in 0..20 {
        fixture.api.answer_next(HttpResponse::new(401, ""));
    }
    let calls = (0..20).map(|_| client.fetch(Call::get("https://api.example.com/me")));
    let answers = fixture.world.run(futures_util::future::join_all(calls));
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|answer| answer.status == 200)));
    assert_eq!(token_requests(&fixture), 2);
}

#[test]
fn a_caller_who_gives_up_gets_his_own_reason_and_takes_nothing_from_the_others() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    fixture.world.suspend(301_000);
    let call = Call::get("https://api.example.com/me");
    let abort = call.abort_handle();
    let platform = fixture.world.tab();
    let (given_up, answered, ()) = fixture.world.run(futures_util::future::join3(
        client.fetch(call),
        client.fetch(Call::get("https://api.example.com/me")),
        async {
            use super::super::platform::Clock;
            platform.sleep(5).await;
            abort.abort("changed my mind");
        },
    ));
    assert_eq!(given_up.map(|_| ()), Err(super::super::Failure::GivenUp("changed my mind".into())));
    assert_eq!(answered.map(|answer| answer.status), Ok(200));
    assert_eq!(token_requests(&fixture), 2);
}

#[test]
fn the_user_is_asked_for_by_a_good_token_and_must_be_the_same() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    fixture.world.suspend(301_000);
    let user = fixture.world.run(client.user_info()).unwrap();
    assert_eq!(user.0["sub"], "alice");
    fixture.server.rewrite_json(Endpoint::UserInfo, |user| user["sub"] = "mallory".into());
    assert_eq!(fixture.world.run(client.user_info()).unwrap_err().code(), ErrorCode::ClaimInvalid);
}

#[test]
fn an_api_that_refuses_what_was_renewed_for_it_is_believed_for_ten_seconds() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    fixture.world.plan_faults(|request| (request.url.path == "/me").then(|| Fault::status(401, None)));
    // Asked twice the first time, once within ten seconds, and twice again after that.
    for (ms, calls, renewals) in [(0, 2, 1), (1, 3, 1), (9_000, 4, 1), (2_000, 6, 2)] {
        fixture.world.advance(ms);
        assert_eq!(fixture.call(&client), Ok(401));
        let asked = fixture.world.transmitted("api.example.com");
        assert_eq!((asked, token_requests(&fixture)), (calls, 1 + renewals), "{ms}");
    }
    assert!(client.session().is_some());
}

#[test]
fn an_api_that_takes_what_was_renewed_for_it_is_served_again_at_once() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    for revocations in 1..4 {
        fixture.api.answer_next(HttpResponse::new(401, "revoked"));
        assert_eq!(fixture.call(&client), Ok(200), "{revocations}");
        assert_eq!(token_requests(&fixture), 1 + revocations);
        fixture.world.advance(1_000);
    }
    fixture.world.fail_next("/userinfo", Fault::status(401, None));
    fixture.world.run(client.user_info()).expect("an answer");
    fixture.api.answer_next(HttpResponse::new(401, "revoked"));
    assert_eq!(fixture.call(&client), Ok(200));
    assert_eq!(token_requests(&fixture), 6);
}

#[test]
fn the_user_is_not_asked_for_by_one_renewed_token_after_the_other() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    fixture.world.plan_faults(|request| (request.url.path == "/userinfo").then(|| Fault::status(401, None)));
    for _ in 0..5 {
        assert!(fixture.world.run(client.user_info()).is_err());
    }
    assert_eq!(token_requests(&fixture), 2);
    assert!(client.session().is_some());
}
