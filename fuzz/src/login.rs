//! The answers of a first party: a login, a refresh, the session behind a cookie.
//!
//! The first lines are the status, the path of the access token in the answer, and the cookie; the rest is the body.

use crate::input::{self, SECRET, assert_error};
use serde_json::Value;
use tessera_auth::credential::cookie::{csrf_value, process_cookie_refresh_response, process_session_response};
use tessera_auth::credential::login::{
    Fields, Tokens, process_bare_login_response, process_login_response, process_logout_response,
    process_refresh_response,
};
use tessera_auth::http::{HttpResponse, LARGEST_BODY};
use tessera_auth::secret::Secret;
use tessera_auth::testing::TestJson;
use tessera_auth::{Error, ErrorCode};

/// The target.
pub fn check(data: &[u8]) {
    let text = input::text(data);
    let ([status, path, cookie], body) = input::lines(&text);
    let response = HttpResponse::new(status.parse().unwrap_or(200), body);
    let mut fields = Fields::default();
    // The name is the application's: it holds no secret, and is in errors as it is.
    if !path.is_empty() && !path.contains(SECRET) && !path.chars().any(char::is_control) {
        path.clone_into(&mut fields.access_token);
    }
    let sent = [("password".to_owned(), Secret::from(SECRET))];
    let json: Option<Value> = serde_json::from_str(body).ok();
    let refused = |error: &Error, code| check_refused(error, &response, code);

    match process_login_response::<TestJson>(&response, &fields, &sent) {
        Ok(tokens) => check_granted(&tokens, &response, json.as_ref(), &fields),
        Err(error) => refused(&error, ErrorCode::AccessDenied),
    }
    match process_refresh_response::<TestJson>(&response, &fields, &Secret::from(SECRET)) {
        Ok(tokens) => check_granted(&tokens, &response, json.as_ref(), &fields),
        Err(error) => refused(&error, ErrorCode::InvalidGrant),
    }
    match process_bare_login_response::<TestJson>(&response, &sent) {
        Ok(()) => assert!(response.is_success()),
        Err(error) => refused(&error, ErrorCode::AccessDenied),
    }
    match process_cookie_refresh_response::<TestJson>(&response) {
        Ok(lifetime) => assert!(response.is_success() && lifetime != Some(0)),
        Err(error) => refused_in_public(&error, &response, ErrorCode::InvalidGrant),
    }
    match process_logout_response::<TestJson>(&response) {
        Ok(()) => assert!(!response.is_transient()),
        Err(error) => refused_in_public(&error, &response, ErrorCode::InvalidResponse),
    }
    match process_session_response::<TestJson>(&response) {
        Ok(None) => assert!(matches!(response.status, 401 | 403)),
        Ok(Some(user)) => {
            assert!(response.is_success());
            let json = json.as_ref().expect("JSON");
            assert_eq!(serde_json::from_str::<Value>(&user.json).ok().as_ref(), Some(json));
            if let Some(subject) = json["sub"].as_str() {
                assert_eq!(user.subject.as_deref(), Some(subject));
            }
        }
        Err(error) => refused_in_public(&error, &response, ErrorCode::InvalidResponse),
    }
    assert!(csrf_value(&Secret::from(cookie)).expose().len() <= cookie.len().max(1) * 3);
}

fn check_granted(tokens: &Tokens, response: &HttpResponse, json: Option<&Value>, fields: &Fields) {
    assert!(response.is_success() && response.body.expose().len() < LARGEST_BODY);
    let json = json.expect("JSON");
    let found = fields.access_token.split('.').try_fold(json, |json, name| json.get(name));
    let token = tokens.access_token.expose();
    assert_eq!(found.and_then(Value::as_str), Some(token));
    assert!(!token.is_empty() && token.bytes().all(|byte| (0x20..=0x7e).contains(&byte)), "no header can carry it");
    let refresh_token = json["refresh_token"].as_str().filter(|token| !token.is_empty());
    assert_eq!(tokens.refresh_token.as_ref().map(|token| token.expose()), refresh_token);
    assert_ne!(tokens.expires_in, Some(0));
    // What nobody can take apart says nothing.
    assert!(tokens.claims.is_none() || token.split('.').count() == 3);
}

/// The code that ends a session, or says that a password is wrong, is for answers that say so.
fn check_refused(error: &Error, response: &HttpResponse, refusal: ErrorCode) {
    assert_error(error, &[refusal, ErrorCode::InvalidResponse, ErrorCode::ServerError]);
    check_code(error, response, refusal);
}

/// The same where the request had no secret, so that none is looked for.
fn refused_in_public(error: &Error, response: &HttpResponse, refusal: ErrorCode) {
    input::assert_error_of_public_input(error, &[refusal, ErrorCode::InvalidResponse, ErrorCode::ServerError]);
    check_code(error, response, refusal);
}

fn check_code(error: &Error, response: &HttpResponse, refusal: ErrorCode) {
    assert_eq!(error.code() == ErrorCode::ServerError, response.is_transient() && !response.is_success());
    if error.code() == refusal && refusal != ErrorCode::InvalidResponse {
        assert!(matches!(response.status, 400 | 401 | 403 | 422), "{}", response.status);
    }
}
