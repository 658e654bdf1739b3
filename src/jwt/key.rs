//! Which keys of a JWK Set (RFC 7517 §5) may have signed a token.

use crate::error::{Error, ErrorCode, Result};
use crate::json::Json;
use crate::jwt::{Algorithm, Header};

/// All keys that may have signed the token: those that its `kid` names, or without one all that its algorithm can use. The
/// signature has to fit one of them; that one `kid` stands for one key is usual, and no rule (RFC 7517 §4.5).
///
/// # Errors
/// `key_not_found` if there is none; `invalid_response` if this is no JWK Set.
pub fn select_keys<J: Json>(key_set: &J, header: &Header, algorithm: Algorithm) -> Result<Vec<J>> {
    let keys = key_set.get("keys").and_then(|keys| keys.items());
    let keys = keys.ok_or_else(|| Error::new(ErrorCode::InvalidResponse, "the keys are no JWK Set"))?;
    let is_named = |key: &J| header.key_id.is_none() || key.text("kid") == header.key_id;
    let candidates: Vec<J> = keys.into_iter().filter(|key| is_named(key) && algorithm.fits(key)).collect();
    if candidates.is_empty() {
        return Err(Error::new(ErrorCode::KeyNotFound, "no key of the set can have signed the token"));
    }
    Ok(candidates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestJson;
    use serde_json::{Value, json};

    fn select(key_set: Value, key_id: Option<&str>) -> Result<Vec<Value>, ErrorCode> {
        let header =
            Header { algorithm: "ES256".into(), key_id: key_id.map(Into::into), typ: None, is_critical: false };
        select_keys(&TestJson(key_set), &header, Algorithm::Es256)
            .map(|keys| keys.into_iter().map(|key| key.0["x"].clone()).collect())
            .map_err(|error| error.code())
    }

    fn key_set() -> Value {
        json!({"keys": [
            {"kty": "EC", "crv": "P-256", "x": "1", "y": "", "kid": "a"},
            {"kty": "EC", "crv": "P-256", "x": "2", "y": "", "kid": "b"},
            {"kty": "EC", "crv": "P-384", "x": "3", "y": "", "kid": "b"},
            {"kty": "oct", "k": "4", "kid": "b"},
            {"kty": "EC", "crv": "P-256", "x": "5", "y": "", "kid": "b"},
            {"kty": "EC", "crv": "P-256", "x": "6", "y": ""},
            7,
            null,
        ]})
    }

    #[test]
    fn a_kid_selects_every_key_of_that_name_that_fits() {
        assert_eq!(select(key_set(), Some("a")), Ok(vec![json!("1")]));
        assert_eq!(select(key_set(), Some("b")), Ok(vec![json!("2"), json!("5")]));
    }

    #[test]
    fn without_a_kid_every_key_that_fits_is_a_candidate() {
        assert_eq!(select(key_set(), None), Ok(["1", "2", "5", "6"].map(Value::from).to_vec()));
    }

    #[test]
    fn an_unknown_kid_is_not_found() {
        for key_id in ["c", "", "A"] {
            assert_eq!(select(key_set(), Some(key_id)), Err(ErrorCode::KeyNotFound), "{key_id}");
        }
        assert_eq!(select(json!({"keys": []}), None), Err(ErrorCode::KeyNotFound));
    }

    #[test]
    fn what_is_no_key_set_is_an_invalid_response() {
        for text in [json!({}), json!([]), json!({"keys": {}}), json!({"keys": "x"}), json!(null)] {
            assert_eq!(select(text.clone(), None), Err(ErrorCode::InvalidResponse), "{text}");
        }
    }
}
