//! The platform on web APIs, against the real APIs.
//!
//! The same suite runs in a page, in a dedicated worker and in a service worker: the environment says where
//! (`WASM_BINDGEN_USE_BROWSER=1`, `…_DEDICATED_WORKER=1`, `…_SERVICE_WORKER=1`).
#![cfg(target_arch = "wasm32")]
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that fails panics")]
#![allow(clippy::disallowed_methods, reason = "callers' arguments are written down in their own language")]

mod call;
mod channel;
mod clock;
mod crypto;
mod http;
mod indexeddb;
mod json;
mod lock;
mod navigator;
mod random;
mod readme;
mod replace;
mod signer;
mod storage;
mod unheard;
mod url;

use tessera_auth::browser::Browser;
use tessera_auth::client::platform::Navigator;

/// Whether this is a page, not a worker of any kind.
fn is_page() -> bool {
    Browser::new().current_url().is_some()
}
