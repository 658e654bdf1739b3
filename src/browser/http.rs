//! Requests: the global `fetch`.
//!
//! `gloo-net` reads the answers. It does not send: its `send` is `unreachable!` after a promise that rejects with anything but an
//! `Error`, and its builder changes the query of an endpoint, which RFC 6749 §3.2 wants retained.

use super::abort::{AbortOnDrop, aborted};
use super::object::{record, set};
use super::{Browser, BrowserJson, Call, web};
use crate::client::platform::{Failure, Http};
use crate::encoding::{concat, parts};
use crate::error::{Error, ErrorCode, Result};
use crate::http::{HttpRequest, HttpResponse, LARGEST_BODY, Method};
use crate::secret::Secret;
use gloo_net::http::Response;
use js_sys::{Array, Promise};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Request;

#[wasm_bindgen]
extern "C" {
    /// The global `fetch`, whichever that is by now.
    #[wasm_bindgen(catch)]
    fn fetch(input: &JsValue) -> Result<JsValue, JsValue>;
}

impl Http for Browser {
    type Json = BrowserJson;
    type Call = Call;
    type Answer = web_sys::Response;
    type Reason = JsValue;

    async fn send(&self, request: HttpRequest, timeout_ms: u32) -> Result<HttpResponse> {
        exchange(&request, timeout_ms).await
    }

    fn call_url(&self, call: &Call) -> String {
        call.url()
    }

    fn call_method(&self, call: &Call) -> String {
        call.method()
    }

    async fn send_call(
        &self,
        call: &Call,
        header: (&str, &Secret),
        proof: Option<&Secret>,
    ) -> Result<web_sys::Response, Failure<JsValue>> {
        // A browser takes `Authorization` off when it follows a redirect to another origin, and not this; and at another URL it
        // proves nothing (RFC 9449 §4.3).
        let follows = proof.is_some() && call.follows_redirects();
        let request = if follows { call.next_straight_request(true, false) } else { call.next_request() }?;
        set_header(&request, header)?;
        if let Some(proof) = proof {
            set_header(&request, ("dpop", proof))?;
        }
        let answer = send(call, &request).await?;
        if follows { refuse_redirect(answer) } else { Ok(answer) }
    }

    async fn send_call_straight(
        &self,
        call: &Call,
        header: Option<(&str, &Secret)>,
        has_cookies: bool,
    ) -> Result<web_sys::Response, Failure<JsValue>> {
        let follows = call.follows_redirects();
        let request = call.next_straight_request(header.is_some() && follows, has_cookies)?;
        if let Some(header) = header {
            set_header(&request, header)?;
        }
        let answer = send(call, &request).await?;
        if header.is_some() && follows { refuse_redirect(answer) } else { Ok(answer) }
    }

    fn may_send_again(&self, call: &Call) -> bool {
        call.may_send_again()
    }

    async fn given_up(&self, call: &Call) -> JsValue {
        aborted(&call.signal()).await
    }

    fn status(&self, answer: &web_sys::Response) -> u16 {
        answer.status()
    }

    fn answer_header(&self, answer: &web_sys::Response, name: &str) -> Option<String> {
        answer.headers().get(name).ok()?
    }
}

fn set_header(request: &Request, (name, value): (&str, &Secret)) -> Result<()> {
    let refused = |_| Error::new(ErrorCode::InvalidOption, "the credential cannot stand in a header");
    request.headers().set(name, value.expose()).map_err(refused)
}

async fn send(call: &Call, request: &Request) -> Result<web_sys::Response, Failure<JsValue>> {
    match web::settled(fetch(request).map(|answer| Promise::resolve(&answer))).await {
        Ok(answer) if answer.is_object() => Ok(answer.unchecked_into()),
        _ if call.signal().aborted() => Err(Failure::GivenUp(call.signal().reason())),
        _ => Err(Error::new(ErrorCode::Network, "no answer to the call").into()),
    }
}

fn refuse_redirect(answer: web_sys::Response) -> Result<web_sys::Response, Failure<JsValue>> {
    if is_hidden_redirect(&answer) {
        let context = "the API redirects this call, and the credential is not carried along: call the final URL";
        return Err(Error::new(ErrorCode::InvalidResponse, context).into());
    }
    Ok(answer)
}

/// The status of a redirect that is not followed (Fetch standard, opaque-redirect filtered response).
fn is_hidden_redirect(answer: &web_sys::Response) -> bool {
    answer.status() == 0
}

/// What the protocol reads; the rest stays where it is.
const HEADERS: [&str; 5] = ["date", "retry-after", "content-type", "dpop-nonce", "www-authenticate"];

async fn exchange(request: &HttpRequest, timeout_ms: u32) -> Result<HttpResponse> {
    let refused = |_| failure(ErrorCode::InvalidOption, "a URL or a header that fetch refuses for ", request);
    let unanswered = |_| failure(ErrorCode::Network, "no answer from ", request);
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
    };
    let headers = record([]);
    for (name, value) in &request.headers {
        set(&headers, name, &value.expose().into()).map_err(refused)?;
    }
    let body = request.body.as_ref().map(Secret::expose);
    let abort = AbortOnDrop::new().map_err(unanswered)?;
    let answer =
        web::exchange(method, &request.url, &headers, body, request.has_cookies, &abort.0, timeout_ms, LARGEST_BODY);
    let answer = web::settled(Ok(answer.map_err(refused)?)).await.map_err(|thrown| match thrown == **abort.0 {
        true => failure(ErrorCode::Timeout, "no answer in time from ", request),
        false => unanswered(thrown),
    })?;
    let answer = Array::from(&answer);
    let response: Response = answer.get(0).dyn_into::<web_sys::Response>().map_err(unanswered)?.into();
    // As `is_hidden_redirect` has it.
    if response.status() == 0 {
        return Err(failure(ErrorCode::InvalidResponse, "a redirect instead of an answer from ", request));
    }
    let headers = response.headers();
    let headers = HEADERS.into_iter().filter_map(|name| Some((name.to_owned(), headers.get(name)?))).collect();
    let body = answer.get(1).as_string().unwrap_or_default();
    Ok(HttpResponse { status: response.status(), headers, body: body.into() })
}

/// An error that names the endpoint; its query may hold anything, so that is left out.
fn failure(code: ErrorCode, what: &str, request: &HttpRequest) -> Error {
    let endpoint = parts(&request.url, &['?', '#']).next().unwrap_or_default();
    Error::new(code, concat(&[what, endpoint]))
}
