//! `sessionStorage` and `localStorage`. Even looking at them can throw, and workers have neither.

use super::unavailable;
use crate::browser::object::{global, invoke};
use crate::client::platform::StorageKind;
use crate::error::Result;
use crate::secret::Secret;
use js_sys::Object;
use wasm_bindgen::{JsCast, JsValue};

pub(super) fn read(kind: StorageKind, key: &str) -> Result<Option<Secret>> {
    call(kind, "getItem", &[key.into()]).map(|value| value.as_string().map(Secret::new))
}

pub(super) fn write(kind: StorageKind, key: &str, value: &Secret) -> Result<()> {
    call(kind, "setItem", &[key.into(), value.expose().into()]).map(|_| ())
}

pub(super) fn remove(kind: StorageKind, key: &str) -> Result<()> {
    call(kind, "removeItem", &[key.into()]).map(|_| ())
}

pub(super) fn keys(kind: StorageKind, prefix: &str) -> Result<Vec<String>> {
    let keys = Object::keys(area(kind)?.unchecked_ref::<Object>());
    Ok(keys.iter().filter_map(|key| key.as_string()).filter(|key| key.starts_with(prefix)).collect())
}

fn area(kind: StorageKind) -> Result<JsValue> {
    let area = global(if kind == StorageKind::Session { "sessionStorage" } else { "localStorage" });
    area.ok_or_else(|| unavailable("there is no web storage here, or the browser refuses it"))
}

fn call(kind: StorageKind, method: &str, arguments: &[JsValue]) -> Result<JsValue> {
    invoke(&area(kind)?, method, arguments).map_err(|_| unavailable("web storage is full or refused"))
}
