//! The two encodings of OAuth: base64url without padding, and `application/x-www-form-urlencoded`.

use base64ct::{Base64UrlUnpadded, Encoding};

/// Bytes as base64url without padding (RFC 7515 §2).
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// The bytes of a base64url text without padding; `None` for any other text.
#[must_use]
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

/// Parameters in their order, form-encoded (RFC 6749 appendix B).
#[must_use]
pub fn form<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut encoded = String::new();
    for (name, value) in parameters {
        if !encoded.is_empty() {
            encoded.push('&');
        }
        encode_into(&mut encoded, name);
        encoded.push('=');
        encode_into(&mut encoded, value);
    }
    encoded
}

/// The parameters of a query, a fragment or a form, decoded, in their order. A leading `?` or `#` is no part of them.
#[must_use]
pub fn parse_form(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
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
    percent_decode(&text.replace('+', " "))
}

/// `%XX` as the byte it stands for; what is no such triple stays, and what is not UTF-8 becomes U+FFFD (WHATWG URL, percent-decode).
#[must_use]
pub fn percent_decode(text: &str) -> String {
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
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64url_of_rfc_7515_appendix_c() {
        let bytes = [3, 236, 255, 224, 193];
        assert_eq!(base64url(&bytes), "A-z_4ME");
        assert_eq!(from_base64url("A-z_4ME").as_deref(), Some(&bytes[..]));
        assert_eq!(from_base64url("A-z_4ME="), None);
        assert_eq!(from_base64url("A+z/4ME"), None);
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
