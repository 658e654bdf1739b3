//! An authorization server that does what the specifications say, until a test tells it otherwise.

mod authorize;
mod grant;
mod key;
mod metadata;
mod par;
mod policy;
mod register;
mod session;
mod token;

pub use grant::Rotation;
pub use key::{IdTokenDraft, Signing};
pub use policy::Policy;

use super::clock::Time;
use super::network::Request;
use super::proof::ProofCheck;
use super::random::Generator;
use super::url::TestUrl;
use super::{World, fail};
use crate::http::HttpResponse;
use crate::time::UnixTime;
use crate::url::ParseUrl;
use authorize::{Code, Visitor};
use grant::Grants;
use key::Keys;
use serde_json::{Value, json};
use std::cell::{Cell, Ref, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

/// Where requests come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// OpenID Connect Discovery 1.0 §4 and RFC 8414 §3
    Metadata,
    /// RFC 6749 §3.1; the user goes there
    Authorization,
    /// RFC 9126 §2
    PushedRequest,
    /// RFC 7591 §3
    Registration,
    /// RFC 6749 §3.2
    Token,
    /// OpenID Connect Core 1.0 §5.3
    UserInfo,
    /// RFC 7517 §5
    Jwks,
    /// RFC 7009 §2
    Revocation,
    /// OpenID Connect RP-Initiated Logout 1.0 §2; the user goes there
    EndSession,
}

/// An authorization server with one public client, `app`, at whatever redirect URI, and a user, `alice`, who consents to
/// everything. Clones are the same server.
#[derive(Clone)]
pub struct AuthorizationServer {
    pub(super) state: Rc<State>,
}

super::opaque_debug!(AuthorizationServer);

pub(super) struct State {
    issuer: String,
    /// The issuer without a slash at its end: what the endpoints begin with.
    base: String,
    time: Rc<Time>,
    random: Generator,
    policy: RefCell<Policy>,
    clients: RefCell<BTreeSet<String>>,
    keys: Keys,
    visitor: RefCell<Visitor>,
    codes: RefCell<BTreeMap<String, Code>>,
    /// By their `request_uri`.
    pushed: RefCell<BTreeMap<String, String>>,
    proofs: ProofCheck,
    grants: RefCell<Grants>,
    secrets: RefCell<Vec<String>>,
    counts: RefCell<BTreeMap<Endpoint, usize>>,
    last_requests: RefCell<BTreeMap<Endpoint, Request>>,
    answers: RefCell<Vec<(Endpoint, VecDeque<HttpResponse>)>>,
    rewrites: RefCell<Vec<(Endpoint, Rewrite)>>,
    reuse_count: Cell<usize>,
}

/// Changes an answer on its way out.
type Rewrite = Box<dyn FnMut(&Request, HttpResponse) -> HttpResponse>;

impl AuthorizationServer {
    /// Puts a server on the network of `world`, at the origin of `issuer`. A path and a slash at the end are part of its name.
    ///
    /// # Panics
    /// If `issuer` is no URL.
    #[must_use]
    pub fn start(world: &World, issuer: &str) -> Self {
        let random = world.inner.random.fork();
        let state = Rc::new(State {
            issuer: issuer.to_owned(),
            base: issuer.trim_end_matches('/').to_owned(),
            time: Rc::clone(&world.inner.time),
            keys: Keys::new(&random),
            random,
            policy: RefCell::default(),
            clients: RefCell::new(BTreeSet::from(["app".to_owned()])),
            visitor: RefCell::default(),
            codes: RefCell::default(),
            pushed: RefCell::default(),
            proofs: ProofCheck::default(),
            grants: RefCell::default(),
            secrets: RefCell::default(),
            counts: RefCell::default(),
            last_requests: RefCell::default(),
            answers: RefCell::default(),
            rewrites: RefCell::default(),
            reuse_count: Cell::default(),
        });
        let service = Rc::clone(&state);
        world.serve(issuer, move |request| service.answer(request));
        Self { state }
    }

    /// What the server calls itself.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.state.issuer
    }

    /// Changes what the server does as a rule.
    pub fn configure(&self, change: impl FnOnce(&mut Policy)) {
        change(&mut self.state.policy.borrow_mut());
    }

    /// Wants to see this nonce in every proof from now on (RFC 9449 §8), and says so with every answer.
    pub fn demand_nonce(&self, nonce: &str) {
        self.state.proofs.demand_nonce(nonce);
    }

    /// Registers another public client.
    pub fn register(&self, client_id: &str) {
        self.state.clients.borrow_mut().insert(client_id.to_owned());
    }

    /// Forgets a client, and does not know it any more.
    pub fn unregister(&self, client_id: &str) {
        self.state.clients.borrow_mut().remove(client_id);
    }

    /// Gives this answer to the next request at an endpoint, instead of acting on it. Several are given in their order.
    pub fn answer_next(&self, endpoint: Endpoint, response: HttpResponse) {
        let mut answers = self.state.answers.borrow_mut();
        match answers.iter_mut().find(|(each, _)| *each == endpoint) {
            Some((_, queue)) => queue.push_back(response),
            None => answers.push((endpoint, VecDeque::from([response]))),
        }
    }

    /// Changes every answer of an endpoint from now on, after the server has acted.
    pub fn rewrite(&self, endpoint: Endpoint, rewrite: impl FnMut(&Request, HttpResponse) -> HttpResponse + 'static) {
        self.state.rewrites.borrow_mut().push((endpoint, Box::new(rewrite)));
    }

    /// Changes the JSON of every successful answer of an endpoint from now on.
    pub fn rewrite_json(&self, endpoint: Endpoint, mut rewrite: impl FnMut(&mut Value) + 'static) {
        self.rewrite(endpoint, move |_, mut response| {
            if response.is_success()
                && let Ok(mut json) = serde_json::from_str(response.body.expose())
            {
                rewrite(&mut json);
                response.body = json.to_string().into();
            }
            response
        });
    }

    /// Forgets everything that [`rewrite`](Self::rewrite), [`answer_next`](Self::answer_next) and
    /// [`rewrite_id_token`](Self::rewrite_id_token) asked for.
    pub fn behave(&self) {
        self.state.rewrites.take();
        self.state.answers.take();
        self.state.keys.forget_rewrite();
    }

    /// How many requests came in at an endpoint.
    #[must_use]
    pub fn request_count(&self, endpoint: Endpoint) -> usize {
        self.state.counts.borrow().get(&endpoint).copied().unwrap_or_default()
    }

    /// The request that came in last at an endpoint.
    #[must_use]
    pub fn last_request(&self, endpoint: Endpoint) -> Option<Request> {
        self.state.last_requests.borrow().get(&endpoint).cloned()
    }

    /// Every code and token that this server ever issued, and every verifier that it was shown.
    #[must_use]
    pub fn secrets(&self) -> Ref<'_, Vec<String>> {
        self.state.secrets.borrow()
    }

    /// The first of the [`secrets`](Self::secrets) that a text gives away. Make sure that there is none in errors, events,
    /// log entries and messages.
    #[must_use]
    pub fn find_secret(&self, text: &str) -> Option<String> {
        self.secrets().iter().find(|secret| text.contains(secret.as_str())).cloned()
    }
}

impl State {
    fn now(&self) -> UnixTime {
        UnixTime(i64::try_from(self.time.true_ms() / 1000).unwrap_or(i64::MAX))
    }

    /// Writes a secret down before it is given out.
    fn remember(&self, secret: String) -> String {
        if !secret.is_empty() {
            self.secrets.borrow_mut().push(secret.clone());
        }
        secret
    }

    /// The URL of an endpoint; that of [`Endpoint::Metadata`] by OpenID Connect Discovery.
    fn url(&self, endpoint: Endpoint) -> String {
        let path = match endpoint {
            Endpoint::Metadata => "/.well-known/openid-configuration",
            Endpoint::Authorization => "/authorize",
            Endpoint::PushedRequest => "/par",
            Endpoint::Registration => "/register",
            Endpoint::Token => "/token",
            Endpoint::UserInfo => "/userinfo",
            Endpoint::Jwks => "/jwks",
            Endpoint::Revocation => "/revoke",
            Endpoint::EndSession => "/logout",
        };
        [&self.base, path].concat()
    }

    /// What comes in at a URL, if the server has anything there.
    fn endpoint(&self, url: &str) -> Option<Endpoint> {
        let policy = self.policy.borrow();
        let endpoints = [
            (Endpoint::Metadata, policy.has_openid_configuration),
            (Endpoint::Authorization, true),
            (Endpoint::PushedRequest, policy.has_pushed_requests),
            (Endpoint::Registration, policy.has_registration),
            (Endpoint::Token, true),
            (Endpoint::UserInfo, policy.has_userinfo),
            (Endpoint::Jwks, true),
            (Endpoint::Revocation, policy.has_revocation),
            (Endpoint::EndSession, policy.has_end_session),
        ];
        let found = endpoints.into_iter().find(|(endpoint, exists)| *exists && self.url(*endpoint) == url);
        let is_oauth_metadata = policy.has_oauth_metadata && url == self.oauth_metadata_url();
        found.map(|(endpoint, _)| endpoint).or(is_oauth_metadata.then_some(Endpoint::Metadata))
    }

    fn count(&self, endpoint: Endpoint, request: &Request) {
        *self.counts.borrow_mut().entry(endpoint).or_default() += 1;
        self.last_requests.borrow_mut().insert(endpoint, request.clone());
    }

    fn answer(&self, request: &Request) -> HttpResponse {
        let Some(endpoint) = self.endpoint(&request.url.without_query()) else { return HttpResponse::new(404, "") };
        self.count(endpoint, request);
        let mut response = self.planned_answer(endpoint).unwrap_or_else(|| self.act(endpoint, request));
        for (each, rewrite) in self.rewrites.borrow_mut().iter_mut() {
            if *each == endpoint {
                response = rewrite(request, response);
            }
        }
        if self.policy.borrow().exposes_date {
            response.headers.push(("date".to_owned(), metadata::http_date(self.now())));
        }
        response
    }

    fn planned_answer(&self, endpoint: Endpoint) -> Option<HttpResponse> {
        self.answers.borrow_mut().iter_mut().find(|(each, _)| *each == endpoint)?.1.pop_front()
    }

    fn act(&self, endpoint: Endpoint, request: &Request) -> HttpResponse {
        let is_json = endpoint == Endpoint::Registration;
        let is_form = matches!(endpoint, Endpoint::PushedRequest | Endpoint::Token | Endpoint::Revocation);
        let is_post = is_form || is_json;
        if is_post != (request.method == "POST") {
            return HttpResponse::new(405, "");
        }
        if is_form && request.header("content-type") != Some("application/x-www-form-urlencoded") {
            return refusal(400, "invalid_request");
        }
        match endpoint {
            Endpoint::Registration => self.register_client(request),
            Endpoint::Metadata => answer(200, &self.metadata()),
            Endpoint::Jwks => answer(200, &self.keys.public()),
            Endpoint::PushedRequest => self.proofs.stamp(self.push(request)),
            Endpoint::Token => self.proofs.stamp(self.token(request)),
            Endpoint::UserInfo => self.proofs.stamp(self.userinfo(request)),
            Endpoint::Revocation => self.revoke(request),
            // Pages for the user, which `AuthorizationServer::visit` goes to; for a script they are only HTML.
            Endpoint::Authorization | Endpoint::EndSession => {
                HttpResponse::new(200, "<!doctype html><title>Sign in</title>")
            }
        }
    }
}

fn answer(status: u16, json: &Value) -> HttpResponse {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    HttpResponse { headers, ..HttpResponse::new(status, json.to_string()) }
}

fn refusal(status: u16, error: &str) -> HttpResponse {
    answer(status, &json!({ "error": error }))
}

/// A request as if the browser had gone to `url`.
fn visit_request(url: &str) -> Request {
    let Some(url) = TestUrl::parse_url(url, None) else {
        fail(&["the page was sent to what is no URL: ", url].concat())
    };
    Request { method: "GET".to_owned(), url, headers: Vec::new(), body: String::new() }
}
