//! The page: `location`, `history`, and the events that say whether anybody looks and whether there is a network.

use super::Browser;
use super::event::{Handler, Listener, handler};
use super::object::{global, invoke, member, text};
use crate::client::platform::{Navigator, Wake};
use crate::error::{Error, ErrorCode, Result};
use wasm_bindgen::JsValue;

/// Watches until it is dropped.
#[derive(Debug)]
pub struct Watch {
    _listener: Listener,
    _handler: Handler,
}

impl Watch {
    fn new(kinds: &'static [&'static str], handler: Handler) -> Self {
        Self { _listener: Listener::new(&js_sys::global(), kinds, handler.as_ref()), _handler: handler }
    }
}

impl Navigator for Browser {
    type Watch = Watch;

    fn current_url(&self) -> Option<String> {
        text(&page_location()?, "href")
    }

    /// Keeps the entry's state: it is the router's.
    fn replace_url(&self, url: &str) {
        if let Some(history) = global("history") {
            let state = member(&history, "state").unwrap_or(JsValue::NULL);
            let _ = invoke(&history, "replaceState", &[state, "".into(), url.into()]);
        }
    }

    fn navigate(&self, url: &str) -> Result<()> {
        let left = page_location().and_then(|location| invoke(&location, "assign", &[url.into()]).ok());
        left.map(|_| ()).ok_or_else(|| Error::new(ErrorCode::Unsupported, "there is no page here that could be left"))
    }

    fn is_visible(&self) -> bool {
        is_visible()
    }

    fn watch(&self, listener: Box<dyn Fn(Wake)>) -> Watch {
        let handler = handler(move |event| {
            if let Some(wake) = wake(&event) {
                listener(wake);
            }
        });
        Watch::new(&["visibilitychange", "pageshow", "pagehide", "online"], handler)
    }

    fn watch_user(&self, listener: Box<dyn Fn()>) -> Watch {
        Watch::new(&["keydown", "pointerdown", "wheel"], handler(move |_| listener()))
    }
}

/// The page's address. A worker has a `location` too, that of its script: it is the document that makes a page.
fn page_location() -> Option<JsValue> {
    member(&global("document")?, "location")
}

fn is_visible() -> bool {
    global("document").and_then(|document| text(&document, "visibilityState")).is_none_or(|state| state != "hidden")
}

fn wake(event: &JsValue) -> Option<Wake> {
    match text(event, "type")?.as_str() {
        "visibilitychange" if is_visible() => Some(Wake::Visible),
        "visibilitychange" | "pagehide" => Some(Wake::Hidden),
        // Every load shows its page; only one that comes back from the back/forward cache slept before.
        "pageshow" => member(event, "persisted")?.is_truthy().then_some(Wake::Visible),
        "online" => Some(Wake::Online),
        _ => None,
    }
}
