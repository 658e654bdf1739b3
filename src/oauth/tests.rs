//! What holds for every step: how bad answers are told apart, and that no error holds a secret.

use super::callback::{Callback, ValidatedCallback, process_callback};
use super::id_token::{IdToken, IdTokenChecks, check_continuity};
use super::metadata::{Metadata, process_metadata_response};
use super::{authorize, jwks, logout, revoke, token, userinfo};
use crate::encoding::form;
use crate::error::{Error, ErrorCode, Result};
use crate::http::{HttpResponse, LARGEST_BODY};
use crate::json::Json;
use crate::testing::{TestJson, TestUrl};
use crate::time::UnixTime;
use crate::url::ParseUrl;
use serde_json::json;

const CODE: &str = "SplxlOBeZQQYbYS6WxSbIA";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const ACCESS_TOKEN: &str = "2YotnFZFEjr1zCsicMWpAA";
const REFRESH_TOKEN: &str = "tGzv3JOkF0XG5Qx2TlKWIA";
const ID_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2EudGVzdCJ9.c2lnbmF0dXJlLW9mLWEtdG9rZW4";

/// A step that reads a JSON object out of an answer, and the code that it has for a 4xx.
type Step = (&'static str, fn(&HttpResponse) -> Result<()>, ErrorCode);

const STEPS: [Step; 4] = [
    (
        "metadata",
        |response| process_metadata_response::<TestJson, TestUrl>(response, "https://a.test").map(drop),
        ErrorCode::DiscoveryFailed,
    ),
    ("token", |response| token::process_token_response::<TestJson>(response).map(drop), ErrorCode::TokenRequestFailed),
    (
        "userinfo",
        |response| userinfo::process_userinfo_response::<TestJson>(response, Some("sub")).map(drop),
        ErrorCode::InvalidResponse,
    ),
    ("jwks", |response| jwks::process_jwks_response::<TestJson>(response).map(drop), ErrorCode::InvalidResponse),
];

/// A whole answer to the step of this name, which is also a good one.
fn good(name: &str) -> String {
    match name {
        "metadata" => json!({ "issuer": "https://a.test" }),
        "token" => json!({ "access_token": ACCESS_TOKEN }),
        "userinfo" => json!({ "sub": "sub" }),
        _ => json!({ "keys": [] }),
    }
    .to_string()
}

fn code_of<T>(result: Result<T>) -> Option<ErrorCode> {
    result.err().map(|error| error.code())
}

#[test]
fn an_answer_that_is_no_json_object_is_invalid() {
    for (name, process, _) in STEPS {
        let truncated = good(name).trim_end_matches('}').to_owned();
        let large = [&good(name), &*" ".repeat(2 * LARGEST_BODY)].concat();
        let cut = large.split_at(LARGEST_BODY).0;
        for body in [
            "",
            " \n",
            "<!doctype html><title>Sign in</title>",
            "OK",
            "null",
            "[]",
            "\"{}\"",
            "7",
            "{",
            &truncated,
            &large,
            cut,
        ] {
            assert_eq!(
                code_of(process(&HttpResponse::new(200, body))),
                Some(ErrorCode::InvalidResponse),
                "{name} {body:.40}"
            );
        }
    }
}

#[test]
fn an_object_without_what_was_asked_for_is_invalid() {
    for (name, process, _) in STEPS {
        for body in ["{}", r#"{"issuer":7,"access_token":7,"sub":7,"keys":{}}"#, r#"{"message":"no"}"#] {
            let expected = if name == "userinfo" { ErrorCode::ClaimInvalid } else { ErrorCode::InvalidResponse };
            assert_eq!(code_of(process(&HttpResponse::new(200, body))), Some(expected), "{name} {body}");
        }
    }
}

#[test]
fn a_wrong_content_type_does_not_matter() {
    for (name, process, _) in STEPS {
        for content_type in ["text/html", "text/plain; charset=utf-8", "application/octet-stream", ""] {
            let mut response = HttpResponse::new(200, good(name));
            response.headers.push(("content-type".into(), content_type.into()));
            assert_eq!(process(&response), Ok(()), "{name} {content_type}");
        }
    }
}

#[test]
fn a_status_without_a_body_is_told_by_its_class() {
    for (name, process, refused) in STEPS {
        for (status, code) in [
            (0, ErrorCode::InvalidResponse),
            (302, ErrorCode::InvalidResponse),
            (304, ErrorCode::InvalidResponse),
            (400, refused),
            (403, refused),
            (408, ErrorCode::ServerError),
            (429, ErrorCode::ServerError),
            (500, ErrorCode::ServerError),
            (503, ErrorCode::ServerError),
        ] {
            let error = process(&HttpResponse::new(status, "")).expect_err("no success");
            assert_eq!(error.code(), code, "{name} {status}");
            assert_eq!(error.oauth().and_then(|oauth| oauth.status), Some(status));
            assert!(error.message().contains(&status.to_string()), "{error}");
        }
    }
}

#[test]
fn an_access_token_that_is_not_good_for_userinfo_needs_a_login() {
    let response = HttpResponse::new(401, r#"{"error":"invalid_token"}"#);
    assert_eq!(
        code_of(userinfo::process_userinfo_response::<TestJson>(&response, None)),
        Some(ErrorCode::LoginRequired)
    );
}

#[test]
fn userinfo_is_about_the_user_of_the_id_token() {
    let process =
        |body: &str, subject| userinfo::process_userinfo_response::<TestJson>(&HttpResponse::new(200, body), subject);
    // OpenID Connect Core 1.0 §5.3.2
    let body = r#"{"sub":"248289761001","name":"Jane Doe","picture":null}"#;
    assert_eq!(process(body, Some("248289761001")).expect("claims").text("name").as_deref(), Some("Jane Doe"));
    assert_eq!(code_of(process(body, Some("248289761002"))), Some(ErrorCode::ClaimInvalid));
    assert_eq!(code_of(process(r#"{"sub":248289761001}"#, Some("248289761001"))), Some(ErrorCode::ClaimInvalid));
    assert_eq!(code_of(process(r#"{"login":"jane"}"#, None)), None);
}

#[test]
fn userinfo_as_a_jwt_is_not_supported() {
    let mut response = HttpResponse::new(200, ID_TOKEN);
    response.headers.push(("content-type".into(), "Application/JWT; charset=utf-8".into()));
    assert_eq!(code_of(userinfo::process_userinfo_response::<TestJson>(&response, None)), Some(ErrorCode::Unsupported));
}

#[test]
fn a_revoked_token_is_revoked_whatever_the_body_says() {
    for (status, body) in [(200, ""), (200, "OK"), (204, ""), (200, r#"{"error":"x"}"#)] {
        assert_eq!(revoke::process_revocation_response::<TestJson>(&HttpResponse::new(status, body)), Ok(()));
    }
    for (status, body, code) in [
        (503, "", ErrorCode::ServerError),
        (400, r#"{"error":"unsupported_token_type"}"#, ErrorCode::TokenRequestFailed),
        (401, "", ErrorCode::TokenRequestFailed),
        (302, "", ErrorCode::InvalidResponse),
    ] {
        let response = HttpResponse::new(status, body);
        assert_eq!(code_of(revoke::process_revocation_response::<TestJson>(&response)), Some(code), "{status}");
    }
}

#[test]
fn requests_have_exactly_what_their_specifications_say() {
    let metadata = Metadata {
        revocation_endpoint: Some("https://a.test/revoke".into()),
        userinfo_endpoint: Some("https://a.test/userinfo".into()),
        jwks_uri: Some("https://a.test/jwks".into()),
        ..Metadata::default()
    };
    // RFC 7009 §2.1, of a public client.
    let revocation =
        revoke::revocation_request(&metadata, "s6BhdRkqt3", &"45ghiukldjahdnhzdauz".into(), "refresh_token");
    let body = revocation.expect("a request").body.expect("a body");
    assert_eq!(body.expose(), "token=45ghiukldjahdnhzdauz&token_type_hint=refresh_token&client_id=s6BhdRkqt3");
    // OpenID Connect Core 1.0 §5.3.1
    let userinfo =
        userinfo::userinfo_request(&metadata, token::TokenType::Bearer, &"SlAV32hkKG".into()).expect("a request");
    assert!(userinfo.headers.contains(&("authorization".into(), "Bearer SlAV32hkKG".into())));
    assert_eq!(jwks::jwks_request(&metadata).expect("a request").url, "https://a.test/jwks");
    let none = Metadata::default();
    assert_eq!(
        code_of(revoke::revocation_request(&none, "c", &"t".into(), "access_token")),
        Some(ErrorCode::Unsupported)
    );
    assert_eq!(
        code_of(userinfo::userinfo_request(&none, token::TokenType::Bearer, &"t".into())),
        Some(ErrorCode::Unsupported)
    );
    assert_eq!(code_of(jwks::jwks_request(&none)), Some(ErrorCode::Unsupported));
}

#[test]
fn the_session_is_ended_with_what_the_client_knows() {
    let metadata = Metadata { end_session_endpoint: Some("https://a.test/end?x=y".into()), ..Metadata::default() };
    let hint = ID_TOKEN.into();
    let mut request = logout::EndSession {
        id_token_hint: Some(&hint),
        client_id: "c",
        post_logout_redirect_uri: Some("https://b.test/"),
        state: Some("s"),
    };
    let whole = [
        "https://a.test/end?x=y&id_token_hint=",
        ID_TOKEN,
        "&client_id=c&post_logout_redirect_uri=https%3A%2F%2Fb.test%2F&state=s",
    ];
    assert_eq!(logout::end_session_url(&metadata, &request), Some(whole.concat()));
    request.id_token_hint = None;
    request.post_logout_redirect_uri = None;
    assert_eq!(logout::end_session_url(&metadata, &request).as_deref(), Some("https://a.test/end?x=y&client_id=c"));
    assert_eq!(logout::end_session_url(&Metadata::default(), &request), None);
}

/// Everything that a server could say with a secret in it.
fn echoes(secret: &str) -> Vec<String> {
    let words = [
        secret.to_owned(),
        ["The code ", secret, " was used before."].concat(),
        ["'", secret, "'"].concat(),
        ["{\"code\":\"", secret, "\"}"].concat(),
        ["https://a.test/error?code=", secret, "&x=y"].concat(),
        ["https://a.test/", secret].concat(),
        ["code_verifier=", secret].concat(),
        ["Bearer ", secret, "\r\n"].concat(),
    ];
    let mut bodies = vec![
        secret.to_owned(),
        ["<p>", secret, "</p>"].concat(),
        json!([secret]).to_string(),
        json!(secret).to_string(),
    ];
    for word in words {
        for name in ["error", "error_description", "error_uri", "issuer", "token_type", "sub", "keys", "expires_in"] {
            let mut body = json!({ "error": "invalid_grant" });
            body[name] = json!(word);
            bodies.push(body.to_string());
            body["access_token"] = json!(secret);
            bodies.push(body.to_string());
        }
    }
    bodies
}

fn errors_of_answers(body: &str) -> Vec<Error> {
    let mut errors = Vec::new();
    for status in [200, 302, 400, 401, 403, 500] {
        let mut response = HttpResponse::new(status, body);
        // Metadata is asked for before there is a secret, and its error is there to name what the document says.
        let steps = STEPS.iter().filter(|(name, _, _)| *name != "metadata");
        errors.extend(steps.filter_map(|(_, process, _)| process(&response).err()));
        errors.extend(revoke::process_revocation_response::<TestJson>(&response).err());
        response.headers.push(("content-type".into(), "application/jwt".into()));
        errors.extend(userinfo::process_userinfo_response::<TestJson>(&response, None).err());
    }
    errors
}

fn errors_of_callbacks(secret: &str) -> Vec<Error> {
    let metadata = Metadata { issuer: Some("https://a.test".into()), sends_issuer: Some(true), ..Metadata::default() };
    let described = ["code ", secret, " is bad"].concat();
    [
        &[("code", secret), ("state", "other"), ("iss", "https://a.test")][..],
        &[("code", secret), ("state", "xyz")],
        &[("code", secret), ("state", "xyz"), ("iss", secret)],
        &[("code", secret), ("code", secret), ("state", "xyz")],
        &[("code", secret), ("error", secret), ("state", "xyz"), ("iss", "https://a.test")],
        &[("code", secret), ("state", secret)],
        &[
            ("error", secret),
            ("error_description", &described),
            ("error_uri", secret),
            ("state", "xyz"),
            ("iss", "https://a.test"),
        ],
        &[("error", "access_denied"), ("error_description", secret), ("iss", "https://a.test")],
        &[("code", &[secret, "\n"].concat()), ("state", "xyz"), ("iss", "https://a.test")],
    ]
    .iter()
    .map(|parameters| {
        let text = ["https://b.test/?", &form(parameters.iter().copied())].concat();
        let callback = Callback::find(&TestUrl::parse_url(&text, None).expect("a URL")).expect("a callback");
        process_callback(&callback, "xyz", &metadata).map(|_: ValidatedCallback| ()).expect_err("a bad callback")
    })
    .collect()
}

fn errors_of_claims(secret: &str) -> Vec<Error> {
    let good = json!({ "iss": "https://a.test", "sub": "u", "aud": "c", "exp": 2, "iat": 1, "nonce": "n" });
    let checks = IdTokenChecks {
        issuer: "https://a.test",
        client_id: "c",
        nonce: Some("n"),
        max_age: Some(5),
        acr_values: Some("gold"),
        at_hash: Some("h"),
        now: UnixTime(1),
        tolerance: 0,
    };
    let before = IdToken::from_claims(&TestJson(good.clone())).expect("an ID token");
    ["iss", "sub", "aud", "exp", "iat", "nonce", "azp", "acr", "at_hash", "auth_time", "nbf"]
        .iter()
        .flat_map(|name| {
            let mut claims = good.clone();
            claims[*name] = json!(secret);
            match IdToken::from_claims(&TestJson(claims)) {
                Err(error) => vec![error],
                Ok(after) => [after.check_identity(&checks).err(), check_continuity(&before, &after).err()]
                    .into_iter()
                    .flatten()
                    .collect(),
            }
        })
        .collect()
}

#[test]
fn no_error_holds_a_code_a_token_or_a_verifier() {
    for secret in [CODE, VERIFIER, ACCESS_TOKEN, REFRESH_TOKEN, ID_TOKEN] {
        let mut errors: Vec<Error> = echoes(secret).iter().flat_map(|body| errors_of_answers(body)).collect();
        errors.extend(errors_of_callbacks(secret));
        errors.extend(errors_of_claims(secret));
        let parameters = [("state".to_owned(), secret.to_owned())];
        errors.extend(authorize::check_parameters(&parameters).err());
        assert!(errors.len() > 500);
        for error in errors {
            let shown = [format!("{error:?}"), error.message()].concat();
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
