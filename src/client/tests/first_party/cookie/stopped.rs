//! Pages that are stopped in the midst of what they do, and go on when others have.

use super::*;
use crate::testing::Delivery;

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
