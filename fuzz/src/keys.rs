//! Keys (RFC 7517 §5) and ID tokens (OpenID Connect Core 1.0 §3.1.3.7).
//!
//! The first line is the key id that a token asks for, the second is its claims, the rest is the answer of the JWKS endpoint.

use crate::claims::{self, are_times_good, audience, date, moments};
use crate::input::{self, assert_error};
use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;
use tessera_auth::ErrorCode;
use tessera_auth::http::{HttpResponse, LARGEST_BODY};
use tessera_auth::jwt::{Algorithm, Claims, Header, select_keys};
use tessera_auth::oauth::id_token::{IdToken, IdTokenChecks, check_continuity};
use tessera_auth::oauth::jwks::process_jwks_response;
use tessera_auth::testing::TestJson;

const ALGORITHMS: [&str; 10] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

/// The target.
pub fn check(data: &[u8]) {
    let text = input::text(data);
    let ([key_id, claims], body) = input::lines(&text);
    check_key_set(key_id, body);
    if let Ok(claims) = serde_json::from_str::<Value>(claims) {
        let json = TestJson(claims.clone());
        claims::check(&claims, &Claims::from_json(&json));
        check_id_token(&claims, &json);
    }
}

fn check_key_set(key_id: &str, body: &str) {
    let parsed: Option<Value> = serde_json::from_str(body).ok();
    let keys = parsed.as_ref().and_then(|set| set.as_object()?.get("keys")?.as_array());
    let key_set: TestJson = match process_jwks_response(&HttpResponse::new(200, body)) {
        Ok(key_set) => key_set,
        Err(error) => {
            assert_error(&error, &[ErrorCode::InvalidResponse]);
            assert!(keys.is_none() || body.len() >= LARGEST_BODY, "refused: {body}");
            return;
        }
    };
    let keys = keys.expect("a JWK Set");
    let named = keys.iter().filter_map(|key| key["kid"].as_str());
    for key_id in named.map(Some).chain([None, Some(key_id)]).take(8) {
        for name in ALGORITHMS {
            let algorithm = Algorithm::from_name(name).expect("an algorithm");
            let usable: Vec<&Value> = keys
                .iter()
                .filter(|key| (key_id.is_none() || key["kid"].as_str() == key_id) && is_usable(name, key))
                .collect();
            let header =
                Header { algorithm: name.into(), key_id: key_id.map(Into::into), typ: None, is_critical: false };
            match select_keys(&key_set, &header, algorithm) {
                Ok(selected) => assert_eq!(selected.iter().map(|key| &key.0).collect::<Vec<_>>(), usable, "{name}"),
                Err(error) => {
                    assert_error(&error, &[ErrorCode::KeyNotFound]);
                    assert!(usable.is_empty(), "{name}: {usable:?}");
                }
            }
        }
    }
}

/// Whether a key may check signatures of an algorithm: RFC 7517 §4, RFC 7518 §3.1 and §6, RFC 8037 §2.
fn is_usable(algorithm: &str, key: &Value) -> bool {
    let (kty, crv) = match algorithm {
        "ES256" => ("EC", Some("P-256")),
        "ES384" => ("EC", Some("P-384")),
        "ES512" => ("EC", Some("P-521")),
        "EdDSA" => ("OKP", Some("Ed25519")),
        _ => ("RSA", None),
    };
    let is_material = match crv {
        Some(crv) => key["crv"] == crv,
        None => key["n"].as_str().and_then(modulus_bits).is_some_and(|bits| bits >= 2048),
    };
    let is_same = |name: &Value| name == algorithm || (algorithm == "EdDSA" && name == "Ed25519");
    let may_verify =
        |operations: &Value| operations.as_array().is_some_and(|all| all.iter().any(|one| one == "verify"));
    key["kty"] == kty
        && is_material
        && (key["use"].is_null() || key["use"] == "sig")
        && (key["alg"].is_null() || is_same(&key["alg"]))
        && (key["key_ops"].is_null() || may_verify(&key["key_ops"]))
}

/// The length of a Base64urlUInt (RFC 7518 §2).
fn modulus_bits(text: &str) -> Option<usize> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    Some((bytes.len() - first) * 8 - bytes[first].leading_zeros() as usize)
}

fn check_id_token(json: &Value, parsed: &TestJson) {
    let is_whole = ["iss", "sub"].iter().all(|name| json[*name].is_string())
        && json["sub"] != ""
        && !audience(json).is_empty()
        && ["exp", "iat"].iter().all(|name| json[*name].is_number())
        && Claims::from_json(parsed).is_ok();
    let id_token = match IdToken::from_claims(parsed) {
        Ok(id_token) => id_token,
        Err(error) => {
            assert_error(&error, &[ErrorCode::ClaimInvalid]);
            assert!(!is_whole, "refused: {json}");
            return;
        }
    };
    assert!(is_whole, "{json}");
    assert_eq!(check_continuity(&id_token, &id_token), Ok(()));
    assert_eq!(serde_json::from_str::<Value>(&id_token.claims).ok().as_ref(), Some(json));
    for now in moments(json) {
        for is_strict in [true, false] {
            let checks = IdTokenChecks {
                issuer: "https://as.test",
                client_id: "app",
                nonce: is_strict.then_some("n"),
                max_age: is_strict.then_some(60),
                acr_values: is_strict.then_some("silver gold"),
                at_hash: is_strict.then_some("h"),
                now,
                tolerance: 30,
            };
            let outcome = id_token.check_identity(&checks).and_then(|()| id_token.check_times(&checks));
            let is_good = is_good_identity(json, is_strict) && is_good_time(json, &checks);
            assert_eq!(outcome.is_ok(), is_good, "{json} {now:?} {outcome:?}");
            if let Err(error) = outcome {
                assert_error(&error, &[ErrorCode::ClaimInvalid, ErrorCode::TokenExpired]);
            }
        }
    }
}

/// OpenID Connect Core 1.0 §3.1.3.7, steps 2 to 5, 11 and 12, and §3.1.3.8.
fn is_good_identity(json: &Value, is_strict: bool) -> bool {
    let audience = audience(json);
    let is_party = if json["azp"].is_null() { audience.len() == 1 } else { json["azp"] == "app" };
    let is_asked = json["nonce"] == "n"
        && (json["acr"] == "silver" || json["acr"] == "gold")
        && json["auth_time"].is_number()
        && (json["at_hash"].is_null() || json["at_hash"] == "h");
    json["iss"] == "https://as.test" && audience.iter().any(|one| one == "app") && is_party && (is_asked || !is_strict)
}

/// Steps 9, 10 and 13.
fn is_good_time(json: &Value, checks: &IdTokenChecks<'_>) -> bool {
    let now = i128::from(checks.now.0);
    let time = |name| date(json, name).map(|time| i128::from(time.0));
    let is_recent = |max_age: u32| time("auth_time").is_none_or(|at| now - at <= i128::from(max_age) + 30);
    are_times_good(json, checks.now, 30)
        && time("iat").is_some_and(|iat| iat <= now + 30)
        && checks.max_age.is_none_or(is_recent)
}
