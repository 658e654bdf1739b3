//! A profile is one switch for many options, and for what a server must be able to do.

use super::config::invalid;
use super::options::{ClientOptions, Settings};
use super::{Inner, Platform};
use crate::error::Result;
use crate::http::HttpResponse;
use crate::json::Json;
use crate::oauth::fapi::{algorithms, check_pushed_lifetime, check_server};
use crate::oauth::metadata::Metadata;

/// What everything is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// FAPI 2.0 Security Profile: requests are pushed, tokens bound to a key, answers name their issuer, and signatures are made by
    /// ES256, PS256 or EdDSA. A server that cannot do it is `unsupported`.
    Fapi2,
}

impl Profile {
    /// Sets what the profile asks for, over the options of an application.
    pub(super) fn put_over(self, options: &mut ClientOptions) -> Result<()> {
        let Self::Fapi2 = self;
        if options.par == Some(false) {
            return Err(invalid("profile fapi2 pushes requests: par cannot be false"));
        }
        if !options.verify_signature {
            return Err(invalid("profile fapi2 checks signatures: verifySignature cannot be false"));
        }
        // §5.3.3.1: nothing but what the server publishes.
        if options.metadata.is_some() {
            return Err(invalid("profile fapi2 takes the server's own metadata: give issuer, and no metadata"));
        }
        (options.dpop, options.par) = (true, Some(true));
        Ok(())
    }
}

impl Settings {
    /// Whether a server is one that the profile allows.
    pub(super) fn check_profile(&self, metadata: &Metadata) -> Result<()> {
        self.profile.map_or(Ok(()), |_| check_server(metadata))
    }

    /// By which algorithms an ID token may be signed; `None`: by any that is known.
    pub(super) fn id_token_algorithms(&self) -> Option<Vec<String>> {
        self.profile.map(|_| algorithms().into())
    }
}

impl<P: Platform> Inner<P> {
    /// Whether the answer to a pushed request is one that the profile allows.
    pub(super) fn check_pushed(&self, answer: &HttpResponse) -> Result<()> {
        let expires_in = || P::Json::parse(answer.body.expose())?.get("expires_in")?.as_f64();
        self.kind.options.profile.map_or(Ok(()), |_| check_pushed_lifetime(expires_in()))
    }
}
