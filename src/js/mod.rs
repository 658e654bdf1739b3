//! What JavaScript sees: plain objects in, plain objects, promises and `AuthError`s out.
//!
//! Every exported method clones what it needs and returns a promise that owns it: no borrow is held while anything is awaited,
//! and none while a function of the application's is called.
#![cfg_attr(
    not(feature = "js"),
    allow(dead_code, unused_imports, reason = "what only that module of the package needs")
)]
#![allow(unreachable_pub, reason = "wasm-bindgen exports what is pub, to JavaScript and not to other crates")]

mod bridge;
mod convert;
#[cfg(feature = "credentials")]
mod credentials;
mod decode;
mod error;
mod given;
#[cfg(feature = "js")]
mod jwt;
mod options;

use crate::browser::OpenedWindow;
use crate::browser::{Browser, Call, aborted, load};
#[cfg(feature = "js")]
use crate::client::Sent;
use crate::client::platform::Part;
use crate::client::{AccessTokenOptions, Client, Failure, Session, TokenKind};
use crate::error::{Error, ErrorCode};
use crate::secret::Secret;
use bridge::Bridge;
use error::to_js;
use futures_util::future::{Either, LocalBoxFuture, select};
use js_sys::{Function, Promise};
use options::Reader;
use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::rc::{Rc, Weak};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::future_to_promise;
use web_sys::{AbortSignal, Response};

/// Two kilobytes less than the standard library's.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

#[cfg(feature = "js")]
#[wasm_bindgen(raw_module = "./short.js")]
extern "C" {
    /// Where calls may go, what they are sent with, and what `goOn` asks for.
    #[wasm_bindgen(js_name = asPass)]
    fn as_pass(places: &str, header: &str, token: &str, family: &str, subject: Option<&str>) -> JsValue;
}

/// What the JavaScript class `Client` stands on.
#[cfg(feature = "js")]
#[wasm_bindgen]
#[derive(Debug)]
pub struct Core {
    client: Client<Browser>,
    bridge: Rc<Bridge<Client<Browser>>>,
    /// What `pass` has given last, and for which credential.
    pass: RefCell<Option<(Weak<Secret>, JsValue)>>,
}

#[cfg(feature = "js")]
impl bridge::Shows for Client<Browser> {
    fn session(&self) -> Option<Rc<Session>> {
        Self::session(self)
    }

    fn error(&self) -> Option<Error> {
        Self::error(self)
    }
}

/// Makes a client. `notify(session, error, type, detail)` is called from a queue: with every event, and with `type` null when
/// only the state has changed. `shown` is the session that the page shows already.
#[cfg(feature = "js")]
#[wasm_bindgen(js_name = createClient)]
pub fn create_client(options: JsValue, notify: Function, shown: JsValue) -> Promise {
    promise(None, async move {
        let (mut options, logger, rare) = options::client_options(options)?;
        if rare.iter().any(Option::is_some) {
            load(Part::More).await?;
            let read: LocalBoxFuture<'_, _> = Box::pin(options::rare(rare, &mut options));
            read.await?;
        }
        let bridge = Rc::new(Bridge::new(notify, logger, shown));
        let listener = Rc::clone(&bridge);
        let listener = Rc::new(move |event: &_| listener.tell(event));
        let client = Client::create_with_listener(Browser::new(), options, Some(listener)).await?;
        bridge.connect(client.clone());
        Ok(Core { client, bridge, pass: RefCell::default() }.into())
    })
}

#[cfg(feature = "js")]
#[wasm_bindgen]
impl Core {
    /// Where the user was going when he signed in.
    #[wasm_bindgen(getter, js_name = returnTo)]
    pub fn return_to(&self) -> JsValue {
        self.client.return_to().map_or(JsValue::NULL, JsValue::from)
    }

    /// Signs in; for a popup in this window, which was opened at the click.
    #[wasm_bindgen(js_name = signIn)]
    pub fn sign_in(&self, options: JsValue, window: JsValue) -> Promise {
        let (client, bridge) = (self.client.clone(), Rc::clone(&self.bridge));
        self.promise_of(Part::Flows, async move {
            // Closed with whatever goes wrong from here on.
            let window = OpenedWindow::new(window);
            let (options, signal) = options::sign_in_options(options)?;
            let signing_in = client.sign_in_within(options, window);
            unless_aborted(signal, signing_in).await?;
            Ok(bridge.session())
        })
    }

    /// Finishes a redirect.
    #[wasm_bindgen(js_name = handleRedirect)]
    pub fn handle_redirect(&self, url: JsValue) -> Promise {
        let (client, bridge) = (self.client.clone(), Rc::clone(&self.bridge));
        self.promise_of(Part::Flows, async move {
            let url = if url.is_undefined() { None } else { Some(options::url(&url, "url")?) };
            client.handle_redirect(url.as_deref()).await?;
            Ok(bridge.session())
        })
    }

    /// A token that is good for a while.
    #[wasm_bindgen(js_name = accessToken)]
    pub fn access_token(&self, options: JsValue) -> Promise {
        let client = self.client.clone();
        self.promise(async move {
            let mut options = Reader::new(options);
            let wanted = AccessTokenOptions {
                resource: options.text("resource"),
                scope: options.text("scope"),
                min_validity: options.integer("minValidity"),
                fresh: options.boolean("fresh").unwrap_or_default(),
            };
            options.done()?;
            Ok(client.access_token(wanted).await?.expose().into())
        })
    }

    /// `fetch` with the credential.
    pub fn fetch(&self, input: JsValue, init: JsValue) -> Promise {
        let client = self.client.clone();
        // Now, as `fetch` does it: what the caller does to his arguments later is his own affair.
        let call = Call::new(&input, &init);
        self.promise(async move { answered(client.fetch(call?).await) })
    }

    /// What the next page may do before this module is there (`pkg-template/ahead.js`); `undefined`: nothing.
    pub fn ahead(&self) -> JsValue {
        let Some(ahead) = self.client.ahead() else { return JsValue::UNDEFINED };
        convert::object([
            ("owner", Some(ahead.owner.into())),
            ("session", Some(ahead.session.into())),
            ("ended", Some(ahead.ended.into())),
            ("audience", ahead.audience.map(JsValue::from)),
            ("offset", Some(convert::number(ahead.clock_offset).into())),
        ])
    }

    /// What a call can be sent with at once, and where; `undefined`: there is more to be decided.
    pub fn pass(&self) -> JsValue {
        let Some(at_hand) = self.client.at_hand() else {
            self.pass.take();
            return JsValue::UNDEFINED;
        };
        let is_same = |(of, _): &&(Weak<Secret>, JsValue)| Weak::as_ptr(of) == Rc::as_ptr(&at_hand.credential);
        let shown = self.pass.borrow().as_ref().filter(is_same).map(|(_, shown)| shown.clone());
        shown.unwrap_or_else(|| {
            let (token, family, subject) = at_hand.of();
            let shown = as_pass(&self.client.places(), at_hand.credential.expose(), token.expose(), family, subject);
            self.pass.replace(Some((Rc::downgrade(&at_hand.credential), shown.clone())));
            shown
        })
    }

    /// Goes on with a call that was sent without this module, in the name of this session and with this token.
    #[wasm_bindgen(js_name = goOn)]
    pub fn go_on(
        &self,
        request: JsValue,
        token: String,
        family: String,
        subject: Option<String>,
        answer: Response,
    ) -> Promise {
        let client = self.client.clone();
        let call = Call::new(&request, &JsValue::UNDEFINED);
        let sent = Sent { family, subject, access_token: token.into() };
        self.promise(async move { answered(client.go_on(call?, sent, answer).await) })
    }

    /// What the server knows about the user.
    #[wasm_bindgen(js_name = userInfo)]
    pub fn user_info(&self) -> Promise {
        let client = self.client.clone();
        self.promise_of(Part::More, async move { Ok(client.user_info().await?.0) })
    }

    /// Revokes a token.
    pub fn revoke(&self, token: JsValue) -> Promise {
        let client = self.client.clone();
        self.promise_of(Part::More, async move {
            let kind = match token.as_string().as_deref() {
                Some("access_token") => Some(TokenKind::AccessToken),
                Some("refresh_token") => Some(TokenKind::RefreshToken),
                None if token.is_undefined() => None,
                _ => return Err(invalid("token must be \"access_token\" or \"refresh_token\"").into()),
            };
            client.revoke(kind).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Signs out.
    #[wasm_bindgen(js_name = signOut)]
    pub fn sign_out(&self, options: JsValue) -> Promise {
        let client = self.client.clone();
        self.promise(async move {
            client.sign_out(options::sign_out_options(options)?).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Stops timers and listeners.
    pub fn close(&self) {
        self.client.close();
        self.bridge.disconnect();
    }

    /// A promise that settles after JavaScript has been shown the state that its outcome goes with.
    fn promise(&self, future: impl Future<Output = Result<JsValue, Thrown>> + 'static) -> Promise {
        settle(None, Box::pin(future), Some(Rc::clone(&self.bridge)))
    }

    /// The same for what a later part does.
    fn promise_of(&self, part: Part, future: impl Future<Output = Result<JsValue, Thrown>> + 'static) -> Promise {
        settle(Some(part), Box::pin(future), Some(Rc::clone(&self.bridge)))
    }
}

#[cfg(feature = "js")]
fn answered(outcome: Result<Response, Failure<JsValue>>) -> Result<JsValue, Thrown> {
    match outcome {
        Ok(answer) => Ok(answer.into()),
        Err(Failure::Error(error)) => Err(error.into()),
        Err(Failure::GivenUp(reason)) => Err(Thrown(reason)),
    }
}

/// A value that a promise rejects with.
struct Thrown(JsValue);

impl From<Error> for Thrown {
    fn from(error: Error) -> Self {
        Self(to_js(&error))
    }
}

#[cfg(feature = "js")]
fn promise(part: Option<Part>, future: impl Future<Output = Result<JsValue, Thrown>> + 'static) -> Promise {
    settle::<Client<Browser>>(part, Box::pin(future), None)
}

/// The one way into a promise, so that it is compiled once and not for each method.
fn settle<C: bridge::Shows + 'static>(
    part: Option<Part>,
    future: LocalBoxFuture<'static, Result<JsValue, Thrown>>,
    bridge: Option<Rc<Bridge<C>>>,
) -> Promise {
    future_to_promise(async move {
        let is_there = match part {
            Some(part) => load(part).await,
            None => Ok(()),
        };
        let outcome = match is_there {
            Ok(()) => future.await,
            Err(error) => {
                // What would drop it has not been loaded either.
                std::mem::forget(future);
                Err(error.into())
            }
        };
        if let Some(bridge) = bridge {
            bridge.show_state();
        }
        outcome.map_err(|Thrown(value)| value)
    })
}

/// The outcome of `future`, unless the caller's signal aborts it: then his reason, as it is.
async fn unless_aborted<T>(
    signal: Option<AbortSignal>,
    future: impl Future<Output = crate::Result<T>>,
) -> Result<T, Thrown> {
    let Some(signal) = signal else { return Ok(future.await?) };
    match select(pin!(aborted(&signal)), pin!(future)).await {
        Either::Left((reason, _)) => Err(Thrown(reason)),
        Either::Right((outcome, _)) => Ok(outcome?),
    }
}

fn invalid(context: &'static str) -> Error {
    Error::new(ErrorCode::InvalidOption, context)
}
