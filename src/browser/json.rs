//! JSON: the browser's own parser, and the values that it makes.

use super::web;
use crate::json::Json;
use js_sys::{Array, JSON};
use wasm_bindgen::{JsCast, JsValue};

/// One JSON value, as `JSON.parse` gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct BrowserJson(pub JsValue);

impl Json for BrowserJson {
    fn parse(text: &str) -> Option<Self> {
        JSON::parse(text).ok().map(Self)
    }

    fn get(&self, name: &str) -> Option<Self> {
        web::member(&self.0, name).ok().flatten().map(Self)
    }

    fn as_str(&self) -> Option<String> {
        self.0.as_string()
    }

    fn as_f64(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn as_bool(&self) -> Option<bool> {
        self.0.as_bool()
    }

    fn items(&self) -> Option<Vec<Self>> {
        let array: &Array = self.0.dyn_ref()?;
        Some(array.iter().map(Self).collect())
    }

    fn is_object(&self) -> bool {
        self.0.is_object() && !Array::is_array(&self.0)
    }

    fn to_text(&self) -> String {
        JSON::stringify(&self.0).ok().and_then(|text| text.as_string()).unwrap_or_default()
    }
}
