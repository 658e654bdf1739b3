//! Faults on command: a member of an object is replaced, as a page may do it, until this is dropped.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/tests/browser/scripts.js")]
extern "C" {
    fn replace(path: &str, replacement: &str) -> js_sys::Function;
}

/// Puts the original back when it is dropped.
pub(crate) struct Replaced(js_sys::Function);

impl Replaced {
    /// `path` is looked up from the global object; `descriptor` is JavaScript for a property descriptor, in which `original` is
    /// what stood there.
    pub(crate) fn with(path: &str, descriptor: &str) -> Self {
        Self(replace(path, descriptor))
    }
}

impl Drop for Replaced {
    fn drop(&mut self) {
        self.0.call0(&JsValue::UNDEFINED).expect("the original goes back");
    }
}
