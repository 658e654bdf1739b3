//! Pages that would send their user round in circles.

use super::super::SignOutOptions;
use super::*;
use crate::http::HttpResponse;
use crate::testing::Fault;

/// A page that signs in by itself whenever nobody is signed in, as long as it is let.
fn go_round(fixture: &Fixture, mut tab: Tab) -> (usize, Client<Tab>) {
    for rounds in 0..10 {
        let client = fixture.create(&tab);
        let leaving = client.clone();
        let _leaving = tab.start(async move { leaving.sign_in(SignInOptions::default()).await });
        fixture.world.advance(1_000);
        if tab.departure().is_none() {
            return (rounds, client);
        }
        tab = tab.follow(&fixture.server);
    }
    panic!("it goes round forever")
}

#[test]
fn the_third_sign_in_within_a_minute_that_nobody_asked_for_stops_with_the_reason() {
    let fixture = Fixture::new();
    fixture.world.plan_faults(|request| {
        let refused = r#"{"error":"invalid_grant"}"#;
        request.url.path.ends_with("/token").then(|| Fault::Answered(HttpResponse::new(400, refused)))
    });
    let (rounds, client) = go_round(&fixture, fixture.world.tab());
    let error = client.error().unwrap();
    assert_eq!((rounds, error.code()), (2, ErrorCode::AuthorizationFailed));
    assert!(error.message().contains("invalid_grant"), "{}", error.message());
}

#[test]
fn a_minute_later_and_after_signing_out_it_is_let_again() {
    let fixture = Fixture::new();
    let tab = fixture.world.tab();
    let (_, client) = go_round(&fixture, tab);
    fixture.world.run(client.sign_out(SignOutOptions { local: true, ..Default::default() })).unwrap();
    assert_eq!(go_round(&fixture, client.platform().clone()).0, 2);
    fixture.world.advance(60_000);
    assert_eq!(go_round(&fixture, client.platform().reload()).0, 2);
}

#[test]
fn a_user_may_change_his_mind_as_often_as_he_likes() {
    let fixture = Fixture::new();
    let mut tab = fixture.world.tab();
    for _ in 0..5 {
        tab.touch();
        tab = fixture.visit_server(&tab, SignInOptions::default()).visit("https://app.example.com/");
    }
    assert_eq!(fixture.create(&tab).error(), None);
}
