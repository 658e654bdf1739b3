//! How an input becomes text, and what holds for every error.

use tessera_auth::{Error, ErrorCode};

/// Stands in an input for [`SECRET`]: the fuzzer can copy it about, while the secret itself is never cut into pieces.
const PLACEHOLDER: &str = "$SECRET";

/// What a code, a verifier or a token looks like.
pub(crate) const SECRET: &str = "Zk8vTq2LwX9rB4mNcY7sHd3fGj6pQaEu1iRoKtVyWx5";

/// The input as text, with secrets in it.
pub(crate) fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).replace(PLACEHOLDER, SECRET)
}

/// The first `N` lines, and what comes after them.
pub(crate) fn lines<const N: usize>(text: &str) -> ([&str; N], &str) {
    let mut rest = text;
    let lines = std::array::from_fn(|_| {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = after;
        line
    });
    (lines, rest)
}

/// Whether a form's value was decoded as the URL standard says. In one that is not UTF-8 the crate does not look for what may be
/// good.
pub(crate) fn is_same(text: &str, expected: &str) -> bool {
    let is_broken = |text: &str| text.contains(char::REPLACEMENT_CHARACTER);
    let ascii = |text: &str| text.chars().filter(char::is_ascii).collect::<String>();
    text == expected || (is_broken(text) && is_broken(expected) && ascii(text) == ascii(expected))
}

/// No answer of a server makes a message longer than this.
const LONGEST_MESSAGE: usize = 4 * 1024;

/// An error has one of the codes that are documented, says something short that can be printed, and gives no secret away.
#[track_caller]
pub(crate) fn assert_error(error: &Error, allowed: &[ErrorCode]) {
    assert!(!format!("{error:?} {error}").contains(SECRET), "{error}");
    assert_error_of_public_input(error, allowed);
}

/// [`assert_error`] where the input holds no secret, and the message may repeat it.
#[track_caller]
pub(crate) fn assert_error_of_public_input(error: &Error, allowed: &[ErrorCode]) {
    assert!(allowed.contains(&error.code()), "{:?} is none of {allowed:?}: {error}", error.code());
    assert_eq!(ErrorCode::from_name(error.code().as_str()), Some(error.code()));
    let message = error.message();
    assert!(!message.is_empty() && message.len() <= LONGEST_MESSAGE, "{} bytes", message.len());
    assert!(!message.chars().any(char::is_control), "{message:?}");
}
