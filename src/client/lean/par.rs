//! Every request is in the address that the user is sent to.

use super::{Inner, Platform, SignInMode, SignInOptions};
use crate::error::{Error, ErrorCode, Result};
use crate::oauth::authorize::{AuthorizationRequest, authorization_url};
use crate::oauth::metadata::Metadata;
use std::rc::Rc;

impl<P: Platform> Inner<P> {
    pub(super) async fn check_sign_in(self: &Rc<Self>, options: &SignInOptions) -> Result<()> {
        let is_beyond_this = options.mode != SignInMode::Redirect || options.authorization_details.is_some();
        let must_push = async || {
            let is_default = self.kind.options.par.is_none();
            is_default && self.metadata().await.is_ok_and(|metadata| metadata.requires_pushed_requests == Some(true))
        };
        if is_beyond_this || must_push().await {
            return Err(Error::new(ErrorCode::Unsupported, "this module does not know this way to sign in"));
        }
        Ok(())
    }

    #[expect(clippy::unused_async, reason = "the other module sends a request here")]
    pub(super) async fn request_url(
        self: &Rc<Self>,
        metadata: &Metadata,
        request: &AuthorizationRequest<'_>,
    ) -> Result<String> {
        authorization_url(metadata, request)
    }
}
