//! `verifyJwt`.

use super::decode::{no_text, parts};
use super::options::{Reader, strings, url};
use super::promise;
use crate::browser::{Browser, BrowserJson};
use crate::client::platform::Part;
use crate::client::{Keys, VerifyOptions, verify_jwt};
use crate::json::Json;
use js_sys::{JSON, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Checks a JWT's signature and claims.
#[wasm_bindgen(js_name = verifyJwt)]
pub fn verify(token: JsValue, options: JsValue) -> Promise {
    promise(Some(Part::More), async move {
        let token = token.as_string().ok_or_else(no_text)?;
        let options = verify_options(options)?;
        Ok(parts(verify_jwt(&Browser::new(), &token, &options).await?))
    })
}

fn verify_options(options: JsValue) -> crate::Result<VerifyOptions<BrowserJson>> {
    let mut options = Reader::new(options);
    let keys = options.read("keys", "a JWK Set or a URL", |keys| match url(&keys, "keys") {
        Ok(url) => Some(Keys::At(url)),
        Err(_) => key_set(&keys).map(Keys::Set),
    });
    // A list of nobody would let a token for anybody pass.
    let audience = options.read("audience", "a string, or an array of strings that is not empty", |audience| {
        let one = audience.as_string().map(|audience| vec![audience]);
        one.or_else(|| strings(&audience)).filter(|audience| !audience.is_empty())
    });
    let verify_options = VerifyOptions {
        issuer: options.text("issuer"),
        keys: keys.unwrap_or(Keys::Discovered),
        audience: audience.unwrap_or_default(),
        algorithms: options.texts("algorithms"),
        typ: options.text("typ"),
        clock_tolerance: options.integer("clockTolerance").unwrap_or(30),
    };
    options.done().map(|()| verify_options)
}

/// A copy of the caller's JWK Set: what he does to it while the token is checked changes nothing.
fn key_set(keys: &JsValue) -> Option<BrowserJson> {
    let text = JSON::stringify(keys).ok()?.as_string()?;
    BrowserJson::parse(&text).filter(|set| set.get("keys").is_some_and(|keys| keys.items().is_some()))
}
