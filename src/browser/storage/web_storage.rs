//! `sessionStorage` and `localStorage`. Even looking at them can throw, and workers have neither.

use super::{Operation, unavailable, with_prefix};
use crate::browser::object::{global, invoke};
use crate::error::Result;
use js_sys::Object;
use wasm_bindgen::{JsCast, JsValue};

pub(super) fn perform(area: &str, operation: &Operation<'_>) -> Result<Vec<String>> {
    let area = global(area).ok_or_else(|| unavailable("there is no web storage here, or the browser refuses it"))?;
    let call = |method: &str, arguments: &[JsValue]| {
        invoke(&area, method, arguments).map_err(|_| unavailable("web storage is full or refuses"))
    };
    let outcome = match operation {
        Operation::Read(key) => call("getItem", &[(*key).into()])?,
        Operation::Write(key, value) => call("setItem", &[(*key).into(), value.expose().into()])?,
        Operation::Remove(key) => call("removeItem", &[(*key).into()])?,
        Operation::Keys(prefix) => return Ok(with_prefix(&Object::keys(area.unchecked_ref::<Object>()), prefix)),
    };
    Ok(outcome.as_string().into_iter().collect())
}
