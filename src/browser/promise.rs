//! Promises and callbacks as futures.

use futures_util::future::{Either, select};
use js_sys::{Function, Promise};
use std::future::Future;
use std::pin::pin;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = setTimeout)]
    fn set_timeout(handler: &Function, ms: u32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue) -> Result<(), JsValue>;
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
    pub(super) async fn settled(&self) -> Result<JsValue, JsValue> {
        JsFuture::from(self.promise.clone()).await
    }
}

impl Drop for Deferred {
    fn drop(&mut self) {
        let _ = self.resolve.call0(&JsValue::UNDEFINED);
    }
}

/// What a call that should give a promise comes to, whether it throws, rejects, or gives something else.
pub(super) async fn settled(returned: Result<JsValue, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(Promise::resolve(&returned?)).await
}

/// Ends after this time; dropping the future clears the timer.
pub(super) async fn sleep(ms: u32) {
    struct Timer(Option<JsValue>);
    impl Drop for Timer {
        fn drop(&mut self) {
            if let Some(timer) = &self.0 {
                let _ = clear_timeout(timer);
            }
        }
    }
    let rung = Deferred::new();
    let _timer = Timer(set_timeout(&rung.resolve, ms).ok());
    let _ = rung.settled().await;
}

/// The outcome of `work`, or `None` if it takes longer than this; it is dropped then.
pub(super) async fn within<T>(ms: u32, work: impl Future<Output = T>) -> Option<T> {
    match select(pin!(work), pin!(sleep(ms))).await {
        Either::Left((outcome, _)) => Some(outcome),
        Either::Right(_) => None,
    }
}
