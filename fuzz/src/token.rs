//! The answers of the token endpoint (RFC 6749 §5), of revocation (RFC 7009 §2.2) and userinfo (OpenID Connect Core 1.0 §5.3),
//! and the dates in their headers (RFC 9110 §5.6.7, §10.2.3).
//!
//! The first line is the status, then come `Date` and `Retry-After`; the rest is the body.

use crate::input::{self, assert_error};
use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tessera_auth::http::{HttpResponse, LARGEST_BODY};
use tessera_auth::oauth::revoke::process_revocation_response;
use tessera_auth::oauth::token::{TokenResponse, TokenType, process_token_response};
use tessera_auth::oauth::userinfo::process_userinfo_response;
use tessera_auth::testing::TestJson;
use tessera_auth::time::{UnixTime, parse_http_date};
use tessera_auth::{Error, ErrorCode};

/// The target.
pub fn check(data: &[u8]) {
    let text = input::text(data);
    let ([status, date, retry_after], body) = input::lines(&text);
    let mut response = HttpResponse::new(status.parse().unwrap_or(200), body);
    response.headers.push(("date".to_owned(), date.to_owned()));
    response.headers.push(("retry-after".to_owned(), retry_after.to_owned()));
    check_dates(&response, date, retry_after);

    let json: Option<Value> = serde_json::from_str(body).ok();
    check_token(&response, json.as_ref());
    check_revocation(&response);
    check_userinfo(&response, json.as_ref());
}

fn check_token(response: &HttpResponse, json: Option<&Value>) {
    match process_token_response::<TestJson>(response) {
        Ok(granted) => {
            assert!(response.is_success());
            check_granted(&granted, json.expect("JSON"));
        }
        Err(error) => check_refused(&error, response, json),
    }
}

/// RFC 6749 §5.1
fn check_granted(granted: &TokenResponse, json: &Value) {
    assert!(json.is_object());
    let text = |name: &str| json[name].as_str().filter(|text| !text.is_empty());
    let token = granted.access_token.expose();
    assert_eq!(Some(token), text("access_token"));
    assert!(token.bytes().all(|byte| (0x20..=0x7e).contains(&byte)), "no header can carry it");
    assert_eq!(granted.refresh_token.as_ref().map(|token| token.expose()), text("refresh_token"));
    assert_eq!(granted.id_token.as_ref().map(|token| token.expose()), text("id_token"));
    let name = text("token_type").unwrap_or("bearer").to_lowercase();
    assert_eq!(granted.token_type == TokenType::Bearer, name == "bearer");
    assert_eq!(granted.token_type == TokenType::DPoP, name == "dpop");
    assert_eq!(granted.require_type(TokenType::Bearer).is_ok(), name == "bearer");
    let seconds = json["expires_in"].as_f64().or_else(|| serde_json::from_str(json["expires_in"].as_str()?).ok());
    match granted.expires_in {
        Some(lifetime) => {
            assert_eq!(f64::from(lifetime), seconds.expect("a number").floor().min(f64::from(u32::MAX)));
            assert!(lifetime >= 1);
        }
        None => assert!(seconds.is_none_or(|seconds| seconds < 1.0), "{json}"),
    }
    if let Some(scope) = text("scope") {
        assert_eq!(granted.scope.as_deref(), Some(scope));
    }
    assert_ne!(granted.scope.as_deref(), Some(""));
}

/// RFC 6749 §5.2: what a client does next depends on the code, so it must be the one that the answer deserves.
fn check_refused(error: &Error, response: &HttpResponse, json: Option<&Value>) {
    assert_error(
        error,
        &[
            ErrorCode::InvalidGrant,
            ErrorCode::InvalidResponse,
            ErrorCode::ServerError,
            ErrorCode::TokenRequestFailed,
            ErrorCode::Unsupported,
        ],
    );
    let said = json.map_or("", |json| json["error"].as_str().unwrap_or_default());
    match error.code() {
        // The one that ends a session: never without the server's own word.
        ErrorCode::InvalidGrant => assert!(said == "invalid_grant" && response.body.expose().len() < LARGEST_BODY),
        ErrorCode::ServerError => {
            assert!(error.is_retryable());
            let is_word = ["server_error", "temporarily_unavailable"].contains(&said);
            assert!(is_word || matches!(response.status, 408 | 429 | 500..), "{}", response.status);
        }
        ErrorCode::Unsupported => assert!(response.is_success()),
        _ => assert!(!response.is_transient(), "{}", response.status),
    }
    if response.is_transient() {
        assert_eq!(error.code(), ErrorCode::ServerError);
        assert_eq!(error.retry_after(), response.retry_after());
    }
    if let Some(oauth) = error.oauth() {
        let texts = [Some(&oauth.error), oauth.description.as_ref(), oauth.uri.as_ref()];
        assert!(texts.into_iter().flatten().all(|text| text.chars().count() <= 400));
        assert!(texts.into_iter().flatten().all(|text| !text.chars().any(char::is_control)));
    }
}

/// RFC 7009 §2.2
fn check_revocation(response: &HttpResponse) {
    match process_revocation_response::<TestJson>(response) {
        Ok(()) => assert!(response.is_success()),
        Err(error) => {
            assert!(!response.is_success());
            let codes = [ErrorCode::InvalidResponse, ErrorCode::ServerError, ErrorCode::TokenRequestFailed];
            assert_error(&error, &codes);
        }
    }
}

/// OpenID Connect Core 1.0 §5.3.2: claims about somebody else are not used.
fn check_userinfo(response: &HttpResponse, json: Option<&Value>) {
    match process_userinfo_response::<TestJson>(response, Some("alice")) {
        Ok(claims) => {
            assert_eq!(Some(&claims.0), json);
            assert!(response.is_success() && claims.0["sub"] == "alice");
        }
        Err(error) => {
            let codes =
                [ErrorCode::ClaimInvalid, ErrorCode::InvalidResponse, ErrorCode::LoginRequired, ErrorCode::ServerError];
            assert_error(&error, &codes);
        }
    }
}

fn check_dates(response: &HttpResponse, date: &str, retry_after: &str) {
    assert_eq!(response.date(), parse_http_date(date));
    if let Some(time) = response.date() {
        assert!(is_imf_fixdate(date, time), "{date}: {time:?}");
    }
    if let Ok(time) = httpdate::parse_http_date(date)
        && let Ok(since) = time.duration_since(UNIX_EPOCH)
    {
        let written = httpdate::fmt_http_date(time);
        assert_eq!(parse_http_date(&written).map(|time| time.0), i64::try_from(since.as_secs()).ok(), "{written}");
    }
    if !retry_after.is_empty() && retry_after.bytes().all(|byte| byte.is_ascii_digit()) {
        assert_eq!(response.retry_after(), retry_after.parse().ok());
    }
    if let (Some(until), Some(since), Some(wait)) =
        (parse_http_date(retry_after.trim()), response.date(), response.retry_after())
    {
        assert_eq!(i64::from(wait), until.seconds_since(since).max(0));
    }
}

/// Whether a date is written exactly as another implementation writes that time, whatever day of the week it is said to be, and
/// but for the leap second, which that one does not know.
fn is_imf_fixdate(text: &str, time: UnixTime) -> bool {
    let is_leap_second = text.contains(":60 ");
    let seconds = u64::try_from(time.0).expect("no date before 1970") - u64::from(is_leap_second);
    let written = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    let text = if is_leap_second { text.replace(":60 ", ":59 ") } else { text.to_owned() };
    text.split_once(", ").map(|(_, date)| date) == written.split_once(", ").map(|(_, date)| date)
}
