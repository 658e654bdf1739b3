//! What must hold for any input whatsoever.
//!
//! Each target is a function that takes bytes and panics when a property does not hold. The fuzzer looks for such bytes
//! (`cargo xtask fuzz`); `tests/replay.rs` gives the functions what it has found worth keeping, on any toolchain.
//!
//! A property is what a specification demands of whatever is accepted, said once more by other means than the crate's own: with
//! other parsers of URLs, base64, forms and dates, and by looking at the parsed JSON instead of at what was read out of it.

pub mod callback;
pub mod challenge;
pub mod demand;
pub mod dpop;
pub mod jwt;
pub mod keys;
pub mod login;
pub mod metadata;
pub mod protected;
pub mod record;
pub mod registration;
pub mod resource;
pub mod token;

mod claims;
mod input;
mod view;

/// A function that panics if the input breaks a property.
pub type Check = fn(&[u8]);

/// Every target with its name, which is also that of its program, its corpus and its dictionary.
pub const TARGETS: [(&str, Check); 13] = [
    ("jwt", jwt::check),
    ("keys", keys::check),
    ("callback", callback::check),
    ("challenge", challenge::check),
    ("metadata", metadata::check),
    ("token", token::check),
    ("record", record::check),
    ("resource", resource::check),
    ("protected", protected::check),
    ("registration", registration::check),
    ("dpop", dpop::check),
    ("demand", demand::check),
    ("login", login::check),
];
