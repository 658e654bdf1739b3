//! Several clients of one page, whose users come back to the same address.

use super::*;
use crate::client::ClientOptions;
use crate::client::platform::Navigator as _;
use crate::http::HttpResponse;
use crate::testing::Fault;
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

#[test]
fn what_another_client_does_meanwhile_leaves_the_answer_to_the_one_that_asked() {
    let fixture = Fixture::new();
    let tab = sign_in_with(&fixture, 1);
    let make = |name: &str, resource: &str| {
        let (name, resources) = (Some(name.to_owned()), vec![resource.into()]);
        let options = ClientOptions { name, resources, ..fixture.options.clone() };
        fixture.world.run(Client::create(tab.clone(), options)).expect("options that work")
    };
    let first = make("first", "https://other.example.com");
    let signing_in = super::window::start(&tab, &first, super::window::popup());
    fixture.world.advance(300);
    let opened = tab.opened().expect("a window");
    fixture.world.run(opened.departed());
    let _starting = fixture.start_app(&opened.follow(&fixture.server));
    assert_eq!(fixture.end(signing_in), super::window::alice());
    assert!(make("second", API).session().is_some());
}

/// Options of a client that waits for an API to name its server.
fn slowly_made() -> (Fixture, ClientOptions) {
    let fixture = Fixture::new();
    let described =
        r#"{"resource":"https://other.example.com/mcp","authorization_servers":["https://as.example.com"]}"#;
    fixture.world.serve("https://other.example.com", move |_| HttpResponse::new(200, described));
    fixture.world.plan_faults(|request| {
        request.url.path.contains("oauth-protected-resource").then_some(Fault::AnswerLate(5_000))
    });
    let options = ClientOptions {
        name: Some("slow".to_owned()),
        issuer: None,
        resources: Vec::new(),
        resource: Some("https://other.example.com/mcp".into()),
        ..fixture.options.clone()
    };
    (fixture, options)
}

#[test]
fn a_client_that_is_made_slowly_does_not_bring_back_what_the_other_has_answered() {
    let (fixture, slow) = slowly_made();
    let tab = sign_in_with(&fixture, 1);
    let page = tab.clone();
    let slowly = tab.start(async move { Client::create(page, slow).await });
    let quick = ClientOptions { name: Some("second".to_owned()), ..fixture.options.clone() };
    let second = fixture.world.run(Client::create(tab.clone(), quick)).expect("options that work");
    assert!(second.session().is_some());
    tab.replace_url("https://app.example.com/deep/page");
    let first = fixture.world.run(slowly).expect("a page").expect("options that work");
    assert_eq!((first.session(), first.error()), (None, None));
    assert!(!tab.stored(StorageKind::Session).keys().any(|key| key.contains("taken")));
    assert_eq!(tab.url(), "https://app.example.com/deep/page");
}
