//! A client that was closed: nothing new begins, and what is under way ends as it would.

use super::super::{AccessTokenOptions, SignInMode};
use super::*;
use crate::testing::Fault;

fn popup() -> SignInOptions {
    SignInOptions { mode: SignInMode::Popup, ..SignInOptions::default() }
}

#[test]
fn nothing_begins_in_a_closed_client_and_nothing_is_sent() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    let sent = fixture.world.transmitted("example.com");
    client.close();
    let world = &fixture.world;
    assert_eq!(fixture.call(&client), Err(ErrorCode::Aborted));
    let code = |error: Error| error.code();
    assert_eq!(
        [
            world.run(client.access_token(AccessTokenOptions::default())).map(drop).map_err(code),
            world.run(client.sign_in(SignInOptions::default())).map(drop).map_err(code),
            world.run(client.sign_in(popup())).map(drop).map_err(code),
            world.run(client.user_info()).map(drop).map_err(code),
            world.run(client.revoke(None)).map_err(code),
            world.run(client.handle_redirect(None)).map(drop).map_err(code),
        ],
        [const { Err(ErrorCode::Aborted) }; 6]
    );
    assert_eq!((fixture.world.transmitted("example.com"), tab.departure()), (sent, None));
    assert!(tab.opened().is_none_or(|window| window.is_closed()));
    // The session is another client's to go on with, and can be ended here all the same.
    assert!(fixture.create(&fixture.world.tab()).session().is_some());
    let local = crate::client::SignOutOptions { local: true, ..Default::default() };
    world.run(client.sign_out(local)).expect("signed out");
    assert!(fixture.create(&tab.reload()).session().is_none());
}

#[test]
fn what_is_under_way_ends_as_it_would() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    fixture.world.fail_next("/token", Fault::AnswerLate(500));
    let [renewing, calling] = [client.clone(), client.clone()];
    let fresh = AccessTokenOptions { fresh: true, ..AccessTokenOptions::default() };
    let renewed = tab.start(async move { renewing.access_token(fresh).await.is_ok() });
    fixture.world.fail_next("/me", Fault::AnswerLate(500));
    let call = Call::get("https://api.example.com/me");
    let answer = tab.start(async move { calling.fetch(call).await.map(|answer| answer.status).map_err(code) });
    let popup = tab.start(client.sign_in(popup()));
    fixture.world.advance(300);
    client.close();
    assert_eq!((fixture.world.run(renewed), fixture.world.run(answer)), (Some(true), Some(Ok(200))));
    let window = tab.opened().expect("a window");
    fixture.world.run(window.departed());
    let window = window.follow(&fixture.server);
    let (page, options) = (window.clone(), fixture.options.clone());
    let _starting = window.start(async move { Client::create(page, options).await });
    assert!(fixture.world.run(popup).expect("a page that is still there").is_ok());
}
