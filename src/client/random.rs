//! What nobody can foresee.

use super::kind::Kind;
use super::{Inner, Platform};
use crate::error::Result;

impl<P: Platform, K: Kind<P>> Inner<P, K> {
    pub(super) fn random_id(&self) -> Result<String> {
        Ok(crate::encoding::base64url(&self.platform.random::<32>()?))
    }

    /// A number from 0 up to 1.
    pub(super) fn random_fraction(&self) -> f64 {
        self.platform
            .random::<4>()
            .map_or(0.5, |bytes| f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0))
    }
}
