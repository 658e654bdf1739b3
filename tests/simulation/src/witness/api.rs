//! Several APIs, and a token for each (RFC 8707): asked for when somebody calls, sent nowhere else, none lost over another.

use super::{ISSUER, TOKEN_PATH, Witness};
use crate::extra::APIS;
use crate::rule::Rule;
use tessera_auth::testing::{PageId, Request};

impl Witness {
    /// The API that a token request names; `None` if there is but one.
    pub(super) fn api_asked_for(&self, request: &Request) -> Option<usize> {
        if self.apis == 1 {
            return None;
        }
        let resource = request.parameter("resource")?;
        APIS.iter().position(|url| *url == resource)
    }

    /// Only the first one's token is renewed ahead of time, and comes with the sign-in.
    pub(super) fn check_needed(&mut self, page: PageId, request: &Request) {
        if self.apis == 1 || request.url.origin != ISSUER || request.url.path != TOKEN_PATH {
            return;
        }
        let called = self.pages.get(&page.page).map_or(0, |known| known.called);
        match self.api_asked_for(request) {
            Some(0) => {}
            Some(api) if called & (1 << api) != 0 => {}
            Some(api) => {
                self.violate(Rule::AsNeeded, format!("tab {} asks for a token of API {api}, unasked", page.tab));
            }
            None => self.violate(Rule::OnlyToResources, format!("tab {} asks for a token of no API", page.tab)),
        }
    }

    /// The application was given a token.
    pub(crate) fn check_given(&mut self, called_as: &str, api: usize, token: &str) {
        let Some(secret) = self.secrets.get(token) else { return };
        if secret.api.is_some_and(|of| of != api) {
            self.violate(Rule::OnlyToResources, format!("{secret} was given out as API {api}'s"));
        }
        let user = secret.grant.and_then(|grant| self.server.user_of(grant));
        if let Some(user) = user.filter(|user| user != called_as) {
            self.violate(Rule::OwnUser, format!("{called_as} was given a token of {user}"));
        }
    }

    /// A page has stored what became of a session.
    pub(super) fn check_kept_apart(&mut self, page: PageId, before: usize, next: usize) {
        if next < before && self.stores.is_whole() {
            let detail = format!("tab {} has stored {next} of {before} tokens of further APIs", page.tab);
            self.violate(Rule::KeptApart, detail);
        }
    }
}
