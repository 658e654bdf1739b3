//! `decodeJwt`: both modules have it, because a page may have either.

use super::convert::object;
use super::error::to_js;
use crate::browser::BrowserJson;
use crate::error::{Error, ErrorCode};
use crate::jwt::Jwt;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Reads a JWT without checking it.
///
/// # Errors
/// `malformed_token`.
#[wasm_bindgen(js_name = decodeJwt)]
pub fn decode(token: JsValue) -> Result<JsValue, JsValue> {
    let token = token.as_string().ok_or_else(|| to_js(&no_text()))?;
    Jwt::<BrowserJson>::decode(&token).map(parts).map_err(|error| to_js(&error))
}

pub(super) fn no_text() -> Error {
    Error::new(ErrorCode::MalformedToken, "token must be a string")
}

pub(super) fn parts(jwt: Jwt<'_, BrowserJson>) -> JsValue {
    object([("header", Some(jwt.header_json.0)), ("claims", Some(jwt.claims_json.0))])
}
