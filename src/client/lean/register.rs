//! The options say what the server calls this client.

use super::record::Record;
use super::sign_in::PendingSignIn;
use super::{Inner, Platform};

impl<P: Platform> Inner<P> {
    pub(super) fn client_of(&self, _: &Record) -> &str {
        &self.kind.options.client_id
    }

    pub(super) fn client_of_pending(&self, _: &PendingSignIn) -> &str {
        &self.kind.options.client_id
    }
}
