//! Requests to the authorization server.

use crate::replace::Replaced;
use tessera_auth::browser::{Browser, BrowserJson};
use tessera_auth::client::platform::Http;
use tessera_auth::http::{HttpRequest, HttpResponse, LARGEST_BODY};
use tessera_auth::json::Json;
use tessera_auth::{Error, ErrorCode};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_namespace = location, js_name = origin)]
    static ORIGIN: String;
}

const PATIENT_MS: u32 = 10_000;

async fn get(url: &str) -> Result<HttpResponse, Error> {
    Browser::new().send(HttpRequest::get(url), PATIENT_MS).await
}

/// What becomes of a request when `fetch` is this function.
async fn get_from(fetch: &str) -> Result<HttpResponse, Error> {
    let _fetch = Replaced::with("fetch", &["{ value: ", fetch, " }"].concat());
    get("https://as.example.com/token?secret#secret").await
}

#[wasm_bindgen_test]
async fn a_real_answer_comes_whole() {
    let url = ORIGIN.with(|origin| [origin, "/"].concat());
    let response = get(&url).await.expect("the test runner's page");
    assert_eq!(response.status, 200);
    assert!(response.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
    assert!(response.body.expose().contains("<html"));
    let missing = get(&[&url, "there-is-no-such-file"].concat()).await.expect("an answer");
    assert_eq!(missing.status, 404);
}

#[wasm_bindgen_test]
async fn nobody_there_is_a_network_error_that_names_the_endpoint_only() {
    let error = get("http://localhost:9/token?secret").await.expect_err("port 9 discards");
    assert_eq!(error.code(), ErrorCode::Network);
    assert!(error.message().contains("http://localhost:9/token") && !error.message().contains("secret"));
}

#[wasm_bindgen_test]
async fn a_request_goes_without_cookies_cache_redirects_and_address() {
    let echo = "async request => {
        const { url, method, credentials, cache, redirect, referrerPolicy, mode } = request;
        return new Response(JSON.stringify({ url, method, credentials, cache, redirect, referrerPolicy, mode, headers: [...request.headers].flat().join(), body: await request.text() }));
    }";
    let _fetch = Replaced::with("fetch", &["{ value: ", echo, " }"].concat());
    let request = HttpRequest::post_form("https://as.example.com/token?p=flow&x", "grant_type=a&code=%C3%A4".into());
    let response =
        Browser::new().send(request.with_header("authorization", "Bearer t"), PATIENT_MS).await.expect("the echo");
    let seen = BrowserJson::parse(response.body.expose()).expect("JSON");
    for (name, value) in [
        ("url", "https://as.example.com/token?p=flow&x"),
        ("method", "POST"),
        ("credentials", "omit"),
        ("cache", "no-store"),
        ("redirect", "manual"),
        ("referrerPolicy", "strict-origin"),
        ("mode", "cors"),
        ("headers", "accept,application/json,authorization,Bearer t,content-type,application/x-www-form-urlencoded"),
        ("body", "grant_type=a&code=%C3%A4"),
    ] {
        assert_eq!(seen.text(name).as_deref(), Some(value));
    }
    let response = get("https://as.example.com/keys").await.expect("the echo");
    let seen = BrowserJson::parse(response.body.expose()).expect("JSON");
    assert_eq!((seen.text("method").as_deref(), seen.text("body").as_deref()), (Some("GET"), Some("")));
}

#[wasm_bindgen_test]
async fn a_polluted_prototype_changes_no_request() {
    let _polluted = Replaced::with("Object.prototype.keepalive", "{ value: true, configurable: true }");
    let response = get_from("async request => new Response(String(request.keepalive))").await.expect("the echo");
    assert_eq!(response.body.expose(), "false");
}

#[wasm_bindgen_test]
async fn the_headers_that_the_protocol_reads_are_copied() {
    let response = get_from("async () => new Response('', { status: 503, headers: { 'Retry-After': '7', 'WWW-Authenticate': 'DPoP a, Bearer b', 'X-Other': '1', 'DPoP-Nonce': 'n' } })").await.expect("an answer");
    assert_eq!((response.status, response.retry_after()), (503, Some(7)));
    assert_eq!(response.header("www-authenticate"), Some("DPoP a, Bearer b"));
    assert_eq!(response.header("dpop-nonce"), Some("n"));
    assert_eq!(response.header("x-other"), None);
}

#[wasm_bindgen_test]
async fn whatever_fetch_rejects_with_is_a_network_error() {
    for fetch in [
        "() => { throw new TypeError() }",
        "() => { throw undefined }",
        "() => Promise.reject(new TypeError('Failed to fetch'))",
        "() => Promise.reject()",
        "() => Promise.reject(0)",
        "() => Promise.reject({ get name() { throw 0 } })",
        "async () => undefined",
        "async () => null",
        "async () => ({})",
        "() => 1",
        "() => ({ then(resolve, reject) { reject(1); reject(2); resolve(3) } })",
        "() => ({ get then() { throw 0 } })",
        "async () => new Response(new ReadableStream({ start(controller) { controller.error(0) } }))",
        "async () => new Response(new ReadableStream({ start(controller) { controller.enqueue('text'); controller.close() } }))",
    ] {
        assert_eq!(get_from(fetch).await.map_err(|error| error.code()), Err(ErrorCode::Network), "{fetch}");
    }
}

#[wasm_bindgen_test]
async fn a_redirect_is_no_answer() {
    // No script can make an opaque redirect; this much of it counts.
    let error = get_from("async () => Object.defineProperty(new Response(null), 'status', { value: 0 })")
        .await
        .expect_err("a redirect");
    assert_eq!(error.code(), ErrorCode::InvalidResponse);
}

#[wasm_bindgen_test]
async fn silence_is_a_timeout_and_ends_the_request() {
    for fetch in [
        "request => (request.signal.onabort = () => globalThis.ended = true, new Promise(() => {}))",
        "async request => (request.signal.onabort = () => globalThis.ended = true, new Response(new ReadableStream({ start(controller) { controller.enqueue(new Uint8Array(3)) } })))",
    ] {
        let _ended = Replaced::with("ended", "{ value: false, writable: true }");
        let _fetch = Replaced::with("fetch", &["{ value: ", fetch, " }"].concat());
        let error = Browser::new().send(HttpRequest::get("https://as.example.com"), 20).await.expect_err("no answer");
        assert_eq!(error.code(), ErrorCode::Timeout);
        assert_eq!(js_sys::Reflect::get(&js_sys::global(), &"ended".into()), Ok(true.into()));
    }
}

#[wasm_bindgen_test]
async fn a_body_without_end_is_cut_off() {
    let endless = "async () => new Response(new ReadableStream({ pull(controller) { controller.enqueue(new Uint8Array(300_000).fill(97)) } }))";
    let response = get_from(endless).await.expect("an answer");
    assert_eq!(response.body.expose().len(), LARGEST_BODY);
}

#[wasm_bindgen_test]
async fn bodies_are_text_whatever_the_server_sends() {
    for (body, text) in [
        ("null", ""),
        ("''", ""),
        ("'\\u00e4\\ud83d\\udd11'", "\u{e4}\u{1f511}"),
        ("Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)", "{}"),
        ("Uint8Array.of(0x61, 0xff, 0x62)", "a\u{fffd}b"),
        ("new Blob(['x'.repeat(100_000)])", &"x".repeat(100_000)),
    ] {
        let response = get_from(&["async () => new Response(", body, ")"].concat()).await.expect(body);
        assert_eq!(response.body.expose(), text, "{body}");
    }
}

#[wasm_bindgen_test]
async fn what_fetch_would_refuse_is_not_sent() {
    let request = HttpRequest::get("https://as.example.com/").with_header("authorization", "Bearer a\nb");
    let error = Browser::new().send(request, PATIENT_MS).await.expect_err("not a header");
    assert_eq!(error.code(), ErrorCode::InvalidOption);
    assert!(!error.message().contains("Bearer"));
    let error = get("https://user:pw@as.example.com/").await.expect_err("not a URL for fetch");
    assert_eq!(error.code(), ErrorCode::InvalidOption);
}
