use super::*;
use crate::testing::TestJson;
use serde_json::{Value, json};

fn read(body: &Value) -> Result<Registered> {
    process_registration_response::<TestJson>(&HttpResponse::new(201, body.to_string()))
}

#[test]
fn says_what_the_protocol_needs_and_what_the_application_wants() {
    let members = [
        ("client_name".to_owned(), Member::Text("A \"quoted\" näme\u{1}\n".to_owned())),
        ("contacts".to_owned(), Member::Texts(vec!["a@app.test".to_owned(), "b@app.test".to_owned()])),
        ("empty".to_owned(), Member::Texts(Vec::new())),
    ];
    let client = ClientMetadata {
        redirect_uri: "https://app.test/cb",
        post_logout_redirect_uri: Some("https://app.test/bye"),
        scope: "mcp:tools openid",
        is_bound: true,
        members: &members,
    };
    let said: Value = serde_json::from_str(&client.to_json()).expect("JSON");
    let expected = json!({
        "redirect_uris": ["https://app.test/cb"],
        "post_logout_redirect_uris": ["https://app.test/bye"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": "mcp:tools openid",
        "dpop_bound_access_tokens": true,
        "client_name": "A \"quoted\" näme\u{1}\n",
        "contacts": ["a@app.test", "b@app.test"],
        "empty": [],
    });
    assert_eq!(said, expected);
    let bare = ClientMetadata { post_logout_redirect_uri: None, scope: "", is_bound: false, members: &[], ..client };
    let said: Value = serde_json::from_str(&bare.to_json()).expect("JSON");
    assert_eq!(said.as_object().expect("an object").len(), 4);
}

#[test]
fn what_the_client_depends_on_is_not_the_applications_to_say() {
    assert_eq!(check_members(&[("client_name".into(), Member::Text("App".into()))]), Ok(()));
    for name in ["redirect_uris", "token_endpoint_auth_method", "grant_types", "client_secret", "scope"] {
        let error = check_members(&[(name.into(), Member::Text("x".into()))]).expect_err("a refusal");
        assert_eq!(error.code(), ErrorCode::InvalidOption);
        assert!(error.message().contains(name));
    }
}

#[test]
fn the_request_goes_to_the_registration_endpoint() {
    let endpoint = Some("https://as.test/reg".to_owned());
    let metadata = Metadata { registration_endpoint: endpoint, ..Metadata::default() };
    let request = registration_request(&metadata, "{}").expect("a request");
    assert_eq!(request.url, "https://as.test/reg");
    assert!(request.headers.iter().any(|(name, value)| name == "content-type" && value.expose() == "application/json"));
    let error = registration_request(&Metadata::default(), "{}").expect_err("no endpoint");
    assert_eq!(error.code(), ErrorCode::Unsupported);
}

#[test]
fn leaves_the_servers_secrets_behind() {
    let plain = json!({ "client_id": "s6BhdRkqt3", "token_endpoint_auth_method": "none" });
    assert_eq!(read(&plain), Ok(Registered { client_id: "s6BhdRkqt3".into(), has_secrets: false }));
    assert_eq!(read(&json!({ "client_id": "a" })), Ok(Registered { client_id: "a".into(), has_secrets: false }));
    for name in ["client_secret", "registration_access_token"] {
        let body = json!({ "client_id": "a", "token_endpoint_auth_method": "none", name: "hush-hush" });
        let registered = read(&body).expect("a registration");
        assert!(registered.has_secrets && !format!("{registered:?}").contains("hush"));
    }
}

#[test]
fn rejects_a_client_that_must_show_a_secret() {
    for body in [
        json!({ "client_id": "a", "client_secret": "hush-hush" }),
        json!({ "client_id": "a", "client_secret": "hush-hush", "token_endpoint_auth_method": "client_secret_basic" }),
        json!({ "client_id": "a", "token_endpoint_auth_method": "private_key_jwt" }),
    ] {
        let error = read(&body).expect_err("a refusal");
        assert_eq!(error.code(), ErrorCode::RegistrationFailed);
        assert!(!format!("{error:?}").contains("hush"));
    }
}

#[test]
fn rejects_an_answer_that_names_no_client() {
    for body in
        [json!({}), json!({ "client_id": "" }), json!({ "client_id": 7 }), json!({ "client_id": "x".repeat(3_000) })]
    {
        assert_eq!(read(&body).expect_err("no client").code(), ErrorCode::InvalidResponse);
    }
    let said = r#"{"error":"invalid_redirect_uri","error_description":"not there"}"#;
    for (status, body, code) in [
        (400, said, ErrorCode::RegistrationFailed),
        (403, "", ErrorCode::RegistrationFailed),
        (200, "<html>", ErrorCode::InvalidResponse),
        (503, "", ErrorCode::ServerError),
    ] {
        let error = process_registration_response::<TestJson>(&HttpResponse::new(status, body)).expect_err("refused");
        assert_eq!(error.code(), code);
        if body == said {
            assert_eq!(error.oauth().map(|said| said.error.as_str()), Some("invalid_redirect_uri"));
        }
    }
}
