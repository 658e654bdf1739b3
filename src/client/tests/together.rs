//! Several clients of one page, whose users come back to the same address.

use super::*;
use crate::client::ClientOptions;
use futures_util::future::join;

/// A page makes one of them after the other.
fn both(fixture: &Fixture, tab: &Tab) -> [Client<Tab>; 2] {
    let make = |name: &str, resource: &str| {
        let options =
            ClientOptions { name: Some(name.to_owned()), resources: vec![resource.into()], ..fixture.options.clone() };
        fixture.world.run(Client::create(tab.clone(), options)).expect("options that work")
    };
    [make("first", "https://other.example.com"), make("second", API)]
}

fn sign_in_with(fixture: &Fixture, which: usize) -> Tab {
    let tab = fixture.world.tab();
    let client = both(fixture, &tab)[which].clone();
    let _leaving = tab.start(async move { client.sign_in(SignInOptions::default()).await });
    fixture.world.run(tab.departed());
    tab.follow(&fixture.server)
}

fn subjects(clients: &[Client<Tab>; 2]) -> [Option<String>; 2] {
    [0, 1].map(|which| clients[which].session().and_then(|session| session.subject.clone()))
}

#[test]
fn a_redirect_comes_to_the_client_that_asked_whichever_finds_it() {
    for which in [0, 1] {
        let fixture = Fixture::new();
        let tab = sign_in_with(&fixture, which);
        let clients = both(&fixture, &tab);
        let mut expected = [None, None];
        expected[which] = Some("alice".to_owned());
        assert_eq!(subjects(&clients), expected, "{which}");
        assert_eq!(clients.each_ref().map(Client::error), [None, None], "{which}");
        assert_eq!(tab.url(), "https://app.example.com/");
    }
}

#[test]
fn also_if_a_page_makes_them_at_once() {
    for which in [0, 1] {
        let fixture = Fixture::new();
        let tab = sign_in_with(&fixture, which);
        let make = |name: &str, resource: &str| {
            let (name, resources) = (Some(name.to_owned()), vec![resource.into()]);
            Client::create(tab.clone(), ClientOptions { name, resources, ..fixture.options.clone() })
        };
        let making = join(make("first", "https://other.example.com"), make("second", API));
        let (first, second) = fixture.world.run(making);
        let clients = [first.expect("options that work"), second.expect("options that work")];
        assert_eq!(clients.each_ref().map(|client| client.session().is_some()), [which == 0, which == 1]);
        assert_eq!(clients.each_ref().map(Client::error), [None, None], "{which}");
    }
}

#[test]
fn also_if_the_page_is_loaded_again_before_it_has_made_that_one() {
    let fixture = Fixture::new();
    let tab = sign_in_with(&fixture, 1);
    let options = ClientOptions { name: Some("first".to_owned()), ..fixture.options.clone() };
    fixture.world.run(Client::create(tab.clone(), options)).expect("options that work");
    assert_eq!(tab.url(), "https://app.example.com/");
    let clients = both(&fixture, &tab.reload());
    assert_eq!(subjects(&clients), [None, Some("alice".to_owned())]);
    assert_eq!(clients.each_ref().map(Client::error), [None, None]);
}

#[test]
fn what_no_client_asked_for_is_an_error_of_the_first_and_nothing_is_left_of_it() {
    let fixture = Fixture::new();
    let tab = fixture.world.tab().visit("https://app.example.com/?code=c&state=nobodys");
    let [first, second] = both(&fixture, &tab);
    assert_eq!(first.error().map(|error| error.code()), Some(ErrorCode::StateMismatch));
    assert_eq!(second.error(), None);
    // And of an answer that was given already: the session of then.
    let tab = sign_in_with(&fixture, 1);
    let address = tab.url();
    both(&fixture, &tab);
    let tab = tab.visit(&address);
    let clients = both(&fixture, &tab);
    assert_eq!(subjects(&clients), [None, Some("alice".to_owned())]);
    assert_eq!(clients.each_ref().map(Client::error), [None, None]);
    assert!(!tab.stored(StorageKind::Session).keys().any(|key| key.contains("taken")));
}
