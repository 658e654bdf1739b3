//! `sessionStorage` and `localStorage`. Even looking at them can throw, and workers have neither.

use super::{Operation, unavailable, with_prefix};
use crate::browser::web;
use crate::error::Result;
use crate::secret::Secret;
use wasm_bindgen::JsValue;

pub(super) fn perform(area: &str, operation: &Operation<'_>) -> Result<Vec<String>> {
    let text = |value: Option<&Secret>| value.map(|value| JsValue::from_str(value.expose()));
    let (method, key, value, seen) = match *operation {
        Operation::Read(key) => (Some("getItem"), key, None, None),
        Operation::Write(key, value) => (Some("setItem"), key, text(Some(value)), None),
        Operation::Remove(key) => (Some("removeItem"), key, None, None),
        Operation::Swap(key, seen, Some(next)) => (Some("setItem"), key, text(Some(next)), Some(text(seen))),
        Operation::Swap(key, seen, None) => (Some("removeItem"), key, None, Some(text(seen))),
        Operation::Keys(_) => (None, "", None, None),
    };
    // Nothing is `null` there, and `undefined` is no condition.
    let seen = seen.map_or(JsValue::UNDEFINED, |seen| seen.unwrap_or(JsValue::NULL));
    let found = web::web_storage(area, method, key, value, &seen)
        .map_err(|_| unavailable("web storage is missing or full, or the browser refuses it"))?;
    let Operation::Keys(prefix) = operation else { return Ok(found.as_string().into_iter().collect()) };
    Ok(with_prefix(&found, prefix))
}
