//! A call of the caller's: what he gave to `client.fetch`, as a `Request` that waits for its credential.

use super::object::{global, member, record, set, text};
use super::{Browser, web};
use crate::error::{Error, ErrorCode, Result};
use crate::url::ParseUrl;
use js_sys::{ArrayBuffer, Reflect, Symbol};
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortSignal, Blob, ReadableStream, Request};

/// The arguments of a `fetch`, checked and resolved as `fetch` does it.
#[derive(Debug)]
pub struct Call {
    request: Request,
    body: Body,
    was_sent: Cell<bool>,
}

/// What it takes to send the call once more.
#[derive(Debug)]
enum Body {
    /// Nothing: a `Request` without a body is not used up.
    None,
    /// A string or a `Blob`, which nobody can change: the next `Request` gets it again.
    Immutable(JsValue),
    /// A copy of bytes, for every `Request`. WebKit reads them only when it sends them, when the caller may have written others
    /// into his buffer.
    Bytes(JsValue),
    /// One that is inside of the caller's `Request`, or a form: a clone is sent.
    Cloneable,
    /// A stream: it is read only once.
    Stream,
}

impl Call {
    /// A call with the arguments of `fetch(input, init)`. Like `fetch`, this takes over the body of a `Request`.
    ///
    /// # Errors
    /// `unlisted_resource` for a URL that `fetch` refuses, `invalid_option` where it would throw a `TypeError` for another
    /// reason, and for the mode `no-cors`, which lets no credential through.
    pub fn new(input: &JsValue, init: &JsValue) -> Result<Self> {
        let refuse = |what| Error::new(ErrorCode::InvalidOption, what);
        let request = Request::new_with_request_and_init(input.unchecked_ref(), init.unchecked_ref()).map_err(
            |_| match is_url(input) {
                true => refuse("fetch would refuse an option, or a body that is read already"),
                false => Error::new(ErrorCode::UnlistedResource, "fetch would refuse this URL, and nothing was sent"),
            },
        )?;
        if text(&request, "mode").as_deref() == Some("no-cors") {
            return Err(refuse("a call with mode no-cors cannot have a credential"));
        }
        let body = Body::new(&request, input, init);
        Ok(Self { request, body, was_sent: Cell::new(false) })
    }

    pub(super) fn url(&self) -> String {
        self.request.url()
    }

    pub(super) fn method(&self) -> String {
        self.request.method()
    }

    /// Whether the caller leaves redirects to the browser.
    pub(super) fn follows_redirects(&self) -> bool {
        text(&self.request, "redirect").as_deref() == Some("follow")
    }

    /// Follows the caller's own signal, and has its reason.
    pub(super) fn signal(&self) -> AbortSignal {
        self.request.signal()
    }

    /// What a new `Request` would not take over from the caller's, once it is given anything at all (Fetch §5.4).
    fn init(&self) -> JsValue {
        let init = record([]);
        for name in ["referrer", "referrerPolicy"] {
            if let Some(value) = member(&self.request, name) {
                let _ = set(&init, name, &value);
            }
        }
        init
    }

    pub(super) fn may_send_again(&self) -> bool {
        !(self.was_sent.get() && matches!(self.body, Body::Stream))
    }

    /// The request to be sent now.
    pub(super) fn next_request(&self) -> Result<Request> {
        let was_sent = self.was_sent.replace(true);
        let with_body = |body: &JsValue| {
            let init = self.init();
            set(&init, "body", body)?;
            Request::new_with_request_and_init(&self.request, init.unchecked_ref())
        };
        let request = match &self.body {
            Body::Immutable(body) if was_sent => with_body(body),
            Body::Bytes(body) => with_body(body),
            // The method of JavaScript, not `Clone`.
            Body::Cloneable => self.request.clone(),
            Body::Stream if was_sent => Err(JsValue::UNDEFINED),
            Body::None | Body::Immutable(_) | Body::Stream => Ok(Clone::clone(&self.request)),
        };
        request.map_err(|_| Error::new(ErrorCode::InvalidOption, "the body of the call is read already"))
    }
}

impl Call {
    /// The request to be sent now, with cookies and without following redirects as asked.
    pub(super) fn next_straight_request(&self, stops_at_redirects: bool, has_cookies: bool) -> Result<Request> {
        let request = self.next_request()?;
        let init = self.init();
        if stops_at_redirects {
            let _ = set(&init, "redirect", &"manual".into());
        }
        if has_cookies {
            let _ = set(&init, "credentials", &"include".into());
        }
        Request::new_with_request_and_init(&request, init.unchecked_ref())
            .map_err(|_| Error::new(ErrorCode::InvalidOption, "fetch would refuse this call with cookies"))
    }
}

/// Whether the input names a URL that `fetch` takes: one that can be parsed, without a user or a password.
fn is_url(input: &JsValue) -> bool {
    let base = global("location").and_then(|location| text(&location, "href"));
    let address = input.as_string().or_else(|| text(input, "href")).or_else(|| text(input, "url"));
    address.and_then(|address| Browser::parse_url(&address, base.as_deref())).is_some_and(|url| !url.has_credentials)
}

impl Body {
    fn new(request: &Request, input: &JsValue, init: &JsValue) -> Self {
        let given = if init.is_object() { member(init, "body") } else { None };
        match given {
            Some(body) if body.is_string() || body.is_instance_of::<Blob>() => Self::Immutable(body),
            Some(body) if is_stream(&body) => Self::Stream,
            Some(body) => copy_bytes(&body).map_or(Self::Cloneable, Self::Bytes),
            None if has_body(request, input) => Self::Cloneable,
            None => Self::None,
        }
    }
}

/// Whether the request took a body over from a `Request` of the caller's. Where `Request.body` is missing, any may have.
fn has_body(request: &Request, input: &JsValue) -> bool {
    let has_none = || Reflect::get(request, &"body".into()).is_ok_and(|body| body.is_null());
    input.is_object() && !matches!(request.method().as_str(), "GET" | "HEAD") && !has_none()
}

/// What an `ArrayBuffer`, or that part of one which a view shows, holds now.
fn copy_bytes(body: &JsValue) -> Option<JsValue> {
    let is_bytes = ArrayBuffer::is_view(body) || body.is_instance_of::<ArrayBuffer>();
    if is_bytes { web::copy_bytes(body).ok() } else { None }
}

/// A `ReadableStream` or an async iterable, the bodies without a source (Fetch standard, "extract a body").
fn is_stream(body: &JsValue) -> bool {
    body.is_instance_of::<ReadableStream>()
        || (body.is_object() && Reflect::has(body, &Symbol::async_iterator()).unwrap_or(false))
}
