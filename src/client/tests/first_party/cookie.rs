mod race;
mod stopped;

use super::super::super::{CookieClient, CookieOptions, SignOutOptions, StorageKind, TokenType};
use super::*;
use crate::credential::cookie::Csrf;
use crate::http::HttpResponse;
use crate::testing::Fault;

fn options() -> CookieOptions {
    let csrf = Csrf {
        cookie: "csrf_access".to_owned(),
        header: "X-CSRF-TOKEN".to_owned(),
        refresh_cookie: Some("csrf_refresh".to_owned()),
    };
    let mut options = CookieOptions {
        session_url: Some(at("/cookie/session")),
        login_url: Some(at("/cookie/login")),
        refresh_url: Some(at("/cookie/refresh")),
        logout_url: Some(at("/cookie/logout")),
        csrf: Some(csrf),
        ..CookieOptions::default()
    };
    options.common.resources = vec![at("/cookie/api").as_str().into()];
    options
}

fn without_refresh() -> CookieOptions {
    CookieOptions { refresh_url: None, ..options() }
}

fn api() -> Call {
    Call::get(&at("/cookie/api"))
}

fn change() -> Call {
    Call::post(&at("/cookie/api"), "a change")
}

impl Scene {
    fn with_cookie(&self, tab: &Tab, options: CookieOptions) -> CookieClient<Tab> {
        self.world
            .run(CookieClient::create_with_listener(tab.clone(), options, self.listener()))
            .expect("options that work")
    }

    fn in_cookie(&self, options: CookieOptions) -> (Tab, CookieClient<Tab>) {
        let tab = self.world.tab();
        let client = self.with_cookie(&tab, options);
        assert_eq!(client.session(), None);
        self.world.run(client.sign_in(Some(ada()))).expect("a session");
        self.world.settle();
        (tab, client)
    }
}

#[test]
fn a_login_sets_the_cookie_and_the_session_endpoint_says_who_it_is() {
    let scene = Scene::new();
    let (tab, client) = scene.in_cookie(options());
    let session = client.session().unwrap();
    assert_eq!((session.subject.as_deref(), session.token_type), (Some("ada"), TokenType::Cookie));
    assert!(session.claims.as_ref().unwrap().contains("Someone") && session.can_refresh);
    assert_eq!(scene.call(client.fetch(api())), Ok(200));
    assert!(!stored(&tab).contains("engine-1843") && !stored(&tab).contains("access-ada"));
    assert_eq!(scene.call(client.fetch(me())), Err(ErrorCode::UnlistedResource));
}

#[test]
fn only_what_may_change_something_has_the_csrf_header() {
    let scene = Scene::new();
    let (_, client) = scene.in_cookie(options());
    assert_eq!(scene.call(client.fetch(api())), Ok(200));
    assert_eq!(scene.backend.last_request("/cookie/api").header("x-csrf-token"), None);
    assert_eq!(scene.call(client.fetch(change())), Ok(200));
    assert!(scene.backend.last_request("/cookie/api").header("x-csrf-token").unwrap().starts_with("access-ada"));
}

#[test]
fn a_refused_cookie_is_renewed_with_its_own_csrf_cookie_once_for_all() {
    let scene = Scene::new();
    let (_, client) = scene.in_cookie(options());
    let other = scene.with_cookie(&scene.world.tab(), options());
    scene.world.settle();
    scene.backend.revoke_all_but("refresh");
    let calls = (0..5).flat_map(|_| [client.fetch(change()), other.fetch(change())]);
    let answers = scene.world.run(futures_util::future::join_all(calls));
    assert!(answers.into_iter().all(|answer| answer.is_ok_and(|answer| answer.status == 200)));
    assert_eq!(scene.backend.count("/cookie/refresh"), 1);
    assert!(scene.backend.last_request("/cookie/refresh").header("x-csrf-token").unwrap().starts_with("refresh-ada"));
}

#[test]
fn a_session_that_the_server_has_ended_ends_here() {
    let scene = Scene::new();
    let (_, client) = scene.in_cookie(options());
    let other = scene.with_cookie(&scene.world.tab(), options());
    scene.backend.revoke_all_but("");
    assert_eq!(scene.call(client.fetch(api())), Ok(401));
    scene.world.settle();
    assert_eq!((client.session(), other.session()), (None, None));
    assert!(scene.told().contains(&"session_lost"));
}

#[test]
fn without_a_refresh_url_the_session_endpoint_decides() {
    let scene = Scene::new();
    let (_, client) = scene.in_cookie(without_refresh());
    assert!(!client.session().unwrap().can_refresh);
    // The API's own opinion.
    scene.world.fail_next("/cookie/api", Fault::status(401, None));
    assert_eq!(scene.call(client.fetch(api())), Ok(401));
    assert!(client.session().is_some());
    scene.backend.revoke_all_but("");
    scene.world.advance(10_000);
    assert_eq!(scene.call(client.fetch(api())), Ok(401));
    assert_eq!(client.session(), None);
    assert_eq!(scene.told(), ["signedin", "expired"]);
}

#[test]
fn a_page_that_knows_nothing_asks_the_server() {
    let scene = Scene::new();
    let mut options = options();
    options.common.storage = StorageKind::Memory;
    let (tab, _) = scene.in_cookie(options.clone());
    let client = scene.with_cookie(&tab.reload(), options.clone());
    assert_eq!(client.session().unwrap().subject.as_deref(), Some("ada"));
    // An access cookie that is over, and a refresh cookie that is not.
    scene.backend.revoke_all_but("refresh");
    let client = scene.with_cookie(&tab.reload(), options.clone());
    assert_eq!(client.session().unwrap().subject.as_deref(), Some("ada"));
    // Nobody: and nobody is asked to renew, because no cookie says that there is anything to renew.
    scene.world.forget_cookies();
    let before = scene.backend.count("/cookie/refresh");
    assert_eq!(scene.with_cookie(&tab.reload(), options).session(), None);
    assert_eq!(scene.backend.count("/cookie/refresh"), before);
}

#[test]
fn what_a_page_remembers_is_there_at_once_and_is_confirmed() {
    let scene = Scene::new();
    let (tab, _) = scene.in_cookie(without_refresh());
    scene.backend.revoke_all_but("");
    let asked = scene.backend.count("/cookie/session");
    let client = scene.with_cookie(&tab.reload(), without_refresh());
    assert!(client.session().is_some());
    scene.world.advance(1_000);
    assert_eq!(client.session(), None);
    assert!(scene.backend.count("/cookie/session") > asked);
}

#[test]
fn another_user_of_the_same_browser_takes_the_session_over() {
    let scene = Scene::new();
    let (tab, client) = scene.in_cookie(options());
    // In another tab, by a page that knows nothing of this library.
    let stranger = scene.with_cookie(&scene.world.tab(), {
        let mut options = options();
        options.common.name = Some("another".to_owned());
        options.common.resources = Vec::new();
        options
    });
    scene.world.run(stranger.sign_in(Some(login_of("eve", "engine-1843")))).unwrap();
    let renewed = scene.world.run(client.refresh());
    assert_eq!(renewed.map_err(|error| error.code()), Err(ErrorCode::SessionLost));
    scene.world.advance(3_000);
    assert_eq!(client.session().unwrap().subject.as_deref(), Some("eve"));
    scene.world.run(stranger.sign_in(Some(ada()))).unwrap();
    let client = scene.with_cookie(&tab.reload(), options());
    scene.world.advance(1_000);
    assert_eq!(client.session().unwrap().subject.as_deref(), Some("ada"));
}

#[test]
fn refresh_finds_a_session_that_began_elsewhere() {
    let scene = Scene::new();
    let client = scene.with_cookie(&scene.world.tab(), options());
    assert_eq!(scene.world.run(client.refresh()), Ok(None));
    let mut hidden = options();
    hidden.common.name = Some("another".to_owned());
    let other = scene.with_cookie(&scene.world.tab(), hidden);
    scene.world.run(other.sign_in(Some(ada()))).unwrap();
    assert!(scene.world.run(client.refresh()).unwrap().is_some());
}

#[test]
fn signing_out_ends_the_session_at_the_server() {
    let scene = Scene::new();
    let (tab, client) = scene.in_cookie(options());
    scene.world.run(client.sign_out(SignOutOptions::default())).unwrap();
    assert_eq!(client.session(), None);
    assert!(scene.backend.last_request("/cookie/logout").header("x-csrf-token").is_some());
    assert_eq!(scene.with_cookie(&tab.reload(), options()).session(), None);
}

#[test]
fn a_server_that_cannot_be_asked_is_no_reason_not_to_start() {
    let scene = Scene::new();
    scene.world.fail_next("/cookie/session", Fault::Unreachable);
    let client = scene.with_cookie(&scene.world.tab(), options());
    assert_eq!((client.session(), client.error().unwrap().code()), (None, ErrorCode::Network));
    assert_eq!(scene.world.run(client.refresh()), Ok(None));
}

#[test]
fn a_cookie_that_did_not_come_back_is_told() {
    let scene = Scene::new();
    let client = scene.with_cookie(&scene.world.tab(), options());
    scene.world.fail_next("/cookie/login", Fault::Answered(HttpResponse::new(200, "{}")));
    let error = scene.world.run(client.sign_in(Some(ada()))).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidResponse);
    let denied = scene.world.run(client.sign_in(Some(login_of("ada", "wrong")))).unwrap_err();
    assert_eq!(denied.code(), ErrorCode::AccessDenied);
}

#[test]
fn a_backend_for_frontend_signs_in_by_leaving_the_page() {
    let scene = Scene::new();
    let mut options = without_refresh();
    options.login_url = Some("/bff/login".to_owned());
    let tab = scene.world.tab();
    let client = scene.with_cookie(&tab, options);
    let _leaving = tab.start(async move { client.sign_in(None).await });
    assert_eq!(scene.world.run(tab.departed()), "https://app.example.com/bff/login");
}

#[test]
fn one_of_the_urls_that_say_who_is_signed_in_is_needed() {
    let scene = Scene::new();
    let options = CookieOptions { session_url: None, login_url: None, ..options() };
    let error = scene.world.run(CookieClient::create(scene.world.tab(), options)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidOption);
}

#[test]
fn the_csrf_header_is_for_servers_of_the_cookies_site() {
    let scene = Scene::new();
    let mut options = options();
    for (origin, is_ours) in [("https://api.example.com", true), ("https://api.example.net", false)] {
        let seen = Rc::new(RefCell::new(None));
        let tell = Rc::clone(&seen);
        scene.world.serve(origin, move |request| {
            tell.replace(Some(request.header("x-csrf-token").is_some()));
            HttpResponse::new(200, "")
        });
        options.common.resources = vec![origin.into()];
        let (_, client) = scene.in_cookie(options.clone());
        assert_eq!(scene.call(client.fetch(Call::post(&[origin, "/x"].concat(), "a change"))), Ok(200));
        assert_eq!(*seen.borrow(), Some(is_ours), "{origin}");
        scene.world.run(client.sign_out(SignOutOptions::default())).expect("signed out");
        client.close();
    }
}

#[test]
fn an_api_that_refuses_what_was_renewed_for_it_is_believed_for_ten_seconds() {
    let scene = Scene::new();
    let (_, client) = scene.in_cookie(options());
    scene.world.plan_faults(|request| (request.url.path == "/cookie/api").then(|| Fault::status(401, None)));
    for (ms, renewals) in [(0, 1), (9_000, 1), (2_000, 2)] {
        scene.world.advance(ms);
        assert_eq!((scene.call(client.fetch(api())), scene.backend.count("/cookie/refresh")), (Ok(401), renewals));
    }
    assert!(client.session().is_some());
}
