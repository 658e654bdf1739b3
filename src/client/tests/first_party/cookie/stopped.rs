//! Pages that are stopped in the midst of what they do, and go on when others have.

use super::*;
use crate::testing::Delivery;
use std::ops::ControlFlow;

#[test]
fn a_page_that_was_stopped_while_its_user_signed_out_ends_no_session_at_the_server_that_began_since() {
    for steps in 1.. {
        let scene = Scene::new();
        let (tab, client) = scene.in_cookie(options());
        let other = scene.with_cookie(&scene.world.tab(), options());
        scene.world.advance(1_000);
        let leaving = client.clone();
        let _leaving = tab.start(async move { leaving.sign_out(SignOutOptions::default()).await });
        let mut taken = 0;
        scene.world.advance_watched(1_000, || {
            taken += 1;
            if taken >= steps { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if scene.world.transmitted("/cookie/logout") > 0 {
            assert!(steps > 3, "{steps}");
            return;
        }
        tab.freeze();
        scene.world.advance(60_000);
        scene.world.run(other.sign_in(Some(login_of("bob", "engine-1843")))).expect("a session");
        scene.world.advance(1_000);
        tab.thaw();
        scene.world.advance(20_000);
        assert_eq!(scene.call(other.fetch(api())), Ok(200), "{steps}");
        assert_eq!(other.session().unwrap().subject.as_deref(), Some("bob"), "{steps}");
        assert_eq!(scene.world.transmitted("/cookie/logout"), 0, "{steps}");
    }
}

#[test]
fn a_page_that_was_stopped_while_it_asked_who_is_signed_in_asks_again() {
    let scene = Scene::new();
    let (_, client) = scene.in_cookie(without_refresh());
    let mut options = without_refresh();
    options.common.storage = StorageKind::Memory;
    let tab = scene.world.tab();
    let making = tab.start(CookieClient::create_with_listener(tab.clone(), options, scene.listener()));
    scene.world.advance(25);
    tab.freeze();
    // Nothing that is said comes to it.
    scene.world.plan_deliveries(|| Delivery::Lost);
    scene.world.run(client.sign_out(SignOutOptions::default())).expect("signed out");
    scene.world.advance(30_000);
    tab.thaw();
    let made = scene.world.run(making).expect("a page").expect("options that work");
    assert_eq!(made.session(), None);
}
