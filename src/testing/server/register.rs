//! Clients that register themselves: RFC 7591.

use super::{State, answer, refusal};
use crate::http::HttpResponse;
use crate::testing::network::Request;
use serde_json::Value;

impl State {
    /// Registers a public client under a name of the server's choice, and says again what it has said of itself.
    pub(super) fn register_client(&self, request: &Request) -> HttpResponse {
        let said = serde_json::from_str::<Value>(&request.body).ok();
        let is_json = request.header("content-type") == Some("application/json");
        let Some(Value::Object(mut client)) = said.filter(|_| is_json) else {
            return refusal(400, "invalid_client_metadata");
        };
        // §2
        let has_uris = client.get("redirect_uris").and_then(Value::as_array).is_some_and(|uris| !uris.is_empty());
        if !has_uris {
            return refusal(400, "invalid_redirect_uri");
        }
        if client.get("token_endpoint_auth_method").and_then(Value::as_str) != Some("none") {
            return refusal(400, "invalid_client_metadata");
        }
        let client_id = ["client-", &self.random.token()].concat();
        self.clients.borrow_mut().insert(client_id.clone());
        client.insert("client_id".to_owned(), client_id.into());
        answer(201, &Value::Object(client))
    }
}
