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

#[test]
fn what_watched_the_session_ends_none_any_more() {
    let fixture = Fixture::with(|options| (options.check_session, options.idle_timeout) = (true, Some(30)));
    fixture.server.configure(|policy| policy.has_session_page = true);
    let server = fixture.server.clone();
    fixture.world.answer_in_frames(move |_, message| Some(server.check_session(message)));
    let (tab, client) = fixture.sign_in();
    fixture.world.advance(29_000);
    // A page that looks at the same session, and watches nothing.
    let options = ClientOptions { idle_timeout: None, check_session: false, ..fixture.options.clone() };
    let other = fixture.world.run(Client::create(fixture.world.tab(), options)).expect("options that work");
    client.close();
    fixture.server.end_own_session();
    let opened = tab.opened_count();
    fixture.world.advance(20_000);
    assert!(other.session().is_some());
    assert_eq!(tab.opened_count(), opened);
}
