//! The flows: sign in, stay signed in, call the API, sign out.
//!
//! [`Client`] is generic over a [`Platform`], which is all that it knows of its surroundings. Each flow
//! is a file of its own and reads like the specification that it follows:
//!
//! | file | flow |
//! |---|---|
//! | `discovery` | OpenID Connect Discovery, RFC 8414 |
//! | `keys` | the server's JWK Set, and signatures checked with it |
//! | `resource` | the server of an API that is all that is known: RFC 9728 |
//! | `register` | a client that no server knows yet: RFC 7591 |
//! | `profile` | what FAPI 2.0 asks for |
//! | `sign_in` | the authorization request: RFC 6749 §4.1.1 with PKCE |
//! | `par` | the same, pushed: RFC 9126 |
//! | `proof` | tokens bound to a key: RFC 9449 |
//! | `audience` | a token for each API: RFC 8707 |
//! | `window` | the same in a window of its own, or in a frame |
//! | `redirect` | the way back: RFC 6749 §4.1.2 to §4.1.4, ID token |
//! | `renewal` | new tokens, once for all callers and all tabs |
//! | `refresh` | the request for them: RFC 6749 §6 |
//! | `attempt` | what is written down before it is sent |
//! | [`pace`] | when to renew, and when to try again |
//! | `lease` | one tab at a time |
//! | `circle` | an end to redirect loops |
//! | `schedule` | renewal ahead of time |
//! | `attach` | a caller's request with the credential |
//! | `ahead` | what a page does before its client is made |
//! | `step_up` | an API that asks for a stronger sign-in: RFC 9470 |
//! | `access_token` | the token itself |
//! | `stored` | the session in the store, and what others did to it |
//! | `tabs` | what other tabs did |
//! | `idle` | signing out a user who has gone |
//! | `closed` | the end of a client, and not of its session |
//! | `neighbour` | several clients in one page |
//! | `first_party` | credentials that are not OAuth's: a password login, an API key, a cookie |
//! | `sign_out` | the end: here, RFC 7009, and RP-initiated logout |
//! | `signed_out` | the way back from that |
//!
//! What not every page needs is in a part of its own, which a page loads when it first needs it ([`platform::Part`]).
//!
//! What a client has whatever its credential is (the session, renewal, events, calls) is generic over a `kind::Kind` too; what
//! only OAuth has is in `impl`s for the kind `oauth::OAuth`.

pub mod pace;
pub mod platform;

mod access_token;
#[cfg(any(test, all(target_arch = "wasm32", feature = "js")))]
mod ahead;
mod answer;
mod attach;
mod attempt;
mod audience;
mod check_session;
mod circle;
mod clock;
mod closed;
mod config;
mod discovery;
mod event;
mod first_party;
mod flight;
mod frontchannel;
mod id_token;
mod idle;
mod keys;
mod kind;
mod lease;
mod neighbour;
mod oauth;
mod options;
mod par;
mod part;
mod profile;
mod proof;
mod provider;
mod random;
mod record;
mod redirect;
mod refresh;
mod register;
mod renewal;
mod resource;
mod schedule;
mod session;
mod sign_in;
mod sign_out;
mod signed_out;
mod step_up;
mod store;
mod stored;
mod tabs;
mod user_info;
mod verify;
mod window;

#[cfg(test)]
mod tests;

pub use access_token::AccessTokenOptions;
#[cfg(any(test, all(target_arch = "wasm32", feature = "js")))]
pub(crate) use ahead::Sent;
pub use config::{CommonOptions, ResourceOption};
pub use event::{Event, Level, Listener, SignedOutReason, Subscription};
pub use first_party::{
    ApiKeyClient, ApiKeyOptions, CookieClient, CookieOptions, FirstPartyClient, PasswordClient, PasswordOptions, Renew,
};
pub use options::{ClientOptions, Issuer};
use platform::Part;
pub use platform::{Failure, Platform, StorageKind};
pub use profile::Profile;
pub use provider::Provider;
pub use session::{Session, TokenType};
pub use sign_in::{SignInMode, SignInOptions};
pub use sign_out::{SignOutOptions, TokenKind};
pub use step_up::StepUp;
pub use verify::{Keys, VerifyOptions, verify_jwt};

use crate::error::{Error, ErrorCode, Result};
use crate::secret::Secret;
use audience::Audiences;
use clock::ServerClock;
use config::Config;
use event::Events;
use flight::Flight;
use kind::Kind;
use oauth::OAuth;
use options::Settings;
use part::boxed;
use record::Record;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use store::Store;

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

/// A client, whatever its kind of credential.
struct Inner<P: Platform, K: Kind<P> = OAuth<P>> {
    platform: P,
    config: Config,
    kind: K,
    store: Store,
    clock: ServerClock,
    events: Rc<Events>,
    current: RefCell<Option<Current>>,
    error: RefCell<Option<Error>>,
    renewal: Rc<Flight<Result<Rc<Record>>>>,
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
    audiences: Audiences,
    is_clock_reported: Cell<bool>,
    /// Milliseconds of the machine's clock: when the user was last noted to be there.
    touched_at: Cell<f64>,
    /// Grows whenever the session of this page changes: what was read before is out of date.
    changes: Cell<u64>,
    /// Whether the client is made: until then no timer starts.
    is_ready: Cell<bool>,
    /// Grows with every timer: an earlier one ends by itself.
    timer: Cell<u64>,
    /// Where this client's credential may go, for the other clients of the page to see.
    notice: RefCell<Option<P::Notice>>,
    attached: RefCell<Option<Attached<P>>>,
    is_closed: Cell<bool>,
    /// Whether the user has signed out since the last sign-in began: nothing comes of that.
    has_left: Cell<bool>,
}

/// The session of this page.
struct Current {
    record: Rc<Record>,
    session: Rc<Session>,
    /// As a call carries it, made once.
    credential: Rc<Secret>,
}

/// What ties the client to its page; dropped by `close`.
struct Attached<P: Platform> {
    tabs: Option<P::Listener>,
    _page: P::Watch,
    /// For `idle_timeout`.
    user: Option<P::Watch>,
}

impl<P: Platform> Client<P> {
    /// Makes a client: reads the stored session, and finishes a redirect that is in the page's URL. Does no network unless
    /// there is a redirect to finish, or an API to be asked which server is its.
    ///
    /// A sign-in that failed is no error here: the application starts, and [`error`](Self::error) says why. Events that
    /// happen meanwhile are told to listeners which are added as soon as this is done.
    ///
    /// # Errors
    /// `invalid_option`, `insecure_url`, `unsupported`: the options cannot work. `resource_mismatch`, `issuer_mismatch`,
    /// `discovery_failed`, `invalid_response`, `network`, `timeout`, `server_error`: the API does not say which server is its.
    pub async fn create(platform: P, options: ClientOptions) -> Result<Self> {
        Self::create_with_listener(platform, options, None).await
    }

    /// [`create`](Self::create) with a listener that hears everything from the first moment.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub async fn create_with_listener(platform: P, options: ClientOptions, listener: Option<Listener>) -> Result<Self> {
        let page = platform.current_url();
        let is_signed_out = signed_out::is_in(page.as_deref());
        if options.need_more() || is_signed_out {
            platform.part(Part::More).await?;
        }
        let (introduction, options) = options.settled(&platform, page.as_deref()).await?;
        let (config, settings) = Settings::new::<P>(options, page.as_deref())?;
        let client = Self(Rc::new(Inner::new(platform, config, OAuth::new(settings))));
        let inner = &client.0;
        inner.settle_in()?;
        if is_signed_out {
            boxed(inner.finish_sign_out(page.as_deref())).await;
        }
        if inner.kind.options.resource.is_some() {
            boxed(inner.settle_introduction(introduction)).await;
        }
        inner.answer_from_frame(page.as_deref()).await?;
        if let Some(listener) = listener {
            inner.events.listen(listener);
        }
        let callback = match inner.kind.options.handle_redirect && inner.may_have_callback(page.as_deref()).await {
            true => inner.later(Part::Flows, || boxed(inner.find_callback())).await?,
            false => None,
        };
        inner.resume().await;
        inner.end_if_told(page.as_deref()).await;
        if let Some(callback) = callback {
            // Whatever comes of it is in `session` and `error`.
            let _ = boxed(inner.finish_redirect_here(callback)).await;
        }
        inner.start();
        inner.tidy_up();
        inner.watch_session();
        Ok(client)
    }

    /// Who is signed in; the same `Rc` until something changes.
    #[must_use]
    pub fn session(&self) -> Option<Rc<Session>> {
        self.0.session()
    }

    /// Why the last sign-in, refresh or redirect failed; `None` once one succeeds.
    #[must_use]
    pub fn error(&self) -> Option<Error> {
        self.0.error.borrow().clone()
    }

    /// Where the user was going when `sign_in` was called: a same-origin URL. Set once a redirect has been finished.
    #[must_use]
    pub fn return_to(&self) -> Option<String> {
        self.0.kind.return_to.borrow().clone()
    }

    /// Calls `listener` with every event, one at a time, never from within a call into the client. Stops when the
    /// subscription is dropped.
    pub fn subscribe(&self, listener: impl Fn(&Event) + 'static) -> Subscription {
        self.0.events.subscribe(Rc::new(listener))
    }

    /// Stops timers and listeners; the stored session stays.
    pub fn close(&self) {
        self.0.close();
    }

    /// The platform that this client stands on.
    #[must_use]
    pub fn platform(&self) -> &P {
        &self.0.platform
    }
}

impl<P: Platform, K: Kind<P>> Inner<P, K> {
    fn new(platform: P, config: Config, kind: K) -> Self {
        Self {
            store: Store::new(&config.name, config.storage),
            clock: ServerClock::new(&platform),
            platform,
            config,
            kind,
            events: Rc::new(Events::held_back()),
            current: RefCell::default(),
            error: RefCell::default(),
            renewal: Rc::default(),
            backoff: RefCell::default(),
            disowned: RefCell::default(),
            restored: Cell::new(0),
            last_attempt: RefCell::default(),
            is_sending: Cell::new(false),
            heard: Cell::new(0),
            online_at: Cell::new(f64::NEG_INFINITY),
            audiences: Audiences::default(),
            is_clock_reported: Cell::new(false),
            touched_at: Cell::new(f64::NEG_INFINITY),
            changes: Cell::new(0),
            is_ready: Cell::new(false),
            timer: Cell::new(0),
            notice: RefCell::default(),
            attached: RefCell::default(),
            is_closed: Cell::new(false),
            has_left: Cell::new(false),
        }
    }

    /// Takes over the stored session, unless it has ended by itself, and ties the client to its page.
    async fn resume(self: &Rc<Self>) {
        // What others say while this page reads is not to be missed.
        self.attach_to_page();
        self.adopt_first().await;
        self.end_if_over().await;
        self.watch_for_idleness().await;
    }

    /// The client is made: timers start, and events are told.
    fn start(self: &Rc<Self>) {
        self.is_ready.set(true);
        self.schedule_renewal();
        self.start_telling();
    }

    fn session(&self) -> Option<Rc<Session>> {
        self.current.borrow().as_ref().map(|current| Rc::clone(&current.session))
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
        let credential = Rc::new(self.kind.credential(&record));
        self.current.replace(Some(Current { record, session: Rc::clone(&session), credential }));
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
}

fn login_required(context: &'static str) -> Error {
    Error::new(ErrorCode::LoginRequired, context)
}
