//! Values as JavaScript gets them.

use crate::client::Session;
use js_sys::{JSON, Object, Reflect};
use serde::ser::{Serialize, SerializeMap, Serializer};
use wasm_bindgen::{JsCast, JsValue};

/// `Session` of the public types.
struct Snapshot<'a> {
    session: &'a Session,
    claims: JsValue,
    authorization_details: JsValue,
}

impl Serialize for Snapshot<'_> {
    // A map: names of a struct's fields would be kept in a table for ever.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { session, claims, authorization_details } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("subject", &session.subject)?;
        map.serialize_entry("claims", &AsIs(claims))?;
        map.serialize_entry("scope", &session.scope)?;
        map.serialize_entry("authorizationDetails", &AsIs(authorization_details))?;
        map.serialize_entry("tokenType", session.token_type.name())?;
        map.serialize_entry("expiresAt", &session.expires_at.map(|time| number(time.0)))?;
        map.serialize_entry("canRefresh", &session.can_refresh)?;
        map.serialize_entry("signedInAt", &number(session.signed_in_at.0))?;
        map.end()
    }
}

/// A JavaScript value that stays what it is.
struct AsIs<'a>(&'a JsValue);

impl Serialize for AsIs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_wasm_bindgen::preserve::serialize(self.0, serializer)
    }
}

/// A frozen plain object; what is in it is frozen all the way down.
pub(super) fn session(session: &Session) -> JsValue {
    let [claims, authorization_details] = [&session.claims, &session.authorization_details].map(|text| {
        let value = text.as_deref().and_then(|text| JSON::parse(text).ok());
        value.map_or(JsValue::NULL, deep_freeze)
    });
    let snapshot = Snapshot { session, claims, authorization_details };
    let serializer =
        serde_wasm_bindgen::Serializer::new().serialize_missing_as_null(true).serialize_maps_as_objects(true);
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
