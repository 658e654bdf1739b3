//! Nothing is bound to a key.

use super::options::ClientOptions;
use super::record::Record;
use super::{Failure, Inner, Platform};
use crate::error::{Error, ErrorCode, Result};
use crate::http::{HttpRequest, HttpResponse};
use crate::oauth::metadata::Metadata;
use crate::secret::Secret;
use std::future::{Future, Ready, ready};
use std::marker::PhantomData;

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
    pub(super) fn bind(&self, _: &Metadata) -> Ready<Result<Option<String>>> {
        ready(Ok(None))
    }

    pub(super) fn send_proven(
        &self,
        request: HttpRequest,
        _: Option<&str>,
        _: Option<&Secret>,
        timeout_ms: u32,
    ) -> impl Future<Output = Result<HttpResponse>> {
        self.platform.send(request, timeout_ms)
    }

    pub(super) fn send_call_proven(
        &self,
        call: &P::Call,
        _: &Record,
        credential: &Secret,
    ) -> impl Future<Output = Result<P::Answer, Failure<P::Reason>>> {
        self.platform.send_call(call, ("authorization", credential), None)
    }

    pub(super) fn end_if_key_is_gone(&self, _: &Record, error: Error) -> Ready<Error> {
        ready(error)
    }
}
