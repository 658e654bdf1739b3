mod asleep;

use super::super::super::{PasswordClient, PasswordOptions, SignOutOptions, StorageKind, TokenType};
use super::*;
use crate::credential::Encoding;
use crate::credential::login::{Fields, RefreshWith};
use crate::http::HttpResponse;
use crate::testing::Fault;

fn options() -> PasswordOptions {
    let mut options = PasswordOptions {
        login_url: at("/login"),
        refresh_url: Some(at("/refresh")),
        logout_url: Some(at("/logout")),
        ..PasswordOptions::default()
    };
    options.common.resources = vec![at("/api").as_str().into()];
    options
}

impl Scene {
    fn with_password(&self, tab: &Tab, options: PasswordOptions) -> PasswordClient<Tab> {
        self.world
            .run(PasswordClient::create_with_listener(tab.clone(), options, self.listener()))
            .expect("options that work")
    }

    fn signed_in(&self, options: PasswordOptions) -> (Tab, PasswordClient<Tab>) {
        let tab = self.world.tab();
        let client = self.with_password(&tab, options);
        self.world.run(client.sign_in(ada())).expect("a session");
        self.world.settle();
        (tab, client)
    }

    /// Lets the access token expire while nobody looks.
    fn expire(&self, tab: &Tab) {
        tab.hide();
        self.world.advance(901_000);
    }
}

#[test]
fn a_login_gives_a_session_and_the_api_its_token() {
    let scene = Scene::new();
    let (_, client) = scene.signed_in(options());
    let session = client.session().unwrap();
    assert_eq!(session.subject.as_deref(), Some("ada"));
    assert!(session.claims.as_ref().unwrap().contains("\"sub\":\"ada\""));
    assert_eq!(session.token_type, TokenType::Bearer);
    // Without expires_in it is the JWT's exp.
    assert_eq!(session.expires_at.unwrap().seconds_since(session.signed_in_at), 900);
    assert!(session.can_refresh);
    assert_eq!(scene.call(client.fetch(me())), Ok(200));
    assert_eq!(scene.told(), ["signedin"]);
    let elsewhere = scene.world.run(client.fetch(Call::get(&at("/other")))).map_err(code);
    assert_eq!(elsewhere.err(), Some(ErrorCode::UnlistedResource));
}

#[test]
fn a_wrong_password_is_access_denied_in_the_servers_words() {
    let scene = Scene::new();
    let client = scene.with_password(&scene.world.tab(), options());
    for (status, body, words) in [
        (401, r#"{"msg": "Bad username or password"}"#, Some("Bad username or password")),
        (400, r#"{"detail": "Incorrect username or password"}"#, Some("Incorrect username or password")),
        (400, r#"{"error": "invalid_grant", "error_description": "Wrong"}"#, Some("Wrong")),
        (403, r#"{"message": "The account is locked", "code": "locked"}"#, Some("The account is locked")),
        (
            422,
            r#"{"detail": [{"loc": ["body"], "msg": "Field required", "input": "engine-1843"}]}"#,
            Some("Field required"),
        ),
        (401, r#"{"msg": "no engine-1843 here"}"#, Some("no … here")),
        (401, "<h1>Unauthorized</h1>", None),
        (401, "", None),
    ] {
        scene.world.fail_next("/login", Fault::Answered(HttpResponse::new(status, body)));
        let error = scene.world.run(client.sign_in(ada())).unwrap_err();
        assert_eq!(error.code(), ErrorCode::AccessDenied, "{body}");
        let said = error.oauth().unwrap();
        assert_eq!((said.description.as_deref(), said.status), (words, Some(status)), "{body}");
        assert_eq!(client.error().as_ref(), Some(&error));
    }
    let error = scene.world.run(client.sign_in(login_of("ada", "wrong"))).unwrap_err();
    assert_eq!(error.oauth().unwrap().description.as_deref(), Some("Bad username or password"));
    assert_eq!(client.session(), None);
    scene.world.run(client.sign_in(ada())).unwrap();
    assert_eq!(client.error(), None);
}

#[test]
fn what_is_no_answer_of_a_login_is_no_refusal() {
    let scene = Scene::new();
    let client = scene.with_password(&scene.world.tab(), options());
    for (fault, expected) in [
        (Fault::Unreachable, ErrorCode::Network),
        (Fault::RequestLost, ErrorCode::Timeout),
        (Fault::status(503, None), ErrorCode::ServerError),
        (Fault::status(429, Some(3)), ErrorCode::ServerError),
        (Fault::page(), ErrorCode::InvalidResponse),
        (Fault::status(404, None), ErrorCode::InvalidResponse),
        (Fault::Answered(HttpResponse::new(200, "{}")), ErrorCode::InvalidResponse),
        (Fault::Answered(HttpResponse::new(200, r#"{"access_token": 7}"#)), ErrorCode::InvalidResponse),
        (Fault::Answered(HttpResponse::new(200, r#"{"access_token": "a\nb"}"#)), ErrorCode::InvalidResponse),
    ] {
        scene.world.fail_next("/login", fault.clone());
        assert_eq!(scene.world.run(client.sign_in(ada())).unwrap_err().code(), expected, "{fault:?}");
    }
}

#[test]
fn the_password_is_sent_once_and_kept_nowhere() {
    for kind in [StorageKind::IndexedDb, StorageKind::Local, StorageKind::Session, StorageKind::Memory] {
        let scene = Scene::new();
        let mut options = options();
        options.common.storage = kind;
        let (tab, client) = scene.signed_in(options);
        scene.expire(&tab);
        assert_eq!(scene.call(client.fetch(me())), Ok(200));
        let memory = format!("{:?}", tab.stored(StorageKind::Memory));
        assert!(!stored(&tab).contains("engine-1843") && !memory.contains("engine-1843"));
        scene.world.run(client.sign_out(SignOutOptions::default())).unwrap();
        let with_it: Vec<String> = scene
            .backend
            .requests
            .borrow()
            .iter()
            .filter(|request| {
                format!("{}{:?}{}", request.url.href, request.headers, request.body).contains("engine-1843")
            })
            .map(|request| request.url.path.clone())
            .collect();
        assert_eq!(with_it, ["/login"]);
    }
}

#[test]
fn refreshes_as_bearer_once_for_all_calls_and_tabs() {
    let scene = Scene::new();
    let (tab, client) = scene.signed_in(options());
    let other_tab = scene.world.tab();
    let other = scene.with_password(&other_tab, options());
    other_tab.hide();
    scene.expire(&tab);
    assert_eq!(scene.backend.count("/refresh"), 0);
    let calls = (0..5).flat_map(|_| [client.fetch(me()), other.fetch(me())]);
    let answers = scene.world.run(futures_util::future::join_all(calls));
    assert!(answers.into_iter().all(|answer| answer.is_ok_and(|answer| answer.status == 200)));
    assert_eq!(scene.backend.count("/refresh"), 1);
    let request = scene.backend.last_request("/refresh");
    assert!(request.bearer().unwrap().starts_with("refresh-ada"));
    assert_eq!((request.method.as_str(), request.body.as_str()), ("POST", ""));
    scene.world.settle();
    assert_eq!(client.session(), other.session());
}

#[test]
fn a_refresh_token_can_be_a_field_and_be_rotated() {
    let scene = Scene::new();
    scene.backend.rotates.set(true);
    let mut options = options();
    options.refresh_with = RefreshWith::Field("refresh".to_owned());
    let (tab, client) = scene.signed_in(options);
    for _ in 0..3 {
        scene.expire(&tab);
        assert_eq!(scene.call(client.fetch(me())), Ok(200));
    }
    let request = scene.backend.last_request("/refresh");
    assert_eq!(request.bearer(), None);
    assert!(request.body.starts_with(r#"{"refresh":"refresh-ada-"#));
}

#[test]
fn fields_and_encoding_are_the_servers() {
    let scene = Scene::new();
    let mut options = options();
    options.encoding = Encoding::Form;
    options.fields = Fields { access_token: "data.access".to_owned(), ..Fields::default() };
    let (_, client) = scene.signed_in(options);
    assert_eq!(scene.backend.last_request("/login").body, "username=ada&password=engine-1843");
    assert_eq!(scene.call(client.fetch(me())), Ok(200));
}

#[test]
fn an_opaque_token_expires_by_expires_in_or_else_by_401() {
    let scene = Scene::new();
    scene.backend.is_opaque.set(true);
    scene.backend.says_expires_in.set(true);
    let (tab, client) = scene.signed_in(options());
    let session = client.session().unwrap();
    assert_eq!((session.subject.as_deref(), session.claims.as_deref()), (None, None));
    assert_eq!(session.expires_at.unwrap().seconds_since(session.signed_in_at), 900);
    scene.expire(&tab);
    let refused = scene.backend.count("/api/me");
    assert_eq!(scene.call(client.fetch(me())), Ok(200));
    assert_eq!(scene.backend.count("/api/me"), refused + 1, "renewed ahead of the call");

    let scene = Scene::new();
    scene.backend.is_opaque.set(true);
    let (_, client) = scene.signed_in(options());
    assert_eq!(client.session().unwrap().expires_at, None);
    scene.backend.revoke_all_but("refresh");
    assert_eq!(scene.call(client.fetch(me())), Ok(200));
    assert_eq!((scene.backend.count("/api/me"), scene.backend.count("/refresh")), (2, 1));
}

#[test]
fn a_401_ends_a_session_of_which_nobody_knows_more() {
    let scene = Scene::new();
    scene.backend.is_opaque.set(true);
    scene.backend.has_refresh_tokens.set(false);
    let (_, client) = scene.signed_in(options());
    assert!(!client.session().unwrap().can_refresh);
    scene.backend.revoke_all_but("");
    assert_eq!(scene.call(client.fetch(me())), Ok(401));
    assert_eq!(client.session(), None);
    assert_eq!(scene.told(), ["signedin", "expired"]);
}

#[test]
fn a_refused_refresh_token_ends_the_session_in_every_tab() {
    for refusal in [
        (401, r#"{"msg": "Token has been revoked"}"#),
        (422, r#"{"msg": "Only refresh tokens are allowed"}"#),
        (400, r#"{"error": "invalid_grant"}"#),
    ] {
        let scene = Scene::new();
        let (tab, client) = scene.signed_in(options());
        let other_tab = scene.world.tab();
        let other = scene.with_password(&other_tab, options());
        other_tab.hide();
        scene.expire(&tab);
        scene.world.fail_next("/refresh", Fault::Answered(HttpResponse::new(refusal.0, refusal.1)));
        assert_eq!(scene.call(client.fetch(me())), Err(ErrorCode::SessionLost), "{refusal:?}");
        scene.world.settle();
        assert_eq!((client.session(), other.session()), (None, None));
    }
}

#[test]
fn what_is_no_refusal_ends_nothing() {
    for fault in [
        Fault::status(503, None),
        Fault::AnswerLost,
        Fault::page(),
        Fault::Answered(HttpResponse::new(401, "<h1>Proxy</h1>")),
        Fault::status(404, None),
    ] {
        let scene = Scene::new();
        let (tab, client) = scene.signed_in(options());
        scene.expire(&tab);
        scene.world.fail_next("/refresh", fault.clone());
        assert!(scene.call(client.fetch(me())).is_err(), "{fault:?}");
        assert!(client.session().is_some(), "{fault:?}");
        scene.world.advance(60_000);
        assert_eq!(scene.call(client.fetch(me())), Ok(200), "{fault:?}");
    }
}

#[test]
fn a_refusal_without_a_word_is_asked_about_once_more() {
    let scene = Scene::new();
    let (tab, client) = scene.signed_in(options());
    scene.expire(&tab);
    scene.world.fail_next("/refresh", Fault::status(401, None));
    assert_eq!(scene.call(client.fetch(me())), Ok(200));
}

#[test]
fn another_users_token_is_not_taken() {
    let scene = Scene::new();
    let (tab, client) = scene.signed_in(options());
    scene.backend.next_user.replace(Some("eve".to_owned()));
    scene.expire(&tab);
    assert_eq!(scene.call(client.fetch(me())), Err(ErrorCode::SessionLost));
    assert!(scene.told().contains(&"user_changed"));
}

#[test]
fn signing_out_presents_both_tokens_and_holds_everywhere() {
    let scene = Scene::new();
    let (tab, client) = scene.signed_in(options());
    let other = scene.with_password(&scene.world.tab(), options());
    let token = scene.world.run(client.access_token(None, false)).unwrap();
    scene.world.run(client.sign_out(SignOutOptions::default())).unwrap();
    scene.world.settle();
    assert_eq!((client.session(), other.session()), (None, None));
    assert_eq!(scene.backend.count("/logout"), 2);
    assert!(!stored(&tab).contains(token.expose()));
    assert_eq!(scene.with_password(&tab.reload(), options()).session(), None);
    assert_eq!(scene.call(other.fetch(me())), Err(ErrorCode::LoginRequired));
}

#[test]
fn a_logout_that_cannot_be_reached_is_told_and_ends_the_session_here() {
    let scene = Scene::new();
    let (_, client) = scene.signed_in(options());
    scene.world.fail_next("/logout", Fault::Unreachable);
    let error = scene.world.run(client.sign_out(SignOutOptions::default())).unwrap_err();
    assert_eq!((error.code(), client.session()), (ErrorCode::Network, None));
    let (_, client) = scene.signed_in(options());
    let before = scene.backend.count("/logout");
    scene.world.run(client.sign_out(SignOutOptions { local: true, ..Default::default() })).unwrap();
    assert_eq!(scene.backend.count("/logout"), before);
}

#[test]
fn a_session_outlives_the_page_and_another_user_replaces_it() {
    let scene = Scene::new();
    let (tab, _) = scene.signed_in(options());
    let client = scene.with_password(&tab.reload(), options());
    assert_eq!(client.session().unwrap().subject.as_deref(), Some("ada"));
    scene.world.run(client.sign_in(login_of("eve", "engine-1843"))).unwrap();
    assert_eq!(client.session().unwrap().subject.as_deref(), Some("eve"));
    assert!(scene.told().ends_with(&["user_changed", "signedin"]));
}

#[test]
fn a_wrong_clock_does_not_make_every_token_an_old_one() {
    for has_witness in [true, false] {
        for shift_ms in [-7_200_000, 7_200_000] {
            let scene = Scene::new();
            scene.world.set_witness(has_witness);
            scene.world.shift_clock(shift_ms);
            let (_, client) = scene.signed_in(options());
            assert_eq!(scene.call(client.fetch(me())), Ok(200));
            assert_eq!(scene.backend.count("/refresh"), 0, "{has_witness} {shift_ms}");
        }
    }
}

#[test]
fn two_sign_ins_at_once_are_one_after_the_other() {
    let scene = Scene::new();
    let client = scene.with_password(&scene.world.tab(), options());
    let both = futures_util::future::join(client.sign_in(ada()), client.sign_in(login_of("eve", "wrong")));
    let (first, second) = scene.world.run(both);
    assert!(first.is_ok());
    assert_eq!(second.unwrap_err().code(), ErrorCode::AccessDenied);
    assert_eq!(client.session().unwrap().subject.as_deref(), Some("ada"));
}

#[test]
fn options_that_cannot_work_are_refused() {
    let scene = Scene::new();
    let create = |options| scene.world.run(PasswordClient::create(scene.world.tab(), options)).map(|_| ());
    let login = |login_url: &str| PasswordOptions { login_url: login_url.to_owned(), ..PasswordOptions::default() };
    assert_eq!(create(login("http://app.example.com/login")).unwrap_err().code(), ErrorCode::InsecureUrl);
    assert_eq!(create(login("https://a:b@app.example.com/")).unwrap_err().code(), ErrorCode::InvalidOption);
    assert_eq!(create(login("/login")).map_err(|error| error.code()), Ok(()), "relative to the page");
}

#[test]
fn an_api_that_refuses_what_was_renewed_for_it_is_believed_for_ten_seconds() {
    let scene = Scene::new();
    let (_, client) = scene.signed_in(options());
    scene.world.plan_faults(|request| (request.url.path == "/api/me").then(|| Fault::status(401, None)));
    for (ms, renewals) in [(0, 1), (9_000, 1), (2_000, 2)] {
        scene.world.advance(ms);
        assert_eq!((scene.call(client.fetch(me())), scene.backend.count("/refresh")), (Ok(401), renewals));
    }
    assert!(client.session().is_some());
}

#[test]
fn a_renewed_token_that_names_nobody_is_the_same_users() {
    let scene = Scene::new();
    let (_, client) = scene.signed_in(options());
    let part = |json: &str| crate::encoding::base64url(json.as_bytes());
    let nameless = [part(r#"{"alg":"HS256"}"#), part(r#"{"exp":1899999999}"#), part("not checked")].join(".");
    let answer = HttpResponse::new(200, format!(r#"{{"access_token":"{nameless}"}}"#));
    scene.world.fail_next("/refresh", Fault::Answered(answer));
    scene.world.run(client.access_token(None, true)).expect("a token");
    assert_eq!(client.session().unwrap().subject.as_deref(), Some("ada"));
    assert_eq!(scene.told(), ["signedin", "refreshed"]);
    // And another user's is still another user's.
    scene.backend.next_user.replace(Some("eve".to_owned()));
    let renewed = scene.world.run(client.access_token(None, true)).map(drop);
    assert_eq!(renewed.map_err(|error| error.code()), Err(ErrorCode::SessionLost));
}

#[test]
fn tokens_that_are_over_at_once_make_no_storm() {
    for lifetime in [-60, 0, 1] {
        let scene = Scene::new();
        scene.backend.lifetime.set(lifetime);
        let (_, client) = scene.signed_in(options());
        scene.world.advance(60_000);
        assert_eq!((scene.backend.count("/refresh"), client.session().is_some()), (0, true), "{lifetime}");
    }
}
