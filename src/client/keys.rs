//! The server's JWK Set (RFC 7517 §5), and signatures that are checked with it.

use super::{Inner, Level, Platform};
use crate::error::{Error, ErrorCode, Result};
use crate::json::Json;
use crate::jwt::{Algorithm, Jwt, allowed_algorithm, select_keys};
use crate::oauth::jwks::{jwks_request, process_jwks_response};
use crate::oauth::metadata::Metadata;
use std::rc::Rc;

const KEY: &str = "keys";
const FRESH_FOR: i64 = 3_600;
/// A token can name any key: unknown ones make the set be fetched again, but not more often than this.
const REFETCH_AFTER: i64 = 60;

impl<P: Platform> Inner<P> {
    /// Checks a signature with the server's keys. A key that is not among the remembered ones makes them be fetched anew, once.
    pub(super) async fn verify_signature(
        self: &Rc<Self>,
        metadata: &Rc<Metadata>,
        jwt: &Jwt<'_, P::Json>,
    ) -> Result<()> {
        let algorithm = allowed_algorithm(&jwt.header, None)?;
        if let Some((keys, fetched_at)) = self.kept_document(KEY, metadata.jwks_uri()?).await {
            let age = self.now().seconds_since(fetched_at);
            if (0..FRESH_FOR).contains(&age) {
                let result = verify_with(&self.platform, &keys, jwt, algorithm).await;
                if result.is_ok() || age < REFETCH_AFTER {
                    return result;
                }
                self.log(
                    Level::Info,
                    "the token's key is not among the remembered ones: the key set is fetched again",
                    None,
                );
            }
        }
        let keys = self.fetch_keys(metadata).await?;
        verify_with(&self.platform, &keys, jwt, algorithm).await
    }

    /// Sees to it that keys are there when [`verify_signature`](Self::verify_signature) asks for them. A failure shows then.
    pub(super) async fn prefetch_keys(self: &Rc<Self>, metadata: &Rc<Metadata>) {
        let Ok(source) = metadata.jwks_uri() else { return };
        let fetched_at = self.kept_document(KEY, source).await.map(|(_, fetched_at)| fetched_at);
        if !fetched_at.is_some_and(|at| (0..FRESH_FOR).contains(&self.now().seconds_since(at))) {
            let _ = self.fetch_keys(metadata).await;
        }
    }

    async fn fetch_keys(self: &Rc<Self>, metadata: &Rc<Metadata>) -> Result<P::Json> {
        self.kind.key_fetch.join(&self.platform, || Rc::clone(self).request_keys(Rc::clone(metadata))).await
    }

    async fn request_keys(self: Rc<Self>, metadata: Rc<Metadata>) -> Result<P::Json> {
        let answer = self.platform.send(jwks_request(&metadata)?, self.config.timeout_ms).await?;
        let keys: P::Json = process_jwks_response(&answer)?;
        self.log(Level::Debug, "the server's keys were fetched", None);
        self.keep_document(KEY, metadata.jwks_uri()?, &keys.to_text()).await;
        Ok(keys)
    }
}

/// Checks a signature with each key of the set that may have made it: two keys can share a `kid`.
pub(super) async fn verify_with<P: Platform>(
    platform: &P,
    keys: &P::Json,
    jwt: &Jwt<'_, P::Json>,
    algorithm: Algorithm,
) -> Result<()> {
    let mut error = Error::new(ErrorCode::SignatureInvalid, "the signature does not fit");
    for key in select_keys(keys, &jwt.header, algorithm)? {
        match platform.verify(algorithm, &key, jwt.signed(), jwt.signature()).await {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            // A key that is broken says nothing about the next.
            Err(unusable) => error = unusable,
        }
    }
    Err(error)
}
