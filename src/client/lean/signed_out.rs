//! Whoever comes back from the server's sign-out page brings nothing along.

use super::{Inner, Platform};
use std::future::{Ready, ready};

impl<P: Platform> Inner<P> {
    pub(super) fn sign_out_state(&self, _: Option<&str>) -> Ready<Option<String>> {
        ready(None)
    }
}
