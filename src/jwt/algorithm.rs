//! The signature algorithms that may be trusted: the asymmetric ones of RFC 7518 §3.1 and RFC 8037.

use crate::encoding::from_base64url;
use crate::error::{Error, ErrorCode, Result};
use crate::json::Json;
use crate::jwt::Header;

/// A digest of SHA-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

/// An asymmetric JWS algorithm. `none` and HMAC have no place here, so nothing can choose them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512
    Rs512,
    /// RSASSA-PSS with SHA-256
    Ps256,
    /// RSASSA-PSS with SHA-384
    Ps384,
    /// RSASSA-PSS with SHA-512
    Ps512,
    /// ECDSA on P-256 with SHA-256
    Es256,
    /// ECDSA on P-384 with SHA-384
    Es384,
    /// ECDSA on P-521 with SHA-512
    Es512,
    /// Ed25519 (RFC 8037; the name `Ed25519` of RFC 9864 means the same)
    EdDsa,
}

impl Algorithm {
    /// The algorithm that `alg` names; names are case-sensitive (RFC 7515 §4.1.1).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "ES512" => Self::Es512,
            "EdDSA" | "Ed25519" => Self::EdDsa,
            _ => return None,
        })
    }

    /// The name in `alg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The digest inside the signature.
    #[must_use]
    pub const fn hash(self) -> Hash {
        match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 => Hash::Sha256,
            Self::Rs384 | Self::Ps384 | Self::Es384 => Hash::Sha384,
            Self::Rs512 | Self::Ps512 | Self::Es512 | Self::EdDsa => Hash::Sha512,
        }
    }

    /// Whether a JWK is a key for checking signatures of this algorithm: its type, its curve or size, and everything that it
    /// says about its use agree (RFC 7517 §4). A key can therefore not be used under another algorithm than its own.
    #[must_use]
    pub fn fits<J: Json>(self, jwk: &J) -> bool {
        let is_missing_or = |name, is_good: &dyn Fn(&J) -> bool| jwk.get(name).is_none_or(|member| is_good(&member));
        let allows_verify = |operations: &J| {
            let operations = operations.items().unwrap_or_default();
            operations.iter().any(|operation| operation.as_str().as_deref() == Some("verify"))
        };
        self.fits_material(jwk)
            && is_missing_or("use", &|purpose| purpose.as_str().as_deref() == Some("sig"))
            && is_missing_or("key_ops", &allows_verify)
            && is_missing_or("alg", &|name| name.as_str().and_then(|name| Self::from_name(&name)) == Some(self))
    }

    fn fits_material<J: Json>(self, jwk: &J) -> bool {
        /// Bits: RFC 7518 §3.3 and §3.5 allow no smaller key.
        const SMALLEST_MODULUS: usize = 2_048;
        let (kty, crv) = match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => ("RSA", None),
            Self::Es256 => ("EC", Some("P-256")),
            Self::Es384 => ("EC", Some("P-384")),
            Self::Es512 => ("EC", Some("P-521")),
            Self::EdDsa => ("OKP", Some("Ed25519")),
        };
        jwk.text("kty").as_deref() == Some(kty)
            && match crv {
                Some(crv) => jwk.text("crv").as_deref() == Some(crv),
                None => jwk.text("n").and_then(|n| from_base64url(&n)).is_some_and(|n| bits(&n) >= SMALLEST_MODULUS),
            }
    }
}

/// The length of an unsigned number, the highest byte of which comes first (RFC 7518 §2, `Base64urlUInt`).
fn bits(number: &[u8]) -> usize {
    let mut significant = number.iter().skip_while(|byte| **byte == 0);
    let highest = significant.next().map_or(0, |byte| 8 - byte.leading_zeros() as usize);
    highest + 8 * significant.count()
}

/// The algorithm of a token, if it may be used: asymmetric, known, and one of `allowed` if the caller gives a list.
///
/// # Errors
/// `algorithm_not_allowed`; also for a token that demands extensions of the signature by `crit`, none of which are known here,
/// so that it must be refused (RFC 7515 §4.1.11).
pub fn allowed_algorithm(header: &Header, allowed: Option<&[String]>) -> Result<Algorithm> {
    let refuse = |what| Error::new(ErrorCode::AlgorithmNotAllowed, what);
    if header.is_critical {
        return Err(refuse("the token demands extensions (crit) that are not known here"));
    }
    let algorithm = Algorithm::from_name(&header.algorithm)
        .ok_or_else(|| refuse("the token is not signed with a known asymmetric algorithm"))?;
    let is_algorithm = |name: &String| Algorithm::from_name(name) == Some(algorithm);
    if allowed.is_some_and(|allowed| !allowed.iter().any(is_algorithm)) {
        return Err(refuse("the token is signed with an algorithm that the options do not allow"));
    }
    Ok(algorithm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestJson;
    use serde_json::json;

    const ALL: [&str; 10] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

    fn header(algorithm: &str) -> Header {
        Header { algorithm: algorithm.into(), key_id: None, typ: None, is_critical: false }
    }

    fn code(result: Result<Algorithm>) -> Option<ErrorCode> {
        result.err().map(|error| error.code())
    }

    #[test]
    fn names_are_those_of_the_registry() {
        for name in ALL {
            assert_eq!(Algorithm::from_name(name).map(Algorithm::name), Some(name));
        }
        assert_eq!(Algorithm::from_name("Ed25519"), Some(Algorithm::EdDsa));
    }

    #[test]
    fn unsigned_symmetric_and_unknown_algorithms_are_refused() {
        for name in [
            "none", "None", "nOnE", "HS256", "HS384", "HS512", "ES256K", "Ed448", "rs256", "RS1", "RSA-OAEP", "",
            " RS256",
        ] {
            assert_eq!(code(allowed_algorithm(&header(name), None)), Some(ErrorCode::AlgorithmNotAllowed), "{name}");
            let asked = [name.to_owned()];
            assert_eq!(
                code(allowed_algorithm(&header(name), Some(&asked))),
                Some(ErrorCode::AlgorithmNotAllowed),
                "{name}"
            );
        }
    }

    #[test]
    fn a_list_allows_what_is_in_it() {
        let allowed = ["ES256".to_owned(), "Ed25519".to_owned()];
        assert_eq!(allowed_algorithm(&header("ES256"), Some(&allowed)), Ok(Algorithm::Es256));
        assert_eq!(allowed_algorithm(&header("EdDSA"), Some(&allowed)), Ok(Algorithm::EdDsa));
        assert_eq!(code(allowed_algorithm(&header("RS256"), Some(&allowed))), Some(ErrorCode::AlgorithmNotAllowed));
        assert_eq!(code(allowed_algorithm(&header("RS256"), Some(&[]))), Some(ErrorCode::AlgorithmNotAllowed));
    }

    #[test]
    fn extensions_that_must_be_understood_are_refused() {
        let header = Header { is_critical: true, ..header("RS256") };
        assert_eq!(code(allowed_algorithm(&header, None)), Some(ErrorCode::AlgorithmNotAllowed));
    }

    #[test]
    fn a_key_fits_its_own_algorithms_only() {
        let modulus = ["t".repeat(341).as_str(), "Q"].concat();
        let padded = ["AAAA", &modulus].concat();
        let short = ["AAAA", modulus.get(4..).unwrap_or_default()].concat();
        let rsa = &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"][..];
        let keys = [
            (json!({"kty": "RSA", "n": modulus, "e": "AQAB"}), rsa),
            (json!({"kty": "RSA", "n": modulus, "e": "AQAB", "alg": "PS256", "use": "sig"}), &["PS256"]),
            (json!({"kty": "RSA", "n": modulus, "e": "AQAB", "use": "enc"}), &[]),
            (json!({"kty": "RSA", "n": modulus, "e": "AQAB", "use": 1}), &[]),
            (json!({"kty": "RSA", "n": modulus, "e": "AQAB", "alg": "RSA-OAEP"}), &[]),
            (json!({"kty": "RSA", "n": modulus, "e": "AQAB", "key_ops": ["encrypt"]}), &[]),
            (json!({"kty": "RSA", "n": modulus.get(..171), "e": "AQAB"}), &[]),
            (json!({"kty": "RSA", "n": padded, "e": "AQAB"}), rsa),
            (json!({"kty": "RSA", "n": short, "e": "AQAB"}), &[]),
            (json!({"kty": "RSA", "n": modulus.replacen('t', "+", 1), "e": "AQAB"}), &[]),
            (json!({"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "key_ops": ["verify"]}), &["ES256"]),
            (json!({"kty": "EC", "crv": "P-384", "x": "x", "y": "y"}), &["ES384"]),
            (json!({"kty": "EC", "crv": "P-521", "x": "x", "y": "y"}), &["ES512"]),
            (json!({"kty": "EC", "crv": "secp256k1", "x": "x", "y": "y"}), &[]),
            (json!({"kty": "OKP", "crv": "Ed25519", "x": "x", "alg": "Ed25519"}), &["EdDSA"]),
            (json!({"kty": "OKP", "crv": "X25519", "x": "x"}), &[]),
            (json!({"kty": "oct", "k": "k"}), &[]),
            (json!({"kty": "oct", "k": "k", "n": modulus, "crv": "P-256"}), &[]),
            (json!({"crv": "P-256", "x": "x", "y": "y"}), &[]),
            (json!("RSA"), &[]),
        ];
        for (key, expected) in keys {
            let jwk = TestJson(key.clone());
            let fitting: Vec<_> =
                ALL.into_iter().filter(|name| Algorithm::from_name(name).is_some_and(|a| a.fits(&jwk))).collect();
            assert_eq!(fitting, expected, "{key}");
        }
    }
}
