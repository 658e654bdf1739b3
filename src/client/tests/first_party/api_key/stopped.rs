//! Pages that are stopped while a key of theirs waits to be stored.

use super::*;

#[test]
fn a_key_that_a_page_stores_which_was_stopped_is_not_the_later_one() {
    for is_another_session in [false, true] {
        let scene = Scene::new();
        let vendor = Vendor::default();
        let tabs = [scene.world.tab(), scene.world.tab()];
        let clients = scene.with_vendor(&tabs, &vendor, options());
        scene.world.settle();
        // The other page renews, and this one is stopped while it waits for its turn.
        let calling = clients[1].clone();
        let _call = tabs[1].start(async move { calling.fetch(api()).await.map(drop).map_err(code) });
        scene.world.advance(100);
        clients[0].set_key("key-old".into()).expect("a key");
        scene.world.advance(10);
        tabs[0].freeze();
        scene.world.advance(30_000);
        if is_another_session {
            scene.world.run(clients[1].sign_out(SignOutOptions::default())).expect("signed out");
        }
        clients[1].set_key("key-new".into()).expect("a key");
        scene.world.advance(100_000);
        tabs[0].thaw();
        scene.world.advance(5_000);
        scene.accept("key-new");
        for client in &clients {
            assert_eq!(scene.call(client.fetch(api())), Ok(200), "{is_another_session}");
            let request = scene.backend.last_request("/key/api");
            assert_eq!(request.header("x-api-key"), Some("key-new"), "{is_another_session}");
        }
        assert!(stored(&tabs[0]).contains("key-new"), "{is_another_session}");
    }
}
