//! A tab of a life: the page in it, and the application on the page.

use crate::rule::Rule;
use crate::witness::{API, CALLED_AS, Witness};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use tessera_auth::client::{Client, ClientOptions, Event, Failure, Session, SignInOptions, SignOutOptions};
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

    /// The application calls the API in the name of whoever it believes to be signed in.
    pub(crate) fn call(&self, witness: &SharedWitness, done: impl FnOnce(Outcome) + 'static) {
        let Some(client) = self.client() else { return };
        let subject = client.session().and_then(|session| session.subject.clone()).unwrap_or_default();
        let number = witness.borrow_mut().next_call();
        let url = format!("{API}{}{subject}/{number}", CALLED_AS.trim_start_matches("/v1"));
        self.run_call(witness, client, Call::get(&url), done);
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

    /// The user clicks on “Sign in”.
    pub(crate) fn sign_in(&self, witness: &SharedWitness) {
        let Some(client) = self.client() else { return };
        let witness = Rc::clone(witness);
        self.tab.touch();
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

fn check_error(witness: &SharedWitness, error: &Error) {
    let text = format!("{error} {error:?}");
    witness.borrow_mut().check_leak("an error", &text);
}
