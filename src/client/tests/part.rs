//! Parts of the program that do not load.

use super::*;
use crate::client::{SignInMode, StepUp};

fn silent() -> SignInOptions {
    SignInOptions { mode: SignInMode::Silent, ..SignInOptions::default() }
}

#[test]
fn what_is_in_a_part_that_does_not_load_fails_for_now() {
    let fixture = Fixture::new();
    fixture.world.set_parts(false);
    let client = fixture.create(&fixture.world.tab());
    let error = fixture.world.run(client.sign_in(silent())).expect_err("the part is not there");
    assert!((error.code(), error.is_retryable()) == (ErrorCode::Network, true));
    assert_eq!(client.error().map(|error| error.code()), Some(ErrorCode::Network));
    assert_eq!(fixture.world.transmitted("as.example.com"), 0);
    fixture.world.set_parts(true);
    let error = fixture.world.run(client.sign_in(silent())).expect_err("nobody answers in the frame");
    assert_ne!(error.code(), ErrorCode::Network);
}

#[test]
fn what_every_page_needs_is_in_no_later_part() {
    let fixture = Fixture::new();
    fixture.world.set_parts(false);
    let (_tab, client) = fixture.sign_in();
    assert_eq!(fixture.call(&client), Ok(200));
    fixture.world.suspend(3_600_000);
    assert_eq!(fixture.call(&client), Ok(200));
    assert_eq!(fixture.told(), ["signedin", "refreshed"]);
}

#[test]
fn a_client_that_needs_a_later_part_is_made_when_it_loads() {
    let fixture = Fixture::with(|options| {
        options.provider = Some(crate::client::Provider::default());
        options.step_up = StepUp::Redirect;
    });
    fixture.world.set_parts(false);
    assert_eq!(fixture.try_create(&fixture.world.tab()).err().map(|error| error.code()), Some(ErrorCode::Network));
    fixture.world.set_parts(true);
    fixture.create(&fixture.world.tab());
}

#[test]
fn a_sign_in_beside_is_finished_in_its_window_if_it_cannot_be_handed_over() {
    let fixture = Fixture::new();
    let tab = fixture.world.tab();
    let client = fixture.create(&tab);
    let popup = SignInOptions { mode: SignInMode::Popup, ..SignInOptions::default() };
    let signing_in = tab.start(client.sign_in(popup));
    fixture.world.advance(300);
    let opened = tab.opened().expect("a window");
    fixture.world.run(opened.departed());
    let opened = opened.follow(&fixture.server);
    fixture.world.set_parts(false);
    let (page, options) = (opened.clone(), fixture.options.clone());
    let _starting = opened.start(async move { Client::create(page, options).await });
    fixture.world.advance(5_000);
    assert_eq!(client.session().and_then(|session| session.subject.clone()).as_deref(), Some("alice"));
    drop(signing_in);
}
