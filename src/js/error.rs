//! Errors as JavaScript throws them.

use super::convert::object;
use crate::error::Error;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(raw_module = "./error.js")]
extern "C" {
    #[wasm_bindgen(js_name = authError)]
    fn auth_error(code: &str, message: &str, retryable: bool, oauth: &JsValue) -> JsValue;
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
    auth_error(error.code().as_str(), &error.message(), error.is_retryable(), &oauth)
}
