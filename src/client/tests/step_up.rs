use super::super::{SignOutOptions, StepUp};
use super::*;
use crate::testing::{Endpoint, Started};

type Answer = Started<Result<u16, ErrorCode>>;

fn fixture(step_up: StepUp) -> Fixture {
    Fixture::with(|options| options.step_up = step_up)
}

fn begin_call(tab: &Tab, client: &Client<Tab>, call: Call) -> Answer {
    let client = client.clone();
    tab.start(async move { client.fetch(call).await.map(|answer| answer.status).map_err(code) })
}

fn get() -> Call {
    Call::get("https://api.example.com/me")
}

impl Fixture {
    /// The user signs in where the client asks him to.
    fn step_up_in_window(&self, tab: &Tab) -> String {
        self.world.advance(300);
        let window = tab.opened().expect("a window");
        let asked = self.world.run(window.departed());
        let window = window.follow(&self.server);
        let (page, options) = (window.clone(), self.options.clone());
        let _starting = window.start(async move { Client::create(page, options).await.map(drop) });
        asked
    }

    fn end_call(&self, answer: Answer) -> Result<u16, ErrorCode> {
        self.world.run(answer).expect("a page that is still there")
    }
}

#[test]
fn a_popup_signs_in_for_what_the_api_asks_and_the_call_is_repeated() {
    let fixture = fixture(StepUp::Popup);
    let (tab, client) = fixture.sign_in();
    fixture.api.demand_sign_in(Some("gold platinum"), Some(300));
    let answer = begin_call(&tab, &client, Call::post("https://api.example.com/pay", "100"));
    let asked = fixture.step_up_in_window(&tab);
    assert!(asked.contains("acr_values=gold%20platinum") || asked.contains("acr_values=gold+platinum"), "{asked}");
    assert!(asked.contains("max_age=300"), "{asked}");
    assert_eq!(fixture.end_call(answer), Ok(200));
    assert_eq!(fixture.api.request_count(), 2);
    assert_eq!(fixture.api.requests()[1].body, "100");
    assert!(client.session().unwrap().claims.as_ref().unwrap().contains(r#""acr":"gold""#));
    // Nobody is asked twice.
    assert_eq!(fixture.call(&client), Ok(200));
    assert_eq!(tab.opened_count(), 1);
}

#[test]
fn twenty_calls_open_one_window() {
    let fixture = fixture(StepUp::Popup);
    let (tab, client) = fixture.sign_in();
    fixture.api.demand_sign_in(Some("gold"), None);
    let answers: Vec<Answer> = (0..20).map(|_| begin_call(&tab, &client, get())).collect();
    fixture.step_up_in_window(&tab);
    for answer in answers {
        assert_eq!(fixture.end_call(answer), Ok(200));
    }
    assert_eq!(tab.opened_count(), 1);
    assert_eq!(fixture.server.request_count(Endpoint::Token), 2);
}

#[test]
fn a_sign_in_that_is_too_old_is_made_anew() {
    let fixture = fixture(StepUp::Popup);
    let (tab, client) = fixture.sign_in();
    fixture.world.advance(200_000);
    fixture.api.demand_sign_in(None, Some(100));
    let answer = begin_call(&tab, &client, get());
    fixture.step_up_in_window(&tab);
    assert_eq!(fixture.end_call(answer), Ok(200));
}

#[test]
fn a_server_that_does_not_do_what_it_is_asked_changes_nothing() {
    let fixture = fixture(StepUp::Popup);
    let (tab, client) = fixture.sign_in();
    let before = client.session();
    fixture.server.rewrite_id_token(|draft| draft.claims["acr"] = "bronze".into());
    fixture.api.demand_sign_in(Some("gold"), None);
    let answer = begin_call(&tab, &client, get());
    fixture.step_up_in_window(&tab);
    assert_eq!(fixture.end_call(answer), Ok(401));
    assert_eq!(client.error().map(|error| error.code()), Some(ErrorCode::ClaimInvalid));
    assert_eq!(client.session(), before);
    assert_eq!(fixture.api.request_count(), 1);
}

#[test]
fn an_api_that_asks_again_gets_its_answer_handed_out() {
    let fixture = fixture(StepUp::Popup);
    let (tab, client) = fixture.sign_in();
    let again = || {
        let mut answer = crate::http::HttpResponse::new(401, "");
        let challenge = r#"Bearer error="insufficient_user_authentication", acr_values="gold""#;
        answer.headers.push(("www-authenticate".to_owned(), challenge.to_owned()));
        answer
    };
    (0..4).for_each(|_| fixture.api.answer_next(again()));
    let answer = begin_call(&tab, &client, get());
    fixture.step_up_in_window(&tab);
    assert_eq!(fixture.end_call(answer), Ok(401));
    assert_eq!(fixture.call(&client), Ok(401));
    assert_eq!(tab.opened_count(), 1);
    assert_eq!(fixture.api.request_count(), 3);
}

#[test]
fn a_blocked_or_closed_window_hands_out_the_answer_and_says_why() {
    let fixture = fixture(StepUp::Popup);
    let (tab, client) = fixture.sign_in();
    fixture.api.demand_sign_in(Some("gold"), None);
    fixture.world.set_popups(false);
    assert_eq!(fixture.call(&client), Ok(401));
    assert_eq!(client.error().map(|error| error.code()), Some(ErrorCode::PopupBlocked));
    fixture.world.set_popups(true);
    let answer = begin_call(&tab, &client, get());
    fixture.world.advance(300);
    tab.opened().unwrap().close_window();
    assert_eq!(fixture.end_call(answer), Ok(401));
    assert_eq!(client.error().map(|error| error.code()), Some(ErrorCode::PopupClosed));
    assert!(client.session().is_some());
}

#[test]
fn another_user_gets_no_answer_to_the_call_of_the_first() {
    let fixture = fixture(StepUp::Popup);
    let (tab, client) = fixture.sign_in();
    fixture.api.demand_sign_in(Some("gold"), None);
    fixture.server.set_user("bob");
    let answer = begin_call(&tab, &client, get());
    fixture.step_up_in_window(&tab);
    assert!(fixture.end_call(answer).is_err());
    assert_eq!(client.session().unwrap().subject.as_deref(), Some("bob"));
    assert_eq!(fixture.api.request_count(), 1);
}

#[test]
fn a_caller_who_gives_up_does_not_wait_for_the_user() {
    let fixture = fixture(StepUp::Popup);
    let (tab, client) = fixture.sign_in();
    fixture.api.demand_sign_in(Some("gold"), None);
    let call = get();
    let abort = call.abort_handle();
    let answer = begin_call(&tab, &client, call);
    fixture.world.advance(1_000);
    abort.abort("enough");
    assert_eq!(fixture.end_call(answer), Err(ErrorCode::Aborted));
}

#[test]
fn a_stream_cannot_be_sent_again_and_the_next_call_goes_through() {
    let fixture = fixture(StepUp::Popup);
    let (tab, client) = fixture.sign_in();
    fixture.api.demand_sign_in(Some("gold"), None);
    let answer = begin_call(&tab, &client, Call::stream("https://api.example.com/upload", "bytes"));
    fixture.step_up_in_window(&tab);
    assert_eq!(fixture.end_call(answer), Ok(401));
    assert_eq!(fixture.call(&client), Ok(200));
}

#[test]
fn a_redirect_comes_back_to_the_same_place() {
    let fixture = fixture(StepUp::Redirect);
    let (_tab, _client) = fixture.sign_in();
    let tab = fixture.world.tab_at("https://app.example.com/?order=7#pay");
    let client = fixture.create(&tab);
    fixture.api.demand_sign_in(Some("gold"), None);
    let _answer = begin_call(&tab, &client, get());
    let asked = fixture.world.run(tab.departed());
    assert!(asked.contains("acr_values=gold"));
    let tab = tab.follow(&fixture.server);
    let client = fixture.create(&tab);
    assert_eq!(client.return_to().as_deref(), Some("https://app.example.com/?order=7#pay"));
    assert_eq!(fixture.call(&client), Ok(200));
    assert_eq!(tab.departure(), None);
}

#[test]
fn a_redirect_goes_in_no_circles() {
    let fixture = fixture(StepUp::Redirect);
    let (tab, client) = fixture.sign_in();
    fixture.world.advance(60_000);
    // However young the sign-in is, this API wants a younger one.
    fixture.api.demand_sign_in(None, Some(0));
    let _answer = begin_call(&tab, &client, get());
    fixture.world.run(tab.departed());
    let tab = tab.follow(&fixture.server);
    let client = fixture.create(&tab);
    fixture.world.advance(2_000);
    assert_eq!(fixture.call(&client), Ok(401));
    assert_eq!(tab.departure(), None);
}

#[test]
fn by_default_the_answer_is_handed_out_and_an_event_says_what_was_asked() {
    let fixture = fixture(StepUp::None);
    let (tab, client) = fixture.sign_in();
    fixture.api.demand_sign_in(Some("gold"), Some(300));
    assert_eq!(fixture.call(&client), Ok(401));
    assert_eq!(fixture.api.request_count(), 1);
    assert_eq!(tab.opened_count(), 0);
    assert_eq!(client.error(), None);
    assert!(fixture.told().contains(&"step_up_required"));
    let diary = fixture.diary.borrow();
    let error =
        diary.iter().find_map(|event| if let Event::Error(error) = event { Some(error) } else { None }).unwrap();
    assert!(error.message().contains(r#"acr_values="gold", max_age="300""#), "{error}");
}

#[test]
fn any_other_401_is_renewed_as_ever() {
    let fixture = fixture(StepUp::Popup);
    let (tab, client) = fixture.sign_in();
    fixture.api.answer_next(crate::http::HttpResponse::new(401, ""));
    assert_eq!(fixture.call(&client), Ok(200));
    assert_eq!(tab.opened_count(), 0);
    fixture.world.run(client.sign_out(SignOutOptions { local: true, ..Default::default() })).unwrap();
}

#[test]
fn nobody_who_has_signed_out_meanwhile_is_asked_to_sign_in() {
    let fixture = fixture(StepUp::Popup);
    let (tab, client) = fixture.sign_in();
    fixture.api.demand_sign_in(Some("gold"), None);
    let answer = begin_call(&tab, &client, get());
    fixture.world.advance(10);
    fixture.world.run(client.sign_out(SignOutOptions { local: true, ..Default::default() })).unwrap();
    assert_eq!(fixture.end_call(answer), Ok(401));
    assert_eq!(tab.opened_count(), 0);
}

#[test]
fn what_was_granted_before_is_asked_for_again() {
    let fixture = fixture(StepUp::Popup);
    let tab = fixture.visit_server(
        &fixture.world.tab(),
        SignInOptions { scope: Some("openid calendar".to_owned()), ..SignInOptions::default() },
    );
    let client = fixture.create(&tab);
    fixture.api.demand_sign_in(Some("gold"), None);
    let answer = begin_call(&tab, &client, get());
    let asked = fixture.step_up_in_window(&tab);
    assert!(asked.contains("calendar"), "{asked}");
    assert_eq!(fixture.end_call(answer), Ok(200));
    assert!(client.session().unwrap().scope.contains("calendar"));
}

#[test]
fn a_user_who_was_asked_in_vain_is_left_alone_for_a_minute() {
    let fixture = fixture(StepUp::Popup);
    let (tab, client) = fixture.sign_in();
    fixture.api.demand_sign_in(Some("gold"), None);
    let answer = begin_call(&tab, &client, get());
    fixture.world.advance(300);
    tab.opened().unwrap().close_window();
    assert_eq!(fixture.end_call(answer), Ok(401));
    for _ in 0..3 {
        assert_eq!(fixture.call(&client), Ok(401));
    }
    assert_eq!(tab.opened_count(), 1);
    assert_eq!(fixture.told().iter().filter(|told| **told == "step_up_required").count(), 3);
    // What is asked for otherwise is something else.
    fixture.api.demand_sign_in(Some("platinum"), None);
    let answer = begin_call(&tab, &client, get());
    fixture.world.advance(300);
    tab.opened().unwrap().close_window();
    assert_eq!(fixture.end_call(answer), Ok(401));
    assert_eq!(tab.opened_count(), 2);
    fixture.api.demand_sign_in(Some("gold"), None);
    fixture.world.advance(61_000);
    let answer = begin_call(&tab, &client, get());
    fixture.step_up_in_window(&tab);
    assert_eq!(fixture.end_call(answer), Ok(200));
}

#[test]
fn a_call_does_not_wait_for_a_page_that_is_not_left() {
    let fixture = fixture(StepUp::Redirect);
    let (tab, client) = fixture.sign_in();
    fixture.api.demand_sign_in(Some("gold"), None);
    let answer = begin_call(&tab, &client, get());
    fixture.world.run(tab.departed());
    let began = fixture.world.now_ms();
    // The user has stopped the navigation.
    assert_eq!(fixture.end_call(answer), Ok(401));
    assert!((9_000..12_000).contains(&(fixture.world.now_ms() - began)));
    assert_eq!(client.error().map(|error| error.code()), Some(ErrorCode::StepUpRequired));
    assert_eq!(fixture.call(&client), Ok(401));
    assert_eq!(tab.departure_count(), 1);
}

#[test]
fn an_api_with_a_token_of_its_own_gets_one_of_the_new_sign_in() {
    const MAIL: &str = "https://mail.example.com";
    let fixture = Fixture::with(|options| {
        options.step_up = StepUp::Popup;
        let named = |url: &str| crate::client::ResourceOption { audience: Some(url.to_owned()), ..url.into() };
        options.resources = [API, MAIL].map(named).into();
    });
    let mail = Api::start(&fixture.world, &fixture.server, MAIL);
    mail.require_audience(MAIL);
    let (tab, client) = fixture.sign_in();
    mail.demand_sign_in(Some("gold"), None);
    let answer = begin_call(&tab, &client, Call::get("https://mail.example.com/me"));
    fixture.step_up_in_window(&tab);
    assert_eq!(fixture.end_call(answer), Ok(200));
    assert_eq!(mail.request_count(), 2);
}
