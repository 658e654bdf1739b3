//! When the tokens of further audiences are asked for.

use super::*;
use std::cell::Cell;

#[test]
fn the_first_is_renewed_ahead_of_time_and_the_others_when_a_call_needs_them() {
    let several = several();
    let (_, client) = several.sign_in();
    assert_eq!(several.call(&client, MAIL), Ok(200));
    let (first, mail) = (Rc::<Cell<usize>>::default(), Rc::<Cell<usize>>::default());
    let counts = [(API, Rc::clone(&first)), (MAIL, Rc::clone(&mail))];
    several.world.plan_faults(move |request| {
        let resource = request.parameter("resource").unwrap_or_default();
        for (_, count) in counts.iter().filter(|(url, _)| resource.starts_with(url)) {
            count.set(count.get() + 1);
        }
        None
    });
    several.world.advance(3_600_000);
    assert!(first.get() > 10, "{}", first.get());
    assert_eq!(mail.get(), 0);
    assert_eq!((several.call(&client, MAIL), mail.get()), (Ok(200), 1));
    assert_eq!((several.server.reuse_count(), several.server.honoured_count()), (0, 1));
}

#[test]
fn a_server_that_has_no_token_for_an_api_is_not_asked_again_about_every_call() {
    let several = several();
    let (_, client) = several.sign_in();
    let lacks = || HttpResponse::new(400, r#"{"error":"invalid_target"}"#);
    (0..50).for_each(|_| several.server.answer_next(Endpoint::Token, lacks()));
    let before = several.token_requests();
    for _ in 0..20 {
        assert_eq!(several.call(&client, MAIL), Err(ErrorCode::TokenRequestFailed));
        several.world.advance(100);
    }
    assert_eq!(several.token_requests() - before, 1);
    several.world.advance(10_000);
    assert_eq!(several.call(&client, MAIL), Err(ErrorCode::TokenRequestFailed));
    assert_eq!(several.token_requests() - before, 2);
}

#[test]
fn what_a_page_has_tried_itself_hides_no_later_attempt_of_another() {
    let several = several();
    several.server.configure(|policy| policy.rotation = crate::testing::Rotation::Off);
    let (tab, client) = several.sign_in();
    // So that it does not try again by itself.
    tab.hide();
    let other = several.create(&several.world.tab());
    several.world.fail_next("/token", Fault::AnswerLost);
    assert_eq!(several.token(&client, Some(MAIL)), Err(ErrorCode::Timeout));
    several.world.advance(60_000);
    // A refusal ends the attempts of all, and the refresh token is the same.
    several.server.answer_next(Endpoint::Token, HttpResponse::new(400, r#"{"error":"invalid_target"}"#));
    assert_eq!(several.token(&other, Some(MAIL)), Err(ErrorCode::TokenRequestFailed));
    several.world.advance(60_000);
    let third_tab = several.world.tab();
    let third = several.create(&third_tab);
    several.world.fail_next("/token", Fault::RequestLate(4_000));
    let asked = several.world.transmitted("/token");
    drop(third_tab.start(async move {
        third.access_token(AccessTokenOptions { resource: Some(MAIL.into()), ..Default::default() }).await.is_ok()
    }));
    several.world.advance(100);
    several.world.steal_locks();
    let again = client.clone();
    drop(tab.start(async move {
        again.access_token(AccessTokenOptions { resource: Some(FILES.into()), ..Default::default() }).await.is_ok()
    }));
    several.world.advance(2_000);
    assert_eq!(several.world.transmitted("/token") - asked, 1, "one at a time");
    several.world.advance(10_000);
    assert_eq!((several.call(&client, FILES), several.call(&client, MAIL)), (Ok(200), Ok(200)));
    assert_eq!((several.server.reuse_count(), several.server.honoured_count()), (0, 1));
}
