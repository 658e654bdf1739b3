//! Errors as JavaScript throws them.

use super::convert::object;
use crate::error::Error;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(raw_module = "./auth-error.js")]
extern "C" {
    /// The package's own class.
    type AuthError;

    #[wasm_bindgen(constructor)]
    fn new(code: &str, message: &str, retryable: bool, oauth: &JsValue) -> AuthError;
}

/// An `AuthError`.
pub(super) fn to_js(error: &Error) -> JsValue {
    let oauth = error.oauth().map_or(JsValue::UNDEFINED, |said| {
        object([
            ("error", Some(said.error.as_str().into())),
            ("errorDescription", said.description.as_deref().map(JsValue::from)),
            ("errorUri", said.uri.as_deref().map(JsValue::from)),
            ("status", said.status.map(JsValue::from)),
        ])
    });
    AuthError::new(error.code().as_str(), &error.message(), error.is_retryable(), &oauth).into()
}
