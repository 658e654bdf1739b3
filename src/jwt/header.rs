//! The header of a token (RFC 7515 §4).

use crate::json::Json;

/// What the token says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// `alg`, any text.
    pub algorithm: String,
    /// `kid`: which of the issuer's keys signed it.
    pub key_id: Option<String>,
    /// `typ`: for example `JWT` or `at+jwt`.
    pub typ: Option<String>,
    /// Whether there is a `crit`: extensions that whoever checks the token must understand (RFC 7515 §4.1.11).
    pub is_critical: bool,
}

impl Header {
    /// Reads the header that this text is; beside it, its JSON. `None` if it is none of a signed JWT. A member that is given
    /// twice would be one thing to this reader and another to the next (§4 allows to refuse it).
    pub(super) fn parse<J: Json>(text: &str) -> Option<(Self, J)> {
        let json = J::parse(text).filter(J::is_object)?;
        let is_unambiguous = member_count(text) == member_count(&json.to_text());
        // Other contents than claims in JSON are for others to read.
        let is_json =
            json.get("cty").is_none_or(|kind| kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("json")));
        let optional = |name| json.get(name).map_or(Some(None), |member| member.as_str().map(Some));
        // One of the wrong type makes the token a strange one, also where it is not used.
        for unused in ["jku", "x5u"] {
            optional(unused)?;
        }
        let header = Self {
            algorithm: json.text("alg")?,
            key_id: optional("kid")?,
            typ: optional("typ")?,
            is_critical: json.get("crit").is_some(),
        };
        (is_unambiguous && is_json).then_some((header, json))
    }
}

/// How many members the object has that this text is.
fn member_count(object: &str) -> usize {
    let (mut count, mut depth) = (0, 0);
    let (mut is_in_text, mut is_escaped) = (false, false);
    for byte in object.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'"' => is_in_text = !is_in_text,
            b'\\' => is_escaped = true,
            _ if is_in_text => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b':' if depth == 1 => count += 1,
            _ => {}
        }
    }
    count
}
