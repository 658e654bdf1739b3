//! Nothing is bound to a key.
#![expect(clippy::unused_async, reason = "the other module makes proofs here")]

use super::options::ClientOptions;
use super::record::Record;
use super::{Failure, Inner, Platform};
use crate::error::{Error, ErrorCode, Result};
use crate::http::{HttpRequest, HttpResponse};
use crate::oauth::metadata::Metadata;
use crate::secret::Secret;
use std::marker::PhantomData;
use std::rc::Rc;

pub(super) struct Proofs<P>(PhantomData<P>);

impl<P> Default for Proofs<P> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

pub(super) fn check_options(options: &ClientOptions) -> Result<()> {
    if options.dpop || options.par == Some(true) {
        return Err(Error::new(ErrorCode::Unsupported, "dpop and par are not in this module"));
    }
    Ok(())
}

impl<P: Platform> Inner<P> {
    pub(super) async fn bind(self: &Rc<Self>, _: &Metadata) -> Result<Option<String>> {
        Ok(None)
    }

    pub(super) async fn send_proven(
        self: &Rc<Self>,
        request: HttpRequest,
        _: Option<&str>,
        _: Option<&Secret>,
        timeout_ms: u32,
    ) -> Result<HttpResponse> {
        self.platform.send(request, timeout_ms).await
    }

    pub(super) async fn send_call_proven(
        self: &Rc<Self>,
        call: &P::Call,
        _: &Record,
        credential: &Secret,
    ) -> Result<P::Answer, Failure<P::Reason>> {
        self.platform.send_call(call, &[("authorization", credential)]).await
    }

    pub(super) async fn end_if_key_is_gone(self: &Rc<Self>, _: &Record, error: Error) -> Error {
        error
    }
}
