//! HTTP as values: what a protocol step wants sent, and what came back.

use crate::secret::Secret;
use crate::time::{UnixTime, parse_http_date};
use std::borrow::Cow;
use std::fmt;

/// The methods that the protocol uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
}

/// A request to a server that gives out credentials. It follows no redirect: an endpoint that redirects is not one.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// GET or POST.
    pub method: Method,
    /// Absolute.
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(Cow<'static, str>, Secret)>,
    /// POST only.
    pub body: Option<Secret>,
    /// Whether cookies go with it, and may be set by its answer.
    pub has_cookies: bool,
}

impl HttpRequest {
    /// A GET that asks for JSON.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Self::new(Method::Get, url.into())
    }

    fn new(method: Method, url: String) -> Self {
        let accept = (Cow::Borrowed("accept"), "application/json".into());
        Self { method, url, headers: vec![accept], body: None, has_cookies: false }
    }

    /// A POST of form-encoded parameters that asks for JSON.
    #[must_use]
    pub fn post_form(url: impl Into<String>, form: Secret) -> Self {
        Self::post(url, "application/x-www-form-urlencoded", form)
    }

    /// A POST of a body of this type that asks for JSON.
    #[must_use]
    pub fn post(url: impl Into<String>, content_type: &'static str, body: Secret) -> Self {
        let request = Self::post_nothing(url).with_header("content-type", content_type);
        Self { body: Some(body), ..request }
    }

    /// A POST without a body that asks for JSON.
    #[must_use]
    pub fn post_nothing(url: impl Into<String>) -> Self {
        Self::new(Method::Post, url.into())
    }

    /// The same request with one header more.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Secret>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The same request with the cookies that the browser has for its URL.
    #[must_use]
    pub fn with_cookies(mut self) -> Self {
        self.has_cookies = true;
        self
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest").field("method", &self.method).field("url", &self.url).finish_non_exhaustive()
    }
}

/// An answer, whole. `body` is at most [`LARGEST_BODY`] bytes, or cut off past it, so that no parser takes it.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// Those headers that CORS let through; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The text.
    pub body: Secret,
}

/// No metadata, key set or token answer that is meant well is larger.
pub const LARGEST_BODY: usize = 1024 * 1024;

impl HttpResponse {
    /// An answer without headers.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Secret>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status / 100 == 2
    }

    /// Whether the same request may succeed later: 408, 429 and 5xx.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self.status, 408 | 429) || self.status >= 500
    }

    /// A refusal without a secret of the request that the server may repeat in its words. What grants something stays whole.
    #[must_use]
    pub fn without(mut self, secret: &Secret) -> Self {
        if !self.is_success() && !secret.expose().is_empty() {
            self.body = cut_out(self.body.expose(), secret.expose()).into();
        }
        self
    }

    /// The value of a header; `None` also when CORS hides it.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The server's clock when it answered (RFC 9110 §6.6.1).
    #[must_use]
    pub fn date(&self) -> Option<UnixTime> {
        parse_http_date(self.header("date")?)
    }

    /// Seconds that the server asks to wait (RFC 9110 §10.2.3); a date is counted from `Date`.
    #[must_use]
    pub fn retry_after(&self) -> Option<u32> {
        let value = self.header("retry-after")?.trim_ascii();
        value.parse().ok().or_else(|| {
            let until = parse_http_date(value)?;
            u32::try_from(until.seconds_since(self.date()?).max(0)).ok()
        })
    }
}

/// `text` with every `part` replaced by an ellipsis. Byte by byte: such texts are short, and the standard library's search is not.
pub(crate) fn cut_out(text: &str, part: &str) -> String {
    let mut rest = text;
    let mut clean = String::new();
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix(part) {
            clean.push('…');
            rest = after;
        } else {
            clean.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    clean
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse").field("status", &self.status).finish_non_exhaustive()
    }
}
