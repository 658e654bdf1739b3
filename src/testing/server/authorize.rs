//! The authorization endpoint (RFC 6749 §4.1.1), and the user in front of it.

use super::{AuthorizationServer, Endpoint, State, visit_request};
use crate::encoding::{form, parse_form};
use crate::testing::fail;
use crate::time::UnixTime;
use std::collections::BTreeMap;

/// Who goes to the server's pages, and what he does there.
pub(super) struct Visitor {
    name: String,
    /// The error that the next authorization request is answered with.
    refusal: Option<(String, String)>,
    /// Who is signed in at the server itself, and since when.
    pub(super) session: Option<(String, UnixTime)>,
}

impl Default for Visitor {
    fn default() -> Self {
        Self { name: "alice".to_owned(), refusal: None, session: None }
    }
}

/// What a code stands for.
pub(super) struct Code {
    pub(super) request: BTreeMap<String, String>,
    pub(super) user: String,
    pub(super) auth_time: UnixTime,
    pub(super) issued_at: UnixTime,
    /// The grant that it was exchanged for.
    pub(super) grant: Option<usize>,
}

impl AuthorizationServer {
    /// Lets somebody else sit in front of the browser: the next sign-in is his, at the server too.
    pub fn set_user(&self, name: &str) {
        let mut visitor = self.state.visitor.borrow_mut();
        visitor.name = name.to_owned();
        visitor.session = None;
    }

    /// Answers the next authorization request with an error: `access_denied` is what the user's refusal is called.
    pub fn refuse_next(&self, error: &str, description: &str) {
        self.state.visitor.borrow_mut().refusal = Some((error.to_owned(), description.to_owned()));
    }

    /// Plays the user: goes to a page of the server, does there what is to be done, and returns where the server sends him.
    ///
    /// # Panics
    /// If the server would show an error page instead: the URL is none of its pages, the client is unknown, something that a
    /// code flow with PKCE needs is missing, or there is nowhere to go after the sign-out.
    #[must_use]
    pub fn visit(&self, url: &str) -> String {
        let request = visit_request(url);
        let endpoint = self.state.endpoint(&request.url.without_query());
        if let Some(endpoint) = endpoint {
            self.state.count(endpoint, &request);
        }
        match endpoint {
            Some(Endpoint::Authorization) => self.state.authorize(&request.url.query),
            Some(Endpoint::EndSession) => self.state.end_session(&request),
            _ => fail(&["the server has no page at ", &request.url.without_query()].concat()),
        }
    }
}

impl State {
    fn authorize(&self, query: &str) -> String {
        let Some(query) = self.pulled(query) else { fail("the request was not pushed, or was used already") };
        let request = read_request(&query);
        let get = |name: &str| request.get(name).map(String::as_str).unwrap_or_default();
        if !self.clients.borrow().contains(get("client_id")) {
            fail("the client is not registered at this server");
        }
        // RFC 6749 §4.1.1, RFC 7636 §4.3
        for name in ["redirect_uri", "state", "code_challenge"] {
            if get(name).is_empty() {
                fail(&["the authorization request has no ", name].concat());
            }
        }
        if (get("response_type"), get("code_challenge_method")) != ("code", "S256") {
            fail("the authorization request is not for a code with an S256 challenge");
        }
        let mut parameters = vec![("state", get("state").to_owned())];
        match self.decide(&request) {
            Ok((user, auth_time)) => {
                let code = self.remember(self.random.token());
                parameters.push(("code", code.clone()));
                let code_record =
                    Code { request: request.clone(), user, auth_time, issued_at: self.now(), grant: None };
                self.codes.borrow_mut().insert(code, code_record);
            }
            Err((error, description)) => {
                parameters.extend([("error", error), ("error_description", description)]);
            }
        }
        if self.policy.borrow().sends_issuer {
            parameters.push(("iss", self.issuer.clone()));
        }
        if self.policy.borrow().has_session_page {
            parameters.push(("session_state", self.session_state()));
        }
        parameters.retain(|(_, value)| !value.is_empty());
        let answer = form(parameters.iter().map(|(name, value)| (*name, value.as_str())));
        let redirect_uri = get("redirect_uri");
        let joint = match (get("response_mode"), redirect_uri.contains('?')) {
            ("fragment", _) => "#",
            (_, true) => "&",
            (_, false) => "?",
        };
        [redirect_uri, joint, &answer].concat()
    }

    /// Who has signed in and when, or why nobody has (OpenID Connect Core 1.0 §3.1.2.3).
    fn decide(&self, request: &BTreeMap<String, String>) -> Result<(String, UnixTime), (String, String)> {
        let mut visitor = self.visitor.borrow_mut();
        if let Some(refusal) = visitor.refusal.take() {
            return Err(refusal);
        }
        let prompt = request.get("prompt").map(String::as_str).unwrap_or_default();
        let max_age = request.get("max_age").and_then(|seconds| seconds.parse().ok()).unwrap_or(i64::MAX);
        let session = visitor.session.clone().filter(|(_, since)| self.now().seconds_since(*since) <= max_age);
        match session {
            Some(session) if prompt != "login" => Ok(session),
            _ if prompt == "none" => Err(("login_required".to_owned(), "Nobody is signed in".to_owned())),
            _ => {
                let session = (visitor.name.clone(), self.now());
                Ok(visitor.session.insert(session).clone())
            }
        }
    }
}

/// RFC 6749 §3.1: no parameter twice, and an empty one is as good as none.
fn read_request(query: &str) -> BTreeMap<String, String> {
    let mut request: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in parse_form(query.trim_start_matches('?')) {
        // RFC 8707 §2
        if let Some(resources) = request.get_mut(&name).filter(|_| name == "resource") {
            *resources = [resources.as_str(), " ", &value].concat();
            continue;
        }
        if request.contains_key(&name) {
            fail(&["the authorization request has twice: ", &name].concat());
        }
        if !value.is_empty() {
            request.insert(name, value);
        }
    }
    request
}
