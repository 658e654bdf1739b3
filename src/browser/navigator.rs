//! The page: `location`, `history`, and the events that say whether anybody looks and whether there is a network.

use super::abort::AbortOnDrop;
use super::event::Listener;
use super::object::{member, text};
use super::{Browser, web};
use crate::client::platform::{Navigator, Wake};
use crate::error::{Error, ErrorCode, Result};
use crate::secret::Secret;
use wasm_bindgen::JsValue;

/// Watches until it is dropped.
#[derive(Debug)]
pub struct Watch {
    _listener: Listener,
}

/// Keeps a text up until it is dropped.
#[derive(Debug)]
pub struct Notice {
    _abort: Option<AbortOnDrop>,
}

impl Watch {
    fn new(kinds: &str, listener: impl Fn(JsValue) + 'static) -> Self {
        Self { _listener: Listener::new(&js_sys::global(), kinds, Box::new(listener)) }
    }
}

impl Navigator for Browser {
    type Watch = Watch;
    type Notice = Notice;

    fn current_url(&self) -> Option<String> {
        web::current_url().ok()
    }

    fn replace_url(&self, url: &str) {
        let _ = web::replace_url(url);
    }

    fn navigate(&self, url: &str) -> Result<()> {
        web::navigate(url).map_err(|_| Error::new(ErrorCode::Unsupported, "there is no page here that could be left"))
    }

    fn cookie(&self, name: &str) -> Option<Secret> {
        web::cookie(name).ok()?.map(Secret::from)
    }

    fn shares_cookies_with(&self, url: &str) -> bool {
        web::is_of_this_site(url).unwrap_or_default()
    }

    fn put_up(&self, text: &str) -> (Vec<String>, Notice) {
        let Ok(abort) = AbortOnDrop::new() else { return (Vec::new(), Notice { _abort: None }) };
        let others = web::put_up(text, &abort.signal()).map(|others| others.to_vec()).unwrap_or_default();
        (others.iter().filter_map(JsValue::as_string).collect(), Notice { _abort: Some(abort) })
    }

    fn has_user_acted(&self) -> bool {
        web::has_user_acted().unwrap_or_default()
    }

    fn is_visible(&self) -> bool {
        is_visible()
    }

    fn watch(&self, listener: Box<dyn Fn(Wake)>) -> Watch {
        Watch::new("visibilitychange pageshow pagehide online", move |event| {
            if let Some(wake) = wake(&event) {
                listener(wake);
            }
        })
    }

    fn watch_user(&self, listener: Box<dyn Fn()>) -> Watch {
        Watch::new("keydown pointerdown wheel", move |_| listener())
    }
}

fn is_visible() -> bool {
    !web::is_hidden().unwrap_or_default()
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
