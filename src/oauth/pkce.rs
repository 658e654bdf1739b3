//! Proof key for code exchange (RFC 7636), with S256 only.

use crate::encoding::base64url;
use crate::secret::Secret;

/// `code_challenge_method` (RFC 7636 §4.3). There is no other: `plain` would protect nothing that TLS does not.
pub const CHALLENGE_METHOD: &str = "S256";

/// A code verifier (RFC 7636 §4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier(Secret);

impl Verifier {
    /// A verifier of 43 characters.
    #[must_use]
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(base64url(&bytes).into())
    }

    /// A verifier that was kept; `None` for a text that is none.
    #[must_use]
    pub fn from_stored(text: Secret) -> Option<Self> {
        let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let is_verifier = (43..=128).contains(&text.expose().len()) && text.expose().bytes().all(is_unreserved);
        is_verifier.then_some(Self(text))
    }

    /// The text, whose SHA-256 makes the challenge.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        &self.0
    }
}

/// The code challenge of the verifier whose SHA-256 this is (RFC 7636 §4.2).
#[must_use]
pub fn challenge(sha256: &[u8]) -> String {
    base64url(sha256)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn verifier_and_challenge_of_rfc_7636_appendix_b() {
        let verifier = Verifier::from_random([
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
            240, 91, 88, 5, 88, 83, 132, 141, 121,
        ]);
        assert_eq!(verifier.secret().expose(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let sha256 = Sha256::digest(verifier.secret().expose());
        assert_eq!(challenge(&sha256), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_stored_text_must_be_a_verifier() {
        let kept = |text: &str| Verifier::from_stored(text.into()).is_some();
        assert!(kept("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert!(kept(&"~".repeat(128)));
        for text in ["", &"a".repeat(42), &"a".repeat(129), &"a ".repeat(30), &"\u{e4}".repeat(30)] {
            assert!(!kept(text), "{text}");
        }
    }

    #[test]
    fn debug_does_not_show_the_verifier() {
        assert_eq!(format!("{:?}", Verifier::from_random([0; 32])), "Verifier(Secret(…))");
    }
}
