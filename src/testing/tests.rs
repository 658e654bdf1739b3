//! The world keeps its own promises.

mod mishap;
mod network;
mod server;
mod world;

/// A tab is everything that a client asks for.
const _: fn() = || {
    fn is_platform<P: crate::client::platform::Platform>() {}
    is_platform::<super::Tab>();
};
