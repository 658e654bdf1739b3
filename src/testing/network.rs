//! The network between the browser and the servers, and everything that goes wrong on it.

use super::clock::Time;
use super::signal::Signal;
use super::url::TestUrl;
use super::{Happening, Inner, PageId, World};
use crate::encoding::parse_form;
use crate::error::{Error, ErrorCode, Result};
use crate::http::HttpResponse;
use crate::url::{ParseUrl, Url};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::{Rc, Weak};

/// A request as a server gets it.
#[derive(Clone)]
pub struct Request {
    /// In upper case.
    pub method: String,
    /// Where it went, parsed.
    pub url: Url,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Empty if there is none.
    pub body: String,
}

impl Request {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A parameter of the form in the body, or of the query if there is no body; `None` if it is empty (RFC 6749 §3.1).
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        let form = if self.body.is_empty() { self.url.query.trim_start_matches('?') } else { &self.body };
        parse_form(form).into_iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value)
    }

    /// The token of an `Authorization: Bearer` header (RFC 6750 §2.1).
    #[must_use]
    pub fn bearer(&self) -> Option<&str> {
        self.credential("bearer")
    }

    /// What an `Authorization` header of this scheme shows.
    #[must_use]
    pub fn credential(&self, scheme: &str) -> Option<&str> {
        let (shown, credential) = self.header("authorization")?.split_once(' ')?;
        shown.eq_ignore_ascii_case(scheme).then_some(credential)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).field("url", &self.url.href).finish_non_exhaustive()
    }
}

/// What can happen to a request on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing can be sent: no DNS, no route, blocked by CORS, a policy or an extension. Known at once.
    Unreachable,
    /// It gets lost before the server sees it; nobody learns of that.
    RequestLost,
    /// The server acts on it, and its answer gets lost; nobody learns of that.
    AnswerLost,
    /// The server acts on it, and the connection breaks under the answer, or CORS keeps the page from reading it.
    AnswerBroken,
    /// The server acts on it, and half of its answer comes, as if it were all.
    AnswerCut,
    /// It comes to the server so many milliseconds later than usual.
    RequestLate(u32),
    /// The server acts in time, and its answer comes so many milliseconds later than usual.
    AnswerLate(u32),
    /// Something on the way answers in the server's place.
    Answered(HttpResponse),
}

impl Fault {
    /// The server, or a proxy before it, fails with this status and does not act. With `retry_after`, in seconds, it asks to wait.
    #[must_use]
    pub fn status(status: u16, retry_after: Option<u32>) -> Self {
        let headers = retry_after.map(|seconds| ("retry-after".to_owned(), seconds.to_string())).into_iter().collect();
        Self::Answered(HttpResponse { headers, ..HttpResponse::new(status, "") })
    }

    /// A page comes in place of the answer: a captive portal's, a proxy's, a login.
    #[must_use]
    pub fn page() -> Self {
        let headers = vec![("content-type".to_owned(), "text/html".to_owned())];
        Self::Answered(HttpResponse { headers, ..HttpResponse::new(200, "<!doctype html><title>Welcome</title>") })
    }
}

/// How a server answers.
type Service = Rc<dyn Fn(&Request) -> HttpResponse>;

/// Says what happens to a request.
type Plan = Box<dyn FnMut(&Request) -> Option<Fault>>;

#[derive(Default)]
pub(super) struct Network {
    /// By origin.
    services: RefCell<BTreeMap<String, Service>>,
    plans: RefCell<Vec<Plan>>,
    is_offline: Cell<bool>,
    /// The URLs that requests were sent to, whatever became of them.
    transmitted: RefCell<Vec<String>>,
    latency_ms: Cell<u32>,
    last_number: Cell<u64>,
}

impl World {
    /// Puts a server of your own on the network: `answer` is called with every request to `origin`.
    ///
    /// # Panics
    /// If `origin` is no URL.
    pub fn serve(&self, origin: &str, answer: impl Fn(&Request) -> HttpResponse + 'static) {
        self.inner.network.serve(origin, answer);
    }

    /// Decides from now on what happens to each request. Of several plans the one that was given last is asked first; a
    /// request for which none has a fault goes through.
    pub fn plan_faults(&self, plan: impl FnMut(&Request) -> Option<Fault> + 'static) {
        self.inner.network.plans.borrow_mut().insert(0, Box::new(plan));
    }

    /// Lets `fault` happen to the next request whose URL contains `part`, once.
    pub fn fail_next(&self, part: &str, fault: Fault) {
        let (part, mut fault) = (part.to_owned(), Some(fault));
        self.plan_faults(move |request| if request.url.href.contains(&part) { fault.take() } else { None });
    }

    /// Forgets all planned faults.
    pub fn forget_faults(&self) {
        self.inner.network.plans.take();
    }

    /// How many requests were sent to URLs that contain `part`, whatever became of them.
    #[must_use]
    pub fn transmitted(&self, part: &str) -> usize {
        self.inner.network.transmitted.borrow().iter().filter(|url| url.contains(part)).count()
    }

    /// How long a request or an answer is on its way, in milliseconds; 20 at first.
    pub fn set_latency(&self, ms: u32) {
        self.inner.network.latency_ms.set(ms);
    }

    /// Cuts the whole machine off the network. What is on its way already arrives.
    pub fn go_offline(&self) {
        self.inner.network.is_offline.set(true);
    }

    pub(super) fn connect(&self) {
        self.inner.network.is_offline.set(false);
    }
}

impl Network {
    pub(super) fn new() -> Self {
        Self { latency_ms: Cell::new(20), ..Self::default() }
    }

    pub(super) fn serve(&self, origin: &str, answer: impl Fn(&Request) -> HttpResponse + 'static) {
        let Some(url) = TestUrl::parse_url(origin, None) else { super::fail(&["no URL: ", origin].concat()) };
        self.services.borrow_mut().insert(url.origin, Rc::new(answer));
    }

    pub(super) fn is_offline(&self) -> bool {
        self.is_offline.get()
    }

    fn fault_of(&self, request: &Request) -> Option<Fault> {
        self.plans.borrow_mut().iter_mut().find_map(|plan| plan(request))
    }

    /// Parts with all servers, which may hold the network themselves.
    pub(super) fn close(&self) {
        self.services.take();
        self.plans.take();
    }
}

impl Inner {
    /// Sends a request on its way. Whoever sent it may be gone before the answer comes; the server acts all the same.
    pub(super) fn transmit(self: &Rc<Self>, page: PageId, request: Request) -> Waiting {
        let number = self.network.last_number.get() + 1;
        self.network.last_number.set(number);
        let answer = Signal::default();
        let fault = self.network.fault_of(&request);
        self.tell(&Happening::Sent { page, number, request: &request, fault: fault.as_ref() });
        self.network.transmitted.borrow_mut().push(request.url.href.clone());
        let service = self.network.services.borrow().get(&request.url.origin).cloned();
        let unreachable = self.network.is_offline() || fault == Some(Fault::Unreachable);
        match service {
            Some(service) if !unreachable => {
                let passage = Passage { world: Rc::downgrade(self), number, request, service, fault };
                self.executor.spawn(None, passage.carry(Rc::clone(&self.time), answer.clone()));
            }
            _ => answer.set(Err(broken("the request could not be sent"))),
        }
        Waiting { world: Rc::clone(self), number, answer, is_over: Cell::new(false) }
    }
}

/// A request that was sent, in the hands of the page that sent it.
pub(super) struct Waiting {
    world: Rc<Inner>,
    number: u64,
    answer: Signal<Result<HttpResponse>>,
    is_over: Cell<bool>,
}

impl Waiting {
    pub(super) async fn answer(&self) -> Result<HttpResponse> {
        let outcome = self.answer.take().await;
        self.is_over.set(true);
        self.world.tell(&Happening::Received { number: self.number, outcome: outcome.as_ref() });
        outcome
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.is_over.get() {
            self.world.tell(&Happening::Abandoned { number: self.number });
        }
    }
}

/// A request on its way.
struct Passage {
    world: Weak<Inner>,
    number: u64,
    request: Request,
    service: Service,
    fault: Option<Fault>,
}

impl Passage {
    async fn carry(self, time: Rc<Time>, answer: Signal<Result<HttpResponse>>) {
        let latency = self.world.upgrade().map_or(0, |world| u64::from(world.network.latency_ms.get()));
        let (request_late, answer_late) = match &self.fault {
            Some(Fault::RequestLate(ms)) => (u64::from(*ms), 0),
            Some(Fault::AnswerLate(ms)) => (0, u64::from(*ms)),
            _ => (0, 0),
        };
        time.sleep(latency + request_late).await;
        let Some(mut response) = self.act() else { return };
        time.sleep(latency + answer_late).await;
        match self.fault {
            Some(Fault::AnswerLost) => return,
            Some(Fault::AnswerBroken) => return answer.set(Err(broken("the connection broke"))),
            Some(Fault::AnswerCut) => response.body = first_half(response.body.expose()).into(),
            _ => {}
        }
        answer.set(Ok(response));
    }

    /// Has the server act, or whoever answers in its place; `None` if the request does not come so far.
    fn act(&self) -> Option<HttpResponse> {
        let (response, is_genuine) = match &self.fault {
            Some(Fault::RequestLost) => return None,
            Some(Fault::Answered(response)) => (response.clone(), false),
            _ => ((self.service)(&self.request), true),
        };
        let (number, request) = (self.number, &self.request);
        self.world.upgrade()?.tell(&Happening::Answered { number, request, response: &response, is_genuine });
        Some(response)
    }
}

fn first_half(text: &str) -> &str {
    let half = (0..=text.len() / 2).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    text.split_at(half).0
}

fn broken(what: &'static str) -> Error {
    Error::new(ErrorCode::Network, what)
}
