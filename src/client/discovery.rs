//! The server's metadata: OpenID Connect Discovery 1.0, then RFC 8414, cached for a day.

use super::options::Issuer;
use super::{Inner, Level, Platform};
use crate::error::{Error, ErrorCode, Result};
use crate::json::Json;
use crate::oauth::metadata::{Metadata, discovery_urls, metadata_request, process_metadata_response};
use crate::time::UnixTime;
use crate::url::Url;
use std::rc::Rc;

pub(super) const KEY: &str = "metadata";
const FRESH_FOR: i64 = 86_400;
/// How long a stale document serves before the server is asked again.
const STALE_FOR: i64 = 60;

/// Metadata in memory, and until when it counts as fresh.
pub(super) struct Known {
    metadata: Rc<Metadata>,
    fresh_until: UnixTime,
}

impl<P: Platform> Inner<P> {
    /// The server's endpoints: given, remembered, or discovered.
    pub(super) async fn metadata(self: &Rc<Self>) -> Result<Rc<Metadata>> {
        let metadata = self.known_metadata().await?;
        self.kind.options.check_profile(&metadata)?;
        Ok(metadata)
    }

    async fn known_metadata(self: &Rc<Self>) -> Result<Rc<Metadata>> {
        if let Some(given) = self.kind.options.complete_metadata() {
            return Ok(Rc::new(given));
        }
        if let Some(known) = self.kind.metadata.borrow().as_ref().filter(|known| self.now() < known.fresh_until) {
            return Ok(Rc::clone(&known.metadata));
        }
        self.kind.discovery.join(&self.platform, || Rc::clone(self).discover()).await
    }

    async fn discover(self: Rc<Self>) -> Result<Rc<Metadata>> {
        let (Some(issuer), Some(url)) = (&self.kind.options.issuer, &self.kind.options.issuer_url) else {
            return Err(Error::new(ErrorCode::Internal, "options without issuer have whole metadata"));
        };
        let kept = self.kept_document(KEY, issuer.as_str()).await;
        let cached = kept.map(|(document, fetched_at)| (Metadata::from_json(&document), fetched_at));
        if let Some((metadata, fetched_at)) = &cached
            && (0..FRESH_FOR).contains(&self.now().seconds_since(*fetched_at))
        {
            return Ok(self.remember_metadata(metadata.clone(), fetched_at.plus(FRESH_FOR)));
        }
        let template = self.kind.options.issuer_template();
        match (fetch_metadata(&self.platform, issuer, url, self.config.timeout_ms, template).await, cached) {
            (Ok((metadata, text)), _) => {
                self.log(Level::Debug, "the server's metadata was fetched", None);
                self.keep_document(KEY, issuer.as_str(), &text).await;
                Ok(self.remember_metadata(metadata, self.now().plus(FRESH_FOR)))
            }
            (Err(error), Some((metadata, _))) if error.is_retryable() => {
                self.log(Level::Warn, "discovery failed; the metadata of last time is used", Some(error.message()));
                Ok(self.remember_metadata(metadata, self.now().plus(STALE_FOR)))
            }
            (Err(error), _) => Err(error),
        }
    }

    fn remember_metadata(&self, discovered: Metadata, fresh_until: UnixTime) -> Rc<Metadata> {
        let metadata = match &self.kind.options.metadata {
            Some(given) => discovered.overlay(given),
            None => discovered,
        };
        let metadata = Rc::new(metadata);
        self.kind.metadata.replace(Some(Known { metadata: Rc::clone(&metadata), fresh_until }));
        metadata
    }
}

/// The form of names that the server may go by.
type Template<'t> = Option<crate::oauth::issuer::IssuerTemplate<'t>>;

/// Asks at each well-known place in turn; beside the metadata, their text. A place that cannot be reached may only lack CORS
/// on its 404, so the next is tried too; a wrong issuer ends the search.
pub(super) async fn fetch_metadata<P: Platform>(
    platform: &P,
    issuer: &Issuer,
    url: &Url,
    timeout_ms: u32,
    template: Template<'_>,
) -> Result<(Metadata, String)> {
    let mut first_error = None;
    for url in discovery_urls(url) {
        let answer = platform.send(metadata_request(&url), timeout_ms).await;
        let read = |name| {
            answer
                .as_ref()
                .map_err(Error::clone)
                .and_then(|answer| process_metadata_response::<P::Json, P>(answer, name))
        };
        let found = match (read(issuer.as_str()), issuer.other_spelling()) {
            (Err(error), Some(other)) if error.code() == ErrorCode::IssuerMismatch => read(other),
            (found, _) => found,
        };
        let found = match (found, template, &answer) {
            (Err(error), Some(template), Ok(answer)) if error.code() == ErrorCode::IssuerMismatch => {
                let json = P::Json::parse(answer.body.expose());
                let named = json.and_then(|json| json.text("issuer"));
                let named = named.filter(|named| template.segment(named).is_some());
                named.map_or(Err(error), |named| process_metadata_response::<P::Json, P>(answer, &named))
            }
            (found, _, _) => found,
        };
        match found {
            Ok(found) => return Ok(found),
            Err(error)
                if matches!(
                    error.code(),
                    ErrorCode::IssuerMismatch | ErrorCode::InsecureUrl | ErrorCode::Unsupported
                ) =>
            {
                return Err(error);
            }
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    let error = first_error.unwrap_or_else(|| Error::new(ErrorCode::DiscoveryFailed, "issuer has no metadata"));
    if error.is_retryable() { Err(error) } else { Err(error.with_code(ErrorCode::DiscoveryFailed)) }
}
