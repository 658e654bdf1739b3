//! What is learned of a session while the user, or somebody else, does something about it.

use super::*;

#[test]
fn an_answer_of_before_the_sign_out_begins_no_session() {
    let scene = Scene::new();
    let (tab, client) = scene.in_cookie(without_refresh());
    let other = scene.with_cookie(&scene.world.tab(), without_refresh());
    scene.world.advance(1_000);
    for (asking, leaving) in [(&client, &client), (&other, &client)] {
        scene.world.run(client.sign_in(Some(ada()))).expect("a session");
        scene.world.settle();
        scene.world.fail_next("/cookie/session", Fault::AnswerLate(400));
        let asking = asking.clone();
        let asked = tab.start(async move { asking.refresh().await.map(|session| session.is_some()) });
        scene.world.advance(100);
        scene.world.run(leaving.sign_out(SignOutOptions::default())).expect("signed out");
        let _ = scene.world.run(asked);
        scene.world.advance(2_000);
        assert_eq!((client.session(), other.session()), (None, None));
    }
    assert_eq!(scene.with_cookie(&tab.reload(), without_refresh()).session(), None);
}

#[test]
fn signing_out_during_a_login_ends_what_comes_of_it_here_and_at_the_server() {
    let scene = Scene::new();
    let tab = scene.world.tab();
    let client = scene.with_cookie(&tab, options());
    scene.world.fail_next("/cookie/login", Fault::AnswerLate(400));
    let beginning = client.clone();
    let beginning = tab.start(async move { beginning.sign_in(Some(ada())).await.map(drop) });
    scene.world.advance(100);
    scene.world.run(client.sign_out(SignOutOptions::default())).expect("signed out");
    let _ = scene.world.run(beginning);
    scene.world.advance(2_000);
    assert_eq!(client.session(), None);
    assert_eq!(scene.with_cookie(&tab.reload(), options()).session(), None);
}

#[test]
fn any_number_of_refused_calls_asks_once_who_is_signed_in() {
    let scene = Scene::new();
    let (_, client) = scene.in_cookie(without_refresh());
    for is_over in [false, true] {
        if is_over {
            scene.world.forget_faults();
            scene.backend.revoke_all_but("");
            scene.world.advance(20_000);
        } else {
            // An API of an opinion of its own.
            scene.world.plan_faults(|request| (request.url.path == "/cookie/api").then(|| Fault::status(401, None)));
        }
        let before = scene.backend.count("/cookie/session");
        for _ in 0..2 {
            let answers = scene.world.run(futures_util::future::join_all((0..10).map(|_| client.fetch(api()))));
            let is_fine = |status: u16| status == 401;
            assert!(answers.into_iter().all(|answer| answer.map_or(is_over, |answer| is_fine(answer.status))));
        }
        assert_eq!((scene.backend.count("/cookie/session") - before, client.session().is_none()), (1, is_over));
    }
}

#[test]
fn an_answer_of_before_the_login_ends_no_session() {
    let scene = Scene::new();
    let tab = scene.world.tab();
    let client = scene.with_cookie(&tab, without_refresh());
    scene.world.fail_next("/cookie/session", Fault::AnswerLate(800));
    let asking = client.clone();
    let asked = tab.start(async move { asking.refresh().await.map(drop) });
    scene.world.advance(100);
    scene.world.run(client.sign_in(Some(ada()))).expect("a session");
    let _ = scene.world.run(asked);
    scene.world.advance(2_000);
    assert!(client.session().is_some());
}

#[test]
fn a_call_that_is_refused_after_the_sign_out_asks_nobody_and_begins_nothing() {
    let scene = Scene::new();
    let (tab, client) = scene.in_cookie(without_refresh());
    // An API of an opinion of its own, and a slow one.
    scene.world.set_latency(150);
    scene.world.fail_next("/cookie/api", Fault::status(401, None));
    // The server is not told in time.
    scene.world.fail_next("/cookie/logout", Fault::RequestLate(2_000));
    let calling = client.clone();
    let call = tab.start(async move { calling.fetch(api()).await.map(|answer| answer.status).map_err(code) });
    scene.world.advance(100);
    let before = scene.backend.count("/cookie/session");
    let leaving = client.clone();
    let left = tab.start(async move { leaving.sign_out(SignOutOptions::default()).await.map(drop) });
    let _ = scene.world.run(call);
    scene.world.advance(1_000);
    assert_eq!((client.session(), scene.backend.count("/cookie/session")), (None, before));
    let _ = scene.world.run(left);
}

#[test]
fn tabs_that_find_the_session_at_once_have_the_same() {
    let scene = Scene::new();
    let (_, client) = scene.in_cookie(options());
    client.close();
    let mut fresh = options();
    fresh.common.name = Some("another".to_owned());
    let tabs = [scene.world.tab(), scene.world.tab(), scene.world.tab()];
    let making = tabs.clone().map(|tab| CookieClient::create_with_listener(tab, fresh.clone(), scene.listener()));
    let clients = scene.world.run(futures_util::future::join_all(making));
    scene.world.advance(5_000);
    let clients: Vec<_> = clients.into_iter().map(|client| client.expect("options that work")).collect();
    assert!(clients.iter().all(|client| client.session().is_some()));
    scene.world.run(clients[1].sign_out(SignOutOptions { local: true, ..SignOutOptions::default() })).expect("out");
    scene.world.advance(1_000);
    assert!(clients.iter().all(|client| client.session().is_none()));
    assert!(!scene.told().iter().any(|told| ["expired", "user_changed"].contains(told)), "{:?}", scene.told());
}

/// A session that a tab renews, with an answer that is late, and another tab of it.
fn renewing(scene: &Scene) -> [(Tab, CookieClient<Tab>); 2] {
    let (tab, client) = scene.in_cookie(options());
    let other_tab = scene.world.tab();
    let other = scene.with_cookie(&other_tab, options());
    scene.world.advance(1_000);
    scene.backend.revoke_all_but("refresh");
    scene.world.fail_next("/cookie/refresh", Fault::AnswerLate(800));
    let calling = client.clone();
    let _call = tab.start(async move { calling.fetch(api()).await.map(drop) });
    scene.world.advance(300);
    assert_eq!(scene.backend.count("/cookie/refresh"), 1);
    [(tab, client), (other_tab, other)]
}

#[test]
fn a_refresh_that_is_under_way_sets_no_cookie_after_the_sign_out() {
    for (which, has_locks) in [(0, true), (1, true), (0, false), (1, false)] {
        let scene = Scene::new();
        scene.world.set_locks(has_locks);
        let tabs = renewing(&scene);
        let (tab, leaving) = &tabs[which];
        // A server that knows a session by nothing but its cookies.
        let emptied = ["access=", "refresh=", "csrf_access=", "csrf_refresh="];
        let headers = emptied.map(|cookie| ("set-cookie".to_owned(), cookie.to_owned())).into();
        let answer = HttpResponse { headers, ..HttpResponse::new(200, "{}") };
        scene.world.fail_next("/cookie/logout", Fault::Answered(answer));
        scene.world.run(leaving.sign_out(SignOutOptions::default())).expect("signed out");
        scene.world.advance(3_000);
        assert_eq!(scene.with_cookie(&tab.reload(), options()).session(), None, "{which} {has_locks}");
    }
}

#[test]
fn a_refresh_that_is_under_way_sets_no_cookie_of_the_user_before() {
    for (which, has_locks) in [(0, true), (1, true), (0, false), (1, false)] {
        let scene = Scene::new();
        scene.world.set_locks(has_locks);
        let tabs = renewing(&scene);
        scene.world.run(tabs[which].1.sign_in(Some(login_of("bob", "engine-1843")))).expect("a session");
        scene.world.advance(3_000);
        for (_, client) in &tabs {
            assert_eq!(client.session().unwrap().subject.as_deref(), Some("bob"));
            let answer = scene.world.run(client.fetch(api())).map_err(code).expect("an answer");
            assert!(answer.body.expose().contains("bob"), "{which} {has_locks}");
        }
    }
}

#[test]
fn pages_that_know_nothing_renew_the_cookie_once_for_all() {
    let scene = Scene::new();
    let mut options = options();
    options.common.storage = StorageKind::Memory;
    scene.in_cookie(options.clone());
    scene.backend.revoke_all_but("refresh");
    let tabs = [scene.world.tab(), scene.world.tab(), scene.world.tab()];
    let making = tabs.map(|tab| CookieClient::create_with_listener(tab, options.clone(), scene.listener()));
    for client in scene.world.run(futures_util::future::join_all(making)) {
        let client = client.expect("options that work");
        assert_eq!(client.session().unwrap().subject.as_deref(), Some("ada"));
    }
    assert_eq!(scene.backend.count("/cookie/refresh"), 1);
}

#[test]
fn an_answer_of_before_the_sign_out_begins_no_session_in_a_page_that_is_being_made() {
    for logout_takes in [0, 2_000] {
        let scene = Scene::new();
        let mut options = without_refresh();
        options.common.storage = StorageKind::Memory;
        let (_, client) = scene.in_cookie(options.clone());
        scene.world.fail_next("/cookie/session", Fault::AnswerLate(800));
        scene.world.fail_next("/cookie/logout", Fault::RequestLate(logout_takes));
        let tab = scene.world.tab();
        let making = tab.start(CookieClient::create_with_listener(tab.clone(), options, scene.listener()));
        scene.world.advance(100);
        scene.world.run(client.sign_out(SignOutOptions::default())).expect("signed out");
        let made = scene.world.run(making).expect("a page").expect("options that work");
        scene.world.advance(2_000);
        assert_eq!(made.session(), None, "{logout_takes}");
    }
}
