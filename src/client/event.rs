//! What the client tells its application, and the queue that it tells it from.

use super::kind::Kind;
use super::session::Session;
use super::{Inner, Platform};
use crate::error::Error;
use crate::time::UnixTime;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

/// Something that happened. Holds no secret.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A user has signed in, in this tab or another.
    SignedIn(Rc<Session>),
    /// Tokens were renewed, in this tab or another.
    Refreshed(Rc<Session>),
    /// Nobody is signed in any more.
    SignedOut(SignedOutReason),
    /// Renewal failed for now and will be tried again.
    RefreshError {
        /// Why.
        error: Error,
        /// When it will be tried again, by the server's clock; `None`: when it is next asked for.
        retry_at: Option<UnixTime>,
    },
    /// The user has not touched any tab for long, and is signed out soon unless he does: `idle_timeout`.
    IdleWarning {
        /// When, by this machine's clock.
        sign_out_at: UnixTime,
    },
    /// A sign-in, a redirect or the storage failed.
    Error(Error),
    /// [`Client::error`](super::Client::error) is gone: something has succeeded since.
    ErrorCleared,
    /// A redacted diagnostic for developers.
    Log {
        /// How much it matters.
        level: Level,
        /// A sentence.
        message: &'static str,
        /// More about it: an error, a name.
        detail: Option<String>,
    },
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignedOutReason {
    /// `sign_out` was called here.
    User,
    /// It was called in another tab.
    OtherTab,
    /// The server has ended the session, or the token has expired and cannot be renewed.
    Expired,
    /// The tokens were revoked by `revoke`.
    Revoked,
    /// Nobody has touched any tab for `idle_timeout`.
    Idle,
    /// Another user has signed in.
    UserChanged,
}

impl SignedOutReason {
    /// The name that JavaScript uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::OtherTab => "other_tab",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Idle => "idle",
            Self::UserChanged => "user_changed",
        }
    }
}

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For those who trace a problem.
    Debug,
    /// What a normal run says.
    Info,
    /// Something is odd, and the client coped.
    Warn,
    /// Something failed.
    Error,
}

impl Level {
    /// The name that JavaScript uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// A function that hears events.
pub type Listener = Rc<dyn Fn(&Event)>;

/// Listeners, and the events that wait for them.
///
/// An event is put in the queue in the middle of a flow and told from a task of its own, so that a listener that calls back
/// into the client finds it at rest.
pub(super) struct Events {
    listeners: RefCell<Vec<(u64, Listener)>>,
    queue: RefCell<VecDeque<Event>>,
    next_id: Cell<u64>,
    is_telling: Cell<bool>,
}

impl Events {
    /// Holds everything back until [`tell`](Self::tell) is called for the first time.
    pub(super) fn held_back() -> Self {
        Self {
            listeners: RefCell::default(),
            queue: RefCell::default(),
            next_id: Cell::new(0),
            is_telling: Cell::new(true),
        }
    }

    /// Queues an event. `true` if the caller is to run [`tell`](Self::tell) in a task of its own.
    pub(super) fn push(&self, event: Event) -> bool {
        self.queue.borrow_mut().push_back(event);
        !self.is_telling.replace(true)
    }

    /// Tells every queued event to every listener.
    pub(super) fn tell(&self) {
        while let Some(event) = self.pop() {
            let listeners = self.listeners.borrow().clone();
            for (id, listener) in listeners {
                // One that an earlier listener has removed is not called any more.
                if self.listeners.borrow().iter().any(|(known, _)| *known == id) {
                    listener(&event);
                }
            }
        }
        self.is_telling.set(false);
    }

    fn pop(&self) -> Option<Event> {
        self.queue.borrow_mut().pop_front()
    }

    /// Adds a listener for good, and says by which number it is known.
    pub(super) fn listen(&self, listener: Listener) -> u64 {
        let id = self.next_id.replace(self.next_id.get() + 1);
        self.listeners.borrow_mut().push((id, listener));
        id
    }

    pub(super) fn subscribe(self: &Rc<Self>, listener: Listener) -> Subscription {
        Subscription { events: Rc::downgrade(self), id: self.listen(listener) }
    }

    pub(super) fn clear(&self) {
        self.listeners.borrow_mut().clear();
    }
}

impl<P: Platform, K: Kind<P>> Inner<P, K> {
    /// Records why a sign-in, a refresh or a redirect failed.
    pub(super) fn failed(&self, error: Error) -> Error {
        self.error.replace(Some(error.clone()));
        self.tell(Event::Error(error.clone()));
        error
    }

    pub(super) fn succeeded(&self) {
        if self.error.take().is_some() {
            self.tell(Event::ErrorCleared);
        }
    }

    pub(super) fn log(&self, level: Level, message: &'static str, detail: Option<String>) {
        self.tell(Event::Log { level, message, detail });
    }

    pub(super) fn tell(&self, event: Event) {
        if self.events.push(event) {
            let events = Rc::clone(&self.events);
            self.platform.spawn(async move { events.tell() });
        }
    }

    /// Begins to tell events, a turn of the event loop from now: whoever waits for the client can add his listeners first.
    pub(super) fn start_telling(self: &Rc<Self>) {
        let inner = Rc::clone(self);
        self.platform.spawn(async move {
            inner.platform.sleep(0).await;
            inner.events.tell();
        });
    }
}

/// Listens until it is dropped.
#[must_use = "the listener is removed when this is dropped"]
pub struct Subscription {
    events: Weak<Events>,
    id: u64,
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(events) = self.events.upgrade() {
            events.listeners.borrow_mut().retain(|(id, _)| *id != self.id);
        }
    }
}
