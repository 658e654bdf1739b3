use super::super::callback::{Callback, process_callback};
use super::*;
use crate::encoding::parse_form;
use crate::http::Method;
use crate::testing::{TestJson, TestUrl};
use crate::url::ParseUrl;
use serde_json::{Value, json};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn metadata() -> Metadata {
    Metadata { token_endpoint: Some("https://server.example.com/token".into()), ..Metadata::default() }
}

fn sent(request: &HttpRequest) -> Vec<(String, String)> {
    parse_form(request.body.as_ref().expect("a body").expose())
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn process(status: u16, body: &str) -> Result<TokenResponse> {
    process_token_response::<TestJson>(&HttpResponse::new(status, body))
}

/// The example of RFC 6749 §5.1 with some members changed; `null` takes one out.
fn granted_with(changes: Value) -> Result<TokenResponse> {
    let mut answer = json!({
        "access_token": "2YotnFZFEjr1zCsicMWpAA",
        "token_type": "example",
        "expires_in": 3600,
        "refresh_token": "tGzv3JOkF0XG5Qx2TlKWIA",
        "example_parameter": "example_value",
    });
    answer["token_type"] = json!("Bearer");
    for (name, value) in changes.as_object().expect("an object") {
        answer[name] = value.clone();
    }
    process(200, &answer.to_string())
}

#[test]
fn the_code_is_redeemed_as_in_rfc_6749_section_4_1_3_with_the_verifier_and_without_a_secret() {
    let url =
        TestUrl::parse_url("https://client.example.com/cb?code=SplxlOBeZQQYbYS6WxSbIA&state=xyz", None).expect("a URL");
    let callback =
        Callback::find(&url).and_then(|callback| process_callback(&callback, "xyz", &metadata()).ok()).expect("valid");
    let verifier = Verifier::from_stored(VERIFIER.into()).expect("a verifier");
    let redirect_uri = "https://client.example.com/cb";
    let request = code_request(&metadata(), "s6BhdRkqt3", redirect_uri, &callback, &verifier, None).expect("a request");
    assert_eq!((request.method, request.url.as_str()), (Method::Post, "https://server.example.com/token"));
    assert!(request.headers.contains(&("content-type".into(), "application/x-www-form-urlencoded".into())));
    assert_eq!(
        sent(&request),
        pairs(&[
            ("grant_type", "authorization_code"),
            ("code", "SplxlOBeZQQYbYS6WxSbIA"),
            ("redirect_uri", redirect_uri),
            ("code_verifier", VERIFIER),
            ("client_id", "s6BhdRkqt3"),
        ])
    );
    let audience = Some("https://api.example.com");
    let request =
        code_request(&metadata(), "s6BhdRkqt3", redirect_uri, &callback, &verifier, audience).expect("a request");
    assert_eq!(sent(&request).last(), pairs(&[("resource", "https://api.example.com")]).first());
    let error = code_request(&Metadata::default(), "c", "u", &callback, &verifier, None).expect_err("no endpoint");
    assert_eq!(error.code(), ErrorCode::DiscoveryFailed);
}

#[test]
fn a_token_is_refreshed_as_in_rfc_6749_section_6() {
    let refresh_token = "tGzv3JOkF0XG5Qx2TlKWIA".into();
    let request = refresh_request(&metadata(), "s6BhdRkqt3", &refresh_token, None, None).expect("a request");
    let least = pairs(&[
        ("grant_type", "refresh_token"),
        ("refresh_token", "tGzv3JOkF0XG5Qx2TlKWIA"),
        ("client_id", "s6BhdRkqt3"),
    ]);
    assert_eq!(sent(&request), least);
    let request = refresh_request(&metadata(), "s6BhdRkqt3", &refresh_token, Some("https://a.test"), Some("read"));
    let most = [least, pairs(&[("resource", "https://a.test"), ("scope", "read")])].concat();
    assert_eq!(sent(&request.expect("a request")), most);
}

#[test]
fn the_grant_of_rfc_6749_section_5_1_is_read() {
    let expected = TokenResponse {
        access_token: "2YotnFZFEjr1zCsicMWpAA".into(),
        token_type: TokenType::Bearer,
        expires_in: Some(3600),
        refresh_token: Some("tGzv3JOkF0XG5Qx2TlKWIA".into()),
        id_token: None,
        scope: None,
        authorization_details: None,
    };
    assert_eq!(granted_with(json!({})), Ok(expected));
}

#[test]
fn what_a_server_need_not_say_may_be_missing() {
    let least =
        granted_with(json!({ "token_type": null, "expires_in": null, "refresh_token": null })).expect("a grant");
    let expected = TokenResponse {
        access_token: "2YotnFZFEjr1zCsicMWpAA".into(),
        token_type: TokenType::Bearer,
        expires_in: None,
        refresh_token: None,
        id_token: None,
        scope: None,
        authorization_details: None,
    };
    assert_eq!(least, expected);
    let empty = json!({ "token_type": "", "expires_in": "", "refresh_token": "", "id_token": "", "scope": "" });
    assert_eq!(granted_with(empty), Ok(expected.clone()));
    let mistyped = json!({ "token_type": 1, "expires_in": {}, "refresh_token": true, "id_token": [], "scope": [] });
    assert_eq!(granted_with(mistyped), Ok(expected));
}

#[test]
fn a_token_type_is_known_in_upper_and_lower_case() {
    for (name, token_type) in [("bearer", TokenType::Bearer), ("BEARER", TokenType::Bearer), ("dpop", TokenType::DPoP)]
    {
        assert_eq!(
            granted_with(json!({ "token_type": name })).map(|granted| granted.token_type),
            Ok(token_type),
            "{name}"
        );
    }
    for name in ["mac", "example", "Bearer "] {
        assert_eq!(granted_with(json!({ "token_type": name })).expect_err(name).code(), ErrorCode::Unsupported);
    }
}

#[test]
fn a_lifetime_is_a_number_or_the_text_of_one_and_nonsense_is_not_said() {
    for (value, expected) in [
        (json!(3600), Some(3600)),
        (json!(3599.9), Some(3599)),
        (json!("3600"), Some(3600)),
        (json!(" 3600 "), Some(3600)),
        (json!("3599.9"), Some(3599)),
        (json!(1), Some(1)),
        (json!(1e300), Some(u32::MAX)),
        (json!("9223372036854775807"), Some(u32::MAX)),
        (json!(0), None),
        (json!(0.5), None),
        (json!(-1), None),
        (json!("-1"), None),
        (json!("NaN"), None),
        (json!("inf"), None),
        (json!("an hour"), None),
        (json!(true), None),
        (json!([3600]), None),
    ] {
        assert_eq!(granted_with(json!({ "expires_in": value })).expect("a grant").expires_in, expected, "{value}");
    }
}

#[test]
fn a_scope_may_be_an_array_of_its_names() {
    for (value, scope) in
        [(json!("a b"), Some("a b")), (json!(["a", "b"]), Some("a b")), (json!([]), None), (json!(7), None)]
    {
        assert_eq!(granted_with(json!({ "scope": value })).expect("a grant").scope.as_deref(), scope, "{value}");
    }
}

#[test]
fn a_grant_without_an_access_token_is_none() {
    for token in [json!(null), json!(""), json!(7), json!(["a"]), json!({}), json!("a\nb"), json!("a\u{e4}")] {
        let error = granted_with(json!({ "access_token": token })).expect_err("no token");
        assert_eq!(error.code(), ErrorCode::InvalidResponse, "{token}");
        assert_eq!(error.oauth(), None);
    }
}

#[test]
fn the_refusal_of_rfc_6749_section_5_2_carries_what_the_server_said() {
    let error = process(400, r#"{"error":"invalid_request"}"#).expect_err("refused");
    assert_eq!(error.code(), ErrorCode::TokenRequestFailed);
    let oauth = error.oauth().expect("what the server said");
    assert_eq!((oauth.error.as_str(), oauth.status), ("invalid_request", Some(400)));
    let body = r#"{"error":"invalid_grant","error_description":"Token is not active","error_uri":"https://a.test/e"}"#;
    let error = process(400, body).expect_err("refused");
    let oauth = error.oauth().expect("what the server said");
    assert_eq!(
        (oauth.description.as_deref(), oauth.uri.as_deref()),
        (Some("Token is not active"), Some("https://a.test/e"))
    );
}

#[test]
fn the_reason_of_a_refusal_counts_and_not_its_status() {
    for status in [200, 400, 401, 403, 404, 422] {
        for (error, code) in [
            ("invalid_grant", ErrorCode::InvalidGrant),
            ("interaction_required", ErrorCode::TokenRequestFailed),
            ("invalid_client", ErrorCode::TokenRequestFailed),
            ("unauthorized_client", ErrorCode::TokenRequestFailed),
            ("code_of_nobody", ErrorCode::TokenRequestFailed),
            ("temporarily_unavailable", ErrorCode::ServerError),
        ] {
            let refusal = process(status, &json!({ "error": error }).to_string()).expect_err(error);
            assert_eq!(refusal.code(), code, "{status} {error}");
            assert_eq!(refusal.oauth().map(|oauth| oauth.error.as_str()), Some(error));
        }
    }
}

#[test]
fn a_refusal_without_a_reason_can_be_told_from_one_with_a_reason() {
    for status in [400, 401, 403] {
        for body in ["", "{}", "[]", "null", r#"{"error":""}"#, r#"{"error":{"code":400}}"#] {
            let error = process(status, body).expect_err("refused");
            assert_eq!(error.code(), ErrorCode::TokenRequestFailed, "{status} {body}");
            let oauth = error.oauth().expect("at least a status");
            assert_eq!((oauth.error.as_str(), oauth.status), ("", Some(status)), "{status} {body}");
        }
    }
}

#[test]
fn what_something_in_between_answers_is_no_refusal() {
    for (status, body) in [
        (400, "Bad Request"),
        (403, "<!doctype html><p>invalid_grant"),
        (404, ""),
        (404, "Not Found"),
        (405, ""),
        (410, ""),
    ] {
        let error = process(status, body).expect_err("refused");
        assert_eq!(error.code(), ErrorCode::InvalidResponse, "{status} {body}");
    }
}

#[test]
fn a_server_that_fails_for_now_has_refused_nothing() {
    for status in [408, 429, 500, 502, 503, 504, 599] {
        for body in ["", "<h1>Bad gateway</h1>", r#"{"error":"invalid_grant"}"#] {
            let mut response = HttpResponse::new(status, body);
            response.headers.push(("retry-after".into(), "7".into()));
            let error = process_token_response::<TestJson>(&response).expect_err("a failure");
            assert_eq!(
                (error.code(), error.retry_after(), error.is_retryable()),
                (ErrorCode::ServerError, Some(7), true)
            );
        }
    }
}
