use super::*;
use crate::oauth::authorize::{AuthorizationRequest, authorization_parameters};
use crate::testing::TestJson;

const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c";

fn metadata() -> Metadata {
    Metadata {
        authorization_endpoint: Some("https://as.example.com/authorize".to_owned()),
        pushed_authorization_request_endpoint: Some("https://as.example.com/as/par".to_owned()),
        ..Metadata::default()
    }
}

/// RFC 9126 §2.1, as a public client sends it.
#[test]
fn the_parameters_are_in_the_body() {
    let request = AuthorizationRequest {
        client_id: "s6BhdRkqt3",
        redirect_uri: "https://client.example.org/cb",
        scope: "account-information",
        state: "af0ifjsldkj",
        nonce: None,
        code_challenge: "K2-ltc83acc4h0c9w6ESC_rEMTJ3bww-uCHaoeK1t8U",
        resources: &["https://a.example.com", "https://b.example.com"],
        authorization_details: Some(r#"[{"type":"payment"}]"#),
        dpop_jkt: Some("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"),
        prompt: None,
        login_hint: None,
        acr_values: None,
        ui_locales: None,
        max_age: None,
        parameters: &[],
    };
    let parameters = authorization_parameters(&request).expect("parameters");
    let request = par_request(&metadata(), parameters).expect("a request");
    assert_eq!(request.url, "https://as.example.com/as/par");
    assert_eq!(
        request.body.as_ref().map(crate::secret::Secret::expose),
        Some(
            "response_type=code&client_id=s6BhdRkqt3&redirect_uri=https%3A%2F%2Fclient.example.org%2Fcb\
             &scope=account-information&state=af0ifjsldkj\
             &code_challenge=K2-ltc83acc4h0c9w6ESC_rEMTJ3bww-uCHaoeK1t8U&code_challenge_method=S256\
             &resource=https%3A%2F%2Fa.example.com&resource=https%3A%2F%2Fb.example.com\
             &authorization_details=%5B%7B%22type%22%3A%22payment%22%7D%5D\
             &dpop_jkt=0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
        )
    );
}

/// RFC 9126 §2.2 and §4
#[test]
fn the_address_has_the_reference_and_nothing_else() {
    let body = format!(r#"{{"request_uri":"{REQUEST_URI}","expires_in":60}}"#);
    let request_uri = process_par_response::<TestJson>(&HttpResponse::new(201, body)).expect("a reference");
    assert_eq!(
        pushed_url(&metadata(), "s6BhdRkqt3", &request_uri).expect("a URL"),
        "https://as.example.com/authorize?client_id=s6BhdRkqt3\
         &request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A6esc_11ACC5bwc014ltc14eY22c"
    );
}

/// RFC 9126 §2.3
#[test]
fn a_refusal_is_told_in_the_servers_words() {
    let body =
        r#"{"error":"invalid_request","error_description":"The redirect_uri is not valid for the given client"}"#;
    let error = process_par_response::<TestJson>(&HttpResponse::new(400, body)).expect_err("a refusal");
    assert_eq!(error.code(), ErrorCode::AuthorizationFailed);
    let said = error.oauth().expect("words");
    assert_eq!((said.error.as_str(), said.status), ("invalid_request", Some(400)));
    for (status, body, code) in [
        (503, "", ErrorCode::ServerError),
        (429, "", ErrorCode::ServerError),
        (413, "", ErrorCode::AuthorizationFailed),
        (201, "{}", ErrorCode::InvalidResponse),
        (201, r#"{"request_uri":""}"#, ErrorCode::InvalidResponse),
        (200, "<html>", ErrorCode::InvalidResponse),
    ] {
        let error = process_par_response::<TestJson>(&HttpResponse::new(status, body)).expect_err(body);
        assert_eq!(error.code(), code, "{status} {body}");
    }
}

#[test]
fn a_server_without_the_endpoint_is_not_asked() {
    let error = par_request(&Metadata::default(), Form::new()).expect_err("no endpoint");
    assert_eq!(error.code(), ErrorCode::Unsupported);
}
