//! A tab of a life: the page in it, and the application on the page.

use crate::extra::APIS;
use crate::rule::Rule;
use crate::witness::Witness;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use tessera_auth::client::{
    AccessTokenOptions, Client, ClientOptions, Event, Failure, Session, SignInOptions, SignOutOptions,
};
use tessera_auth::error::{Error, ErrorCode};
use tessera_auth::testing::{Call, PageId, Tab};

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Status(u16),
    Failed(ErrorCode),
}

pub(crate) struct Page {
    pub(crate) tab: Tab,
    pub(crate) is_hidden: bool,
    client: Rc<RefCell<Option<Client<Tab>>>>,
    calls_under_way: Rc<Cell<usize>>,
    has_followed: bool,
}

pub(crate) type SharedWitness = Rc<RefCell<Witness>>;

impl Page {
    /// The application starts on a page that was just loaded.
    pub(crate) fn start(tab: Tab, options: &ClientOptions, witness: &SharedWitness) -> Self {
        let id = tab.id();
        witness.borrow_mut().page_opens(id);
        let client = Rc::new(RefCell::new(None));
        let (slot, page, options, seen) = (Rc::clone(&client), tab.clone(), options.clone(), Rc::clone(witness));
        drop(tab.start(async move {
            let hearer = Rc::clone(&seen);
            let listener = Rc::new(move |event: &Event| hearer.borrow_mut().hear(id, event));
            match Client::create_with_listener(page.clone(), options, Some(listener)).await {
                Ok(client) => {
                    seen.borrow_mut().check_leak("the address of a page", &page.url());
                    slot.replace(Some(client));
                }
                Err(error) => seen.borrow_mut().violate(Rule::NoPanic, format!("no client: {error}")),
            }
        }));
        Self { tab, is_hidden: false, client, calls_under_way: Rc::default(), has_followed: false }
    }

    pub(crate) fn id(&self) -> PageId {
        self.tab.id()
    }

    /// The client, if the page has come so far, is not frozen, and is not on its way elsewhere.
    pub(crate) fn client(&self) -> Option<Client<Tab>> {
        let client = self.client.borrow().clone();
        client.filter(|_| self.tab.is_open() && !self.tab.is_frozen() && !self.is_leaving())
    }

    pub(crate) fn session(&self) -> Option<Rc<Session>> {
        self.client()?.session()
    }

    /// Whether the page was sent to another address.
    pub(crate) fn is_leaving(&self) -> bool {
        self.tab.departure_count() > 0
    }

    /// Where the page was sent, told once.
    pub(crate) fn take_departure(&mut self) -> Option<String> {
        let url = self.tab.departure().filter(|_| !self.has_followed)?;
        self.has_followed = true;
        Some(url)
    }

    pub(crate) fn calls_under_way(&self) -> usize {
        self.calls_under_way.get()
    }

    /// The application calls an API in the name of whoever it believes to be signed in.
    pub(crate) fn call(&self, witness: &SharedWitness, api: usize, done: impl FnOnce(Outcome) + 'static) {
        let (Some(client), Some(api_url)) = (self.client(), APIS.get(api)) else { return };
        let subject = subject_of(&client);
        let number = witness.borrow_mut().next_call(self.id(), api);
        let url = format!("{api_url}/as/{subject}/{number}");
        self.run_call(witness, client, Call::get(&url), done);
    }

    /// The application takes the token of an API itself.
    pub(crate) fn take(&self, witness: &SharedWitness, api: usize) {
        let Some(client) = self.client() else { return };
        let (id, witness, subject) = (self.id(), Rc::clone(witness), subject_of(&client));
        witness.borrow_mut().next_call(id, api);
        let options = AccessTokenOptions { resource: APIS.get(api).map(|url| (*url).to_owned()), ..Default::default() };
        drop(self.tab.start(async move {
            match client.access_token(options).await {
                Ok(token) => witness.borrow_mut().check_given(&subject, api, token.expose()),
                Err(error) => check_error(&witness, &error),
            }
        }));
    }

    /// The application calls where no token may go.
    pub(crate) fn call_elsewhere(&self, witness: &SharedWitness, url: &str) {
        let Some(client) = self.client() else { return };
        self.run_call(witness, client, Call::get(url), |_| {});
    }

    fn run_call(&self, witness: &SharedWitness, client: Client<Tab>, call: Call, done: impl FnOnce(Outcome) + 'static) {
        let (id, witness, under_way) = (self.id(), Rc::clone(witness), Rc::clone(&self.calls_under_way));
        under_way.set(under_way.get() + 1);
        drop(self.tab.start(async move {
            let outcome = match client.fetch(call).await {
                Ok(answer) => Outcome::Status(answer.status),
                Err(Failure::Error(error)) => {
                    check_error(&witness, &error);
                    Outcome::Failed(error.code())
                }
                Err(Failure::GivenUp(_)) => Outcome::Failed(ErrorCode::Aborted),
            };
            under_way.set(under_way.get() - 1);
            witness.borrow().trace.page(id, || format!("call answered: {outcome:?}"));
            done(outcome);
        }));
    }

    /// The user moves, presses, or turns something.
    pub(crate) fn touch(&self, witness: &SharedWitness) {
        witness.borrow_mut().page_is_touched(self.id());
        self.tab.touch();
    }

    /// The user clicks on “Sign in”.
    pub(crate) fn sign_in(&self, witness: &SharedWitness) {
        let Some(client) = self.client() else { return };
        let witness = Rc::clone(witness);
        self.touch(&witness);
        drop(self.tab.start(async move {
            if let Err(error) = client.sign_in(SignInOptions::default()).await {
                check_error(&witness, &error);
            }
        }));
    }

    /// The user clicks on “Sign out”.
    pub(crate) fn sign_out(&self, witness: &SharedWitness, local: bool) {
        let Some(client) = self.client() else { return };
        let (id, witness) = (self.id(), Rc::clone(witness));
        witness.borrow_mut().page_leaves(id, true);
        drop(self.tab.start(async move {
            let result = client.sign_out(SignOutOptions { local, ..SignOutOptions::default() }).await;
            witness.borrow_mut().page_leaves(id, false);
            if let Err(error) = result {
                check_error(&witness, &error);
            }
        }));
    }
}

fn subject_of(client: &Client<Tab>) -> String {
    client.session().and_then(|session| session.subject.clone()).unwrap_or_default()
}

fn check_error(witness: &SharedWitness, error: &Error) {
    let text = format!("{error} {error:?}");
    witness.borrow_mut().check_leak("an error", &text);
}
