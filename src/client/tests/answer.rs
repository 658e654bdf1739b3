//! The answer to a sign-in beside the page, on its way to the page that began it.

use super::super::SignInMode;
use super::window::{SignIn, alice, popup, silent, start};
use super::*;

impl Fixture {
    /// A page with two clients, whose second signs in: what the page has, and the window as it comes back, with the same two
    /// clients in it.
    fn click_in_second(&self, options: SignInOptions) -> (Client<Tab>, SignIn, Tab) {
        let tab = self.world.tab();
        let clients = self.world.run(two_clients(tab.clone(), self.options.clone()));
        let signing_in = start(&tab, &clients[1], options);
        self.world.advance(300);
        let opened = tab.opened().expect("a window");
        self.world.run(opened.departed());
        let opened = opened.follow(&self.server);
        let starting = two_clients(opened.clone(), self.options.clone());
        let _starting = opened.start(async move { starting.await.len() });
        let [_, second] = clients;
        (second, signing_in, opened)
    }
}

/// One after the other, as a page makes them.
async fn two_clients(tab: Tab, options: ClientOptions) -> [Client<Tab>; 2] {
    let named = |name: &str| ClientOptions { name: Some(name.to_owned()), ..options.clone() };
    let first = ClientOptions { resources: vec!["https://other.example.com".into()], ..named("first") };
    let first = Client::create(tab.clone(), first).await.expect("options that work");
    let second = Client::create(tab, named("second")).await.expect("options that work");
    [first, second]
}

#[test]
fn the_answer_comes_to_the_client_that_asked_whichever_finds_it() {
    for (mode, redirect_uri) in [
        (SignInMode::Popup, None),
        (SignInMode::Silent, None),
        (SignInMode::Popup, Some("https://app.example.com/back")),
        (SignInMode::Silent, Some("https://app.example.com/back")),
    ] {
        let fixture = Fixture::with(|options| options.redirect_uri = redirect_uri.map(str::to_owned));
        let signed_in = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
        drop(signed_in);
        let (client, signing_in, _opened) = fixture.click_in_second(SignInOptions { mode, ..SignInOptions::default() });
        assert_eq!(fixture.end(signing_in), alice(), "{mode:?} {redirect_uri:?}");
        assert!(client.session().is_some());
    }
}

#[test]
fn a_frame_passes_on_no_answer_that_is_not_for_another_page() {
    let fixture = Fixture::new();
    let (tab, _client, _signing_in) = fixture.click(silent());
    fixture.world.advance(300);
    let frame = tab.opened().unwrap();
    let url = "https://app.example.com/?code=c&state=own&iss=https%3A%2F%2Fas.example.com";
    let frame = frame.visit(url);
    let _starting = fixture.start_app(&frame);
    fixture.world.advance(1_000);
    assert_eq!(frame.url(), url);
    assert!(tab.stored(StorageKind::IndexedDb).iter().all(|(key, _)| !key.contains("answer")));
}

#[test]
fn an_answer_that_nobody_lived_to_take_is_removed_by_a_later_page() {
    let fixture = Fixture::new();
    let (tab, _client, _signing_in) = fixture.click(popup());
    let window = tab.opened().unwrap();
    fixture.world.run(window.departed());
    tab.freeze();
    let window = window.follow(&fixture.server);
    let _starting = fixture.start_app(&window);
    fixture.world.advance(200);
    window.close();
    tab.close();
    let left = |tab: &Tab| tab.stored(StorageKind::IndexedDb).iter().filter(|(key, _)| key.contains("answer")).count();
    let next = fixture.world.tab();
    assert_eq!(left(&next), 1);
    // A page that starts meanwhile takes nothing away from the one that may yet read it.
    fixture.create(&next);
    fixture.world.settle();
    assert_eq!(left(&next), 1);
    fixture.world.advance(61_000);
    fixture.create(&fixture.world.tab());
    fixture.world.settle();
    assert_eq!(left(&next), 0);
}
