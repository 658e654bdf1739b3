//! The end of a client, which is none of its session.

use super::kind::Kind;
use super::{Inner, Platform};
use crate::error::{Error, ErrorCode, Result};

impl<P: Platform, K: Kind<P>> Inner<P, K> {
    pub(super) fn close(&self) {
        self.is_closed.set(true);
        self.timer.set(self.timer.get() + 1);
        self.attached.take();
        self.notice.take();
        self.events.clear();
    }

    /// Nothing begins in a client that was closed. What is under way ends as it would.
    ///
    /// # Errors
    /// `aborted`
    pub(super) fn check_open(&self) -> Result<()> {
        if self.is_closed.get() { Err(Error::new(ErrorCode::Aborted, "this client was closed")) } else { Ok(()) }
    }
}
