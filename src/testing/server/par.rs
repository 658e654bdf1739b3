//! Requests that are pushed before the user comes: RFC 9126.

use super::{State, answer, refusal};
use crate::http::HttpResponse;
use crate::testing::network::Request;
use serde_json::json;

impl State {
    pub(super) fn push(&self, request: &Request) -> HttpResponse {
        let client_id = request.parameter("client_id").unwrap_or_default();
        if !self.clients.borrow().contains(&client_id) {
            return refusal(401, "invalid_client");
        }
        // §2.1
        if request.parameter("request_uri").is_some() || request.parameter("redirect_uri").is_none() {
            return refusal(400, "invalid_request");
        }
        match self.check_proof(request) {
            // RFC 9449 §10.1: the two say the same.
            Ok(key) if key.is_some() && key != request.parameter("dpop_jkt") => {
                return refusal(400, "invalid_dpop_proof");
            }
            Ok(_) => {}
            Err(refused) => return refused,
        }
        let request_uri = ["urn:ietf:params:oauth:request_uri:", &self.remember(self.random.token())].concat();
        self.pushed.borrow_mut().insert(request_uri.clone(), request.body.clone());
        answer(201, &json!({ "request_uri": request_uri, "expires_in": 60 }))
    }

    /// What was pushed under the reference in `query`, once; or `query` itself.
    pub(super) fn pulled(&self, query: &str) -> Option<String> {
        let parameters = crate::encoding::parse_form(query.trim_start_matches('?'));
        match parameters.iter().find(|(name, _)| name == "request_uri") {
            Some((_, request_uri)) if parameters.len() == 2 => self.pushed.borrow_mut().remove(request_uri),
            Some(_) => None,
            None if self.policy.borrow().requires_pushed_requests => None,
            None => Some(query.to_owned()),
        }
    }
}
