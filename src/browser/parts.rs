//! The parts of the npm package, which its loader knows. Everywhere else the program is whole.

use super::Browser;
use crate::client::platform::{Part, Parts};
use crate::error::Result;
#[cfg(feature = "js")]
use {
    super::object::member,
    super::web::settled,
    crate::error::{Error, ErrorCode},
    js_sys::Promise,
    wasm_bindgen::JsValue,
    wasm_bindgen::prelude::wasm_bindgen,
};

#[cfg(feature = "js")]
#[wasm_bindgen(raw_module = "./parts.js")]
extern "C" {
    /// Nothing, if it is there.
    #[wasm_bindgen(catch)]
    fn part(number: u8) -> Result<Option<Promise>, JsValue>;
}

impl Parts for Browser {
    async fn part(&self, part: Part) -> Result<()> {
        load(part).await
    }
}

/// Sees to it that a part is there.
#[cfg(feature = "js")]
pub(crate) async fn load(which: Part) -> Result<()> {
    let Some(loading) = part(which as u8).transpose() else { return Ok(()) };
    let problem = |thrown: JsValue| {
        let is_retryable = member(&thrown, "retryable").and_then(|retryable| retryable.as_bool()).unwrap_or_default();
        let code = if is_retryable { ErrorCode::Network } else { ErrorCode::WasmFailed };
        // The loader says which file, and what the browser made of it.
        let message = member(&thrown, "message").and_then(|message| message.as_string());
        Error::new(code, message.unwrap_or_default())
    };
    settled(loading).await.map(drop).map_err(problem)
}

/// The program is whole.
#[cfg(not(feature = "js"))]
pub(crate) async fn load(_: Part) -> Result<()> {
    Ok(())
}
