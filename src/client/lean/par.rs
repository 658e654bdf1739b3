//! Every request is in the address that the user is sent to.

use super::{Inner, Platform};
use crate::error::{Error, ErrorCode, Result};
use crate::oauth::authorize::{AuthorizationRequest, authorization_url};
use crate::oauth::metadata::Metadata;
use std::future::{Ready, ready};

pub(super) struct Asked {
    pub(super) url: String,
}

impl<P: Platform> Inner<P> {
    pub(super) fn is_for_the_other_module(error: &Error) -> bool {
        error.code() == ErrorCode::Unsupported
    }

    pub(super) fn request_url(&self, metadata: &Metadata, request: &AuthorizationRequest<'_>) -> Ready<Result<Asked>> {
        let must_push = self.kind.options.par.is_none() && metadata.requires_pushed_requests == Some(true);
        if must_push || request.authorization_details.is_some() {
            return ready(Err(Error::new(ErrorCode::Unsupported, "this module does not know this way to sign in")));
        }
        ready(authorization_url(metadata, request).map(|url| Asked { url }))
    }
}
