//! Event listeners that are removed when they are dropped, and aborting.

use super::object::{invoke, member, record};
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;

/// The one shape of all functions that JavaScript calls: one value in, one value out.
pub(super) type Handler = Closure<dyn Fn(JsValue) -> JsValue>;

/// A handler that answers with nothing.
pub(super) fn handler(handle: impl Fn(JsValue) + 'static) -> Handler {
    Closure::new(move |event| {
        handle(event);
        JsValue::UNDEFINED
    })
}

/// A function as an event listener, for as long as this lives.
#[derive(Debug)]
pub(super) struct Listener {
    target: JsValue,
    kinds: &'static [&'static str],
    function: JsValue,
    options: JsValue,
}

impl Listener {
    /// Listens while the event is on its way to its target, so that a target further down need not let it bubble.
    pub(super) fn new(target: &JsValue, kinds: &'static [&'static str], function: &JsValue) -> Self {
        let options = record([("capture", true.into()), ("passive", true.into())]);
        let listener = Self { target: target.clone(), kinds, function: function.clone(), options };
        listener.invoke_for_each_kind("addEventListener");
        listener
    }

    fn invoke_for_each_kind(&self, method: &str) {
        for kind in self.kinds {
            let _ = invoke(&self.target, method, &[(*kind).into(), self.function.clone(), self.options.clone()]);
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.invoke_for_each_kind("removeEventListener");
    }
}

#[wasm_bindgen]
extern "C" {
    type AbortController;
    #[wasm_bindgen(catch, constructor)]
    fn new() -> Result<AbortController, JsValue>;
}

/// A signal that is aborted when this is dropped: what has ended by then does not mind.
#[derive(Debug)]
pub(super) struct AbortOnDrop(JsValue);

impl AbortOnDrop {
    pub(super) fn new() -> Result<Self, JsValue> {
        AbortController::new().map(|controller| Self(controller.into()))
    }

    pub(super) fn signal(&self) -> JsValue {
        member(&self.0, "signal").unwrap_or_default()
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        let _ = invoke(&self.0, "abort", &[]);
    }
}
