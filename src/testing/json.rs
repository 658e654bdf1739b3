//! JSON by `serde_json`.

use crate::json::Json;
use serde_json::Value;

/// One JSON value.
#[derive(Clone, Debug, PartialEq)]
pub struct TestJson(pub Value);

impl Json for TestJson {
    fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    fn get(&self, name: &str) -> Option<Self> {
        self.0.as_object()?.get(name).filter(|value| !value.is_null()).cloned().map(Self)
    }

    fn as_str(&self) -> Option<String> {
        self.0.as_str().map(str::to_owned)
    }

    fn as_f64(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn as_bool(&self) -> Option<bool> {
        self.0.as_bool()
    }

    fn items(&self) -> Option<Vec<Self>> {
        Some(self.0.as_array()?.iter().cloned().map(Self).collect())
    }

    fn is_object(&self) -> bool {
        self.0.is_object()
    }

    fn to_text(&self) -> String {
        self.0.to_string()
    }
}
