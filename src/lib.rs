//! The browser side of token-based authentication.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod encoding;
pub mod error;
pub mod http;
pub mod json;
pub mod secret;
pub mod time;
pub mod url;

pub mod jwt;
pub mod oauth;

pub mod client;

#[cfg(any(feature = "testing", test))]
pub mod testing;

#[cfg(target_arch = "wasm32")]
pub mod browser;

#[cfg(all(target_arch = "wasm32", feature = "js"))]
mod js;

pub use error::{Error, ErrorCode, OAuthError, Result};
