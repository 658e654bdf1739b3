//! Parts of the program that do not load.

use super::super::SignOutOptions;
use super::super::platform::Part;
use super::*;
use crate::client::{SignInMode, StepUp};
use crate::http::HttpResponse;
use crate::oauth::metadata::Metadata;
use crate::testing::Endpoint;

const LATER_MS: u64 = 301_000;
const PAUSE_MS: u64 = 6_000;

fn silent() -> SignInOptions {
    SignInOptions { mode: SignInMode::Silent, ..SignInOptions::default() }
}

#[test]
fn what_is_in_a_part_that_does_not_load_fails_for_now() {
    let fixture = Fixture::new();
    fixture.world.set_missing_parts(Some(Part::More));
    let client = fixture.create(&fixture.world.tab());
    let error = fixture.world.run(client.sign_in(silent())).expect_err("the part is not there");
    assert!((error.code(), error.is_retryable()) == (ErrorCode::Network, true));
    assert_eq!(client.error().map(|error| error.code()), Some(ErrorCode::Network));
    assert_eq!(fixture.world.transmitted("as.example.com"), 0);
    fixture.world.set_missing_parts(None);
    let error = fixture.world.run(client.sign_in(silent())).expect_err("nobody answers in the frame");
    assert_ne!(error.code(), ErrorCode::Network);
}

#[test]
fn a_page_with_a_good_session_needs_the_first_part_alone() {
    let fixture = Fixture::new();
    fixture.sign_in();
    fixture.world.set_missing_parts(Some(Part::Flows));
    let client = fixture.create(&fixture.world.tab());
    assert!(client.session().is_some());
    assert_eq!(fixture.call(&client), Ok(200));
    assert!(fixture.world.run(client.access_token(super::super::AccessTokenOptions::default())).is_ok());
}

#[test]
fn what_most_pages_need_is_in_the_first_two() {
    let fixture = Fixture::new();
    fixture.world.set_missing_parts(Some(Part::More));
    let (_tab, client) = fixture.sign_in();
    assert_eq!(fixture.call(&client), Ok(200));
    fixture.world.suspend(LATER_MS);
    assert_eq!(fixture.call(&client), Ok(200));
    assert_eq!(fixture.told(), ["signedin", "refreshed"]);
    fixture.world.run(client.sign_out(SignOutOptions { local: true, ..SignOutOptions::default() })).unwrap();
    assert!(client.session().is_none());
}

#[test]
fn a_renewal_that_does_not_load_is_tried_again_and_the_session_lives() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    tab.hide();
    fixture.world.suspend(LATER_MS);
    fixture.world.set_missing_parts(Some(Part::Flows));
    assert_eq!(fixture.call(&client), Err(ErrorCode::Network));
    assert!(client.session().is_some());
    assert_eq!(fixture.told(), ["signedin", "refresherror"]);
    fixture.world.set_missing_parts(None);
    fixture.world.advance(PAUSE_MS);
    assert_eq!(fixture.call(&client), Ok(200));
    assert_eq!(fixture.server.request_count(Endpoint::Token), 2);
}

#[test]
fn calls_that_need_what_does_not_load_are_told_of_once() {
    let fixture = Fixture::new();
    let (tab, client) = fixture.sign_in();
    tab.hide();
    fixture.world.suspend(LATER_MS);
    fixture.world.set_missing_parts(Some(Part::Flows));
    for _ in 0..2 {
        assert_eq!(fixture.call(&client), Err(ErrorCode::Network));
    }
    assert_eq!(fixture.told(), ["signedin", "refresherror"]);
}

#[test]
fn an_answer_that_nobody_can_deal_with_is_the_callers() {
    let fixture = Fixture::new();
    let (_tab, client) = fixture.sign_in();
    fixture.world.set_missing_parts(Some(Part::Flows));
    fixture.api.answer_next(HttpResponse::new(401, ""));
    assert_eq!(fixture.call(&client), Ok(401));
    assert!(client.session().is_some());
    fixture.world.set_missing_parts(None);
    fixture.api.answer_next(HttpResponse::new(401, ""));
    assert_eq!(fixture.call(&client), Ok(200));
}

#[test]
fn metadata_need_no_later_part() {
    let insecure = Metadata { token_endpoint: Some("http://as.example.com/token".into()), ..Metadata::default() };
    let fixture = Fixture::with(|options| options.metadata = Some(insecure));
    fixture.world.set_missing_parts(Some(Part::Flows));
    assert_eq!(fixture.try_create(&fixture.world.tab()).err().map(|error| error.code()), Some(ErrorCode::InsecureUrl));
}

#[test]
fn who_signs_out_is_signed_out_in_every_tab_whatever_loads() {
    let fixture = Fixture::new();
    let (_tab, client) = fixture.sign_in();
    let other = fixture.create(&fixture.world.tab());
    fixture.world.set_missing_parts(Some(Part::Flows));
    let error = fixture.world.run(client.sign_out(SignOutOptions::default())).expect_err("the server is not told");
    assert_eq!(error.code(), ErrorCode::Network);
    fixture.world.advance(100);
    assert!(client.session().is_none() && other.session().is_none());
    assert!(fixture.create(&fixture.world.tab()).session().is_none(), "nothing is stored");
}

#[test]
fn a_page_whose_redirect_cannot_be_finished_can_be_loaded_again() {
    let fixture = Fixture::new();
    let back = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    fixture.world.set_missing_parts(Some(Part::Flows));
    assert_eq!(fixture.try_create(&back).err().map(|error| error.code()), Some(ErrorCode::Network));
    fixture.world.set_missing_parts(None);
    let client = fixture.create(&back.reload());
    assert!(client.session().is_some());
    assert_eq!(fixture.server.request_count(Endpoint::Token), 1);
}

#[test]
fn a_client_that_needs_a_later_part_is_made_when_it_loads() {
    let fixture = Fixture::with(|options| {
        options.provider = Some(crate::client::Provider::default());
        options.step_up = StepUp::Redirect;
    });
    fixture.world.set_missing_parts(Some(Part::More));
    assert_eq!(fixture.try_create(&fixture.world.tab()).err().map(|error| error.code()), Some(ErrorCode::Network));
    fixture.world.set_missing_parts(None);
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
    fixture.world.set_missing_parts(Some(Part::More));
    let (page, options) = (opened.clone(), fixture.options.clone());
    let _starting = opened.start(async move { Client::create(page, options).await });
    fixture.world.advance(5_000);
    assert_eq!(client.session().and_then(|session| session.subject.clone()).as_deref(), Some("alice"));
    drop(signing_in);
}

#[test]
fn a_refused_token_is_renewed_also_where_a_step_up_could_not_load() {
    let fixture = Fixture::with(|options| options.step_up = StepUp::Popup);
    let (_tab, client) = fixture.sign_in();
    fixture.world.set_missing_parts(Some(Part::More));
    fixture.api.answer_next(crate::http::HttpResponse::new(401, ""));
    assert_eq!(fixture.call(&client), Ok(200));
    assert_eq!(fixture.server.request_count(Endpoint::Token), 2);
    // What cannot be asked of the user is said, and the API's answer is the caller's.
    fixture.api.demand_sign_in(Some("gold"), None);
    assert_eq!(fixture.call(&client), Ok(401));
    assert_eq!(client.error().map(|error| error.code()), Some(ErrorCode::Network));
}

#[test]
fn bound_tokens_that_no_proof_can_be_made_for_wait_until_one_can() {
    let fixture = Fixture::with(|options| options.dpop = true);
    fixture.server.configure(|policy| policy.binds_tokens = true);
    let (tab, client) = fixture.sign_in();
    tab.hide();
    fixture.world.suspend(LATER_MS);
    fixture.world.set_missing_parts(Some(Part::More));
    assert_eq!(fixture.call(&client), Err(ErrorCode::Network));
    assert!(client.session().is_some());
    fixture.world.set_missing_parts(None);
    fixture.world.advance(10_000);
    assert_eq!(fixture.call(&client), Ok(200));
    assert_eq!((fixture.server.reuse_count(), fixture.server.request_count(Endpoint::Token)), (0, 2));
}
