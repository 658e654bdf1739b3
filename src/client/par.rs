//! Authorization requests that the server gets before the user does: RFC 9126.

use super::part::boxed;
use super::platform::Part;
use super::{Inner, Platform};
use crate::error::Result;
use crate::oauth::authorize::{AuthorizationRequest, authorization_parameters, authorization_url};
use crate::oauth::metadata::Metadata;
use crate::oauth::par::{par_request, process_par_response, pushed_url};
use std::rc::Rc;

/// What the user is sent to the server with.
pub(super) struct Asked {
    pub(super) url: String,
    /// What the server calls this client, if the options do not say it.
    pub(super) client_id: Option<String>,
}

impl<P: Platform> Inner<P> {
    /// Where to send the user with this request, and as which client.
    pub(super) async fn request_url(
        self: &Rc<Self>,
        metadata: &Metadata,
        request: &AuthorizationRequest<'_>,
    ) -> Result<Asked> {
        let mut is_registered_anew = false;
        loop {
            let client_id = self.registered(metadata, request.redirect_uri).await?;
            let named =
                AuthorizationRequest { client_id: client_id.as_deref().unwrap_or(request.client_id), ..*request };
            match self.request_url_of(metadata, &named, client_id.is_some()).await {
                Err(error) if !is_registered_anew && self.forget_registration(&error, client_id.as_deref()).await => {
                    is_registered_anew = true;
                }
                url => return Ok(Asked { url: url?, client_id }),
            }
        }
    }

    /// The request is pushed if the options say so, or else if the server wants it; and where it can be, if this client has
    /// registered itself: a server that has forgotten it says so then, and would show the user an error page otherwise.
    async fn request_url_of(
        self: &Rc<Self>,
        metadata: &Metadata,
        request: &AuthorizationRequest<'_>,
        has_registered: bool,
    ) -> Result<String> {
        let is_wanted = metadata.requires_pushed_requests == Some(true)
            || (has_registered && metadata.pushed_authorization_request_endpoint.is_some());
        if !self.kind.options.par.unwrap_or(is_wanted) {
            return authorization_url(metadata, request);
        }
        self.later(Part::More, || boxed(self.push(metadata, request))).await
    }

    async fn push(self: &Rc<Self>, metadata: &Metadata, request: &AuthorizationRequest<'_>) -> Result<String> {
        let pushed = par_request(metadata, authorization_parameters(request)?)?;
        let answer = self.send_proven(pushed, request.dpop_jkt, None, self.config.timeout_ms).await?;
        let request_uri = process_par_response::<P::Json>(&answer)?;
        self.check_pushed(&answer)?;
        pushed_url(metadata, request.client_id, &request_uri)
    }
}
