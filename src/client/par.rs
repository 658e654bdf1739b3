//! Authorization requests that the server gets before the user does: RFC 9126.

use super::platform::Part;
use super::{Inner, Platform};
use crate::error::Result;
use crate::oauth::authorize::{AuthorizationRequest, authorization_parameters, authorization_url};
use crate::oauth::metadata::Metadata;
use crate::oauth::par::{par_request, process_par_response, pushed_url};
use std::rc::Rc;

impl<P: Platform> Inner<P> {
    /// Where to send the user with this request. It is pushed if the options say so, or else if the server wants it.
    pub(super) async fn request_url(
        self: &Rc<Self>,
        metadata: &Metadata,
        request: &AuthorizationRequest<'_>,
    ) -> Result<String> {
        let is_pushed = self.kind.options.par.unwrap_or(metadata.requires_pushed_requests == Some(true));
        if !is_pushed {
            return authorization_url(metadata, request);
        }
        self.later(Part::More, || Box::pin(self.push(metadata, request))).await
    }

    async fn push(self: &Rc<Self>, metadata: &Metadata, request: &AuthorizationRequest<'_>) -> Result<String> {
        let pushed = par_request(metadata, authorization_parameters(request)?)?;
        let answer = self.send_proven(pushed, request.dpop_jkt, None, self.config.timeout_ms).await?;
        pushed_url(metadata, request.client_id, &process_par_response::<P::Json>(&answer)?)
    }
}
