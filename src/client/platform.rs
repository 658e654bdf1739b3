//! What the client asks of its surroundings: one trait for each Web API that it stands on.
//!
//! Implementations decide nothing. `crate::browser` answers with the real thing, `crate::testing` with a world in a box.
#![expect(
    async_fn_in_trait,
    reason = "a browser has one thread: the futures need not be Send, and callers need not name them"
)]

use crate::error::Result;
use crate::http::{HttpRequest, HttpResponse};
use crate::json::Json;
use crate::jwt::{Algorithm, Hash};
use crate::secret::Secret;
use crate::url::ParseUrl;
use std::future::Future;

/// Everything together.
pub trait Platform:
    ParseUrl + Http + Storage + Lock + Channel + Clock + Random + Crypto + Signer + Navigator + Windows + Parts + 'static
{
}

impl<P> Platform for P where
    P: ParseUrl
        + Http
        + Storage
        + Lock
        + Channel
        + Clock
        + Random
        + Crypto
        + Signer
        + Navigator
        + Windows
        + Parts
        + 'static
{
}

/// A part of the program that need not be there from the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What a page with a good session does without: sign-in, renewal, the end of a session.
    Flows = 1,
    /// What not every application uses. It stands on the flows.
    More = 2,
}

/// The program itself, which can come in parts.
pub trait Parts {
    /// Sees to it that a part is there. A program that is whole has it already.
    ///
    /// # Errors
    /// `network`, `wasm_failed`: it did not load, and the next time it is tried again.
    async fn part(&self, part: Part) -> Result<()>;
}

/// Requests: our own to the authorization server, and the caller's to his API.
pub trait Http {
    /// How this platform holds parsed JSON.
    type Json: Json;
    /// A request of the caller's that waits for its credential, with whatever is needed to build it once more.
    type Call;
    /// The answer that the caller gets, untouched.
    type Answer;
    /// Why the caller gave a call up: handed back to him as it is.
    type Reason;

    /// Sends a request without cache, without following redirects, and without cookies unless it says otherwise, and reads the
    /// whole answer.
    ///
    /// # Errors
    /// `network`, `timeout`; `invalid_response` if the endpoint redirects.
    async fn send(&self, request: HttpRequest, timeout_ms: u32) -> Result<HttpResponse>;

    /// The absolute URL that a call will go to.
    fn call_url(&self, call: &Self::Call) -> String;

    /// The method of a call, as `fetch` has it.
    fn call_method(&self, call: &Self::Call) -> String;

    /// Sends a call with one header more, and a proof for `DPoP` if there is one (RFC 9449 §7.1): a proof is for one URL, so that
    /// no redirect is followed with it. A call whose body can be sent once only is used up by this.
    ///
    /// # Errors
    /// `network`; with a proof, `invalid_response` if the answer is a redirect that the caller wants followed.
    async fn send_call(
        &self,
        call: &Self::Call,
        header: (&str, &Secret),
        proof: Option<&Secret>,
    ) -> Result<Self::Answer, Failure<Self::Reason>>;

    /// Sends a call with a header that a browser would not take off when it follows a redirect to another origin, so it does not
    /// follow any; or without a header, and then as `send_call`. With `has_cookies` it has the cookies for its URL, whatever the
    /// caller has said about them.
    ///
    /// # Errors
    /// As [`send_call`](Self::send_call); `invalid_response` if the answer is a redirect that the caller wants followed.
    async fn send_call_straight(
        &self,
        call: &Self::Call,
        header: Option<(&str, &Secret)>,
        has_cookies: bool,
    ) -> Result<Self::Answer, Failure<Self::Reason>>;

    /// Whether `send_call` can be called again on the same call: its body is not a stream that is read by now.
    fn may_send_again(&self, call: &Self::Call) -> bool;

    /// Ends when the caller gives the call up; never, if he does not.
    async fn given_up(&self, call: &Self::Call) -> Self::Reason;

    /// The status of an answer.
    fn status(&self, answer: &Self::Answer) -> u16;

    /// A header of an answer; `None` also when CORS hides it.
    fn answer_header(&self, answer: &Self::Answer, name: &str) -> Option<String>;
}

/// How a call of the caller's can fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure<R> {
    /// It went wrong.
    Error(crate::error::Error),
    /// The caller gave it up, for a reason of his own.
    GivenUp(R),
}

impl<R> From<crate::error::Error> for Failure<R> {
    fn from(error: crate::error::Error) -> Self {
        Self::Error(error)
    }
}

/// Where values are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StorageKind {
    /// One for all tabs, encrypted at rest with a key that cannot be read out.
    #[default]
    IndexedDb,
    /// Until the page is left.
    Memory,
    /// For this tab, across its reloads: `sessionStorage`, in the clear.
    Session,
    /// One for all tabs: `localStorage`, in the clear.
    Local,
}

/// Keys and values, by kind of place. Keys are no secrets; values are.
pub trait Storage {
    /// The value under `key`.
    ///
    /// # Errors
    /// `storage_unavailable` if the browser refuses, `storage_corrupt` if what is there cannot be decrypted.
    async fn read(&self, kind: StorageKind, key: &str) -> Result<Option<Secret>>;

    /// Puts `value` under `key`; it is there for good when this ends.
    ///
    /// # Errors
    /// `storage_unavailable`: refused, blocked, or full.
    async fn write(&self, kind: StorageKind, key: &str, value: &Secret) -> Result<()>;

    /// Removes what is under `key`, if anything.
    ///
    /// # Errors
    /// `storage_unavailable`.
    async fn remove(&self, kind: StorageKind, key: &str) -> Result<()>;

    /// Puts `next` under `key`, or removes what is there, if that is still `seen`: in one step, whoever else writes meanwhile.
    /// `None` is nothing. `false`: something else is there, and stays.
    ///
    /// # Errors
    /// As [`read`](Self::read) and [`write`](Self::write).
    async fn swap(&self, kind: StorageKind, key: &str, seen: Option<&Secret>, next: Option<&Secret>) -> Result<bool>;

    /// All keys that begin with `prefix`.
    ///
    /// # Errors
    /// `storage_unavailable`.
    async fn keys(&self, kind: StorageKind, prefix: &str) -> Result<Vec<String>>;
}

/// Mutual exclusion among all tabs of the origin (Web Locks).
pub trait Lock {
    /// Held until it is dropped, or its tab dies.
    type Guard;

    /// Waits for the lock; dropping the future stops waiting. `None` where the browser has no locks.
    async fn lock(&self, name: &str) -> Option<Self::Guard>;

    /// Whether it is still held: any script of the origin can take a lock away (`steal`).
    fn is_held(&self, guard: &Self::Guard) -> bool;
}

/// Messages to the other tabs of the origin (`BroadcastChannel`).
pub trait Channel {
    /// Stops listening when it is dropped.
    type Listener;

    /// Calls `listener` with every message that another tab posts on the channel of this name. `None` where there are no channels.
    fn listen(&self, channel: &str, listener: Box<dyn Fn(String)>) -> Option<Self::Listener>;

    /// Posts to every other tab. A message that cannot be sent is lost.
    fn post(&self, channel: &str, message: &str);
}

/// Time, and doing things later.
pub trait Clock {
    /// Milliseconds since 1970 by the machine's clock, which the user may change at any moment.
    fn wall_ms(&self) -> f64;

    /// Milliseconds by a clock that never goes back, from an arbitrary start; it may stand still while the machine sleeps.
    fn monotonic_ms(&self) -> f64;

    /// Ends after this time, or later. Dropping the future cancels it. At most 2³¹ − 1 ms.
    async fn sleep(&self, ms: u32);

    /// The time by the clock of the server that the page came from, if it says: a witness when clocks disagree.
    async fn witness_ms(&self) -> Option<f64>;

    /// Runs a future to its end, beside everything else.
    fn spawn(&self, task: impl Future<Output = ()> + 'static);
}

/// Unpredictable bytes.
pub trait Random {
    /// `N` bytes from the system's generator.
    ///
    /// # Errors
    /// `unsupported` if there is none.
    fn random<const N: usize>(&self) -> Result<[u8; N]>;
}

/// WebCrypto.
pub trait Crypto: Http {
    /// The digest of `data`.
    ///
    /// # Errors
    /// `unsupported` outside secure contexts.
    async fn digest(&self, hash: Hash, data: &[u8]) -> Result<Vec<u8>>;

    /// Whether `signature` over `data` was made with the private half of `key`, a public JWK.
    ///
    /// # Errors
    /// `key_not_found` if the JWK is none that this algorithm can use, `unsupported` if the browser lacks the algorithm.
    async fn verify(&self, algorithm: Algorithm, key: &Self::Json, data: &[u8], signature: &[u8]) -> Result<bool>;
}

/// Keys that sign and that nobody can read, this page's own scripts included.
pub trait Signer: Http {
    /// A pair of keys, whose private half can do nothing but sign.
    type Key;

    /// The key that is kept under `name`, for all tabs and for later; with an algorithm, a new one of that kind if there is none.
    ///
    /// # Errors
    /// `storage_unavailable` if nothing can be kept, `unsupported` if the browser lacks the algorithm.
    async fn signing_key(&self, name: &str, algorithm: Option<Algorithm>) -> Result<Option<Self::Key>>;

    /// The public half, a JWK.
    fn public_key(&self, key: &Self::Key) -> Self::Json;

    /// The signature over `data`, as a JWS has it (RFC 7518 §3.4, RFC 8037 §3.1).
    ///
    /// # Errors
    /// `unsupported`
    async fn sign(&self, key: &Self::Key, data: &[u8]) -> Result<Vec<u8>>;
}

/// What made the client look around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The page became visible, or came back from the back/forward cache.
    Visible,
    /// The network is there again.
    Online,
    /// The page became hidden.
    Hidden,
}

/// The page: its address, and whether anybody looks at it. In a worker there is neither, and it counts as visible.
pub trait Navigator {
    /// Stops watching when it is dropped.
    type Watch;
    /// Takes a text down when it is dropped.
    type Notice;

    /// The address of the page; `None` in a worker.
    fn current_url(&self) -> Option<String>;

    /// Puts another same-origin address in place of the current one, without loading it and without a history entry.
    fn replace_url(&self, url: &str);

    /// Leaves the page for `url`.
    ///
    /// # Errors
    /// `unsupported` where there is no page.
    fn navigate(&self, url: &str) -> Result<()>;

    /// The value of a cookie that scripts can read; `None` too where there is no page.
    fn cookie(&self, name: &str) -> Option<Secret>;

    /// Whether a cookie that scripts of this page can read may go to `url` too: their hosts are one, or of one site.
    fn shares_cookies_with(&self, url: &str) -> bool;

    /// Puts a text up where all clients of this page see it, and gives those that are there already.
    fn put_up(&self, text: &str) -> (Vec<String>, Self::Notice);

    /// Whether the user has touched this page since it was loaded: what happens on a page that he has not is nobody's wish.
    fn has_user_acted(&self) -> bool;

    /// Whether the page can be seen.
    fn is_visible(&self) -> bool;

    /// Calls `listener` whenever something of [`Wake`] happens.
    fn watch(&self, listener: Box<dyn Fn(Wake)>) -> Self::Watch;

    /// Calls `listener` when the user touches the page: a key, a pointer, a wheel.
    fn watch_user(&self, listener: Box<dyn Fn()>) -> Self::Watch;
}

/// What a page opens beside itself: windows, and frames that nobody sees. In a worker there is neither.
pub trait Windows {
    /// Closed when it is dropped, as far as the browser lets the page.
    type Opened: 'static;

    /// Opens an empty window, at once. `None`: the browser refuses, most likely because no user has asked for it just now.
    fn open_window(&self) -> Option<Self::Opened>;

    /// Makes an empty frame that nobody sees, in which this platform knows that it is one. `None`: there is no page.
    fn open_frame(&self) -> Option<Self::Opened>;

    /// Sends a window or a frame to `url`, in the place of what it shows.
    fn send_window(&self, window: &Self::Opened, url: &str);

    /// Posts a message to the page of this origin in a frame, and gives the text that it posts next; `None` if it does not within this
    /// time, or shows another origin's page.
    async fn ask_frame(&self, frame: &Self::Opened, message: &str, origin: &str, ms: u32) -> Option<String>;

    /// Whether a window is closed, or a page in it has cut itself off from this one (Cross-Origin-Opener-Policy): nobody can tell
    /// them apart.
    fn is_window_closed(&self, window: &Self::Opened) -> bool;

    /// Whether the user is at this page, and not at another window.
    fn has_focus(&self) -> bool;

    /// Whether this page is in a frame of [`open_frame`](Self::open_frame).
    fn is_in_frame(&self) -> bool;

    /// Closes the window that this page is in. Browsers close only what a page has opened.
    fn close_page(&self);

    /// Whether a frame of this page that shows `url` is given its cookies; `None` where only trying tells.
    fn has_cookies_in_frame(&self, url: &str) -> Option<bool>;
}
