//! The flows: sign in, stay signed in, call the API, sign out.
//!
//! [`Client`] is generic over a [`Platform`], which is all that it knows of its surroundings. Each flow
//! is a file of its own and reads like the specification that it follows:
//!
//! | file | flow |
//! |---|---|
//! | `discovery` | OpenID Connect Discovery, RFC 8414 |
//! | `keys` | the server's JWK Set, and signatures checked with it |
//! | `sign_in` | the authorization request: RFC 6749 §4.1.1 with PKCE |
//! | `redirect` | the way back: RFC 6749 §4.1.2 to §4.1.4, ID token |
//! | `renewal` | new tokens, once for all callers and all tabs |
//! | `refresh` | the request for them: RFC 6749 §6 |
//! | `attempt` | what is written down before it is sent |
//! | [`pace`] | when to renew, and when to try again |
//! | `lease` | one tab at a time |
//! | `circle` | an end to redirect loops |
//! | `schedule` | renewal ahead of time |
//! | `attach` | a caller's request with the credential, RFC 6750 §2.1 |
//! | `stored` | the session in the store, and what others did to it |
//! | `tabs` | what other tabs did |
//! | `idle` | signing out a user who has gone |
//! | `sign_out` | the end: here, RFC 7009, and RP-initiated logout |

pub mod pace;
pub mod platform;

mod attach;
mod attempt;
mod circle;
mod clock;
mod discovery;
mod event;
mod flight;
mod id_token;
mod idle;
mod keys;
mod lease;
mod options;
mod record;
mod redirect;
mod refresh;
mod renewal;
mod schedule;
mod session;
mod sign_in;
mod sign_out;
mod store;
mod stored;
mod tabs;
mod user_info;
mod verify;

#[cfg(test)]
mod tests;

pub use event::{Event, Level, Listener, SignedOutReason, Subscription};
pub use options::{ClientOptions, Issuer, ResourceOption};
pub use platform::{Failure, Platform, StorageKind};
pub use renewal::AccessTokenOptions;
pub use session::Session;
pub use sign_in::{SignInMode, SignInOptions};
pub use sign_out::{SignOutOptions, TokenKind};
pub use verify::{Keys, VerifyOptions, verify_jwt};

use crate::encoding::concat;
use crate::error::{Error, ErrorCode, Result};
use crate::oauth::metadata::Metadata;
use crate::secret::Secret;
use crate::time::UnixTime;
use clock::ServerClock;
use event::Events;
use flight::Flight;
use options::Config;
use record::Record;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use store::Store;
use stored::Stored;

/// Signs users in at one authorization server, keeps their tokens good, and attaches them to requests. A clone is the same
/// client.
pub struct Client<P: Platform>(Rc<Inner<P>>);

impl<P: Platform> Clone for Client<P> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<P: Platform> std::fmt::Debug for Client<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("name", &self.0.config.name).finish_non_exhaustive()
    }
}

struct Inner<P: Platform> {
    platform: P,
    config: Config,
    store: Store,
    clock: ServerClock,
    events: Rc<Events>,
    current: RefCell<Option<Current>>,
    error: RefCell<Option<Error>>,
    return_to: RefCell<Option<String>>,
    metadata: RefCell<Option<discovery::Known>>,
    discovery: Rc<Flight<Result<Rc<Metadata>>>>,
    key_fetch: Rc<Flight<Result<P::Json>>>,
    renewal: Rc<Flight<Result<Rc<Record>>>>,
    redirect: Rc<Flight<redirect::Outcome>>,
    /// The last redirect that this page has finished, by its state.
    finished: RefCell<Option<(String, redirect::Outcome)>>,
    backoff: RefCell<renewal::Backoff>,
    /// The families of sessions that ended in this page.
    disowned: RefCell<Vec<String>>,
    /// The generation that this page has last stored again.
    restored: Cell<i64>,
    /// What this page has last tried, in case the browser does not keep it.
    last_attempt: RefCell<Option<attempt::Attempt>>,
    /// Whether a refresh token is on its way: other tabs may ask.
    is_sending: Cell<bool>,
    /// How often another tab has said that it is renewing.
    heard: Cell<u32>,
    /// Milliseconds of the machine's clock: when the network was last found to be there again.
    online_at: Cell<f64>,
    /// Monotonic milliseconds: when a token was last renewed because an API refused it.
    convinced_at: Cell<f64>,
    is_clock_reported: Cell<bool>,
    /// Monotonic milliseconds: when the user was last noted to be there.
    touched_at: Cell<f64>,
    /// Grows whenever the session of this page changes: what was read before is out of date.
    changes: Cell<u64>,
    /// Whether the client is made: until then no timer starts.
    is_ready: Cell<bool>,
    /// Grows with every timer: an earlier one ends by itself.
    timer: Cell<u64>,
    attached: RefCell<Option<Attached<P>>>,
    is_closed: Cell<bool>,
}

/// The session of this page.
struct Current {
    record: Rc<Record>,
    session: Rc<Session>,
    /// The value of the `Authorization` header, made once.
    authorization: Rc<Secret>,
}

/// What ties the client to its page; dropped by `close`.
struct Attached<P: Platform> {
    tabs: Option<P::Listener>,
    _page: P::Watch,
    _user: Option<P::Watch>,
}

impl<P: Platform> Client<P> {
    /// Makes a client: reads the stored session, and finishes a redirect that is in the page's URL. Does no network unless
    /// there is a redirect to finish.
    ///
    /// A sign-in that failed is no error here: the application starts, and [`error`](Self::error) says why. Events that
    /// happen meanwhile are told to listeners which are added as soon as this is done.
    ///
    /// # Errors
    /// `invalid_option`, `insecure_url`, `unsupported`: the options cannot work.
    pub async fn create(platform: P, options: ClientOptions) -> Result<Self> {
        Self::create_with_listener(platform, options, None).await
    }

    /// [`create`](Self::create) with a listener that hears everything from the first moment.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub async fn create_with_listener(platform: P, options: ClientOptions, listener: Option<Listener>) -> Result<Self> {
        let page = platform.current_url();
        let config = Config::new::<P>(options, page.as_deref())?;
        let client = Self(Rc::new(Inner::new(platform, config)));
        let inner = &client.0;
        if let Some(listener) = listener {
            inner.events.listen(listener);
        }
        let callback =
            if inner.config.handle_redirect { inner.callback_to_finish(page.as_deref()).await } else { None };
        if let Stored::Record(record) = inner.read_record().await {
            inner.adopt_written(record, SignedOutReason::Expired);
        }
        inner.end_if_over().await;
        inner.end_if_idle_since_last_page().await;
        inner.attach_to_page().await;
        if let Some(callback) = callback {
            // Whatever comes of it is in `session` and `error`.
            let _ = inner.finish_redirect(callback).await;
        }
        inner.is_ready.set(true);
        inner.schedule_renewal();
        inner.start_telling();
        Ok(client)
    }

    /// Who is signed in; the same `Rc` until something changes.
    #[must_use]
    pub fn session(&self) -> Option<Rc<Session>> {
        self.0.current.borrow().as_ref().map(|current| Rc::clone(&current.session))
    }

    /// Why the last sign-in, refresh or redirect failed; `None` once one succeeds.
    #[must_use]
    pub fn error(&self) -> Option<Error> {
        self.0.error.borrow().clone()
    }

    /// Where the user was going when `sign_in` was called: a same-origin URL. Set once a redirect has been finished.
    #[must_use]
    pub fn return_to(&self) -> Option<String> {
        self.0.return_to.borrow().clone()
    }

    /// Calls `listener` with every event, one at a time, never from within a call into the client. Stops when the
    /// subscription is dropped.
    pub fn subscribe(&self, listener: impl Fn(&Event) + 'static) -> Subscription {
        self.0.events.subscribe(Rc::new(listener))
    }

    /// Stops timers and listeners; the stored session stays.
    pub fn close(&self) {
        self.0.is_closed.set(true);
        self.0.timer.set(self.0.timer.get() + 1);
        self.0.attached.take();
        self.0.events.clear();
    }

    /// The platform that this client stands on.
    #[must_use]
    pub fn platform(&self) -> &P {
        &self.0.platform
    }
}

impl<P: Platform> Inner<P> {
    fn new(platform: P, config: Config) -> Self {
        Self {
            store: Store::new(&config.name, config.storage),
            clock: ServerClock::new(&platform),
            platform,
            config,
            events: Rc::new(Events::held_back()),
            current: RefCell::default(),
            error: RefCell::default(),
            return_to: RefCell::default(),
            metadata: RefCell::default(),
            discovery: Rc::default(),
            key_fetch: Rc::default(),
            renewal: Rc::default(),
            redirect: Rc::default(),
            finished: RefCell::default(),
            backoff: RefCell::default(),
            disowned: RefCell::default(),
            restored: Cell::new(0),
            last_attempt: RefCell::default(),
            is_sending: Cell::new(false),
            heard: Cell::new(0),
            online_at: Cell::new(f64::NEG_INFINITY),
            convinced_at: Cell::new(f64::NEG_INFINITY),
            is_clock_reported: Cell::new(false),
            touched_at: Cell::new(f64::NEG_INFINITY),
            changes: Cell::new(0),
            is_ready: Cell::new(false),
            timer: Cell::new(0),
            attached: RefCell::default(),
            is_closed: Cell::new(false),
        }
    }

    fn now(&self) -> UnixTime {
        self.clock.now(&self.platform)
    }

    fn record(&self) -> Option<Rc<Record>> {
        self.current.borrow().as_ref().map(|current| Rc::clone(&current.record))
    }

    /// Makes `record` the session of this page, and tells what that means. `ended` says why, if there is none any more.
    fn adopt(self: &Rc<Self>, record: Option<Rc<Record>>, ended: SignedOutReason) {
        let before = self.current.take();
        let Some(record) = record.filter(|record| !self.is_disowned(&record.family)) else {
            if before.is_some() {
                self.changes.set(self.changes.get() + 1);
                self.timer.set(self.timer.get() + 1);
                self.tell(Event::SignedOut(ended));
            }
            return;
        };
        let is_known = before.as_ref().is_some_and(|before| before.record.is_same_write(&record));
        if is_known {
            self.current.replace(before);
            return;
        }
        self.changes.set(self.changes.get() + 1);
        // Whatever failed before: somebody has succeeded since.
        self.last_attempt.take();
        self.forget_backoff();
        self.succeeded();
        let session = Rc::new(Session::from(&*record));
        let authorization = concat(&[record.token_type.name(), " ", record.access_token.expose()]);
        self.current.replace(Some(Current {
            record,
            session: Rc::clone(&session),
            authorization: Rc::new(authorization.into()),
        }));
        match before {
            None => self.tell(Event::SignedIn(session)),
            Some(before) if before.session.subject != session.subject => {
                self.tell(Event::SignedOut(SignedOutReason::UserChanged));
                self.tell(Event::SignedIn(session));
            }
            Some(_) => self.tell(Event::Refreshed(session)),
        }
        self.schedule_renewal();
    }

    /// Records why a sign-in, a refresh or a redirect failed.
    fn failed(&self, error: Error) -> Error {
        self.error.replace(Some(error.clone()));
        self.tell(Event::Error(error.clone()));
        error
    }

    fn succeeded(&self) {
        if self.error.take().is_some() {
            self.tell(Event::ErrorCleared);
        }
    }

    fn log(&self, level: Level, message: &'static str, detail: Option<String>) {
        self.tell(Event::Log { level, message, detail });
    }

    fn tell(&self, event: Event) {
        if self.events.push(event) {
            let events = Rc::clone(&self.events);
            self.platform.spawn(async move { events.tell() });
        }
    }

    /// Begins to tell events, a turn of the event loop from now: whoever waits for the client can add his listeners first.
    fn start_telling(self: &Rc<Self>) {
        let inner = Rc::clone(self);
        self.platform.spawn(async move {
            inner.platform.sleep(0).await;
            inner.events.tell();
        });
    }

    fn random_id(&self) -> Result<String> {
        Ok(crate::encoding::base64url(&self.platform.random::<32>()?))
    }

    /// A number from 0 up to 1.
    fn random_fraction(&self) -> f64 {
        self.platform
            .random::<4>()
            .map_or(0.5, |bytes| f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0))
    }
}

fn login_required(context: &'static str) -> Error {
    Error::new(ErrorCode::LoginRequired, context)
}
