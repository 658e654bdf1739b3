//! JavaScript objects: found, read and made, with whatever they throw as an `Err`.

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// What the global object has under this name; `None` if it has nothing there or the browser refuses access.
pub(super) fn global(name: &str) -> Option<JsValue> {
    member(&js_sys::global(), name)
}

/// A member of an object, inherited ones too; `None` if it is missing, `null`, or cannot be read.
pub(super) fn member(object: &JsValue, name: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &name.into()).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}

/// A member that is a string.
pub(super) fn text(object: &JsValue, name: &str) -> Option<String> {
    member(object, name)?.as_string()
}

/// Sets a member.
pub(super) fn set(object: &JsValue, name: &str, value: &JsValue) -> Result<(), JsValue> {
    Reflect::set(object, &name.into(), value).map(|_| ())
}

/// An object of these members that inherits nothing, so that a polluted `Object.prototype` adds no option to a call.
pub(super) fn record<const N: usize>(members: [(&str, JsValue); N]) -> JsValue {
    let object = Object::create(JsValue::NULL.unchecked_ref::<Object>());
    for (name, value) in members {
        // Cannot fail: the object is new and ordinary.
        let _ = set(&object, name, &value);
    }
    object.into()
}
