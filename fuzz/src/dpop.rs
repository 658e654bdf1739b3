//! What a server wants to see in a proof (RFC 9449 §8, §9), and the proof that is made with it.
//!
//! The first lines are the status, `DPoP-Nonce`, `WWW-Authenticate` and a URL; the rest is the body.

use crate::input;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use tessera_auth::http::HttpResponse;
use tessera_auth::json::Json;
use tessera_auth::oauth::challenge::parse_challenges;
use tessera_auth::oauth::dpop::{Proof, PublicKey, has_challenge, is_proof_refused, next_nonce};
use tessera_auth::testing::TestJson;
use tessera_auth::time::UnixTime;

const WANTED: &str = "use_dpop_nonce";

/// The target.
pub fn check(data: &[u8]) {
    let text = input::text(data);
    let ([status, nonce, challenge, url], body) = input::lines(&text);
    let mut response = HttpResponse::new(status.parse().unwrap_or(401), body);
    response.headers.push(("dpop-nonce".to_owned(), nonce.to_owned()));
    response.headers.push(("www-authenticate".to_owned(), challenge.to_owned()));

    assert_eq!(next_nonce(&response), Some(nonce).filter(|nonce| !nonce.is_empty()));
    let in_body = serde_json::from_str::<Value>(body).is_ok_and(|json| json["error"] == WANTED);
    let in_header = parse_challenges(challenge)
        .iter()
        .any(|each| each.scheme.eq_ignore_ascii_case("dpop") && each.parameter("error") == Some(WANTED));
    assert_eq!(has_challenge(Some(challenge), WANTED), in_header);
    // Asked again is only what was refused.
    let is_refusal = matches!(response.status, 400 | 401);
    assert_eq!(is_proof_refused::<TestJson>(&response, WANTED), is_refusal && (in_body || in_header));
    if !nonce.chars().any(char::is_control) && !url.chars().any(char::is_control) {
        check_proof(nonce, url);
    }
    check_key(body);
}

/// What is signed says what was meant, whatever the server has put into its nonce.
fn check_proof(nonce: &str, url: &str) {
    let jwk = TestJson::parse(r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AQ","d":"AQ"}"#).expect("JSON");
    let key = PublicKey::from_jwk(&jwk).expect("a key");
    let proof = Proof {
        jti: "jti",
        method: "POST",
        url,
        issued_at: UnixTime(1_767_225_600),
        nonce: Some(nonce),
        token_hash: Some(&[0, 1, 2]),
    };
    let input = proof.signing_input(&key);
    let parts: Vec<Value> = input.split('.').map(read).collect();
    let [header, claims] = parts.as_slice() else { panic!("{input}") };
    assert_eq!(header["jwk"], json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AQ" }));
    let target = url.split(['?', '#']).next().unwrap_or_default();
    let expected = json!({
        "jti": "jti", "htm": "POST", "htu": target, "nonce": nonce, "ath": "AAEC", "iat": 1_767_225_600,
    });
    assert_eq!(*claims, expected);
}

fn read(part: &str) -> Value {
    let bytes = BASE64URL_NOPAD.decode(part.as_bytes()).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// A key is shown without its private half, and the same key has one thumbprint.
fn check_key(body: &str) {
    let Some(key) = TestJson::parse(body).as_ref().and_then(PublicKey::from_jwk) else { return };
    let shown: Value = serde_json::from_slice(key.thumbprint_input()).expect("JSON");
    let given: Value = serde_json::from_str(body).expect("JSON");
    let names: Vec<&str> = shown.as_object().expect("an object").keys().map(String::as_str).collect();
    assert!(names == ["crv", "kty", "x", "y"] || names == ["crv", "kty", "x"], "{names:?}");
    assert!(names.iter().all(|name| shown[*name] == given[*name]));
    // RFC 7638 §3.3
    assert_eq!(serde_json::to_vec(&shown).expect("JSON"), key.thumbprint_input());
}
