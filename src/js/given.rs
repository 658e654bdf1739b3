//! Looking at what the application gives. A getter or a proxy of its may throw, and what goes through Rust unseen leaves behind
//! a promise that never settles: here it is an `Err`.

use js_sys::{Array, Object, Reflect, Symbol};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = Array, js_name = isArray)]
    fn is_array(value: &JsValue) -> Result<bool, JsValue>;
    #[wasm_bindgen(catch, js_namespace = Array, js_name = from)]
    fn array_from(value: &JsValue) -> Result<Array, JsValue>;
    #[wasm_bindgen(catch, js_namespace = Object, js_name = keys)]
    fn object_keys(object: &JsValue) -> Result<Array, JsValue>;
}

/// The names of an object's own members; `None` if this is no object but a list, or a `Map` or something else that is iterated.
pub(super) fn names(object: &JsValue) -> Result<Option<Vec<String>>, JsValue> {
    if !object.is_object() || !Reflect::get(object, &Symbol::iterator())?.is_undefined() {
        return Ok(None);
    }
    Ok(Some(object_keys(object)?.iter().filter_map(|name| name.as_string()).collect()))
}

/// The items of an array; `None` if this is none.
pub(super) fn items(list: &JsValue) -> Result<Option<Vec<JsValue>>, JsValue> {
    if is_array(list)? { Ok(Some(array_from(list)?.to_vec())) } else { Ok(None) }
}

/// A member, also an inherited one: options may be an instance of a class. What some script has put on `Object.prototype` is
/// inherited by every object, and meant for none.
pub(super) fn member(object: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    let name = JsValue::from_str(name);
    let base = Object::get_prototype_of(&Object::new());
    if Object::has_own(&base, &name)
        && Reflect::get_own_property_descriptor(object.unchecked_ref::<Object>(), &name)?.is_undefined()
    {
        return Ok(JsValue::UNDEFINED);
    }
    Reflect::get(object, &name)
}
