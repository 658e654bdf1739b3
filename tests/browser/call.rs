//! Calls of the caller's, which must come through untouched.

use crate::replace::Replaced;
use futures_util::future::{join3, poll_immediate};
use js_sys::{Function, Reflect};
use tessera_auth::browser::{Browser, BrowserJson, Call};
use tessera_auth::client::platform::{Failure, Http};
use tessera_auth::json::Json;
use tessera_auth::secret::Secret;
use tessera_auth::{Error, ErrorCode};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

/// Answers with what it was asked.
const ECHO: &str = "{ value: async request => {
    const { url, method, mode, credentials, cache, redirect, integrity, keepalive, referrerPolicy } = request;
    const headers = Object.fromEntries(request.headers);
    return new Response(JSON.stringify({ url, method, mode, credentials, cache, redirect, integrity, keepalive, referrerPolicy, headers, body: await request.text() }));
} }";

/// The value of an expression of JavaScript.
fn js(expression: &str) -> JsValue {
    Function::new_no_args(&["return ", expression].concat()).call0(&JsValue::UNDEFINED).expect(expression)
}

/// `input` and `init` out of an array's expression.
fn call(arguments: &str) -> Result<Call, Error> {
    let arguments: js_sys::Array = js(arguments).unchecked_into();
    Call::new(&arguments.get(0), &arguments.get(1))
}

async fn send(call: &Call, credential: &str) -> Result<BrowserJson, Failure<JsValue>> {
    let answer = Browser::new().send_call(call, ("authorization", &Secret::from(credential)), None).await?;
    let text = answer.text().expect("a body").await.expect("read").as_string();
    Ok(BrowserJson::parse(&text.expect("text")).expect("JSON"))
}

fn authorization(seen: &BrowserJson) -> Option<String> {
    seen.get("headers")?.text("authorization")
}

#[wasm_bindgen_test]
async fn everything_but_the_credential_is_the_callers() {
    let _fetch = Replaced::with("fetch", ECHO);
    let call = call("['https://api.example.com/a/../b?c#d', {
        method: 'PATCH', body: 'the body', headers: { 'X-Mine': '1', Authorization: 'mine' }, mode: 'same-origin', credentials: 'include',
        cache: 'reload', redirect: 'error', integrity: 'sha256-x', keepalive: true, priority: 'low' }]");
    let call = call.expect("a call");
    assert_eq!(Browser::new().call_url(&call), "https://api.example.com/b?c#d");
    let seen = send(&call, "Bearer t").await.expect("the echo");
    for (name, value) in [
        ("url", "https://api.example.com/b?c#d"),
        ("method", "PATCH"),
        ("mode", "same-origin"),
        ("credentials", "include"),
        ("cache", "reload"),
        ("redirect", "error"),
        ("integrity", "sha256-x"),
        ("body", "the body"),
    ] {
        assert_eq!(seen.text(name).as_deref(), Some(value));
    }
    assert_eq!(seen.get("keepalive").and_then(|keepalive| keepalive.as_bool()), Some(true));
    assert_eq!(seen.get("headers").and_then(|headers| headers.text("x-mine")).as_deref(), Some("1"));
    assert_eq!(authorization(&seen).as_deref(), Some("Bearer t"));
}

#[wasm_bindgen_test]
async fn a_call_with_a_header_of_its_own_follows_no_redirect_and_has_the_cookies_that_it_needs() {
    let _fetch = Replaced::with("fetch", ECHO);
    let browser = Browser::new();
    let (name, key) = ("x-api-key", Secret::from("k"));
    let header = Some((name, &key));
    for (arguments, header, has_cookies, redirect, credentials) in [
        ("['https://api.example.com/']", header, false, "manual", "same-origin"),
        ("['https://api.example.com/', { redirect: 'error' }]", header, false, "error", "same-origin"),
        ("['https://api.example.com/', { credentials: 'omit' }]", header, true, "manual", "include"),
        ("['https://api.example.com/', { credentials: 'omit' }]", None, true, "follow", "include"),
        ("['https://api.example.com/', { method: 'POST', body: 'the body' }]", header, true, "manual", "include"),
    ] {
        let call = call(arguments).expect("a call");
        // Twice, as after a 401.
        for _ in 0..2 {
            let answer = browser.send_call_straight(&call, header, has_cookies).await.expect("the echo");
            let text = answer.text().expect("a body").await.expect("read").as_string().expect("text");
            let seen = BrowserJson::parse(&text).expect("JSON");
            assert_eq!(seen.text("redirect").as_deref(), Some(redirect), "{arguments}");
            assert_eq!(seen.text("credentials").as_deref(), Some(credentials), "{arguments}");
            let sent = seen.get("headers").and_then(|headers| headers.text(name));
            assert_eq!(sent.as_deref(), header.map(|_| "k"), "{arguments}");
            if browser.call_method(&call) == "POST" {
                assert_eq!(seen.text("body").as_deref(), Some("the body"));
            }
        }
    }
}

#[wasm_bindgen_test]
async fn a_redirect_that_is_not_followed_is_told_unless_the_caller_wants_to_see_it() {
    let _fetch = Replaced::with("fetch", "{ value: async () => Response.error() }");
    let key = Secret::from("k");
    let send = async |arguments| {
        let call = call(arguments).expect("a call");
        Browser::new().send_call_straight(&call, Some(("x-api-key", &key)), false).await.map(|answer| answer.status())
    };
    let told = send("['https://api.example.com/']").await;
    assert!(matches!(told, Err(Failure::Error(error)) if error.code() == ErrorCode::InvalidResponse));
    let seen = send("['https://api.example.com/', { redirect: 'manual' }]").await;
    assert!(matches!(seen, Ok(0)));
}

#[wasm_bindgen_test]
fn a_relative_url_is_resolved_as_fetch_does_it() {
    let call = call("['/v1/../me', undefined]").expect("a call");
    let url = js("new URL('/me', location.href).href").as_string().expect("a URL");
    assert_eq!(Browser::new().call_url(&call), url);
}

#[wasm_bindgen_test]
async fn what_the_callers_page_tells_of_itself_stays_his_choice_when_a_body_is_sent_again() {
    let _fetch = Replaced::with("fetch", ECHO);
    for body in ["'text'", "new Uint8Array(3)"] {
        let arguments = [
            "['https://api.example.com/', { method: 'POST', referrerPolicy: 'no-referrer', referrer: '', body: ",
            body,
            " }]",
        ]
        .concat();
        let call = call(&arguments).expect("a call");
        for _ in 0..2 {
            let seen = send(&call, "Bearer t").await.expect("the echo");
            assert_eq!(seen.text("referrerPolicy").as_deref(), Some("no-referrer"), "{body}");
        }
    }
}

#[wasm_bindgen_test]
async fn a_body_that_can_be_sent_again_is_sent_again_the_same() {
    let _fetch = Replaced::with("fetch", ECHO);
    let post = |body: &str| ["['https://api.example.com/', { method: 'POST', body: ", body, " }]"].concat();
    let form = "(() => { const form = new FormData(); form.append('name', 'value'); form.append('other', 'v\u{e4}lue'); return form })()";
    for arguments in [
        "['https://api.example.com/']".to_owned(),
        "[new URL('https://api.example.com/')]".to_owned(),
        "['https://api.example.com/', null]".to_owned(),
        "[new Request('https://api.example.com/')]".to_owned(),
        "[new Request('https://api.example.com/', { method: 'DELETE' })]".to_owned(),
        "[new Request('https://api.example.com/', { method: 'POST', body: 'x', headers: { 'X-Mine': '1' } })]"
            .to_owned(),
        "[new Request('https://api.example.com/', { method: 'POST', body: 'x' }), { headers: { 'X-Mine': '2' } }]"
            .to_owned(),
        "[new Request('https://api.example.com/', { method: 'POST', body: 'x' }), { body: 'y' }]".to_owned(),
        post("'text'"),
        post("''"),
        post("new Blob(['blob'], { type: 'text/x' })"),
        post("new TextEncoder().encode('bytes')"),
        post("new TextEncoder().encode('buffer').buffer"),
        post("new Uint16Array(new TextEncoder().encode('a view..').buffer, 2, 2)"),
        post("new URLSearchParams({ a: 'b' })"),
        post("7"),
        post(form),
    ] {
        let call = call(&arguments).expect(&arguments);
        let (first, second, third) = (send(&call, "a").await, send(&call, "b").await, send(&call, "c").await);
        assert!(Browser::new().may_send_again(&call), "{arguments}");
        let text = |seen: Result<BrowserJson, _>, credential: &str| {
            let seen = seen.expect(&arguments);
            assert_eq!(authorization(&seen).as_deref(), Some(credential), "{arguments}");
            seen.to_text().replace(&["\"authorization\":\"", credential, "\""].concat(), "")
        };
        let first = text(first, "a");
        assert_eq!(first, text(second, "b"), "{arguments}");
        assert_eq!(first, text(third, "c"), "{arguments}");
    }
}

#[wasm_bindgen_test]
async fn a_body_changed_after_the_call_is_sent_as_it_was() {
    let _fetch = Replaced::with("fetch", ECHO);
    let bytes = js("new TextEncoder().encode('before')");
    let init = js("({ method: 'POST' })");
    Reflect::set(&init, &"body".into(), &bytes).expect("set");
    let call = Call::new(&"https://api.example.com/".into(), &init).expect("a call");
    Reflect::set(&bytes, &0.into(), &0.into()).expect("set");
    Reflect::set(&init, &"body".into(), &"another".into()).expect("set");
    for credential in ["a", "b"] {
        let seen = send(&call, credential).await.expect("the echo");
        assert_eq!(seen.text("body").as_deref(), Some("before"));
    }
}

#[wasm_bindgen_test]
async fn a_stream_is_sent_once() {
    // WebKit and Firefox cannot send streams; what they make of one is no stream, and is sent as that.
    let can_stream = js(
        "(() => { let asked = false; const has = new Request('https://a.test', { method: 'POST', body: new ReadableStream(), get duplex() { asked = true; return 'half' } }).headers.has('content-type'); return asked && !has })()",
    );
    if !can_stream.is_truthy() {
        return;
    }
    let _fetch = Replaced::with("fetch", ECHO);
    let call =
        call("['https://api.example.com/', { method: 'POST', duplex: 'half', body: new Blob(['streamed']).stream() }]")
            .expect("a call");
    assert!(Browser::new().may_send_again(&call));
    assert_eq!(send(&call, "a").await.expect("the echo").text("body").as_deref(), Some("streamed"));
    assert!(!Browser::new().may_send_again(&call));
    assert_eq!(
        send(&call, "b").await.map(|_| ()),
        Err(Failure::Error(Error::new(ErrorCode::InvalidOption, "the body of the call is read already")))
    );
}

#[wasm_bindgen_test]
fn what_fetch_would_refuse_is_an_invalid_option() {
    for arguments in [
        "['https://api.example.com/', { method: 'CONNECT' }]",
        "['https://api.example.com/', { body: 'of a GET' }]",
        "['https://api.example.com/', { headers: { 'no name': '1' } }]",
        "['https://api.example.com/', 1]",
        "['https://api.example.com/', { mode: 'no-cors' }]",
        "(() => { const used = new Request('https://api.example.com/', { method: 'POST', body: 'x' }); used.text(); return [used] })()",
    ] {
        assert_eq!(
            call(arguments).map(|_| ()).map_err(|error| error.code()),
            Err(ErrorCode::InvalidOption),
            "{arguments}"
        );
    }
}

#[wasm_bindgen_test]
fn what_fetch_would_not_take_as_a_url_is_unlisted() {
    for arguments in
        ["['https://']", "['https://user:pw@api.example.com/']", "[{ toString() { throw 0 } }]", "[Symbol()]"]
    {
        let code = call(arguments).map(|_| ()).map_err(|error| error.code());
        assert_eq!(code, Err(ErrorCode::UnlistedResource), "{arguments}");
    }
}

#[wasm_bindgen_test]
async fn a_credential_that_is_no_header_value_is_not_sent() {
    let _fetch = Replaced::with("fetch", ECHO);
    let failure = send(&call("['https://api.example.com/']").expect("a call"), "a\nb").await.map(|_| ());
    assert!(matches!(failure, Err(Failure::Error(error)) if error.code() == ErrorCode::InvalidOption));
}

#[wasm_bindgen_test]
async fn the_answer_is_handed_back_as_it_is() {
    let _fetch = Replaced::with(
        "fetch",
        "{ value: async () => globalThis.answer = new Response('x', { status: 401, headers: { 'WWW-Authenticate': 'Bearer' } }) }",
    );
    let browser = Browser::new();
    let answer = browser
        .send_call(&call("['https://api.example.com/']").expect("a call"), ("authorization", &"t".into()), None)
        .await
        .expect("an answer");
    assert_eq!(
        (browser.status(&answer), browser.answer_header(&answer, "www-authenticate").as_deref()),
        (401, Some("Bearer"))
    );
    assert_eq!(browser.answer_header(&answer, "dpop-nonce"), None);
    assert_eq!(JsValue::from(answer), js("globalThis.answer"));
}

#[wasm_bindgen_test]
async fn the_callers_reason_to_give_up_comes_back_identical() {
    let browser = Browser::new();
    for arguments in [
        "['https://api.example.com/', { signal: globalThis.controller.signal }]",
        "[new Request('https://api.example.com/', { signal: globalThis.controller.signal })]",
        "[new Request('https://api.example.com/', { method: 'POST', body: 'x', signal: globalThis.controller.signal })]",
    ] {
        // While it waits for its credential, while it is sent, and before it began.
        js("globalThis.controller = new AbortController()");
        let pending = call(arguments).expect("a call");
        let _fetch = Replaced::with(
            "fetch",
            "{ value: request => new Promise((_, reject) => request.signal.addEventListener('abort', () => reject(request.signal.reason))) }",
        );
        let abort = async || {
            assert_eq!(poll_immediate(Box::pin(browser.given_up(&pending))).await, None);
            js("globalThis.controller.abort(globalThis.reason = { my: 'reason' })");
        };
        let (reason, sent, ()) = join3(browser.given_up(&pending), send(&pending, "t"), abort()).await;
        assert_eq!(reason, js("globalThis.reason"), "{arguments}");
        assert_eq!(sent, Err(Failure::GivenUp(js("globalThis.reason"))), "{arguments}");
        drop(_fetch);
        let late = call("['https://api.example.com/', { signal: globalThis.controller.signal }]").expect("a call");
        assert_eq!(browser.given_up(&late).await, js("globalThis.reason"));
        assert_eq!(send(&late, "t").await.map(|_| ()), Err(Failure::GivenUp(js("globalThis.reason"))));
    }
}

#[wasm_bindgen_test]
async fn whatever_fetch_rejects_with_is_a_network_error() {
    for fetch in ["() => { throw 0 }", "() => Promise.reject()", "async () => null", "() => 1"] {
        let _fetch = Replaced::with("fetch", &["{ value: ", fetch, " }"].concat());
        let failure = send(&call("['https://api.example.com/']").expect("a call"), "t").await.map(|_| ());
        assert!(matches!(failure, Err(Failure::Error(error)) if error.code() == ErrorCode::Network), "{fetch}");
    }
}
