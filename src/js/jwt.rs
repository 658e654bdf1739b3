//! `decodeJwt` and `verifyJwt`.

use super::convert::{object, strings};
use super::error::to_js;
use super::options::Reader;
use super::{invalid, promise};
use crate::browser::{Browser, BrowserJson};
use crate::client::{Keys, VerifyOptions, verify_jwt};
use crate::jwt::Jwt;
use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Reads a JWT without checking it.
///
/// # Errors
/// `malformed_token`.
#[wasm_bindgen(js_name = decodeJwt)]
pub fn decode(token: JsValue) -> Result<JsValue, JsValue> {
    let token = token.as_string().ok_or_else(|| to_js(&invalid("token must be a string")))?;
    Jwt::<BrowserJson>::decode(&token).map(parts).map_err(|error| to_js(&error))
}

/// Checks a JWT's signature and claims.
#[wasm_bindgen(js_name = verifyJwt)]
pub fn verify(token: JsValue, options: JsValue) -> Promise {
    promise(async move {
        let token = token.as_string().ok_or_else(|| invalid("token must be a string"))?;
        let options = verify_options(options)?;
        Ok(parts(verify_jwt(&Browser::new(), &token, &options).await?))
    })
}

fn verify_options(options: JsValue) -> crate::Result<VerifyOptions<BrowserJson>> {
    let known = ["issuer", "keys", "audience", "algorithms", "typ", "clockTolerance"];
    let options = Reader::new(options, "options", &known)?;
    let keys = match options.value("keys") {
        None => Keys::Discovered,
        Some(keys) => match super::options::url(&keys, "keys") {
            Ok(url) => Keys::At(url),
            Err(_) if keys.is_object() => Keys::Set(BrowserJson(keys)),
            Err(_) => return Err(invalid("keys must be a JWK Set or a URL")),
        },
    };
    let audience = match options.value("audience") {
        None => Vec::new(),
        Some(value) => match value.as_string() {
            Some(audience) => vec![audience],
            None => strings(&value).ok_or_else(|| invalid("audience must be a string or an array of strings"))?,
        },
    };
    let algorithms = match options.value("algorithms") {
        None => None,
        Some(value) => Some(strings(&value).ok_or_else(|| invalid("algorithms must be an array of strings"))?),
    };
    Ok(VerifyOptions {
        issuer: options.text("issuer")?,
        keys,
        audience,
        algorithms,
        typ: options.text("typ")?,
        clock_tolerance: options.integer("clockTolerance")?.unwrap_or(30),
    })
}

fn parts(jwt: Jwt<'_, BrowserJson>) -> JsValue {
    object([("header", Some(jwt.header_json.0)), ("claims", Some(jwt.claims_json.0))])
}
