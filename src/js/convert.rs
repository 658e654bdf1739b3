//! Values as JavaScript gets them.

use crate::client::Session;
use js_sys::{JSON, Object, Reflect};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};

/// `Session` of the public types.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot<'a> {
    subject: Option<&'a str>,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    claims: JsValue,
    scope: &'a str,
    token_type: &'static str,
    expires_at: Option<f64>,
    can_refresh: bool,
    signed_in_at: f64,
}

/// A frozen plain object; its claims are frozen all the way down.
pub(super) fn session(session: &Session) -> JsValue {
    let snapshot = Snapshot {
        subject: session.subject.as_deref(),
        claims: session
            .claims
            .as_deref()
            .and_then(|claims| JSON::parse(claims).ok())
            .map_or(JsValue::NULL, deep_freeze),
        scope: &session.scope,
        token_type: session.token_type.name(),
        expires_at: session.expires_at.map(|time| number(time.0)),
        can_refresh: session.can_refresh,
        signed_in_at: number(session.signed_in_at.0),
    };
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_missing_as_null(true);
    freeze(snapshot.serialize(&serializer).unwrap_or(JsValue::NULL))
}

/// A plain object of those members that are there.
pub(super) fn object<const N: usize>(members: [(&str, Option<JsValue>); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        if let Some(value) = value {
            // Setting a member of a new object cannot fail.
            let _ = Reflect::set(&object, &name.into(), &value);
        }
    }
    object.into()
}

#[expect(clippy::cast_precision_loss, reason = "seconds are exact far beyond any date")]
pub(super) const fn number(seconds: i64) -> f64 {
    seconds as f64
}

fn freeze(value: JsValue) -> JsValue {
    match value.dyn_ref::<Object>() {
        Some(object) => Object::freeze(object).into(),
        None => value,
    }
}

fn deep_freeze(value: JsValue) -> JsValue {
    // JSON is a tree: this ends.
    let mut waiting = vec![value.clone()];
    while let Some(value) = waiting.pop() {
        if let Some(object) = value.dyn_ref::<Object>() {
            waiting.extend(Object::values(object).iter());
            Object::freeze(object);
        }
    }
    value
}
