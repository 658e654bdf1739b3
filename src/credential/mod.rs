//! Credentials that are not OAuth's, as pure pairs of request and response: a first party's login that answers with tokens, a
//! session in a cookie, a key in a header.
//!
//! No specification says how they look. What is read here is what Flask-JWT-Extended, Simple JWT, FastAPI and their like send.

pub mod cookie;
pub mod key;
pub mod login;

mod answer;
mod body;

pub use body::{Encoding, json_object};

#[cfg(test)]
mod tests;
