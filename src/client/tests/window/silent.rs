//! A sign-in in a hidden frame, which asks nobody.

use super::*;

#[test]
fn silence_signs_in_whom_the_server_knows() {
    let fixture = Fixture::new();
    let (_tab, client) = fixture.sign_in();
    fixture.world.run(client.sign_out(SignOutOptions { local: true, return_to: None })).unwrap();
    let (tab, client, signing_in) = fixture.click(silent());
    let (frame, starting) = fixture.answer(&tab);
    assert_eq!(fixture.end(signing_in), alice());
    fixture.world.settle();
    assert!(frame.is_closed());
    assert!(client.session().is_some());
    // The app never started in there.
    assert!(fixture.world.run(starting).is_none());
    assert_eq!(frame.opened_count(), 0);
}

#[test]
fn silence_says_login_required_when_the_server_would_have_to_ask() {
    for error in ["login_required", "interaction_required", "consent_required", "account_selection_required"] {
        let fixture = Fixture::new();
        fixture.server.refuse_next(error, "");
        let (tab, _client, signing_in) = fixture.click(silent());
        let (_frame, _starting) = fixture.answer(&tab);
        let asked = tab.opened().unwrap().departure().unwrap();
        assert!(asked.contains("prompt=none"));
        assert_eq!(fixture.end(signing_in), Err(ErrorCode::LoginRequired), "{error}");
    }
}

#[test]
fn silence_that_is_hopeless_says_so_at_once() {
    let fixture = Fixture::new();
    fixture.world.set_cookies_in_frames(Some(false));
    let (tab, _client, signing_in) = fixture.click(silent());
    assert_eq!(fixture.end(signing_in), Err(ErrorCode::LoginRequired));
    assert_eq!(tab.opened_count(), 0);
}

#[test]
fn a_server_that_does_not_know_the_user_in_a_frame_is_asked_once() {
    let fixture = Fixture::new();
    fixture.world.set_cookies_in_frames(None);
    fixture.server.refuse_next("login_required", "");
    let (tab, client, signing_in) = fixture.click(silent());
    fixture.answer(&tab);
    assert_eq!(fixture.end(signing_in), Err(ErrorCode::LoginRequired));
    assert_eq!(fixture.end(start(&tab, &client, silent())), Err(ErrorCode::LoginRequired));
    assert_eq!(tab.opened_count(), 1);
    // Until somebody signs in.
    let signing_in = start(&tab, &client, popup());
    fixture.answer(&tab);
    assert_eq!(fixture.end(signing_in), alice());
    let signing_in = start(&tab, &client, silent());
    fixture.answer(&tab);
    assert_eq!(fixture.end(signing_in), alice());
}

#[test]
fn silence_ends_after_a_while() {
    let fixture = Fixture::with(|options| options.timeout_ms = 5_000);
    let (tab, _client, signing_in) = fixture.click(silent());
    let began = fixture.world.now_ms();
    assert_eq!(fixture.end(signing_in), Err(ErrorCode::Timeout));
    assert!((5_000..7_000).contains(&(fixture.world.now_ms() - began)));
    assert!(tab.opened().unwrap().is_closed());
}

#[test]
fn silence_asks_nothing_else() {
    let fixture = Fixture::new();
    let options = SignInOptions { prompt: Some("login".into()), ..silent() };
    let (_tab, _client, signing_in) = fixture.click(options);
    assert_eq!(fixture.end(signing_in), Err(ErrorCode::InvalidOption));
}
