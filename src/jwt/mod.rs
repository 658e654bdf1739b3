//! Tokens as data: decode, claims, claim checks, key selection.
//!
//! Nothing here checks a signature: that is asynchronous in a browser, and the platform's. The steps of a check, in order:
//! [`Jwt::decode`], [`allowed_algorithm`], [`select_keys`], the platform's verification of [`Jwt::signature`] over
//! [`Jwt::signed`] with each of these keys, then the checks of [`Claims`].

mod algorithm;
mod claims;
mod decode;
mod header;
mod key;

pub use algorithm::{Algorithm, Hash, allowed_algorithm};
pub use claims::Claims;
pub use decode::Jwt;
pub use header::Header;
pub use key::select_keys;

#[cfg(test)]
mod vectors;
