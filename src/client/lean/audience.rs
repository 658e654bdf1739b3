//! One token for all APIs.

use super::config::Config;
use super::kind::Kind;
use super::record::{Fields, Record};
use super::sign_in::PendingSignIn;
use super::{Inner, Platform};
use crate::encoding::Form;
use crate::error::{Error, ErrorCode, Result};
use crate::url::Url;
use std::cell::Cell;
use std::future::{Ready, ready};
use std::rc::Rc;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Audience(());

impl Audience {
    pub(super) fn is_own(&self, _: &Record) -> bool {
        true
    }

    pub(super) fn resource<'a>(&self, _: &Record, config: &'a Config) -> Option<&'a str> {
        config.audience()
    }

    pub(super) fn put_in_place(&self, _: &Record, next: Record) -> Record {
        next
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Others(());

impl Others {
    pub(super) fn first(_: Option<&str>, _: &PendingSignIn) -> Self {
        Self(())
    }

    #[cfg(test)]
    pub(super) fn none(_: Option<&str>) -> Self {
        Self(())
    }

    pub(super) fn encode_into(&self, _: &mut Form) {}

    pub(super) fn decode(_: &Fields) -> Self {
        Self(())
    }
}

impl Record {
    pub(super) fn facing(self: &Rc<Self>, _: &Audience) -> Rc<Self> {
        Rc::clone(self)
    }

    pub(super) fn has_same_token(&self, seen: &Self) -> bool {
        self.is_same_write(seen)
    }
}

impl Config {
    pub(super) fn check_audiences(&self) -> Result<()> {
        if self.audiences().len() < 2 {
            return Ok(());
        }
        Err(Error::new(ErrorCode::Unsupported, "resources name several audiences, which this module does not know"))
    }

    pub(super) fn audience_for(&self, url: &Url) -> Option<Audience> {
        self.resources.iter().any(|resource| resource.covers(url)).then_some(Audience(()))
    }

    pub(super) fn audience_named(&self, name: &str) -> Option<Audience> {
        (self.audience() == Some(name)).then_some(Audience(()))
    }
}

/// Monotonic milliseconds: when a token was last renewed because an API refused it.
pub(super) struct Audiences(Cell<f64>);

impl Default for Audiences {
    fn default() -> Self {
        Self(Cell::new(f64::NEG_INFINITY))
    }
}

impl Audiences {
    pub(super) fn convinced_at(&self, _: &Audience) -> f64 {
        self.0.get()
    }

    pub(super) fn convince(&self, _: &Audience, at: f64) {
        self.0.set(at);
    }
}

impl<P: Platform, K: Kind<P>> Inner<P, K> {
    pub(super) fn await_others(&self, _: &Audience) -> Ready<()> {
        ready(())
    }
}
