//! The world keeps its own promises.

mod network;
mod server;
mod world;
