//! State and events on their way to JavaScript.

use super::convert::{number, object, session};
use super::error::to_js;
use crate::client::{Event, Session};
use crate::error::Error;
use js_sys::{Array, Function, JSON, Reflect};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;

/// Calls the package's `notify` and the application's `logger`. What is shown is the same object until it changes.
#[derive(Debug)]
pub(super) struct Bridge<C> {
    listeners: RefCell<Option<Listeners>>,
    client: RefCell<Option<C>>,
    shown: RefCell<Shown>,
}

/// Functions that hold the client's JavaScript half, which holds this one: no garbage collector sees through both.
#[derive(Clone, Debug)]
struct Listeners {
    notify: Function,
    logger: Option<Function>,
}

/// What JavaScript was shown last.
#[derive(Debug)]
struct Shown {
    session: Option<Rc<Session>>,
    session_value: JsValue,
    error: Option<Error>,
    error_value: JsValue,
}

/// What a client shows of itself.
pub(super) trait Shows: Clone {
    fn session(&self) -> Option<Rc<Session>>;
    fn error(&self) -> Option<Error>;
}

impl<C: Shows> Bridge<C> {
    /// `session` is what JavaScript shows already, or null.
    pub(super) fn new(notify: Function, logger: Option<Function>, session: JsValue) -> Self {
        let shown = Shown { session: None, session_value: session, error: None, error_value: JsValue::NULL };
        let listeners = RefCell::new(Some(Listeners { notify, logger }));
        Self { listeners, client: RefCell::default(), shown: RefCell::new(shown) }
    }

    /// Shows the state of a client that has just been made, and from now on what becomes of it.
    pub(super) fn connect(&self, client: C) {
        self.client.replace(Some(client));
        self.show_state();
    }

    /// Shows nothing from now on, and lets go of whoever was shown it.
    pub(super) fn disconnect(&self) {
        self.client.take();
        self.listeners.take();
    }

    /// Not borrowed while JavaScript is called: it may call `close`.
    fn listeners(&self) -> Option<Listeners> {
        self.listeners.borrow().clone()
    }

    pub(super) fn session(&self) -> JsValue {
        self.refresh();
        self.shown.borrow().session_value.clone()
    }

    /// Shows the state, if it is not what JavaScript has been shown.
    pub(super) fn show_state(&self) {
        if self.refresh() {
            self.notify(&JsValue::NULL, &JsValue::UNDEFINED);
        }
    }

    pub(super) fn tell(&self, event: &Event) {
        self.refresh();
        match event {
            Event::SignedIn(session) => self.tell_session("signedin", session),
            Event::Refreshed(session) => self.tell_session("refreshed", session),
            Event::SignedOut(reason) => self.notify_with("signedout", [("reason", Some(reason.as_str().into()))]),
            Event::RefreshError { error, retry_at } => {
                let retry_at = retry_at.map_or(JsValue::NULL, |time| number(time.0).into());
                self.notify_with("refresherror", [("error", Some(self.error(error))), ("retryAt", Some(retry_at))]);
            }
            Event::IdleWarning { sign_out_at } => {
                self.notify_with("idlewarning", [("signOutAt", Some(number(sign_out_at.0).into()))]);
            }
            Event::Error(error) => self.notify_with("error", [("error", Some(self.error(error)))]),
            Event::ErrorCleared => self.notify(&JsValue::NULL, &JsValue::UNDEFINED),
            Event::Log { level, message, detail } => {
                let Some(logger) = self.listeners().and_then(|listeners| listeners.logger) else { return };
                let entry = object([
                    ("level", Some(level.as_str().into())),
                    ("message", Some((*message).into())),
                    ("detail", detail.as_deref().map(JsValue::from)),
                ]);
                // A logger that throws is not told about it.
                let _ = logger.call1(&JsValue::UNDEFINED, &entry);
            }
        }
    }

    fn tell_session(&self, kind: &str, told: &Rc<Session>) {
        let value = {
            let shown = self.shown.borrow();
            let is_shown = shown.session.as_ref().is_some_and(|session| Rc::ptr_eq(session, told));
            if is_shown { shown.session_value.clone() } else { session(told) }
        };
        self.notify_with(kind, [("session", Some(value))]);
    }

    /// The error as it is shown, if it is that.
    fn error(&self, error: &Error) -> JsValue {
        let shown = self.shown.borrow();
        if shown.error.as_ref() == Some(error) { shown.error_value.clone() } else { to_js(error) }
    }

    fn notify_with<const N: usize>(&self, kind: &str, detail: [(&str, Option<JsValue>); N]) {
        self.notify(&kind.into(), &object(detail));
    }

    fn notify(&self, kind: &JsValue, detail: &JsValue) {
        let Some(Listeners { notify, .. }) = self.listeners() else { return };
        let arguments = {
            let shown = self.shown.borrow();
            Array::of4(&shown.session_value, &shown.error_value, kind, detail)
        };
        // The package's own function: it lets nothing out that a listener throws.
        let _ = Reflect::apply(&notify, &JsValue::UNDEFINED, &arguments);
    }

    /// Takes over the client's state. `true` if it has changed.
    fn refresh(&self) -> bool {
        let Some(client) = self.client.borrow().clone() else { return false };
        let (now, error_now) = (client.session(), client.error());
        let mut shown = self.shown.borrow_mut();
        let is_same_session = match (&shown.session, &now) {
            (Some(before), Some(now)) => Rc::ptr_eq(before, now),
            (None, None) => shown.session_value.is_null(),
            _ => false,
        };
        if !is_same_session {
            let value = now.as_deref().map_or(JsValue::NULL, session);
            // What a page has shown before there was a client.
            let is_ahead = shown.session.is_none() && !shown.session_value.is_null();
            if !(is_ahead && is_alike(&value, &shown.session_value)) {
                shown.session_value = value;
            }
            shown.session = now;
        }
        let is_same_error = shown.error == error_now;
        if !is_same_error {
            shown.error_value = error_now.as_ref().map_or(JsValue::NULL, to_js);
            shown.error = error_now;
        }
        !(is_same_session && is_same_error)
    }
}

/// Whether the two say the same: then the one that is shown stays.
fn is_alike(one: &JsValue, other: &JsValue) -> bool {
    let text = |value| JSON::stringify(value).ok().map(String::from);
    text(one) == text(other)
}
