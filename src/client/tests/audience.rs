//! A token for each API (RFC 8707), and wider scope.

mod pace;

use super::*;
use crate::client::{AccessTokenOptions, ResourceOption};
use crate::http::HttpResponse;
use crate::testing::{Endpoint, Fault};
use futures_util::future::join_all;

const MAIL: &str = "https://mail.example.com";
const FILES: &str = "https://files.example.com";
const LATER_MS: u64 = 301_000;

/// Three APIs, each of which takes only tokens that were issued for it.
struct Several {
    fixture: Fixture,
    mail: Api,
    files: Api,
}

impl std::ops::Deref for Several {
    type Target = Fixture;

    fn deref(&self) -> &Fixture {
        &self.fixture
    }
}

fn named(url: &str) -> ResourceOption {
    ResourceOption { audience: Some([url, "/aud"].concat()), ..url.into() }
}

fn several_with(change: impl FnOnce(&mut ClientOptions)) -> Several {
    let mut fixture = Fixture::with(|options| options.resources = [API, MAIL, FILES].map(named).into());
    change(&mut fixture.options);
    let [mail, files] = [MAIL, FILES].map(|origin| Api::start(&fixture.world, &fixture.server, origin));
    for (api, url) in [(&fixture.api, API), (&mail, MAIL), (&files, FILES)] {
        api.require_audience(&[url, "/aud"].concat());
    }
    Several { fixture, mail, files }
}

fn several() -> Several {
    several_with(|_| ())
}

impl Several {
    fn call(&self, client: &Client<Tab>, url: &str) -> Result<u16, ErrorCode> {
        let answer = self.world.run(client.fetch(Call::get(&[url, "/me"].concat())));
        answer.map(|answer| answer.status).map_err(code)
    }

    fn token(&self, client: &Client<Tab>, resource: Option<&str>) -> Result<String, ErrorCode> {
        let options = AccessTokenOptions { resource: resource.map(str::to_owned), ..Default::default() };
        let token = self.world.run(client.access_token(options));
        token.map(|token| token.expose().to_owned()).map_err(|error| error.code())
    }

    fn token_requests(&self) -> usize {
        self.server.request_count(Endpoint::Token)
    }

    fn last_asked(&self) -> Option<String> {
        self.server.last_request(Endpoint::Token)?.parameter("resource")
    }
}

#[test]
fn one_sign_in_gives_each_api_a_token_of_its_own_when_it_is_first_needed() {
    let several = several();
    let (_, client) = several.sign_in();
    assert_eq!(several.token_requests(), 1);
    for (url, requests) in [(API, 1), (MAIL, 2), (FILES, 3), (MAIL, 3), (API, 3), (FILES, 3)] {
        assert_eq!((several.call(&client, url), several.token_requests()), (Ok(200), requests), "{url}");
    }
    let asked = several.server.last_request(Endpoint::Authorization).expect("a request");
    let asked: Vec<_> = crate::encoding::parse_form(asked.url.query.trim_start_matches('?'))
        .into_iter()
        .filter(|(name, _)| name == "resource")
        .map(|(_, value)| value)
        .collect();
    assert_eq!(asked, [API, MAIL, FILES].map(|url| [url, "/aud"].concat()));
    assert_eq!((several.server.reuse_count(), several.server.honoured_count()), (0, 1));
}

#[test]
fn no_api_ever_sees_the_token_of_another() {
    let several = several();
    let (_, client) = several.sign_in();
    for _ in 0..3 {
        for url in [MAIL, API, FILES] {
            assert_eq!(several.call(&client, url), Ok(200));
        }
        several.world.suspend(LATER_MS);
    }
    for api in [&several.fixture.api, &several.mail, &several.files] {
        assert_eq!(api.request_count(), api.accepted_count());
    }
}

#[test]
fn tokens_outlast_the_page_and_are_there_for_other_tabs() {
    let several = several();
    let (tab, client) = several.sign_in();
    assert_eq!(several.call(&client, MAIL), Ok(200));
    let before = several.token_requests();
    let again = several.create(&tab.reload());
    let other = several.create(&several.world.tab());
    assert_eq!((several.call(&again, MAIL), several.call(&other, MAIL)), (Ok(200), Ok(200)));
    assert_eq!(several.token_requests(), before);
}

#[test]
fn each_is_renewed_on_its_own() {
    let several = several();
    let (tab, client) = several.sign_in();
    tab.hide();
    assert_eq!(several.call(&client, MAIL), Ok(200));
    let main = several.token(&client, None);
    several.world.suspend(200_000);
    assert_eq!(several.call(&client, FILES), Ok(200));
    several.world.suspend(150_000);
    let before = several.token_requests();
    assert_eq!((several.call(&client, FILES), several.token_requests()), (Ok(200), before), "still good");
    assert_eq!((several.call(&client, MAIL), several.token_requests()), (Ok(200), before + 1));
    assert_eq!(several.last_asked().as_deref(), Some("https://mail.example.com/aud"));
    assert_ne!(several.token(&client, None), main);
}

#[test]
fn a_401_of_one_api_renews_only_its_token() {
    let several = several();
    let (_, client) = several.sign_in();
    let tokens = || [None, Some(MAIL), Some(FILES)].map(|resource| several.token(&client, resource));
    let before = tokens();
    several.mail.answer_next(HttpResponse::new(401, ""));
    assert_eq!(several.call(&client, MAIL), Ok(200));
    let after = tokens();
    assert_eq!((&before[0], &before[2]), (&after[0], &after[2]));
    assert_ne!(before[1], after[1]);
    // Nor does it keep the others from being renewed over a 401 of theirs.
    several.fixture.api.answer_next(HttpResponse::new(401, ""));
    assert_eq!(several.call(&client, API), Ok(200));
    let last = tokens();
    assert_ne!(after[0], last[0]);
    assert_eq!(after[1..], last[1..]);
}

#[test]
fn the_token_that_another_api_was_given_meanwhile_is_no_answer_to_a_401() {
    let several = several();
    let (_, client) = several.sign_in();
    assert_eq!(several.call(&client, MAIL), Ok(200));
    // While the 401 of the one is under way another one gets its first token: the session has a new write by then.
    several.world.fail_next("mail.example.com", Fault::AnswerLate(200));
    several.mail.answer_next(HttpResponse::new(401, ""));
    let (mail, files) = several.world.run(futures_util::future::join(
        client.fetch(Call::get("https://mail.example.com/me")),
        client.fetch(Call::get("https://files.example.com/me")),
    ));
    assert_eq!(mail.map(|answer| answer.status).map_err(code), Ok(200));
    assert_eq!(files.map(|answer| answer.status).map_err(code), Ok(200));
    // Sign-in, mail, files, and mail once more.
    assert_eq!((several.token_requests(), several.mail.request_count()), (4, 3));
}

#[test]
fn many_calls_of_many_tabs_ask_once_for_each_api_and_one_after_the_other() {
    let several = several();
    several.sign_in();
    let clients: Vec<_> = (0..4).map(|_| several.create(&several.world.tab())).collect();
    several.world.suspend(LATER_MS);
    let before = several.token_requests();
    let urls = [API, MAIL, FILES].map(|url| [url, "/me"].concat());
    let calls = (0..60).map(|number| clients[number % 4].fetch(Call::get(&urls[number % 3])));
    let answers = several.world.run(join_all(calls));
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|answer| answer.status == 200)));
    assert_eq!(several.token_requests() - before, 3);
    assert_eq!((several.server.reuse_count(), several.server.honoured_count()), (0, 1));
    for api in [&several.fixture.api, &several.mail, &several.files] {
        assert_eq!(api.request_count(), api.accepted_count());
    }
}

#[test]
fn an_api_that_the_server_has_no_token_for_takes_nothing_from_the_others() {
    for word in ["invalid_target", "access_denied", "consent_required", "words_of_its_own"] {
        lacks_one(&format!(r#"{{"error":"{word}"}}"#));
    }
}

fn lacks_one(answer: &str) {
    let several = several();
    let (_, client) = several.sign_in();
    several.server.answer_next(Endpoint::Token, HttpResponse::new(400, answer));
    assert_eq!(several.call(&client, MAIL), Err(ErrorCode::TokenRequestFailed), "{answer}");
    assert_eq!(client.error(), None);
    assert_eq!((several.call(&client, FILES), several.call(&client, API)), (Ok(200), Ok(200)));
    several.world.advance(10_000);
    assert_eq!(several.call(&client, MAIL), Ok(200));
    assert!(!several.told().contains(&"refresherror"));
}

#[test]
fn without_a_refresh_token_there_is_one_token_and_the_session_stays() {
    let several = several();
    several.server.configure(|policy| policy.issues_refresh_tokens = false);
    let (_, client) = several.sign_in();
    assert_eq!(several.call(&client, MAIL), Err(ErrorCode::LoginRequired));
    assert_eq!(several.call(&client, API), Ok(200));
}

#[test]
fn an_access_token_is_asked_for_by_audience_or_by_url() {
    let several = several();
    let (_, client) = several.sign_in();
    let by_name = several.token(&client, Some("https://mail.example.com/aud")).expect("a token");
    assert_eq!(several.token(&client, Some("https://mail.example.com/inbox")), Ok(by_name.clone()));
    assert_ne!(several.token(&client, None), Ok(by_name));
    assert_eq!(several.token(&client, None), several.token(&client, Some(API)));
    assert_eq!(several.token(&client, Some("https://evil.example.com/")), Err(ErrorCode::UnlistedResource));
}

#[test]
fn the_longest_path_says_whose_token_it_is() {
    let several = several_with(|options| {
        options.resources.push(ResourceOption {
            url: "https://api.example.com/files".into(),
            audience: Some("https://files.example.com/aud".into()),
            scope: None,
        });
    });
    let (_, client) = several.sign_in();
    assert_eq!(several.token(&client, Some("https://api.example.com/files/1")), several.token(&client, Some(FILES)));
    assert_eq!(several.token(&client, Some("https://api.example.com/filesystem")), several.token(&client, None));
}

#[test]
fn a_resource_without_an_audience_among_others_is_refused() {
    let several = several_with(|options| options.resources.push("https://other.example.com".into()));
    let error = several.try_create(&several.world.tab()).expect_err("unclear options");
    assert_eq!(error.code(), ErrorCode::InvalidOption);
}

#[test]
fn another_user_does_not_get_the_tokens_of_the_one_before() {
    let several = several();
    let (_, client) = several.sign_in();
    let of_alice = several.token(&client, Some(MAIL));
    several.server.set_user("bob");
    let (_, client) = several.sign_in();
    assert_eq!(client.session().and_then(|session| session.subject.clone()).as_deref(), Some("bob"));
    assert_ne!(several.token(&client, Some(MAIL)), of_alice);
    assert_eq!(several.call(&client, MAIL), Ok(200));
    assert_eq!(several.mail.accepted_count(), several.mail.request_count());
}

#[test]
fn what_was_signed_out_of_has_no_tokens() {
    let several = several();
    let (_, client) = several.sign_in();
    assert_eq!(several.call(&client, MAIL), Ok(200));
    several
        .world
        .run(client.sign_out(super::super::SignOutOptions { local: true, ..Default::default() }))
        .expect("out");
    assert_eq!(several.call(&client, MAIL), Err(ErrorCode::LoginRequired));
    assert_eq!(several.token(&client, Some(MAIL)), Err(ErrorCode::LoginRequired));
}

#[test]
fn a_lost_answer_for_one_api_is_asked_for_again() {
    let several = several();
    several.server.configure(|policy| policy.rotation = crate::testing::Rotation::Grace { seconds: 60 });
    let (_, client) = several.sign_in();
    several.world.fail_next("/token", Fault::AnswerLost);
    assert_eq!(several.call(&client, MAIL), Err(ErrorCode::Timeout));
    several.world.advance(30_000);
    assert_eq!((several.call(&client, MAIL), several.call(&client, API)), (Ok(200), Ok(200)));
}

#[test]
fn a_record_of_before_there_were_several_is_still_good() {
    let mut several = several();
    several.fixture.options.resources.truncate(1);
    let (tab, _) = several.sign_in();
    several.fixture.options.resources = [API, MAIL, FILES].map(named).into();
    let client = several.create(&tab.reload());
    assert_eq!(several.call(&client, API), Ok(200));
    // What was not asked for at sign-in is for the server to refuse.
    assert_eq!(several.call(&client, MAIL), Err(ErrorCode::TokenRequestFailed));
    assert_eq!(several.call(&client, API), Ok(200));
}

#[test]
fn options_in_another_order_or_with_other_audiences_mix_nothing_up() {
    let mut several = several();
    let (tab, client) = several.sign_in();
    assert_eq!(several.call(&client, MAIL), Ok(200));
    several.fixture.options.resources = [FILES, MAIL, API].map(named).into();
    let client = several.create(&tab.reload());
    for url in [FILES, MAIL, API, MAIL, FILES] {
        assert_eq!(several.call(&client, url), Ok(200));
    }
    several.world.suspend(LATER_MS);
    let client = several.create(&several.world.tab());
    for url in [API, FILES, MAIL] {
        assert_eq!(several.call(&client, url), Ok(200));
    }
    // The one that is left is not the one that the session began with.
    several.fixture.options.resources = vec![named(MAIL)];
    let client = several.create(&several.world.tab());
    assert_eq!(several.call(&client, MAIL), Ok(200));
    assert_eq!(several.token(&client, None), several.token(&client, Some(MAIL)));
    for api in [&several.fixture.api, &several.mail, &several.files] {
        assert_eq!(api.request_count(), api.accepted_count());
    }
}

#[test]
fn all_of_it_works_with_bound_tokens() {
    let several = several_with(|options| options.dpop = true);
    several.server.configure(|policy| policy.binds_tokens = true);
    several.mail.demand_nonce("mail");
    several.files.demand_nonce("files");
    let (tab, client) = several.sign_in();
    for url in [MAIL, FILES, API, MAIL, FILES] {
        assert_eq!(several.call(&client, url), Ok(200));
    }
    // One nonce for each origin.
    assert_eq!((several.mail.request_count(), several.files.request_count()), (3, 3));
    several.world.suspend(LATER_MS);
    let client = several.create(&tab.reload());
    assert_eq!(several.call(&client, MAIL), Ok(200));
}

#[test]
fn a_scope_that_is_missing_is_named() {
    let fixture = Fixture::new();
    let (_, client) = fixture.sign_in();
    let options = AccessTokenOptions { scope: Some("openid mail.read mail.send".into()), ..Default::default() };
    let error = fixture.world.run(client.access_token(options)).expect_err("a missing scope");
    assert_eq!(error.code(), ErrorCode::LoginRequired);
    assert!(error.message().contains("mail.read mail.send") && !error.message().contains("openid"), "{error}");
    // And so does an API's refusal (RFC 6750 §3.1).
    fixture.api.require_scope("mail.read");
    assert_eq!(fixture.call(&client), Ok(403));
    fixture.world.settle();
    let is_named = fixture.diary.borrow().iter().any(|event| {
        matches!(event, Event::Log { level: crate::client::Level::Warn, detail: Some(detail), .. } if detail == "mail.read")
    });
    assert!(is_named);
}

#[test]
fn a_sign_in_for_more_scope_keeps_what_was_granted() {
    let fixture = Fixture::with(|options| options.scope = "openid profile".into());
    let (tab, client) = fixture.sign_in();
    drop(client);
    let options = SignInOptions { scope: Some("mail.read".into()), ..SignInOptions::default() };
    let tab = fixture.visit_server(&tab, options);
    let client = fixture.create(&tab);
    assert_eq!(client.session().expect("a session").scope, "openid profile mail.read");
    fixture.api.require_scope("mail.read");
    assert_eq!(fixture.call(&client), Ok(200));
}

#[test]
fn a_scope_that_was_not_granted_for_a_further_api_is_noticed_when_its_token_is_there() {
    let fixture = several();
    let (_, client) = fixture.sign_in();
    let token = |scope: &str| {
        let options = AccessTokenOptions {
            resource: Some([MAIL, "/aud"].concat()),
            scope: Some(scope.to_owned()),
            ..Default::default()
        };
        fixture.world.run(client.access_token(options)).map(drop).map_err(|error| error.code())
    };
    assert_eq!(token("openid everything"), Err(ErrorCode::LoginRequired));
    assert_eq!(token("openid"), Ok(()));
}
