//! An API that wants a token.

use super::World;
use super::network::Request;
use super::proof::ProofCheck;
use super::server::AuthorizationServer;
use crate::http::HttpResponse;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

/// A protected API: it answers with what it was asked, to whoever shows a good access token of its authorization server, and
/// to all others with 401. Clones are the same API.
#[derive(Clone)]
pub struct Api {
    state: Rc<State>,
}

super::opaque_debug!(Api);

struct State {
    server: AuthorizationServer,
    audience: RefCell<Option<String>>,
    scope: RefCell<Option<String>>,
    proofs: ProofCheck,
    answers: RefCell<VecDeque<HttpResponse>>,
    hides_challenge: Cell<bool>,
    /// `acr_values` and `max_age` (RFC 9470).
    demand: RefCell<Option<(Option<String>, Option<u32>)>>,
    requests: RefCell<Vec<Request>>,
    accepted: Cell<usize>,
}

impl Api {
    /// Puts an API on the network of `world`, at `origin`.
    ///
    /// # Panics
    /// If `origin` is no URL.
    #[must_use]
    pub fn start(world: &World, server: &AuthorizationServer, origin: &str) -> Self {
        let state = Rc::new(State {
            server: server.clone(),
            audience: RefCell::default(),
            scope: RefCell::default(),
            proofs: ProofCheck::default(),
            answers: RefCell::default(),
            hides_challenge: Cell::default(),
            demand: RefCell::default(),
            requests: RefCell::default(),
            accepted: Cell::default(),
        });
        let service = Rc::clone(&state);
        world.serve(origin, move |request| service.answer(request));
        Self { state }
    }

    /// Accepts from now on only tokens that were issued for this audience (RFC 8707).
    pub fn require_audience(&self, audience: &str) {
        self.state.audience.replace(Some(audience.to_owned()));
    }

    /// Accepts from now on only tokens that have this scope (RFC 6750 §3.1).
    pub fn require_scope(&self, scope: &str) {
        self.state.scope.replace(Some(scope.to_owned()));
    }

    /// Wants to see this nonce in every proof from now on (RFC 9449 §9), and says so with every answer.
    pub fn demand_nonce(&self, nonce: &str) {
        self.state.proofs.demand_nonce(nonce);
    }

    /// Demands from now on that users have signed in by one of these context classes, and no longer ago than so many seconds
    /// (RFC 9470).
    pub fn demand_sign_in(&self, acr_values: Option<&str>, max_age: Option<u32>) {
        self.state.demand.replace(Some((acr_values.map(str::to_owned), max_age)));
    }

    /// Gives this answer to the next request, whatever token it has. Several are given in their order.
    pub fn answer_next(&self, response: HttpResponse) {
        self.state.answers.borrow_mut().push_back(response);
    }

    /// Whether CORS keeps the page from seeing `WWW-Authenticate`; not at first.
    pub fn hide_challenge(&self, hides_challenge: bool) {
        self.state.hides_challenge.set(hides_challenge);
    }

    /// Every request that came in.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.state.requests.borrow().clone()
    }

    /// How many requests came in.
    #[must_use]
    pub fn request_count(&self) -> usize {
        self.state.requests.borrow().len()
    }

    /// How many of them had a good token.
    #[must_use]
    pub fn accepted_count(&self) -> usize {
        self.state.accepted.get()
    }
}

impl State {
    fn answer(&self, request: &Request) -> HttpResponse {
        self.proofs.stamp(self.judge(request))
    }

    fn judge(&self, request: &Request) -> HttpResponse {
        self.requests.borrow_mut().push(request.clone());
        if let Some(planned) = self.answers.borrow_mut().pop_front() {
            return planned;
        }
        let shown = match self.server.state.check_call(request, &self.proofs) {
            Ok(shown) => shown,
            Err(challenge) => return self.refuse(401, &challenge),
        };
        let audience = self.audience.borrow();
        if audience.is_some() && shown.audience != *audience {
            return self.refuse(401, r#"Bearer error="invalid_token""#);
        }
        let token = request.header("authorization").and_then(|shown| shown.split_once(' ')).map_or("", |shown| shown.1);
        if let Some(challenge) = self.unmet_demand(token) {
            return self.refuse(401, &challenge);
        }
        let user = shown.user;
        if let Some(scope) =
            self.scope.borrow().as_ref().filter(|scope| !shown.scope.split(' ').any(|has| has == *scope))
        {
            return self.refuse(403, &[r#"Bearer error="insufficient_scope", scope=""#, scope, "\""].concat());
        }
        self.accepted.set(self.accepted.get() + 1);
        let echo = json!({
            "user": user,
            "method": request.method,
            "path": request.url.path,
            "body": request.body,
        });
        HttpResponse::new(200, echo.to_string())
    }

    /// RFC 9470 §3
    fn unmet_demand(&self, token: &str) -> Option<String> {
        let (acr_values, max_age) = self.demand.borrow().clone()?;
        let (acr, age) = self.server.state.authentication_of(token)?;
        let has_class =
            acr_values.as_ref().is_none_or(|asked| asked.split(' ').any(|class| acr.as_deref() == Some(class)));
        let is_young = max_age.is_none_or(|max_age| age <= i64::from(max_age));
        let mut challenge = r#"Bearer error="insufficient_user_authentication""#.to_owned();
        challenge.extend(acr_values.map(|values| format!(r#", acr_values="{values}""#)));
        challenge.extend(max_age.map(|seconds| format!(r#", max_age="{seconds}""#)));
        (!has_class || !is_young).then_some(challenge)
    }

    /// RFC 6750 §3
    fn refuse(&self, status: u16, challenge: &str) -> HttpResponse {
        let mut response = HttpResponse::new(status, "");
        if !self.hides_challenge.get() {
            response.headers.push(("www-authenticate".to_owned(), challenge.to_owned()));
        }
        response
    }
}
