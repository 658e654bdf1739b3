//! The access token itself, for whoever cannot use `fetch`.

use super::audience::Audience;
use super::{Client, Inner, Platform};
use crate::encoding::{concat, join, parts};
use crate::error::{Error, ErrorCode, Result};
use crate::secret::Secret;

/// What a caller of [`Client::access_token`] asks for.
#[derive(Clone, Debug, Default)]
pub struct AccessTokenOptions {
    /// One of the client's resources or its audience. Default: the first's.
    pub resource: Option<String>,
    /// Scopes that the token must have.
    pub scope: Option<String>,
    /// Seconds that it must stay good; default 30, or half its life. Half its life counts too if that is no longer.
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
        let audience = self.0.check_wanted(&options)?;
        let token = self.0.token(&audience, options.min_validity, options.fresh).await?;
        // What the token of a further audience may do is known once it is there.
        self.0.check_wanted(&options)?;
        Ok(token)
    }
}

impl<P: Platform> Inner<P> {
    /// Whose token is wanted. That its scopes were granted, too.
    fn check_wanted(&self, options: &AccessTokenOptions) -> Result<Audience> {
        let audience = match &options.resource {
            None => self.config.audience().and_then(|name| self.config.audience_named(name)).unwrap_or_default(),
            Some(wanted) => {
                let url = || self.config.audience_for(&P::parse_url(wanted, None)?);
                self.config
                    .audience_named(wanted)
                    .or_else(url)
                    .ok_or_else(|| Error::new(ErrorCode::UnlistedResource, "resource is not under resources"))?
            }
        };
        let record = self.record_for(&audience).filter(|record| !record.access_token.expose().is_empty());
        if let (Some(record), Some(wanted)) = (record, &options.scope)
            && let Some(missing) = missing_scope(wanted, &record.scope)
        {
            let context = concat(&["scope was not granted, and signIn({ scope }) can ask for it: ", &missing]);
            return Err(Error::new(ErrorCode::LoginRequired, context));
        }
        Ok(audience)
    }
}

/// Those of the wanted scopes that are not among the granted ones.
pub(super) fn missing_scope(wanted: &str, granted: &str) -> Option<String> {
    let is_granted = |wanted: &&str| parts(granted, &[' ']).any(|scope| scope == *wanted);
    let missing: Vec<&str> = wanted.split_ascii_whitespace().filter(|scope| !is_granted(scope)).collect();
    (!missing.is_empty()).then(|| join(&missing, " "))
}
