//! Giving up: our own calls, and the caller's.

use super::web;
use wasm_bindgen::JsValue;
use web_sys::{AbortController, AbortSignal};

/// A signal that is aborted when this is dropped: what has ended by then does not mind.
#[derive(Debug)]
pub(super) struct AbortOnDrop(pub(super) AbortController);

impl AbortOnDrop {
    pub(super) fn new() -> Result<Self, JsValue> {
        AbortController::new().map(Self)
    }

    pub(super) fn signal(&self) -> AbortSignal {
        self.0.signal()
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Ends when the signal is aborted, with the caller's reason.
pub(crate) async fn aborted(signal: &AbortSignal) -> JsValue {
    if !signal.aborted()
        && let Ok(abort) = AbortOnDrop::new()
    {
        let _ = web::settled(web::aborted(signal, &abort.signal())).await;
    }
    signal.reason()
}
