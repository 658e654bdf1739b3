//! Pages that are stopped, and machines that sleep, while they renew or sign in.

use super::*;
use std::ops::ControlFlow;

/// A tab that renews, and its client, at the moment at which the server has `seen` so many requests more for it.
fn renewing(scene: &Scene, seen: impl Fn() -> usize) -> (Tab, PasswordClient<Tab>) {
    let (tab, client) = scene.signed_in(options());
    scene.expire(&tab);
    let (before, renewing) = (seen(), client.clone());
    let _token = tab.start(async move { renewing.access_token(None, false).await });
    scene
        .world
        .advance_watched(1_000, || if seen() > before { ControlFlow::Break(()) } else { ControlFlow::Continue(()) });
    (tab, client)
}

#[test]
fn a_page_that_was_stopped_asks_nobody_once_more() {
    let scene = Scene::new();
    scene.world.fail_next("/refresh", Fault::status(401, None));
    let sent = || scene.world.transmitted("/refresh");
    let (tab, client) = renewing(&scene, sent);
    tab.freeze();
    scene.world.advance(60_000);
    tab.thaw();
    scene.world.advance(100);
    assert_eq!(sent(), 1);
    scene.world.advance(10_000);
    assert_eq!(scene.call(client.fetch(me())), Ok(200));
}

#[test]
fn a_token_that_came_while_the_machine_slept_is_an_old_one() {
    for has_witness in [true, false] {
        let scene = Scene::new();
        scene.world.set_witness(has_witness);
        let (_tab, client) = renewing(&scene, || scene.backend.count("/refresh"));
        scene.world.suspend(3_600_000);
        scene.world.advance(1_000);
        assert!(scene.world.run(client.access_token(None, false)).is_ok(), "{has_witness}");
        let until_expiry = client.session().unwrap().expires_at.unwrap().seconds_since(scene.world.clock()());
        assert!((800..=900).contains(&until_expiry), "{has_witness} {until_expiry}");
    }
}

#[test]
fn a_login_that_was_answered_while_the_page_was_stopped_takes_no_place_of_a_later_one() {
    for user in ["bob", "ada"] {
        let scene = Scene::new();
        let tabs = [scene.world.tab(), scene.world.tab()];
        let [stopped, other] = tabs.clone().map(|tab| scene.with_password(&tab, options()));
        scene.world.fail_next("/login", Fault::AnswerLate(500));
        let beginning = stopped.clone();
        let beginning = tabs[0].start(async move { beginning.sign_in(ada()).await.map(drop) });
        scene.world.advance(100);
        tabs[0].freeze();
        scene.world.advance(30_000);
        let later = scene.world.run(other.sign_in(login_of(user, "engine-1843"))).expect("a session");
        tabs[0].thaw();
        scene.world.advance(5_000);
        let outcome = scene.world.run(beginning).expect("a page").map_err(|error| error.code());
        assert_eq!(outcome, if user == "ada" { Ok(()) } else { Err(ErrorCode::LoginRequired) });
        let next = scene.with_password(&scene.world.tab(), options());
        for client in [&stopped, &other, &next] {
            assert_eq!(client.session().as_ref(), Some(&later), "{user}");
            assert_eq!(scene.call(client.fetch(me())), Ok(200), "{user}");
        }
    }
}

#[test]
fn a_login_of_a_page_whose_clock_was_set_back_is_taken() {
    let scene = Scene::new();
    scene.signed_in(options());
    scene.world.shift_clock(-86_400_000);
    let client = scene.with_password(&scene.world.tab(), options());
    scene.world.run(client.sign_in(login_of("bob", "engine-1843"))).expect("a session");
    assert_eq!(client.session().unwrap().subject.as_deref(), Some("bob"));
}
