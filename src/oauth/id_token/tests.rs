use super::*;
use crate::testing::TestJson;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The example of OpenID Connect Core 1.0 §2.
fn claims() -> Value {
    json!({
        "iss": "https://server.example.com",
        "sub": "24400320",
        "aud": "s6BhdRkqt3",
        "nonce": "n-0S6_WzA2Mj",
        "exp": 1_311_281_970,
        "iat": 1_311_280_970,
        "auth_time": 1_311_280_969,
        "acr": "urn:mace:incommon:iap:silver",
    })
}

/// The example with some claims changed; `null` takes one out.
fn claims_with(changes: Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    claims
}

const CHECKS: IdTokenChecks<'_> = IdTokenChecks {
    issuer: "https://server.example.com",
    client_id: "s6BhdRkqt3",
    nonce: Some("n-0S6_WzA2Mj"),
    max_age: Some(600),
    acr_values: Some("urn:mace:incommon:iap:gold urn:mace:incommon:iap:silver"),
    at_hash: Some("77QmUPtjPfzWtF2AnpK9RQ"),
    now: UnixTime(1_311_280_980),
    tolerance: 30,
};

fn id_token(claims: Value) -> IdToken {
    IdToken::from_claims(&TestJson(claims)).expect("an ID token")
}

fn check(claims: Value, checks: &IdTokenChecks<'_>) -> Result<IdToken> {
    let token = ["eyJhbGciOiJSUzI1NiJ9", &base64url(claims.to_string().as_bytes()), "c2ln"].join(".");
    check_id_token(&Jwt::<TestJson>::decode(&token)?, checks)
}

fn code_of<T>(result: Result<T>) -> Option<ErrorCode> {
    result.err().map(|error| error.code())
}

/// The claim that an error is about.
fn fault(changes: Value) -> String {
    let error = check(claims_with(changes.clone()), &CHECKS).expect_err(&changes.to_string());
    assert!(matches!(error.code(), ErrorCode::ClaimInvalid | ErrorCode::TokenExpired), "{error}");
    error.message().split(' ').next().unwrap_or_default().to_owned()
}

#[test]
fn the_id_token_of_openid_connect_core_section_2_is_accepted() {
    let id_token = check(claims(), &CHECKS).expect("an ID token");
    assert_eq!(id_token.subject, "24400320");
    assert_eq!(id_token.issued_at, UnixTime(1_311_280_970));
    assert_eq!(id_token.auth_time, Some(UnixTime(1_311_280_969)));
    assert_eq!(id_token.registered.audience, ["s6BhdRkqt3"]);
    assert_eq!(TestJson::parse(&id_token.claims), Some(TestJson(claims())));
}

#[test]
fn a_claim_that_is_missing_is_named() {
    for name in ["iss", "sub", "aud", "exp", "iat", "nonce", "auth_time", "acr"] {
        assert_eq!(fault(json!({ name: null })), name);
    }
}

#[test]
fn a_claim_of_the_wrong_type_is_named() {
    for name in ["iss", "sub", "nonce", "azp", "acr", "at_hash"] {
        for value in [json!(7), json!(true), json!(["24400320"]), json!({})] {
            assert_eq!(fault(json!({ name: value })), name, "{value}");
        }
    }
    for name in ["exp", "iat", "nbf", "auth_time"] {
        for value in [json!("1311281970"), json!(true), json!([1_311_281_970]), json!({})] {
            assert_eq!(fault(json!({ name: value })), name, "{value}");
        }
    }
    for value in [json!(7), json!({}), json!([7]), json!([])] {
        assert_eq!(fault(json!({ "aud": value })), "aud", "{value}");
    }
}

#[test]
fn a_claim_of_the_wrong_value_is_named() {
    for (name, values) in [
        ("iss", vec![json!("https://server.example.com/"), json!("https://evil.test"), json!("")]),
        ("sub", vec![json!("")]),
        ("aud", vec![json!("other"), json!(["other", "another"]), json!("S6BhdRkqt3"), json!("s6BhdRkqt3 other")]),
        ("azp", vec![json!("other"), json!("")]),
        ("nonce", vec![json!("other"), json!("")]),
        ("acr", vec![json!("0"), json!(""), json!("urn:mace:incommon:iap:silver urn:mace:incommon:iap:gold")]),
        ("at_hash", vec![json!("77QmUPtjPfzWtF2AnpK9Rg"), json!("")]),
        ("exp", vec![json!(1_311_280_950), json!(0), json!(-1), json!(-1e300)]),
        ("nbf", vec![json!(1_311_281_011), json!(1e300)]),
        ("iat", vec![json!(1_311_281_011), json!(1e300)]),
        ("auth_time", vec![json!(1_311_280_349), json!(0), json!(-1e300)]),
    ] {
        for value in values {
            assert_eq!(fault(json!({ name: value })), name, "{value}");
        }
    }
}

#[test]
fn clocks_may_differ_by_the_tolerance() {
    for changes in [
        json!({ "exp": 1_311_280_951 }),
        json!({ "nbf": 1_311_281_010 }),
        json!({ "iat": 1_311_281_010 }),
        json!({ "auth_time": 1_311_280_350 }),
    ] {
        assert_eq!(code_of(check(claims_with(changes.clone()), &CHECKS)), None, "{changes}");
    }
    let patient = IdTokenChecks { max_age: Some(u32::MAX), tolerance: i64::MAX, ..CHECKS };
    assert_eq!(code_of(check(claims(), &patient)), None);
}

#[test]
fn an_expired_token_is_told_from_a_wrong_one_and_only_if_it_is_ours() {
    let expired = json!({ "exp": 1 });
    assert_eq!(code_of(check(claims_with(expired.clone()), &CHECKS)), Some(ErrorCode::TokenExpired));
    let foreign = IdTokenChecks { client_id: "other", ..CHECKS };
    assert_eq!(code_of(check(claims_with(expired.clone()), &foreign)), Some(ErrorCode::ClaimInvalid));
    let token = id_token(claims_with(expired));
    assert_eq!(token.check_identity(&CHECKS), Ok(()));
    assert_eq!(code_of(token.check_times(&CHECKS)), Some(ErrorCode::TokenExpired));
}

#[test]
fn among_several_audiences_the_authorized_party_must_be_this_client() {
    let several = json!(["s6BhdRkqt3", "https://api.example.com"]);
    assert_eq!(fault(json!({ "aud": several })), "azp");
    assert_eq!(fault(json!({ "aud": several, "azp": "https://api.example.com" })), "azp");
    let named = json!({ "aud": several, "azp": "s6BhdRkqt3" });
    let token = check(claims_with(named), &CHECKS).expect("an ID token");
    assert_eq!(token.authorized_party.as_deref(), Some("s6BhdRkqt3"));
    assert_eq!(code_of(check(claims_with(json!({ "aud": ["s6BhdRkqt3"] })), &CHECKS)), None);
}

#[test]
fn what_was_not_asked_for_is_not_required() {
    let modest = IdTokenChecks { nonce: None, max_age: None, acr_values: None, at_hash: None, ..CHECKS };
    let least = json!({ "nonce": null, "auth_time": null, "acr": null });
    assert_eq!(code_of(check(claims_with(least), &modest)), None);
    assert_eq!(code_of(check(claims_with(json!({ "acr": 0, "at_hash": "x" })), &modest)), None);
}

#[test]
fn at_hash_is_that_of_openid_connect_core_appendix_a() {
    let digest = Sha256::digest("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
    assert_eq!(at_hash(&digest), "77QmUPtjPfzWtF2AnpK9RQ");
    assert_eq!(code_of(check(claims_with(json!({ "at_hash": at_hash(&digest) })), &CHECKS)), None);
    assert_eq!(at_hash(&[]), "");
}

#[test]
fn a_refreshed_id_token_goes_on_where_the_one_before_stood() {
    let before = id_token(claims());
    for changes in [
        json!({}),
        json!({ "iat": 1_311_284_570, "exp": 1_311_285_570, "at_hash": "x", "acr": "0" }),
        json!({ "nonce": null }),
        json!({ "auth_time": null }),
        json!({ "aud": ["s6BhdRkqt3"] }),
    ] {
        assert_eq!(check_continuity(&before, &id_token(claims_with(changes.clone()))), Ok(()), "{changes}");
        assert_eq!(check_continuity(&id_token(claims_with(changes.clone())), &before), Ok(()), "{changes}");
    }
}

#[test]
fn a_refreshed_id_token_cannot_change_what_the_session_stands_on() {
    let before = id_token(claims());
    for (name, value) in [
        ("iss", json!("https://evil.test")),
        ("aud", json!(["s6BhdRkqt3", "other"])),
        ("aud", json!("other")),
        ("azp", json!("s6BhdRkqt3")),
        ("auth_time", json!(1_311_280_970)),
        ("nonce", json!("other")),
    ] {
        let after = id_token(claims_with(json!({ name: value })));
        for error in [check_continuity(&before, &after), check_continuity(&after, &before)].map(Result::unwrap_err) {
            assert_eq!(error.code(), ErrorCode::ClaimInvalid, "{name}");
            assert!(error.message().starts_with(name), "{error}");
        }
    }
}

#[test]
fn another_user_is_told_from_every_other_change() {
    let other = claims_with(json!({ "sub": "24400321", "iss": "https://evil.test" }));
    assert_eq!(code_of(check_continuity(&id_token(claims()), &id_token(other))), Some(ErrorCode::SessionLost));
}

#[test]
fn debug_shows_nothing_of_the_user() {
    assert_eq!(format!("{:?}", id_token(claims())), "IdToken(…)");
}
