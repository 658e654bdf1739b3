//! The platform on web APIs, one file for each of them.
//!
//! Nothing in here decides anything, and nothing reads `window`: what is needed is looked for on the global object, so that
//! the same module runs in pages, workers and service workers. What takes several steps is done by `web.js`,
//! which costs a page a fifth of what it would cost here. Whatever a page may have replaced can throw or
//! reject with any value, so every call into it gives a `Result`.

mod abort;
mod call;
mod channel;
mod clock;
mod crypto;
mod event;
mod http;
mod json;
mod lock;
mod navigator;
mod object;
mod opened;
mod parts;
mod random;
mod signer;
mod storage;
mod url;
mod web;

#[cfg(any(feature = "js", feature = "credentials"))]
pub(crate) use abort::aborted;
pub use call::Call;
pub use channel::ChannelListener;
pub use json::BrowserJson;
pub use lock::LockGuard;
pub use navigator::{Notice, Watch};
pub use opened::OpenedWindow;
#[cfg(any(feature = "js", feature = "credentials"))]
pub(crate) use parts::load;
pub use signer::SigningKey;

/// The browser that this module runs in.
///
/// Two of them in one page are to each other what two tabs are: they share what is stored and the locks, and hear each other's
/// messages.
#[derive(Debug, Default)]
pub struct Browser {
    channels: channel::Channels,
    database: storage::Database,
}

impl Browser {
    /// Touches nothing yet: each Web API is looked for when it is first needed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}
