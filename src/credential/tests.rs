use super::body::{Encoding, json_object};
use super::cookie::{csrf_value, is_unsafe, process_session_response};
use super::key::{check_header, check_key};
use super::login::{
    Fields, RefreshWith, login_request, logout_request, process_login_response, process_logout_response,
    process_refresh_response, refresh_request,
};
use crate::encoding::base64url;
use crate::error::ErrorCode;
use crate::http::{HttpResponse, Method};
use crate::secret::Secret;
use crate::testing::TestJson;
use crate::time::UnixTime;

fn jwt(claims: &str) -> String {
    [base64url(br#"{"alg":"HS256","typ":"JWT"}"#), base64url(claims.as_bytes()), base64url(b"x")].join(".")
}

fn login(body: &str) -> crate::Result<super::login::Tokens> {
    process_login_response::<TestJson>(&HttpResponse::new(200, body), &Fields::default(), &[])
}

#[test]
fn json_says_what_was_given() {
    let odd = Secret::from("a\"b\\c\n\u{1}\u{1f} ü\u{2028}💥</script>");
    let json = json_object([("na\"me", &odd), ("b", &Secret::from(""))]);
    let parsed: serde_json::Value = serde_json::from_str(json.expose()).unwrap();
    assert_eq!(parsed, serde_json::json!({ "na\"me": odd.expose(), "b": "" }));
    assert_eq!(json_object([]).expose(), "{}");
}

#[test]
fn a_login_is_posted_as_the_server_wants_it() {
    let credentials = [("username".to_owned(), "a b".into()), ("password".to_owned(), "p&w".into())];
    let json = login_request("https://app.test/login", Encoding::Json, &credentials);
    assert_eq!(json.method, Method::Post);
    assert!(json.headers.contains(&("content-type".into(), "application/json".into())));
    assert_eq!(json.body, Some(r#"{"username":"a b","password":"p&w"}"#.into()));
    assert!(!json.has_cookies);
    let form = login_request("https://app.test/login", Encoding::Form, &credentials);
    assert_eq!(form.body, Some("username=a+b&password=p%26w".into()));
    assert!(!format!("{json:?}{form:?}").contains("p&w"));
}

#[test]
fn a_refresh_token_is_presented_as_the_server_wants_it() {
    let token = Secret::from("r1");
    let bearer = refresh_request("https://app.test/refresh", Encoding::Json, &RefreshWith::Bearer, &token);
    assert!(bearer.headers.contains(&("authorization".into(), "Bearer r1".into())));
    assert_eq!(bearer.body, None);
    let field = RefreshWith::Field("refresh".to_owned());
    let json = refresh_request("https://app.test/refresh", Encoding::Json, &field, &token);
    assert_eq!(json.body, Some(r#"{"refresh":"r1"}"#.into()));
    assert!(json.headers.iter().all(|(name, _)| name != "authorization"));
    let both = logout_request("https://app.test/logout", Encoding::Form, &"a1".into(), Some(("refresh", &token)));
    assert!(both.headers.contains(&("authorization".into(), "Bearer a1".into())));
    assert_eq!(both.body, Some("refresh=r1".into()));
}

#[test]
fn a_jwt_says_when_it_expires_and_an_opaque_token_is_not_read() {
    let claims = login(&format!(r#"{{"access_token": "{}"}}"#, jwt(r#"{"sub": 7, "iat": 10, "exp": 910.5}"#)));
    let claims = claims.unwrap().claims.unwrap();
    assert_eq!(claims.subject.as_deref(), Some("7"));
    assert_eq!((claims.issued_at, claims.expires_at), (Some(UnixTime(10)), Some(UnixTime(910))));
    for opaque in ["opaque", "a.b.c", "e30.e30.e30", "eyJhbGciOiJIUzI1NiJ9.bm8ganNvbg.eA", "..", "7.8"] {
        let tokens = login(&format!(r#"{{"access_token": "{opaque}", "expires_in": "60"}}"#)).unwrap();
        assert_eq!((tokens.claims, tokens.expires_in), (None, Some(60)), "{opaque}");
    }
    let odd = login(&format!(r#"{{"access_token": "{}"}}"#, jwt(r#"{"sub": ["x"], "exp": "soon"}"#)));
    let odd = odd.unwrap().claims.unwrap();
    assert_eq!((odd.subject, odd.expires_at), (None, None));
}

#[test]
fn members_of_members_are_found() {
    let fields = Fields {
        access_token: "data.tokens.access".to_owned(),
        refresh_token: "data.tokens.refresh".to_owned(),
        expires_in: "data.ttl".to_owned(),
    };
    let body = r#"{"data": {"tokens": {"access": "a1", "refresh": "r1"}, "ttl": 60}}"#;
    let tokens = process_login_response::<TestJson>(&HttpResponse::new(200, body), &fields, &[]).unwrap();
    assert_eq!(tokens.access_token, "a1".into());
    assert_eq!((tokens.refresh_token, tokens.expires_in), (Some("r1".into()), Some(60)));
}

#[test]
fn the_servers_words_have_nothing_of_what_was_sent() {
    let sent = [("password".to_owned(), Secret::from("correct horse"))];
    let body = r#"{"error": "correct horse", "detail": [{"msg": "correct horse is no good"}]}"#;
    let refused = process_login_response::<TestJson>(&HttpResponse::new(401, body), &Fields::default(), &sent);
    let error = refused.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AccessDenied);
    assert!(!format!("{error:?}{error}").contains("horse"), "{error}");
}

#[test]
fn a_refresh_is_refused_by_words_and_not_by_a_page() {
    let refresh = |status, body: &str| {
        let answer = HttpResponse::new(status, body);
        process_refresh_response::<TestJson>(&answer, &Fields::default(), &"r1".into()).unwrap_err().code()
    };
    assert_eq!(refresh(401, r#"{"msg": "Token has expired"}"#), ErrorCode::InvalidGrant);
    assert_eq!(refresh(422, r#"{"msg": "Signature verification failed"}"#), ErrorCode::InvalidGrant);
    assert_eq!(refresh(401, "Unauthorized"), ErrorCode::InvalidGrant);
    assert_eq!(refresh(403, " <html>Blocked"), ErrorCode::InvalidResponse);
    assert_eq!(refresh(404, r#"{"detail": "Not Found"}"#), ErrorCode::InvalidResponse);
    assert_eq!(refresh(503, r#"{"msg": "later"}"#), ErrorCode::ServerError);
    assert_eq!(refresh(200, "[]"), ErrorCode::InvalidResponse);
}

#[test]
fn a_logout_of_nobody_is_one() {
    let logout = |status| process_logout_response::<TestJson>(&HttpResponse::new(status, "")).is_ok();
    assert_eq!([200, 204, 401, 422, 404, 500].map(logout), [true, true, true, true, false, false]);
}

#[test]
fn the_session_endpoint_says_who_it_is() {
    let session = |status, body: &str| process_session_response::<TestJson>(&HttpResponse::new(status, body));
    let subject = |body: &str| session(200, body).unwrap().unwrap().subject;
    assert_eq!(subject(r#"{"sub": "ada", "id": 7}"#).as_deref(), Some("ada"));
    assert_eq!(subject(r#"{"id": 7}"#).as_deref(), Some("7"));
    assert_eq!(subject(r#"{"user": {}}"#), None);
    assert_eq!(session(401, ""), Ok(None));
    assert_eq!(session(200, "<p>Welcome").unwrap_err().code(), ErrorCode::InvalidResponse);
    assert_eq!(session(502, "").unwrap_err().code(), ErrorCode::ServerError);
}

#[test]
fn safe_methods_need_no_header() {
    for (method, expected) in [("GET", false), ("head", false), ("OPTIONS", false), ("POST", true), ("patch", true)] {
        assert_eq!(is_unsafe(method), expected, "{method}");
    }
    assert_eq!(csrf_value(&"a%3Db".into()), "a=b".into());
}

#[test]
fn keys_and_headers_are_those_that_a_call_can_have() {
    assert_eq!(check_header("X-API-Key", "header").unwrap(), "x-api-key");
    for bad in ["", "a b", "a:b", "ü", "Origin", "host"] {
        assert_eq!(check_header(bad, "header").unwrap_err().code(), ErrorCode::InvalidOption, "{bad}");
    }
    assert!(check_key(&"sk_live 1".into(), "key").is_ok());
    let error = check_key(&"secret\n".into(), "key").unwrap_err();
    assert!(!error.message().contains("secret"));
}
