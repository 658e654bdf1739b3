//! JSON that somebody else has parsed: the browser in a page, `serde_json` in native tests.
//!
//! The layers above read a handful of members out of metadata, token answers and claims. Through this trait they do it
//! without a deserializer of their own in the WebAssembly module, where `JSON.parse` costs nothing.

use crate::encoding::join;

/// One JSON value.
pub trait Json: Clone + 'static {
    /// Parses a whole JSON text; `None` if it is not one.
    fn parse(text: &str) -> Option<Self>;

    /// The member of an object. `None` if this is no object, or the member is missing or `null`.
    fn get(&self, name: &str) -> Option<Self>;

    /// The text, if this is a string.
    fn as_str(&self) -> Option<String>;

    /// The number, if this is one.
    fn as_f64(&self) -> Option<f64>;

    /// The truth value, if this is one.
    fn as_bool(&self) -> Option<bool>;

    /// The elements, if this is an array.
    fn items(&self) -> Option<Vec<Self>>;

    /// Whether this is an object: not an array, not `null`.
    fn is_object(&self) -> bool;

    /// The value as JSON text.
    fn to_text(&self) -> String;

    /// A member that must be a string to count.
    fn text(&self, name: &str) -> Option<String> {
        self.get(name)?.as_str()
    }

    /// The strings of a member that is an array; everything else in it is passed over.
    fn texts(&self, name: &str) -> Option<Vec<String>> {
        Some(self.get(name)?.items()?.iter().filter_map(Self::as_str).collect())
    }

    /// The same as one text, with a space between each two.
    fn words(&self, name: &str) -> Option<String> {
        let texts = self.texts(name)?;
        Some(join(&texts.iter().map(String::as_str).collect::<Vec<_>>(), " "))
    }
}

/// Adds a text as JSON has it (RFC 8259 §7).
pub(crate) fn push_text(json: &mut String, text: &str) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                json.push('\\');
                json.push(c);
            }
            '\0'..=' ' if c != ' ' => {
                json.push_str("\\u00");
                for digit in [c as u32 >> 4, c as u32 & 15] {
                    json.push(char::from_digit(digit, 16).unwrap_or('0'));
                }
            }
            _ => json.push(c),
        }
    }
    json.push('"');
}
