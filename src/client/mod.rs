//! The flows.

pub mod platform;
