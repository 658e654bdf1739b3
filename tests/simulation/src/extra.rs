//! What a minority of lives have beside the rest: several APIs, no refresh token, users who go away, tokens bound to a key.
//!
//! It is drawn with dice of its own, so that a life that has none of it is what it would be otherwise.

use crate::dice::Dice;
use tessera_auth::client::ResourceOption;
use tessera_auth::http::HttpResponse;
use tessera_auth::testing::{Api, AuthorizationServer, World};

/// The APIs; a life that has fewer has the first ones. The last is a part of the first, by its address, and wants tokens of its own.
pub(crate) const APIS: [&str; 3] =
    ["https://api.example.com/v1", "https://files.example.com/v2", "https://api.example.com/v1/admin"];

#[derive(Clone, Debug)]
pub(crate) struct Extra {
    /// How many of [`APIS`] there are, each with a token of its own if there are several (RFC 8707).
    pub(crate) apis: usize,
    /// The server has no token for the last of them.
    pub(crate) refuses_last: bool,
    pub(crate) has_refresh_tokens: bool,
    /// Seconds.
    pub(crate) idle_timeout: Option<u32>,
    /// Tokens are bound to a key (RFC 9449).
    pub(crate) proofs: Option<Proofs>,
}

/// What servers want of proofs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Proofs {
    pub(crate) server_has_nonces: bool,
    pub(crate) api_has_nonces: bool,
    /// CORS does not show the page what the API wants.
    hides_challenge: bool,
}

impl Extra {
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let several = dice.one_of([2, 3]);
        let apis = if dice.once_in(6) { several } else { 1 };
        let idle_timeout = dice.one_of([120, 300, 300, 900]);
        let proofs = Proofs {
            server_has_nonces: dice.once_in(2),
            api_has_nonces: dice.once_in(2),
            hides_challenge: dice.once_in(3),
        };
        let proofs = dice.once_in(20).then_some(proofs);
        Self {
            // What looks at proofs knows one audience for an origin.
            apis: if proofs.is_some() { apis.min(2) } else { apis },
            refuses_last: dice.once_in(6) && apis > 1,
            has_refresh_tokens: !dice.once_in(12),
            idle_timeout: dice.once_in(8).then_some(idle_timeout),
            proofs,
        }
    }

    /// Each has an audience of its own, if there are several.
    pub(crate) fn resources(&self) -> Vec<ResourceOption> {
        let apis = APIS.iter().take(self.apis);
        apis.map(|url| match self.apis {
            1 => (*url).into(),
            _ => ResourceOption { audience: Some((*url).to_owned()), ..(*url).into() },
        })
        .collect()
    }

    /// The API that the server has no token for.
    pub(crate) fn refused(&self) -> Option<&'static str> {
        APIS.get(self.apis - 1).copied().filter(|_| self.refuses_last)
    }

    /// Whether calls to this API can be answered by anything but a refusal.
    pub(crate) fn serves(&self, api: usize) -> bool {
        api == 0 || (self.has_refresh_tokens && !(self.refuses_last && api + 1 == self.apis))
    }

    /// Which API an address belongs to: that of the longest path.
    pub(crate) fn api_at(apis: usize, href: &str) -> Option<usize> {
        let covers = |url: &str| href.strip_prefix(url).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let covering = APIS.iter().enumerate().take(apis).filter(|(_, url)| covers(url));
        covering.max_by_key(|(_, url)| url.len()).map(|(api, _)| api)
    }

    /// Puts the APIs on the network. Those that look at proofs are returned.
    pub(crate) fn serve(&self, world: &World, server: &AuthorizationServer) -> Vec<Api> {
        if let Some(proofs) = self.proofs {
            let apis = APIS.iter().take(self.apis.min(2)).map(|url| {
                let api = Api::start(world, server, url);
                api.hide_challenge(proofs.hides_challenge);
                if self.apis > 1 {
                    api.require_audience(url);
                }
                api
            });
            return apis.collect();
        }
        let apis = self.apis;
        for url in APIS.iter().take(apis.min(2)) {
            let server = server.clone();
            world.serve(url, move |request| {
                let token = request.bearer();
                let is_good = match apis {
                    1 => token.and_then(|token| server.bearer(token)).is_some(),
                    _ => {
                        let wanted = Self::api_at(apis, &request.url.href).and_then(|api| APIS.get(api));
                        let audience = token.and_then(|token| server.audience_of(token));
                        audience.is_some_and(|audience| wanted.is_some_and(|wanted| *wanted == audience))
                    }
                };
                HttpResponse::new(if is_good { 200 } else { 401 }, "")
            });
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_path_says_whose_an_address_is() {
        assert_eq!(Extra::api_at(3, "https://api.example.com/v1/admin/as/alice/1"), Some(2));
        assert_eq!(Extra::api_at(2, "https://api.example.com/v1/admin/as/alice/1"), Some(0));
        assert_eq!(Extra::api_at(3, "https://api.example.com/v10/as/alice/1"), None);
        assert_eq!(Extra::api_at(1, "https://files.example.com/v2/as/alice/1"), None);
    }
}
