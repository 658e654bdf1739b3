//! Tokens as data: decode, claims, claim checks, key selection.

mod algorithm;

pub use algorithm::{Algorithm, Hash};
