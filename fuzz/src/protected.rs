//! What an API says about itself: its metadata, and the challenge that says where that is (RFC 9728).
//!
//! The first line is the resource, the second the challenge, the third the status; the rest is the answer of the metadata URL.

use crate::input::{self, assert_error_of_public_input};
use crate::view::{Ada, PARSERS, is_secure};
use serde_json::Value;
use tessera_auth::ErrorCode;
use tessera_auth::http::{HttpResponse, LARGEST_BODY};
use tessera_auth::oauth::resource_metadata::{find_hint, process_resource_metadata_response, resource_metadata_url};
use tessera_auth::testing::{TestJson, TestUrl};
use tessera_auth::url::{ParseUrl, Resource};

/// The target.
pub fn check(data: &[u8]) {
    let text = input::text(data);
    let ([resource, challenge, status], body) = input::lines(&text);
    check_metadata(&HttpResponse::new(status.parse().unwrap_or(200), body), resource);
    check_addresses::<TestUrl>(resource, challenge);
    check_addresses::<Ada>(resource, challenge);
}

fn check_metadata(response: &HttpResponse, resource: &str) {
    let body = response.body.expose();
    match process_resource_metadata_response::<TestJson>(response, resource) {
        Ok(metadata) => {
            assert!(response.is_success() && body.len() < LARGEST_BODY);
            let json: Value = serde_json::from_str(body).expect("JSON");
            // §3.3
            assert!(json["resource"].as_str().unwrap_or_default() == resource && metadata.resource == resource);
            let strings = |name: &str| -> Vec<&str> {
                json[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
            };
            assert_eq!(metadata.authorization_servers, strings("authorization_servers"));
            assert!(!metadata.authorization_servers.is_empty());
            assert_eq!(metadata.scopes.unwrap_or_default(), strings("scopes_supported").join(" "));
            if json["bearer_methods_supported"].is_array() {
                assert!(strings("bearer_methods_supported").contains(&"header"));
            }
        }
        Err(error) => {
            let codes = [
                ErrorCode::DiscoveryFailed,
                ErrorCode::InvalidResponse,
                ErrorCode::ResourceMismatch,
                ErrorCode::ServerError,
                ErrorCode::Unsupported,
            ];
            assert_error_of_public_input(&error, &codes);
        }
    }
}

/// Nothing is fetched but from the API's own origin.
fn check_addresses<U: ParseUrl>(resource: &str, challenge: &str) {
    let Some(url) = U::parse_url(resource, None) else { return };
    // As the client takes the option.
    if Resource::new(url.clone(), "resource").is_err() {
        return;
    }
    let mut addresses = vec![resource_metadata_url(&url)];
    assert!(addresses.iter().all(|address| address.contains("/.well-known/oauth-protected-resource")));
    match find_hint::<U>(challenge, &url) {
        Ok(hint) => {
            assert!(hint.scope.is_none_or(|scope| challenge.len() > scope.len()));
            addresses.extend(hint.metadata_url);
        }
        Err(error) => assert_error_of_public_input(&error, &[ErrorCode::DiscoveryFailed]),
    }
    for address in addresses {
        let own = U::parse_url(&address, None).unwrap_or_else(|| panic!("no URL: {address}"));
        // Another parser need not know a host name that this one knows.
        for seen in PARSERS.into_iter().filter_map(|parse| parse(&address, None)).chain([own]) {
            assert_eq!(seen.origin, url.origin, "{address}");
            assert!(is_secure(&seen) && !seen.has_credentials, "{address}");
        }
    }
}
