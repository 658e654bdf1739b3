//! Signals that callers give up by.

use super::event::Listener;
use super::promise::Deferred;
use wasm_bindgen::JsValue;
use web_sys::AbortSignal;

/// Ends when the signal is aborted, with the caller's reason.
pub(crate) async fn aborted(signal: &AbortSignal) -> JsValue {
    if !signal.aborted() {
        let aborted = Deferred::new();
        let _listener = Listener::new(signal, &["abort"], &aborted.resolve);
        let _ = aborted.settled().await;
    }
    signal.reason()
}
