//! A key in a header.

use crate::error::{Error, ErrorCode, Result};
use crate::secret::Secret;

/// Whether a header can be called this (RFC 9110 §5.6.2), in lower case.
///
/// # Errors
/// `invalid_option`, also for the headers that a browser sets itself.
pub fn check_header(name: &str, option: &str) -> Result<String> {
    let is_token_char = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let lower = name.to_ascii_lowercase();
    let is_forbidden = ["cookie", "host", "origin", "referer"].contains(&lower.as_str());
    if name.is_empty() || !name.chars().all(is_token_char) || is_forbidden {
        return Err(Error::new(ErrorCode::InvalidOption, [option, " is no header that a call can have"].concat()));
    }
    Ok(lower)
}

/// Whether a header can carry this.
///
/// # Errors
/// `invalid_option`; never with the text in it.
pub fn check_value(text: &str, option: &str) -> Result<()> {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Ok(());
    }
    Err(Error::new(ErrorCode::InvalidOption, [option, " has characters that no header can carry"].concat()))
}

/// Whether this can be a key.
///
/// # Errors
/// `invalid_option`; never with the key in it.
pub fn check_key(key: &Secret, option: &str) -> Result<()> {
    if key.expose().trim_ascii().is_empty() {
        return Err(Error::new(ErrorCode::InvalidOption, [option, " is empty"].concat()));
    }
    check_value(key.expose(), option)
}
