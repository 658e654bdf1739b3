//! Tokens of the sizes that servers issue.

use tessera_auth::encoding::base64url;

/// A JWT of about this many bytes, with a signature that fits nothing.
#[must_use]
pub fn token(bytes: usize) -> String {
    let header = base64url(br#"{"alg":"RS256","kid":"2026-11","typ":"JWT"}"#);
    let filler = "x".repeat(bytes.saturating_sub(640) * 3 / 4);
    let claims = format!(
        r#"{{"iss":"https://as.example.com","sub":"alice","aud":"app","exp":1900000000,"iat":1800000000,"filler":"{filler}"}}"#
    );
    [header, base64url(claims.as_bytes()), base64url(&[7; 256])].join(".")
}
