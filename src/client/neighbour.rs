//! Several clients in one page: each has places of its own, so that no call could have the credential of another.

use super::config::Config;
use super::{Inner, Kind, Platform};
use crate::encoding::{parts, replaced};
use crate::error::{Error, ErrorCode, Result};
use crate::url::Resource;

impl<P: Platform, K: Kind<P>> Inner<P, K> {
    /// Says to the other clients of this page where this one's credential may go, until it is closed. Those of the same name have
    /// the same session.
    ///
    /// # Errors
    /// `invalid_option` if another client's credential may go there too.
    pub(super) fn settle_in(&self) -> Result<()> {
        let Config { name, resources, .. } = &self.config;
        let own: Vec<String> = resources.iter().map(Resource::prefix).collect();
        let (others, notice) = self.platform.put_up(&[replaced(name, '\n', " "), own.join("\n")].join("\n"));
        for other in others {
            let mut lines = parts(&other, &['\n']);
            let other = lines.next().unwrap_or_default();
            let overlaps = |place: &str| {
                !place.is_empty() && own.iter().any(|own| own.starts_with(place) || place.starts_with(own.as_str()))
            };
            if other != name && lines.any(overlaps) {
                const PROBLEM: &str = "resources overlap with those of another client of this page: ";
                return Err(Error::new(ErrorCode::InvalidOption, [PROBLEM, other].concat()));
            }
        }
        self.notice.replace(Some(notice));
        Ok(())
    }
}
