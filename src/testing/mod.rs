//! A world in a box.

mod json;
mod url;

pub use json::TestJson;
pub use url::TestUrl;
