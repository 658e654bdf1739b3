//! A world in a box: for tests of this crate, and of what is built on it.
//!
//! [`World`] is a browser, a machine and a network in one thread. [`World::tab`] opens a [`Tab`], which is a
//! [`Platform`](crate::client::platform::Platform): storage, locks, channels, clocks, randomness, navigation and requests, as
//! a browser has them. [`AuthorizationServer`] and [`Api`] are what it talks to. Time is virtual, nothing is random that does
//! not follow from the seed, nothing is sent anywhere, and faults come when a test says so.
//!
//! ```
//! use tessera_auth::client::platform::{Clock, Http, Lock};
//! use tessera_auth::http::HttpRequest;
//! use tessera_auth::testing::{AuthorizationServer, Endpoint, World};
//!
//! let world = World::new(1);
//! let server = AuthorizationServer::start(&world, "https://as.example.com");
//! let (first, second) = (world.tab(), world.tab());
//!
//! // Something goes on in one tab …
//! let tab = second.clone();
//! let holding = second.start(async move {
//!     let lock = tab.lock("session").await;
//!     tab.sleep(60_000).await;
//!     drop(lock);
//! });
//! world.settle();
//!
//! // … while another waits for the lock and sends a request.
//! let status = world.run(async {
//!     let lock = first.lock("session").await;
//!     let request = HttpRequest::get("https://as.example.com/.well-known/openid-configuration");
//!     let response = first.send(request, 10_000).await;
//!     drop(lock);
//!     response.map(|response| response.status)
//! });
//! assert_eq!(status, Ok(200));
//! assert_eq!(server.request_count(Endpoint::Metadata), 1);
//! assert_eq!(first.monotonic_ms(), 60_040.0); // and no real time has passed
//! assert_eq!(world.run(holding), Some(()));
//! ```

mod api;
mod channel;
mod clock;
mod crypto;
mod executor;
mod http;
mod json;
mod lock;
mod navigator;
mod network;
mod page;
mod random;
mod server;
mod signal;
mod storage;
mod tab;
mod url;
mod world;

pub use api::Api;
pub use channel::ChannelListener;
pub use http::{Abort, Call};
pub use json::TestJson;
pub use lock::LockGuard;
pub use navigator::NavigatorWatch;
pub use network::{Fault, Request};
pub use server::{AuthorizationServer, Endpoint, IdTokenDraft, Policy, Rotation, Signing};
pub use storage::StorageFault;
pub use tab::{Started, Tab};
pub use url::TestUrl;
pub use world::World;

use world::Inner;

/// Ends the test.
#[expect(clippy::panic, reason = "a test fails by panicking")]
#[track_caller]
fn fail(message: &str) -> ! {
    panic!("{message}")
}

/// `Debug` that shows the name only: what is inside goes round in circles, and holds secrets.
macro_rules! opaque_debug {
    ($name:ident $(<$parameter:ident>)?) => {
        impl $(<$parameter>)? std::fmt::Debug for $name $(<$parameter>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}
use opaque_debug;

#[cfg(test)]
mod tests;
