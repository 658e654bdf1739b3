//! Where secrets may go: each sort to one place, and into no text that anybody reads.

use super::{ISSUER, TOKEN_PATH, Witness};
use crate::extra::Extra;
use crate::rule::Rule;
use crate::secret::{Secret, Sort};
use tessera_auth::testing::Request;

impl Witness {
    /// None of what a page tells others, or its application, holds a secret.
    pub(crate) fn check_leak(&mut self, place: &str, text: &str) {
        let found = self.secrets.find(text).next();
        if let Some(secret) = found {
            self.violate(Rule::NoLeak, format!("{secret} is in {place}"));
        }
    }

    /// Tokens go where they are for, and nothing of any of them into an address.
    pub(super) fn check_destination(&mut self, request: &Request) {
        let api = Extra::api_at(self.apis, &request.url.href);
        let is_server = request.url.origin == ISSUER;
        let is_token_endpoint = is_server && request.url.path == TOKEN_PATH;
        let is_revocation = is_server && request.url.path == "/revoke";
        let mut astray = self.secrets.find(&request.url.href).next().map(|secret| (secret, "in the address"));
        for (name, value) in &request.headers {
            let is_allowed = |secret: &Secret| match secret.sort {
                // One API's token is nothing for another.
                Sort::Access if api.is_some() => secret.api.is_none() || secret.api == api,
                Sort::Access => is_server && request.url.path == "/userinfo",
                Sort::Proof => name == "dpop" && (api.is_some() || is_server),
                Sort::Refresh | Sort::Id | Sort::Code | Sort::Verifier => false,
            };
            let found = self.secrets.find(value).find(|secret| !is_allowed(secret));
            astray = astray.or(found.map(|secret| (secret, "in a header")));
        }
        let is_allowed = |sort| match sort {
            Sort::Access => is_revocation,
            Sort::Refresh => is_token_endpoint || is_revocation,
            Sort::Code | Sort::Verifier => is_token_endpoint,
            Sort::Id | Sort::Proof => false,
        };
        let found = self.secrets.find(&request.body).find(|secret| !is_allowed(secret.sort));
        astray = astray.or(found.map(|secret| (secret, "in the body")));
        if let Some((secret, place)) = astray {
            let href = request.url.without_query();
            self.violate(Rule::OnlyToResources, format!("{secret} is {place} of a request to {href}"));
        }
    }

    /// A page leaves for an address of the server's, with nothing but an ID token as a hint (RP-Initiated Logout 1.0 §2).
    pub(super) fn check_departure(&mut self, url: &str) {
        let is_logout = url.starts_with(&format!("{ISSUER}/logout?"));
        let found = self.secrets.find(url).find(|secret| !(is_logout && secret.sort == Sort::Id));
        if let Some(secret) = found {
            self.violate(Rule::NoLeak, format!("{secret} is in the address that a page leaves for"));
        }
    }
}
