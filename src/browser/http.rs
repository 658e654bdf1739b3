//! Requests: the global `fetch`.
//!
//! `gloo-net` reads the answers. It does not send: its `send` is `unreachable!` after a promise that rejects with anything but an
//! `Error`, and its builder changes the query of an endpoint, which RFC 6749 §3.2 wants retained.

use super::event::{AbortOnDrop, Listener};
use super::object::{invoke, member, record, set};
use super::promise::{Deferred, settled, within};
use super::{Browser, BrowserJson, Call};
use crate::client::platform::{Failure, Http};
use crate::error::{Error, ErrorCode, Result};
use crate::http::{HttpRequest, HttpResponse, LARGEST_BODY, Method};
use crate::secret::Secret;
use gloo_net::http::Response;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = fetch)]
    fn global_fetch(input: &JsValue, init: &JsValue) -> Result<JsValue, JsValue>;
}

/// The global `fetch`, whichever that is by now.
pub(super) async fn fetch(input: &JsValue, init: &JsValue) -> Result<JsValue, JsValue> {
    settled(global_fetch(input, init)).await
}

impl Http for Browser {
    type Json = BrowserJson;
    type Call = Call;
    type Answer = web_sys::Response;
    type Reason = JsValue;

    async fn send(&self, request: HttpRequest, timeout_ms: u32) -> Result<HttpResponse> {
        let outcome = within(timeout_ms, exchange(&request)).await;
        outcome.unwrap_or_else(|| Err(failure(ErrorCode::Timeout, "no answer in time from ", &request)))
    }

    fn call_url(&self, call: &Call) -> String {
        call.url()
    }

    async fn send_call(
        &self,
        call: &Call,
        (name, value): (&str, &Secret),
    ) -> Result<web_sys::Response, Failure<JsValue>> {
        let request = call.next_request()?;
        if request.headers().set(name, value.expose()).is_err() {
            return Err(Error::new(ErrorCode::InvalidOption, "the credential cannot stand in a header").into());
        }
        match fetch(&request, &JsValue::UNDEFINED).await {
            Ok(answer) if answer.is_object() => Ok(answer.unchecked_into()),
            _ if call.signal().aborted() => Err(Failure::GivenUp(call.signal().reason())),
            _ => Err(Error::new(ErrorCode::Network, "no answer to the call").into()),
        }
    }

    fn may_send_again(&self, call: &Call) -> bool {
        call.may_send_again()
    }

    async fn given_up(&self, call: &Call) -> JsValue {
        let signal = call.signal();
        if !signal.aborted() {
            let aborted = Deferred::new();
            let _listener = Listener::new(&signal, &["abort"], &aborted.resolve);
            let _ = aborted.settled().await;
        }
        signal.reason()
    }

    fn status(&self, answer: &web_sys::Response) -> u16 {
        answer.status()
    }

    fn answer_header(&self, answer: &web_sys::Response, name: &str) -> Option<String> {
        invoke(&member(answer, "headers")?, "get", &[name.into()]).ok()?.as_string()
    }
}

/// What the protocol reads; the rest stays where it is.
const HEADERS: [&str; 5] = ["date", "retry-after", "content-type", "dpop-nonce", "www-authenticate"];

async fn exchange(request: &HttpRequest) -> Result<HttpResponse> {
    let refused = |_| failure(ErrorCode::InvalidOption, "a URL or a header that fetch refuses for ", request);
    let unanswered = |_| failure(ErrorCode::Network, "no answer from ", request);
    let abort = AbortOnDrop::new().map_err(unanswered)?;
    let init = request_init(request, &abort).map_err(refused)?;
    let prepared = web_sys::Request::new_with_str_and_init(&request.url, init.unchecked_ref()).map_err(refused)?;
    let response = fetch(&prepared, &JsValue::UNDEFINED).await.map_err(unanswered)?;
    let response: Response = response.dyn_into::<web_sys::Response>().map_err(unanswered)?.into();
    // The status of a redirect that is not followed (Fetch standard, opaque-redirect filtered response).
    if response.status() == 0 {
        return Err(failure(ErrorCode::InvalidResponse, "a redirect instead of an answer from ", request));
    }
    let headers = response.headers();
    let headers = HEADERS.into_iter().filter_map(|name| Some((name.to_owned(), headers.get(name)?))).collect();
    let body = match response.body() {
        Some(stream) => read(&stream).await.map_err(unanswered)?,
        None => String::new(),
    };
    Ok(HttpResponse { status: response.status(), headers, body: body.into() })
}

/// A redirect must be told from a failure, so it is `manual`. As referrer the server gets the origin, which it learns from `Origin`
/// anyway (some check it), and never the path or the query of the page.
fn request_init(request: &HttpRequest, abort: &AbortOnDrop) -> Result<JsValue, JsValue> {
    let headers = record([]);
    for (name, value) in &request.headers {
        set(&headers, name, &value.expose().into())?;
    }
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
    };
    Ok(record([
        ("method", method.into()),
        ("headers", headers),
        ("body", request.body.as_ref().map(Secret::expose).into()),
        ("credentials", "omit".into()),
        ("cache", "no-store".into()),
        ("redirect", "manual".into()),
        ("referrerPolicy", "strict-origin".into()),
        ("signal", abort.signal()),
    ]))
}

/// The text of a body, up to [`LARGEST_BODY`]; the rest is not waited for. A byte order mark is no part of it.
async fn read(stream: &JsValue) -> Result<String, JsValue> {
    let reader = invoke(stream, "getReader", &[])?;
    let mut bytes = Vec::new();
    while bytes.len() < LARGEST_BODY {
        let chunk = settled(invoke(&reader, "read", &[])).await?;
        match member(&chunk, "value") {
            Some(chunk) => bytes.extend(chunk.dyn_into::<Uint8Array>()?.to_vec()),
            None => break,
        }
    }
    bytes.truncate(LARGEST_BODY);
    let text = String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// An error that names the endpoint; its query may hold anything, so that is left out.
fn failure(code: ErrorCode, what: &str, request: &HttpRequest) -> Error {
    let endpoint = request.url.split(['?', '#']).next().unwrap_or_default();
    Error::new(code, [what, endpoint].concat())
}
