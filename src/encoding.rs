//! The two encodings of OAuth: base64url without padding, and `application/x-www-form-urlencoded`.

use crate::secret::Secret;
use std::fmt;

/// Bytes as base64url without padding (RFC 7515 §2).
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in bytes {
        (bits, count) = (bits << 8 | u32::from(*byte), count + 8);
        while count >= 6 {
            count -= 6;
            text.push(sextet(bits >> count));
        }
    }
    if count > 0 {
        text.push(sextet(bits << (6 - count)));
    }
    text
}

/// A character of the alphabet of base64url (RFC 4648 §5).
fn sextet(bits: u32) -> char {
    let value = (bits & 63) as u8;
    char::from(match value {
        0..26 => b'A' + value,
        26..52 => b'a' - 26 + value,
        52..62 => value - (52 - b'0'),
        62 => b'-',
        _ => b'_',
    })
}

/// The bytes of a base64url text without padding; `None` for any other text, also for one whose last bits say nothing and are
/// not zero.
#[must_use]
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    let (quads, rest) = text.as_bytes().as_chunks::<4>();
    let mut bytes = vec![0; quads.len() * 3];
    // Whatever is no sextet leaves its mark, and is looked for once.
    let mut seen = 0;
    for (quad, three) in quads.iter().zip(bytes.as_chunks_mut::<3>().0) {
        let [a, b, c, d] = quad.map(value_of);
        seen |= a | b | c | d;
        *three = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
    }
    let (mut bits, mut count) = (0_u32, 0);
    for byte in rest {
        let value = value_of(*byte);
        seen |= value;
        (bits, count) = (bits << 6 | u32::from(value), count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    let has_rest = bits & ((1 << count) - 1) != 0;
    (seen < 64 && count < 6 && !has_rest).then_some(bytes)
}

fn value_of(letter: u8) -> u8 {
    SEXTETS.get(usize::from(letter)).copied().unwrap_or(NO_SEXTET)
}

const NO_SEXTET: u8 = 0xff;

/// What each character of the alphabet of base64url stands for (RFC 4648 §5).
#[expect(clippy::indexing_slicing, reason = "a mistake would be the compiler's to tell")]
const SEXTETS: [u8; 256] = {
    let mut sextets = [NO_SEXTET; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut value = 0;
    while value < 64 {
        sextets[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    sextets
};

/// Parameters in their order, form-encoded (RFC 6749 appendix B).
#[derive(Clone, Default)]
pub struct Form(String);

impl Form {
    /// No parameters.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a parameter, if it has a value.
    pub fn add<'a>(&mut self, name: &str, value: impl Into<Option<&'a str>>) {
        if let Some(value) = value.into() {
            self.append(name, value);
        }
    }

    /// Adds a parameter whose value is a number, if it has one.
    pub fn add_number(&mut self, name: &str, value: impl Into<Option<i64>>) {
        if let Some(value) = value.into() {
            self.append(name, &number(value));
        }
    }

    fn append(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        encode_into(&mut self.0, name);
        self.0.push('=');
        encode_into(&mut self.0, value);
    }

    /// The whole, encoded.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Form(…)")
    }
}

impl From<Form> for Secret {
    fn from(form: Form) -> Self {
        Self::from(form.0)
    }
}

/// These parameters, form-encoded.
#[must_use]
pub fn form<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut form = Form::new();
    parameters.into_iter().for_each(|(name, value)| form.append(name, value));
    form.0
}

/// The parts as one text. Of secrets among them no copy stays behind: it is as large as it must be from the beginning.
#[must_use]
pub fn concat(parts: &[&str]) -> String {
    join(parts, "")
}

/// The parts with a separator between each two.
#[must_use]
pub fn join(parts: &[&str], separator: &str) -> String {
    let mut text = String::with_capacity(parts.iter().map(|part| part.len() + separator.len()).sum());
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            text.push_str(separator);
        }
        text.push_str(part);
    }
    text
}

/// The parts of a text between these characters. One function for all: what searches for a character that is known beforehand is
/// another one for each way to search, and fast, which no page needs.
pub fn parts<'a>(text: &'a str, separators: &'a [char]) -> std::str::Split<'a, &'a [char]> {
    text.split(separators)
}

/// The text with another in the place of a character.
#[must_use]
pub fn replaced(text: &str, character: char, other: &str) -> String {
    join(&parts(text, &[character]).collect::<Vec<_>>(), other)
}

/// What stands before the first such byte, an ASCII character, and what stands behind it.
#[must_use]
pub fn cut(text: &str, separator: u8) -> Option<(&str, &str)> {
    let place = text.bytes().position(|byte| byte == separator)?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

/// A number in decimal digits.
#[must_use]
pub fn number(value: i64) -> String {
    let mut digits = Vec::new();
    let mut rest = value.unsigned_abs();
    while rest > 0 || digits.is_empty() {
        digits.push(char::from(b'0' + (rest % 10) as u8));
        rest /= 10;
    }
    if value < 0 {
        digits.push('-');
    }
    digits.into_iter().rev().collect()
}

/// The parameters of a query, a fragment or a form, decoded, in their order. A leading `?` or `#` is no part of them.
#[must_use]
pub fn parse_form(text: &str) -> Vec<(String, String)> {
    parts(text, &['&'])
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = cut(pair, b'=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

fn encode_into(encoded: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => encoded.push(char::from(byte)),
            b' ' => encoded.push('+'),
            _ => {
                encoded.push('%');
                for digit in [byte >> 4, byte & 15] {
                    encoded.extend(HEX.get(usize::from(digit)).copied().map(char::from));
                }
            }
        }
    }
}

fn decode(text: &str) -> String {
    if text.bytes().all(|byte| byte != b'+') {
        return percent_decode(text);
    }
    percent_decode(&text.chars().map(|c| if c == '+' { ' ' } else { c }).collect::<String>())
}

/// `%XX` as the byte it stands for; what is no such triple stays (WHATWG URL, percent-decode). If the whole is not UTF-8, what is
/// not ASCII in it becomes U+FFFD.
#[must_use]
pub fn percent_decode(text: &str) -> String {
    if text.bytes().all(|byte| byte != b'%') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if let (b'%', [high, low, after @ ..]) = (first, tail)
            && let (Some(high), Some(low)) = (char::from(*high).to_digit(16), char::from(*low).to_digit(16))
        {
            bytes.extend(u8::try_from(high * 16 + low));
            rest = after;
        } else {
            bytes.push(first);
        }
    }
    // What is not UTF-8 is nothing that anybody sent on purpose.
    let broken =
        |bytes: &[u8]| bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '\u{fffd}' }).collect();
    String::from_utf8(bytes).unwrap_or_else(|error| broken(error.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64ct::{Base64UrlUnpadded, Encoding};

    #[test]
    fn base64url_of_rfc_7515_appendix_c() {
        let bytes = [3, 236, 255, 224, 193];
        assert_eq!(base64url(&bytes), "A-z_4ME");
        assert_eq!(from_base64url("A-z_4ME").as_deref(), Some(&bytes[..]));
        assert_eq!(from_base64url("A-z_4ME="), None);
        assert_eq!(from_base64url("A+z/4ME"), None);
    }

    #[test]
    fn base64url_of_every_length_goes_there_and_back() {
        let bytes: Vec<u8> = (0..=255).rev().collect();
        for length in 0..bytes.len() {
            let part = &bytes[..length];
            let text = base64url(part);
            assert_eq!(text, Base64UrlUnpadded::encode_string(part));
            assert_eq!(from_base64url(&text).as_deref(), Some(part), "{length}");
        }
    }

    #[test]
    fn base64url_is_refused_wherever_the_reference_refuses_it() {
        for text in
            ["", "A", "AA", "AB", "AAA", "AAB", "AAAA", "AAAAA", "AA==", "A A", "\u{e4}A", "AA\n", "__", "_w", "-_-_"]
        {
            assert_eq!(from_base64url(text), Base64UrlUnpadded::decode_vec(text).ok(), "{text}");
        }
    }

    #[test]
    fn form_of_rfc_6749_appendix_b() {
        assert_eq!(form([("k", " %&+\u{a3}\u{20ac}")]), "k=+%25%26%2B%C2%A3%E2%82%AC");
        assert_eq!(parse_form("k=+%25%26%2B%C2%A3%E2%82%AC"), [("k".into(), " %&+\u{a3}\u{20ac}".into())]);
    }

    #[test]
    fn odd_forms_are_read_as_browsers_read_them() {
        assert_eq!(
            parse_form("a&b=&=c&&d=1=2"),
            [("a", ""), ("b", ""), ("", "c"), ("d", "1=2")].map(|(n, v)| (n.into(), v.into()))
        );
        assert_eq!(parse_form("a=%zz%4"), [("a".into(), "%zz%4".into())]);
        assert_eq!(parse_form("a=%ff"), [("a".into(), "\u{fffd}".into())]);
    }
}
