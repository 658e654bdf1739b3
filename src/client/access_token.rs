//! The access token itself, for whoever cannot use `fetch`.

use super::{Client, Inner, Platform};
use crate::error::{Error, ErrorCode, Result};
use crate::secret::Secret;

/// What a caller of [`Client::access_token`] asks for.
#[derive(Clone, Debug, Default)]
pub struct AccessTokenOptions {
    /// One of the client's resources or its audience; there is one token for all of them.
    pub resource: Option<String>,
    /// Scopes that the token must have.
    pub scope: Option<String>,
    /// Seconds that it must stay good; default 30. Never more than half of what the server gives a token.
    pub min_validity: Option<u32>,
    /// Renew even if the token is good.
    pub fresh: bool,
}

impl<P: Platform> Client<P> {
    /// A token that stays good for `min_validity` seconds; renewed if need be.
    ///
    /// # Errors
    /// `login_required`: there is no way to get one without the user. `session_lost`: the server has just ended the session.
    /// `network`, `timeout`, `server_error`: not now. `unlisted_resource` for a resource that the options do not list.
    pub async fn access_token(&self, options: AccessTokenOptions) -> Result<Secret> {
        self.0.check_wanted(&options)?;
        self.0.token(options.min_validity, options.fresh).await
    }
}

impl<P: Platform> Inner<P> {
    fn check_wanted(&self, options: &AccessTokenOptions) -> Result<()> {
        if let Some(wanted) = &options.resource {
            let url = P::parse_url(wanted, None);
            let is_listed = self.config.audience() == Some(wanted)
                || url.is_some_and(|url| self.config.resources.iter().any(|resource| resource.covers(&url)));
            if !is_listed {
                return Err(Error::new(ErrorCode::UnlistedResource, "resource is not under resources"));
            }
        }
        let record = self.record();
        let granted = record.as_ref().map_or("", |record| record.scope.as_str());
        let is_granted = |wanted: &str| granted.split(' ').any(|scope| scope == wanted);
        if !options.scope.iter().flat_map(|scope| scope.split_ascii_whitespace()).all(is_granted) && record.is_some() {
            return Err(Error::new(
                ErrorCode::Unsupported,
                "scope was not granted at sign-in, and is not widened in this version",
            ));
        }
        Ok(())
    }
}
