//! A world in a box: for tests of this crate, and of what is built on it.
//!
//! [`World`] is a browser, a machine and a network in one thread. [`World::tab`] opens a [`Tab`], which is a
//! [`Platform`](crate::client::platform::Platform): storage, locks, channels, clocks, randomness, navigation and requests, as
//! a browser has them. [`AuthorizationServer`] and [`Api`] are what it talks to. Time is virtual, nothing is random that does
//! not follow from the seed, nothing is sent anywhere, and faults come when a test says so.
//!
//! ```
//! use tessera_auth::client::{Client, ClientOptions, SignInOptions};
//! use tessera_auth::testing::{Api, AuthorizationServer, Call, Fault, World};
//!
//! let world = World::new(1);
//! let server = AuthorizationServer::start(&world, "https://as.example.com");
//! let api = Api::start(&world, &server, "https://api.example.com");
//! let options = ClientOptions {
//!     issuer: Some(server.issuer().into()),
//!     client_id: "app".to_owned(),
//!     resources: vec!["https://api.example.com".into()],
//!     ..ClientOptions::default()
//! };
//!
//! // The user signs in: the page goes to the server and comes back.
//! let tab = world.tab();
//! let client = world.run(Client::create(tab.clone(), options.clone()))?;
//! let _leaving = tab.start(async move { client.sign_in(SignInOptions::default()).await });
//! world.run(tab.departed());
//! let tab = tab.follow(&server);
//! let client = world.run(Client::create(tab, options.clone()))?;
//! assert_eq!(client.session().and_then(|session| session.subject.clone()).as_deref(), Some("alice"));
//!
//! // An hour later the token has expired, and the connection breaks just when it is renewed …
//! world.suspend(3_600_000);
//! world.fail_next("/token", Fault::Unreachable);
//! assert!(world.run(client.fetch(Call::get("https://api.example.com/me"))).is_err());
//!
//! // … which ends nothing. No real time has passed, and another tab is signed in too.
//! world.advance(5_000);
//! let other = world.run(Client::create(world.tab(), options))?;
//! assert!(world.run(other.fetch(Call::get("https://api.example.com/me"))).is_ok());
//! assert_eq!((api.accepted_count(), server.honoured_count()), (1, 1));
//! # Ok::<(), tessera_auth::Error>(())
//! ```

mod api;
mod channel;
mod clock;
mod cookie;
mod crypto;
mod executor;
mod happening;
mod http;
mod json;
mod lock;
mod navigator;
mod network;
mod page;
mod proof;
mod random;
mod server;
mod signal;
mod signer;
mod storage;
mod tab;
mod url;
mod windows;
mod world;

pub use api::Api;
pub use channel::{ChannelListener, Delivery};
pub use happening::{Happening, PageId};
pub use http::{Abort, Call};
pub use json::TestJson;
pub use lock::LockGuard;
pub use navigator::{NavigatorNotice, NavigatorWatch};
pub use network::{Fault, Request};
pub use server::{AuthorizationServer, Endpoint, IdTokenDraft, Policy, Rotation, Signing};
pub use signer::SigningKey;
pub use storage::StorageFault;
pub use tab::{Started, Tab};
pub use url::TestUrl;
pub use windows::OpenedWindow;
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
