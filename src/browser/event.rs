//! Event listeners that are removed when they are dropped.

use super::abort::AbortOnDrop;
use super::web;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

/// A function as an event listener, for as long as this lives.
#[derive(Debug)]
pub(super) struct Listener {
    _abort: Option<AbortOnDrop>,
    _handler: Closure<dyn Fn(JsValue)>,
}

impl Listener {
    /// `kinds` are separated by spaces.
    pub(super) fn new(target: &JsValue, kinds: &str, handle: Box<dyn Fn(JsValue)>) -> Self {
        let handler = Closure::wrap(handle);
        let abort = AbortOnDrop::new().ok();
        if let Some(abort) = &abort {
            let _ = web::listen(target, kinds, handler.as_ref().unchecked_ref(), &abort.signal());
        }
        Self { _abort: abort, _handler: handler }
    }
}
