//! A client's registration: what it says, and what the server answers (RFC 7591).
//!
//! The first lines are the status, a redirect URI, a scope, and the name and the value of a member; the rest is the answer.

use crate::input::{self, assert_error};
use serde_json::Value;
use tessera_auth::ErrorCode;
use tessera_auth::http::{HttpResponse, LARGEST_BODY};
use tessera_auth::oauth::register::{ClientMetadata, Member, check_members, process_registration_response};
use tessera_auth::testing::TestJson;

/// The target.
pub fn check(data: &[u8]) {
    let text = input::text(data);
    let ([status, redirect_uri, scope, name, value], body) = input::lines(&text);
    check_request(redirect_uri, scope, name, value);
    check_answer(&HttpResponse::new(status.parse().unwrap_or(201), body));
}

/// Whatever is said, JSON says it, and the application changes nothing that the client depends on.
fn check_request(redirect_uri: &str, scope: &str, name: &str, value: &str) {
    let values: Vec<String> = value.split(' ').map(str::to_owned).collect();
    for member in [Member::Text(value.to_owned()), Member::Texts(values.clone())] {
        let expected = match &member {
            Member::Text(text) => Value::from(text.as_str()),
            Member::Texts(texts) => Value::from(texts.clone()),
        };
        let members = [(name.to_owned(), member)];
        if check_members(&members).is_err() {
            return;
        }
        let client =
            ClientMetadata { redirect_uri, post_logout_redirect_uri: None, scope, is_bound: false, members: &members };
        let json: Value = serde_json::from_str(&client.to_json()).expect("JSON");
        assert_eq!(json["redirect_uris"], serde_json::json!([redirect_uri]));
        assert_eq!(json["token_endpoint_auth_method"], "none");
        assert_eq!(json["response_types"], serde_json::json!(["code"]));
        assert_eq!(json["scope"].as_str().unwrap_or_default(), scope);
        assert_eq!(json[name], expected);
    }
}

/// Nothing that is a secret comes out of it, and no client that must show one.
fn check_answer(response: &HttpResponse) {
    let body = response.body.expose();
    match process_registration_response::<TestJson>(response) {
        Ok(registered) => {
            assert!(response.is_success() && body.len() < LARGEST_BODY);
            let json: Value = serde_json::from_str(body).expect("JSON");
            assert_eq!(json["client_id"], registered.client_id.as_str());
            assert!(!registered.client_id.is_empty());
            let has = |name: &str| !json[name].is_null();
            assert_eq!(registered.has_secrets, has("client_secret") || has("registration_access_token"));
            match json["token_endpoint_auth_method"].as_str() {
                Some(method) => assert_eq!(method, "none"),
                None => assert!(!has("client_secret")),
            }
        }
        Err(error) => {
            let codes = [ErrorCode::InvalidResponse, ErrorCode::RegistrationFailed, ErrorCode::ServerError];
            assert_error(&error, &codes);
            assert_eq!(response.is_transient(), error.code() == ErrorCode::ServerError);
        }
    }
}
