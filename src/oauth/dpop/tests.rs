use super::*;
use crate::encoding::from_base64url;
use crate::testing::TestJson;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The key of the examples in RFC 9449.
const JWK: &str = r#"{"kty":"EC","crv":"P-256","ext":true,"key_ops":["verify"],
    "x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"}"#;

fn key() -> PublicKey {
    PublicKey::from_jwk(&TestJson::parse(JWK).expect("JSON")).expect("a key")
}

fn read(part: &str) -> Value {
    serde_json::from_slice(&from_base64url(part).expect("base64url")).expect("JSON")
}

fn parts(proof: &str) -> (Value, Value) {
    let mut parts = proof.split('.').map(read);
    (parts.next().expect("a header"), parts.next().expect("claims"))
}

/// RFC 9449 §4.1, figure 1, without its signature
#[test]
fn the_proof_of_rfc_9449_section_4_1() {
    let published = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ";
    let proof = Proof {
        jti: "-BwC3ESc6acc2lTc",
        method: "POST",
        url: "https://server.example.com/token",
        issued_at: UnixTime(1_562_262_616),
        nonce: None,
        token_hash: None,
    };
    assert_eq!(parts(&proof.signing_input(&key())), parts(published));
}

/// RFC 9449 §7.1, figure 13
#[test]
fn the_proof_of_rfc_9449_section_7_1() {
    let token_hash = Sha256::digest("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
    let proof = Proof {
        jti: "e1j3V_bKic8-LAEB",
        method: "GET",
        url: "https://resource.example.org/protectedresource",
        issued_at: UnixTime(1_562_262_618),
        nonce: None,
        token_hash: Some(&token_hash),
    };
    let (_, claims) = parts(&proof.signing_input(&key()));
    let published = serde_json::json!({
        "jti": "e1j3V_bKic8-LAEB",
        "htm": "GET",
        "htu": "https://resource.example.org/protectedresource",
        "ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo",
        "iat": 1_562_262_618,
    });
    assert_eq!(claims, published);
}

/// RFC 9449 §6.1, RFC 7638
#[test]
fn the_thumbprint_of_rfc_9449_section_6_1() {
    assert_eq!(base64url(&Sha256::digest(key().thumbprint_input())), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
}

/// RFC 8037 appendix A.3
#[test]
fn the_thumbprint_of_rfc_8037_appendix_a_3() {
    let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let key = PublicKey::from_jwk(&TestJson::parse(jwk).expect("JSON")).expect("a key");
    assert_eq!(base64url(&Sha256::digest(key.thumbprint_input())), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(key.algorithm, "EdDSA");
}

#[test]
fn query_and_fragment_are_left_out_and_the_nonce_is_not() {
    let proof = Proof {
        jti: "j",
        method: "GET",
        url: "https://api.test/a/b?code=secret#part",
        issued_at: UnixTime(0),
        nonce: Some(r#"say "no\nce""#),
        token_hash: None,
    };
    let (_, claims) = parts(&proof.signing_input(&key()));
    assert_eq!((&claims["htu"], &claims["nonce"]), (&"https://api.test/a/b".into(), &r#"say "no\nce""#.into()));
}

#[test]
fn a_key_that_is_none_of_the_two_kinds_is_no_key() {
    for jwk in [
        r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#,
        r#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#,
        r#"{"kty":"EC","crv":"P-256","x":"AA"}"#,
        r#"{"kty":"OKP","crv":"Ed25519","x":"\",\"d\":\""}"#,
    ] {
        assert_eq!(PublicKey::from_jwk(&TestJson::parse(jwk).expect("JSON")), None, "{jwk}");
    }
}

#[test]
fn the_algorithm_is_one_that_the_server_takes() {
    let choose = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        choose_algorithm(Some(&names)).map_err(|error| error.code())
    };
    assert_eq!(choose_algorithm(None).ok(), Some(Algorithm::Es256));
    assert_eq!(choose(&[]), Ok(Algorithm::Es256));
    assert_eq!(choose(&["EdDSA", "ES256"]), Ok(Algorithm::Es256));
    assert_eq!(choose(&["RS256", "EdDSA"]), Ok(Algorithm::EdDsa));
    assert_eq!(choose(&["PS256"]), Err(ErrorCode::Unsupported));
}

#[test]
fn a_refused_proof_is_told_by_the_body_or_by_the_challenge() {
    let challenged = |challenge: &str| HttpResponse {
        headers: vec![("www-authenticate".to_owned(), challenge.to_owned())],
        ..HttpResponse::new(401, "")
    };
    let said = |response: &HttpResponse| is_proof_refused::<TestJson>(response, "use_dpop_nonce");
    assert!(said(&HttpResponse::new(400, r#"{"error":"use_dpop_nonce"}"#)));
    assert!(said(&challenged(r#"Bearer, DPoP error="use_dpop_nonce", error_description="x""#)));
    for response in [
        HttpResponse::new(200, r#"{"error":"use_dpop_nonce"}"#),
        HttpResponse::new(400, r#"{"error":"invalid_grant"}"#),
        HttpResponse::new(400, ""),
        challenged(r#"Bearer error="use_dpop_nonce""#),
        challenged(r#"DPoP error="invalid_token""#),
    ] {
        assert!(!said(&response), "{response:?}");
    }
}
