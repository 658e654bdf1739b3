//! The protocol, one step a file, as pure pairs: `x_request(…) -> HttpRequest` and `process_x_response(…) -> Result<T>`.
//!
//! | step | specification | file |
//! |---|---|---|
//! | find the server's endpoints and keys | OpenID Connect Discovery 1.0, RFC 8414 | [`metadata`], [`jwks`] |
//! | know the server from the API alone | RFC 9728 | `resource_metadata` |
//! | become a client of it | RFC 7591 | `register` |
//! | hold it to a profile | FAPI 2.0 Security Profile | `fapi` |
//! | send the user there | RFC 6749 §4.1.1, RFC 7636, OpenID Connect Core 1.0 §3.1.2.1, RFC 9396 | [`authorize`], [`pkce`] |
//! | without showing what is asked for | RFC 9126 | [`par`] |
//! | take the user back | RFC 6749 §4.1.2, RFC 9207 | [`callback`] |
//! | get tokens, and new ones | RFC 6749 §4.1.3, §5, §6, RFC 8707 | [`token`] |
//! | bind tokens to a key | RFC 9449, RFC 7638 | [`dpop`] |
//! | know the user | OpenID Connect Core 1.0 §3.1.3.7, §5.3, §12.2 | [`id_token`], [`userinfo`] |
//! | understand a refusal | RFC 9110 §11.6.1, RFC 9470 | [`challenge`], [`step_up`] |
//! | end it | RFC 7009, OpenID Connect RP-Initiated Logout 1.0 | [`revoke`], [`logout`] |
//! | see that it has ended | OpenID Connect Session Management 1.0, OpenID Connect Front-Channel Logout 1.0 | [`session`], [`frontchannel`] |
//!
//! Nothing here waits, looks at a clock, throws dice or stores anything: what a step needs is an argument, and what it finds
//! out is its result. The stages of a sign-in are types. Only [`callback::process_callback`] makes a
//! [`callback::ValidatedCallback`], and [`token::code_request`] takes nothing less.

pub mod authorize;
pub mod callback;
pub mod challenge;
pub mod dpop;
pub mod fapi;
pub mod frontchannel;
pub mod id_token;
pub mod issuer;
pub mod jwks;
pub mod logout;
pub mod metadata;
pub mod par;
pub mod pkce;
pub mod register;
pub mod resource_metadata;
pub mod revoke;
pub mod session;
pub mod step_up;
pub mod token;
pub mod userinfo;

mod request;
mod response;

#[cfg(test)]
mod tests;
