//! The flows, in a world in a box. One file for each subject.

mod ahead;
mod answer;
mod attempt;
mod audience;
mod bad_answer;
mod callback;
mod check_session;
mod circle;
mod closed;
mod confusion;
mod fetch;
mod first_party;
mod idle;
mod par;
mod part;
mod profile;
mod proof;
mod provider;
mod race;
mod register;
mod renewal;
mod resource;
mod session;
mod sign_in;
mod sign_out;
mod step_up;
mod stopped;
mod storage;
mod tabs;
mod together;
mod window;

use super::{Client, ClientOptions, Event, SignInOptions, StorageKind};
use crate::error::{Error, ErrorCode};
use crate::testing::{Api, AuthorizationServer, Call, Tab, World};
use std::cell::RefCell;
use std::rc::Rc;

const ISSUER: &str = "https://as.example.com";
const API: &str = "https://api.example.com";

/// A world with one server and one API, and a diary of everything that any client in it told.
struct Fixture {
    world: World,
    server: AuthorizationServer,
    api: Api,
    options: ClientOptions,
    diary: Rc<RefCell<Vec<Event>>>,
}

impl Fixture {
    fn new() -> Self {
        Self::seeded(7)
    }

    fn seeded(seed: u64) -> Self {
        let world = World::new(seed);
        let server = AuthorizationServer::start(&world, ISSUER);
        let api = Api::start(&world, &server, API);
        let options = ClientOptions {
            issuer: Some(ISSUER.into()),
            client_id: "app".to_owned(),
            resources: vec![API.into()],
            ..ClientOptions::default()
        };
        Self { world, server, api, options, diary: Rc::default() }
    }

    fn with(change: impl FnOnce(&mut ClientOptions)) -> Self {
        let mut fixture = Self::new();
        change(&mut fixture.options);
        fixture
    }

    fn try_create(&self, tab: &Tab) -> Result<Client<Tab>, Error> {
        let diary = Rc::clone(&self.diary);
        let listener = Rc::new(move |event: &Event| diary.borrow_mut().push(event.clone()));
        self.world.run(Client::create_with_listener(tab.clone(), self.options.clone(), Some(listener)))
    }

    fn create(&self, tab: &Tab) -> Client<Tab> {
        self.try_create(tab).expect("options that work")
    }

    /// Goes to the server with a client, and comes back: the tab as it is then, with the answer in its URL.
    fn visit_server(&self, tab: &Tab, options: SignInOptions) -> Tab {
        let client = self.create(tab);
        let _leaving = tab.start(async move { client.sign_in(options).await });
        self.world.run(tab.departed());
        tab.follow(&self.server)
    }

    /// A tab whose user has signed in, with its client.
    fn sign_in(&self) -> (Tab, Client<Tab>) {
        let tab = self.visit_server(&self.world.tab(), SignInOptions::default());
        let client = self.create(&tab);
        assert_eq!(client.error(), None);
        assert!(client.session().is_some());
        self.world.settle();
        (tab, client)
    }

    fn call(&self, client: &Client<Tab>) -> Result<u16, ErrorCode> {
        let answer = self.world.run(client.fetch(Call::get("https://api.example.com/me")));
        answer.map(|answer| answer.status).map_err(code)
    }

    fn told(&self) -> Vec<&'static str> {
        self.world.settle();
        self.diary.borrow().iter().filter_map(name).collect()
    }
}

impl Drop for Fixture {
    /// Whatever a test is about: nothing that a client told may give a secret away.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for event in self.diary.borrow().iter() {
            // Claims are what the ID token says; the token itself is the secret.
            let text = format!("{event:?}");
            assert_eq!(self.server.find_secret(&text), None, "{text}");
        }
    }
}

fn code<R>(failure: super::Failure<R>) -> ErrorCode {
    match failure {
        super::Failure::Error(error) => error.code(),
        super::Failure::GivenUp(_) => ErrorCode::Aborted,
    }
}

fn name(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::SignedIn(_) => "signedin",
        Event::Refreshed(_) => "refreshed",
        Event::SignedOut(reason) => reason.as_str(),
        Event::RefreshError { .. } => "refresherror",
        Event::IdleWarning { .. } => "idlewarning",
        Event::Error(error) => error.code().as_str(),
        Event::ErrorCleared | Event::Log { .. } => return None,
    })
}
