//! Requests of a page: the client's own, and calls of whoever uses the client.

use super::json::TestJson;
use super::network::Request;
use super::signal::Signal;
use super::url::TestUrl;
use super::{Tab, fail};
use crate::client::platform::{Failure, Http};
use crate::error::{Error, ErrorCode, Result};
use crate::http::{HttpRequest, HttpResponse, LARGEST_BODY, Method};
use crate::secret::Secret;
use crate::url::ParseUrl;
use futures_util::future::{Either, select};
use std::cell::Cell;
use std::fmt;
use std::pin::pin;

/// A request of the caller's, as he would give it to `fetch`.
pub struct Call {
    /// In upper case.
    pub method: String,
    /// Absolute.
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Empty if there is none.
    pub body: String,
    /// Whether the body can be sent more than once; a stream cannot.
    pub replayable: bool,
    is_used: Cell<bool>,
    abort: Abort,
}

impl Call {
    /// A GET.
    #[must_use]
    pub fn get(url: &str) -> Self {
        Self {
            method: "GET".into(),
            url: url.into(),
            headers: Vec::new(),
            body: String::new(),
            replayable: true,
            is_used: Cell::new(false),
            abort: Abort(Signal::default()),
        }
    }

    /// A POST whose body can be sent again.
    #[must_use]
    pub fn post(url: &str, body: &str) -> Self {
        Self { method: "POST".into(), body: body.into(), ..Self::get(url) }
    }

    /// A POST whose body is a stream, which can be sent once.
    #[must_use]
    pub fn stream(url: &str, body: &str) -> Self {
        Self { replayable: false, ..Self::post(url, body) }
    }

    /// What the caller gives this call up with.
    #[must_use]
    pub fn abort_handle(&self) -> Abort {
        self.abort.clone()
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("method", &self.method).field("url", &self.url).finish_non_exhaustive()
    }
}

/// Gives a call up, as an `AbortController` does.
#[derive(Clone)]
pub struct Abort(Signal<String>);

super::opaque_debug!(Abort);

impl Abort {
    /// Gives the call up for this reason, unless it has been already.
    pub fn abort(&self, reason: &str) {
        self.0.set(reason.to_owned());
    }
}

impl Http for Tab {
    type Json = TestJson;
    type Call = Call;
    type Answer = HttpResponse;
    type Reason = String;

    /// Leaves at once, as with `fetch`: nothing can happen to the page between the call and the request.
    async fn send(&self, request: HttpRequest, timeout_ms: u32) -> Result<HttpResponse> {
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        let headers = request.headers.iter().map(|(name, value)| (name.to_string(), value.expose().to_owned()));
        let body = request.body.as_ref().map(|body| body.expose().to_owned()).unwrap_or_default();
        let has_cookies = request.has_cookies;
        let mut headers: Vec<_> = headers.collect();
        if has_cookies {
            headers.extend(self.world.cookies.header());
        }
        let request = parse_request(method, &request.url, headers, body);
        let waiting = self.world.transmit(self.page.id(), request);
        let response = match select(pin!(waiting.answer()), self.world.time.sleep(u64::from(timeout_ms))).await {
            Either::Left((response, _)) => response,
            Either::Right(_) => Err(Error::new(ErrorCode::Timeout, "no answer came in time")),
        };
        drop(waiting);
        self.step().await;
        let mut response = response?;
        if has_cookies {
            self.world.cookies.take_from(&response);
        }
        if is_redirect(&response) {
            return Err(Error::new(ErrorCode::InvalidResponse, "the endpoint redirects"));
        }
        if let Some(cut) = response.body.expose().get(..cut_off(response.body.expose())) {
            response.body = cut.into();
        }
        Ok(response)
    }

    fn call_url(&self, call: &Call) -> String {
        TestUrl::parse_url(&call.url, Some(&self.url())).map_or_else(|| call.url.clone(), |url| url.href)
    }

    fn call_method(&self, call: &Call) -> String {
        call.method.clone()
    }

    async fn send_call(
        &self,
        call: &Call,
        header: (&str, &Secret),
        proof: Option<&Secret>,
    ) -> Result<HttpResponse, Failure<String>> {
        let with_proof = proof.map(|proof| ("dpop", proof));
        let answer = self.send_with(call, Some(header).into_iter().chain(with_proof), false).await?;
        if proof.is_some() { refuse_redirect(answer) } else { Ok(answer) }
    }

    async fn send_call_straight(
        &self,
        call: &Call,
        header: Option<(&str, &Secret)>,
        has_cookies: bool,
    ) -> Result<HttpResponse, Failure<String>> {
        let answer = self.send_with(call, header, has_cookies).await?;
        if header.is_some() { refuse_redirect(answer) } else { Ok(answer) }
    }

    fn may_send_again(&self, call: &Call) -> bool {
        call.replayable || !call.is_used.get()
    }

    async fn given_up(&self, call: &Call) -> String {
        call.abort.0.wait().await
    }

    fn status(&self, answer: &HttpResponse) -> u16 {
        answer.status
    }

    fn answer_header(&self, answer: &HttpResponse, name: &str) -> Option<String> {
        answer.header(&name.to_lowercase()).map(str::to_owned)
    }
}

impl Tab {
    async fn send_with(
        &self,
        call: &Call,
        with: impl IntoIterator<Item = (&str, &Secret)>,
        has_cookies: bool,
    ) -> Result<HttpResponse, Failure<String>> {
        self.step().await;
        if !self.may_send_again(call) {
            return Err(Error::new(ErrorCode::Internal, "the body of this call is used up").into());
        }
        call.is_used.set(true);
        let mut headers = call.headers.clone();
        headers.extend(with.into_iter().map(|(name, value)| (name.to_lowercase(), value.expose().to_owned())));
        if has_cookies {
            headers.extend(self.world.cookies.header());
        }
        let request = parse_request(&call.method, &self.call_url(call), headers, call.body.clone());
        let outcome = match select(pin!(call.abort.0.wait()), pin!(self.transmit_call(request))).await {
            Either::Left((reason, _)) => Err(Failure::GivenUp(reason)),
            Either::Right((answer, _)) => answer.map_err(Failure::Error),
        };
        if let (Ok(answer), true) = (&outcome, has_cookies) {
            self.world.cookies.take_from(answer);
        }
        self.step().await;
        outcome
    }

    /// Nothing is sent before this is first polled, when the abort signal has been: what is given up already stays here.
    async fn transmit_call(&self, request: Request) -> Result<HttpResponse> {
        self.world.transmit(self.page.id(), request).answer().await
    }
}

fn refuse_redirect(answer: HttpResponse) -> Result<HttpResponse, Failure<String>> {
    if is_redirect(&answer) {
        return Err(Error::new(ErrorCode::InvalidResponse, "the call is redirected").into());
    }
    Ok(answer)
}

fn is_redirect(response: &HttpResponse) -> bool {
    matches!(response.status, 301 | 302 | 303 | 307 | 308)
}

fn parse_request(method: &str, url: &str, headers: Vec<(String, String)>, body: String) -> Request {
    let Some(url) = TestUrl::parse_url(url, None) else { fail(&["a request to what is no URL: ", url].concat()) };
    Request { method: method.to_owned(), url, headers, body }
}

/// Where a platform stops reading: just past the largest body that may be meant well.
fn cut_off(body: &str) -> usize {
    let end = body.len().min(LARGEST_BODY + 1);
    (0..=end).rev().find(|end| body.is_char_boundary(*end)).unwrap_or_default()
}
