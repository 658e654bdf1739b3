//! The published vectors of `tests/vectors/jws.json`; the browser tests check their signatures too.

use super::{Algorithm, Jwt, allowed_algorithm, select_keys};
use crate::encoding::from_base64url;
use crate::error::ErrorCode;
use crate::testing::TestJson;
use serde_json::{Value, json};

fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("../../tests/vectors/jws.json")).expect("vectors")
}

#[test]
fn published_tokens_are_decoded() {
    for vector in vectors() {
        let token = vector["token"].as_str().expect("token");
        let decoded = Jwt::<TestJson>::decode(token);
        if vector["claims"].is_null() {
            assert_eq!(decoded.expect_err("no JSON").code(), ErrorCode::MalformedToken, "{vector}");
            continue;
        }
        let jwt = decoded.expect("a token");
        let (signed, signature) = token.rsplit_once('.').expect("parts");
        assert_eq!((&jwt.header_json.0, &jwt.claims_json.0), (&vector["header"], &vector["claims"]));
        assert_eq!(jwt.header.algorithm, vector["header"]["alg"], "{vector}");
        assert_eq!(jwt.signed(), signed.as_bytes());
        assert_eq!(Some(jwt.signature().to_vec()), from_base64url(signature));
    }
}

#[test]
fn published_keys_are_selected_and_nothing_else_is_allowed() {
    for vector in vectors() {
        let name = vector["header"]["alg"].as_str().expect("alg");
        let header = super::Header {
            algorithm: name.into(),
            key_id: vector["header"]["kid"].as_str().map(Into::into),
            typ: None,
            is_critical: false,
        };
        let allowed = allowed_algorithm(&header, None);
        assert_eq!(allowed.as_ref().ok().copied(), Algorithm::from_name(name));
        let Ok(algorithm) = allowed else { continue };
        let key_set = TestJson(json!({"keys": [{"kty": "oct", "k": "AA"}, vector["key"]]}));
        assert_eq!(select_keys(&key_set, &header, algorithm), Ok(vec![TestJson(vector["key"].clone())]));
    }
}
