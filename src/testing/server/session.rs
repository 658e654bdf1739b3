//! What can be asked and ended with a token: userinfo, revocation, logout.

use super::{AuthorizationServer, State, answer, refusal};
use crate::encoding::form;
use crate::http::HttpResponse;
use crate::testing::fail;
use crate::testing::network::Request;
use serde_json::json;

impl AuthorizationServer {
    /// What the server's page in a frame answers to this message (OpenID Connect Session Management 1.0 §3.2).
    #[must_use]
    pub fn check_session(&self, message: &str) -> String {
        let answer = match message.split_once(' ') {
            Some((client, _)) if !self.state.clients.borrow().contains(client) => "error",
            Some((_, state)) if state == self.state.session_state() => "unchanged",
            Some(_) => "changed",
            _ => "error",
        };
        answer.to_owned()
    }

    /// Signs the user out at the server: no application hears of it.
    pub fn end_own_session(&self) {
        self.state.visitor.borrow_mut().session = None;
    }
}

impl State {
    /// Says who is signed in, and since when, and nothing else.
    pub(super) fn session_state(&self) -> String {
        let visitor = self.visitor.borrow();
        visitor.session.as_ref().map_or("nobody".to_owned(), |(user, since)| format!("{user}.{}", since.0))
    }

    /// OpenID Connect Core 1.0 §5.3
    pub(super) fn userinfo(&self, request: &Request) -> HttpResponse {
        match self.check_call(request, &self.proofs) {
            Ok(shown) => answer(200, &json!({ "sub": shown.user, "name": shown.user })),
            Err(challenge) => {
                let mut response = HttpResponse::new(401, "");
                response.headers.push(("www-authenticate".to_owned(), challenge));
                response
            }
        }
    }

    /// RFC 7009 §2.2: a token that is not known counts as revoked.
    pub(super) fn revoke(&self, request: &Request) -> HttpResponse {
        let client_id = request.parameter("client_id").unwrap_or_default();
        if !self.clients.borrow().contains(&client_id) {
            return refusal(401, "invalid_client");
        }
        match request.parameter("token") {
            Some(token) => self.revoke_token(&token),
            None => return refusal(400, "invalid_request"),
        }
        HttpResponse::new(200, "")
    }

    /// OpenID Connect RP-Initiated Logout 1.0 §2 and §3. Ends all grants of the user too.
    pub(super) fn end_session(&self, request: &Request) -> String {
        if let Some((user, _)) = self.visitor.borrow_mut().session.take() {
            self.revoke_grants_of(&user);
        }
        let Some(target) = request.parameter("post_logout_redirect_uri") else {
            fail("the server says goodbye and sends the user nowhere: there is no post_logout_redirect_uri")
        };
        match request.parameter("state") {
            Some(state) => {
                let joint = if target.contains('?') { "&" } else { "?" };
                [target.as_str(), joint, &form([("state", state.as_str())])].concat()
            }
            None => target,
        }
    }
}
