//! Promises and callbacks as futures.
//!
//! What can be said with promises is left to them: a `race` costs nothing there, a state machine here is loaded by every page.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = setTimeout)]
    fn set_timeout(handler: &Function, ms: u32, argument: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue) -> Result<(), JsValue>;
}

/// What a call that should give a promise comes to, whether it throws, rejects, or gives something else.
pub(super) fn settled(returned: Result<JsValue, JsValue>) -> JsFuture {
    match returned {
        Ok(value) => Promise::resolve(&value).into(),
        Err(thrown) => Promise::reject(&thrown).into(),
    }
}

/// A promise together with the functions that settle it: as handlers of an event they need no closure on the Rust side.
///
/// Dropping it settles it, so that nothing is left waiting.
#[derive(Debug)]
pub(super) struct Deferred {
    pub(super) promise: Promise,
    pub(super) resolve: Function,
    pub(super) reject: Function,
}

impl Deferred {
    pub(super) fn new() -> Self {
        let mut functions = (JsValue::UNDEFINED, JsValue::UNDEFINED);
        let promise = Promise::new(&mut |resolve, reject| functions = (resolve.into(), reject.into()));
        Self { promise, resolve: functions.0.unchecked_into(), reject: functions.1.unchecked_into() }
    }

    /// What it is resolved or rejected with.
    pub(super) fn settled(&self) -> JsFuture {
        self.promise.clone().into()
    }
}

impl Drop for Deferred {
    fn drop(&mut self) {
        let _ = self.resolve.call0(&JsValue::UNDEFINED);
    }
}

/// A moment in the future. Dropping it clears its timer.
#[derive(Debug)]
pub(super) struct Deadline {
    passed: Deferred,
    timer: Option<JsValue>,
}

impl Deadline {
    pub(super) fn after(ms: u32) -> Self {
        let passed = Deferred::new();
        let timer = set_timeout(&passed.reject, ms, &passed.promise).ok();
        Self { passed, timer }
    }

    /// Ends when the moment has come.
    pub(super) fn passed(&self) -> JsFuture {
        self.passed.settled()
    }

    /// Like [`settled`], but rejects when the moment has come.
    pub(super) fn settled(&self, returned: Result<JsValue, JsValue>) -> JsFuture {
        settled(returned.map(|value| Promise::race(&Array::of2(&value, &self.passed.promise)).into()))
    }

    /// Whether this is what it rejects with.
    pub(super) fn has_thrown(&self, thrown: &JsValue) -> bool {
        *thrown == JsValue::from(self.passed.promise.clone())
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        if let Some(timer) = &self.timer {
            let _ = clear_timeout(timer);
        }
    }
}
