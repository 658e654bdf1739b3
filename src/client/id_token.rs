//! The ID token, checked whole: OpenID Connect Core 1.0 §3.1.3.7.

use super::{Inner, Platform};
use crate::error::Result;
use crate::jwt::{Jwt, allowed_algorithm};
use crate::oauth::id_token::{IdToken, IdTokenChecks, at_hash};
use crate::oauth::metadata::Metadata;
use crate::secret::Secret;
use crate::time::UnixTime;
use std::rc::Rc;
use {
    crate::error::{Error, ErrorCode},
    crate::json::Json,
    std::borrow::Cow,
};

/// What this ID token must agree with.
#[derive(Default)]
pub(super) struct Expected<'a> {
    /// What the server calls this client.
    pub(super) client_id: &'a str,
    /// The nonce of the authorization request; `None` on renewal.
    pub(super) nonce: Option<&'a str>,
    pub(super) max_age: Option<u32>,
    pub(super) acr_values: Option<&'a str>,
    /// The server's clock when it sent this token, if CORS lets us see it.
    pub(super) sent_at: Option<UnixTime>,
    /// This machine's clock when it asked for the token, in milliseconds.
    pub(super) asked_ms: f64,
}

impl<P: Platform> Inner<P> {
    pub(super) async fn check_id_token(
        self: &Rc<Self>,
        metadata: &Rc<Metadata>,
        id_token: &Secret,
        access_token: &Secret,
        expected: &Expected<'_>,
    ) -> Result<Box<IdToken>> {
        let jwt = Jwt::<P::Json>::decode(id_token.expose())?;
        let algorithm = allowed_algorithm(&jwt.header, self.kind.options.id_token_algorithms().as_deref())?;
        let digest = self.platform.digest(algorithm.hash(), access_token.expose().as_bytes()).await?;
        let at_hash = at_hash(&digest);
        let issuer = &*self.issuer_of_token(metadata, &jwt.claims_json)?;
        let mut checks = IdTokenChecks {
            issuer,
            client_id: expected.client_id,
            nonce: expected.nonce,
            max_age: expected.max_age,
            acr_values: expected.acr_values,
            at_hash: Some(&at_hash),
            now: self.now(),
            tolerance: self.config.tolerance(),
        };
        let token = Box::new(IdToken::from_claims(&jwt.claims_json)?);
        token.check_identity(&checks)?;
        if self.kind.options.verify_signature {
            self.verify_signature(metadata, &jwt).await?;
        }
        let slept = self.slept_since(expected.asked_ms);
        let is_about = |server: UnixTime, now: UnixTime, age: i64| {
            (-checks.tolerance..=checks.tolerance + age).contains(&now.seconds_since(server))
        };
        if token.check_times(&checks).is_err() || !is_about(token.issued_at, checks.now, slept) {
            // The token is this server's and answers this very request: either it is old, or our clock is wrong.
            let witness = if expected.sent_at.is_none() { self.platform.witness_ms().await } else { None };
            // It may have been stopped once more.
            let slept = self.slept_since(expected.asked_ms);
            let (server, age) = match witness {
                Some(witness) => (UnixTime::from_millis(witness), 0),
                None => (expected.sent_at.unwrap_or(token.issued_at), slept),
            };
            if !is_about(server, self.now(), age) {
                self.set_clock(server.plus(age));
            }
            checks.now = self.now().plus(-slept);
            token.check_times(&checks)?;
        }
        Ok(token)
    }

    /// Whose an ID token must be. A server of many tenants may call itself by a placeholder, and its tokens by what one of their
    /// claims says.
    fn issuer_of_token<'m>(&self, metadata: &'m Metadata, claims: &P::Json) -> Result<Cow<'m, str>> {
        let issuer = metadata.issuer.as_deref().unwrap_or_default();
        if let Some(template) = self.kind.options.issuer_template()
            && template.segment(issuer).is_some_and(|segment| segment.starts_with('{'))
        {
            let named = claims.text(template.claim).and_then(|value| template.fill(&value));
            let missing = || Error::new(ErrorCode::ClaimInvalid, "the claim that names the tenant is missing");
            return named.map(Cow::Owned).ok_or_else(missing);
        }
        Ok(Cow::Borrowed(issuer))
    }
}
