//! Flows that are in a part of the program which need not be there from the beginning.
//!
//! The npm package is cut into parts after it has been compiled (`xtask/src/split`). A flow that leads into a later part is in a
//! box, so that the table is the one way to it, and is begun only when the part is there.

use super::kind::Kind;
use super::platform::Part;
use super::{Inner, Platform};
use crate::error::Error;
use futures_util::future::LocalBoxFuture;

/// A flow that the table alone leads to.
pub(super) fn boxed<'f, T>(flow: impl Future<Output = T> + 'f) -> LocalBoxFuture<'f, T> {
    Box::pin(flow)
}

impl<P: Platform, K: Kind<P>> Inner<P, K> {
    /// Runs a flow of this part, once the part is there.
    ///
    /// # Errors
    /// `network`, `wasm_failed`: it cannot be had; what the flow says.
    pub(super) async fn later<'f, T, E: From<Error>>(
        &self,
        part: Part,
        begin: impl FnOnce() -> LocalBoxFuture<'f, Result<T, E>>,
    ) -> Result<T, E> {
        self.platform.part(part).await?;
        begin().await
    }
}
