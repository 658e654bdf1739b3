//! A token in compact serialization (RFC 7515 §3.1, RFC 7519 §7.2), taken apart.
//!
//! The input is one as it is, and also header, claims and signature of one, a line each.

use crate::claims;
use crate::input::{self, SECRET, assert_error};
use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;
use tessera_auth::ErrorCode;
use tessera_auth::jwt::{Header, Jwt, allowed_algorithm};
use tessera_auth::testing::TestJson;

/// The target.
pub fn check(data: &[u8]) {
    let text = input::text(data);
    check_token(&text);
    let ([header, claims], signature) = input::lines(&text);
    check_token(&[header, claims, signature].map(|part| BASE64URL_NOPAD.encode(part.as_bytes())).join("."));
}

fn check_token(token: &str) {
    match Jwt::<TestJson>::decode(token) {
        Ok(jwt) => check_decoded(token, &jwt),
        Err(error) => {
            assert_error(&error, &[ErrorCode::MalformedToken]);
            assert!(!is_plain(token), "refused: {token}");
        }
    }
}

fn check_decoded(token: &str, jwt: &Jwt<'_, TestJson>) {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else { panic!("{} parts", parts.len()) };
    assert_eq!(jwt.signed(), [header, ".", claims].concat().as_bytes());
    // One text for one signature: whoever remembers tokens by their text is not fooled.
    assert_eq!(jwt.signature(), bytes(signature));
    assert_eq!(BASE64URL_NOPAD.encode(jwt.signature()), signature);

    let header = object(header);
    assert_eq!(jwt.header_json.0, header);
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    assert_eq!(Some(jwt.header.algorithm.as_str()), text("alg"));
    assert_eq!(jwt.header.key_id.as_deref(), text("kid"));
    assert_eq!(jwt.header.typ.as_deref(), text("typ"));
    assert_eq!(jwt.header.is_critical, header.get("crit").is_some_and(|crit| !crit.is_null()));
    check_algorithm(&jwt.header);

    let claims = object(claims);
    assert_eq!(jwt.claims_json.0, claims);
    claims::check(&claims, &jwt.claims());
    assert!(!format!("{jwt:?}").contains(SECRET) || header.to_string().contains(SECRET));
}

/// RFC 8725 §3.1 and §3.2: only algorithms that are known and asymmetric, by their exact names.
fn check_algorithm(header: &Header) {
    match allowed_algorithm(header, None) {
        Ok(algorithm) => {
            let name = header.algorithm.as_str();
            assert!(!header.is_critical);
            assert!(algorithm.name() == name || (algorithm.name() == "EdDSA" && name == "Ed25519"), "{name}");
            let is_asymmetric = name.starts_with("RS") || name.starts_with("PS") || name.starts_with("E");
            assert!(is_asymmetric, "{name}");
            let only = |name: &str| allowed_algorithm(header, Some(&[name.to_owned()]));
            assert_eq!(only(name), Ok(algorithm));
            assert_eq!(only("HS256").map_err(|error| error.code()), Err(ErrorCode::AlgorithmNotAllowed));
        }
        Err(error) => assert_error(&error, &[ErrorCode::AlgorithmNotAllowed]),
    }
}

/// Whether nothing about a token is odd: its header is written as short as can be and has the usual members only.
fn is_plain(token: &str) -> bool {
    let parts: Vec<Option<Vec<u8>>> =
        token.split('.').map(|part| BASE64URL_NOPAD.decode(part.as_bytes()).ok()).collect();
    let [Some(header), Some(claims), Some(_)] = &parts[..] else { return false };
    let json = |bytes: &[u8]| serde_json::from_slice(bytes).ok().filter(Value::is_object);
    let (Some(object), Some(_)) = (json(header), json(claims)) else { return false };
    let is_usual =
        |(name, value): (&String, &Value)| ["alg", "kid", "typ"].contains(&name.as_str()) && value.is_string();
    object.get("alg").is_some()
        && object.as_object().is_some_and(|members| members.iter().all(is_usual))
        && object.to_string().as_bytes() == header
}

fn object(part: &str) -> Value {
    let value: Value = serde_json::from_slice(&bytes(part)).expect("JSON");
    assert!(value.is_object());
    value
}

fn bytes(part: &str) -> Vec<u8> {
    BASE64URL_NOPAD.decode(part.as_bytes()).expect("base64url without padding, and without stray bits")
}
