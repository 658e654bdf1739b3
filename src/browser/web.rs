//! What `web.js` does: Web APIs that take several steps, each in one call.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{AbortController, AbortSignal};

#[wasm_bindgen(module = "/src/browser/web.js")]
extern "C" {
    /// `None` for `null` too.
    #[wasm_bindgen(catch)]
    pub(super) fn member(value: &JsValue, name: &str) -> Result<Option<JsValue>, JsValue>;
    /// Its parts, each a line.
    #[wasm_bindgen(catch, js_name = parseUrl)]
    pub(super) fn parse_url(text: &str, base: Option<&str>) -> Result<String, JsValue>;
    #[wasm_bindgen(catch)]
    pub(super) fn sleep(ms: u32, signal: &AbortSignal) -> Result<Promise, JsValue>;
    /// `kinds` are separated by spaces.
    #[wasm_bindgen(catch)]
    pub(super) fn listen(
        target: &JsValue,
        kinds: &str,
        listener: &Function,
        signal: &AbortSignal,
    ) -> Result<(), JsValue>;
    #[wasm_bindgen(catch)]
    pub(super) fn aborted(target: &AbortSignal, signal: &AbortSignal) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch)]
    pub(super) fn lock(name: &str, controller: &AbortController) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch)]
    pub(super) fn exchange(
        method: &str,
        url: &str,
        headers: &JsValue,
        body: Option<&str>,
        has_cookies: bool,
        controller: &AbortController,
        ms: u32,
        limit: usize,
    ) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_name = ownServersDate)]
    pub(super) fn own_servers_date(signal: &AbortSignal, ms: u32) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch)]
    pub(super) fn digest(hash: &str, data: &[u8]) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch)]
    pub(super) fn verify(
        name: &str,
        hash: &str,
        curve: Option<&str>,
        salt_length: u32,
        jwk: &JsValue,
        signature: &[u8],
        data: &[u8],
    ) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch)]
    pub(super) fn sign(pair: &JsValue, data: &[u8]) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_name = copyBytes)]
    pub(super) fn copy_bytes(bytes: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = webStorage)]
    pub(super) fn web_storage(
        area: &str,
        method: Option<&str>,
        key: &str,
        value: Option<JsValue>,
        seen: &JsValue,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = currentUrl)]
    pub(super) fn current_url() -> Result<String, JsValue>;
    #[wasm_bindgen(catch, js_name = replaceUrl)]
    pub(super) fn replace_url(url: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(catch)]
    pub(super) fn navigate(url: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_name = hasUserActed)]
    pub(super) fn has_user_acted() -> Result<bool, JsValue>;
    #[wasm_bindgen(catch)]
    pub(super) fn cookie(name: &str) -> Result<Option<String>, JsValue>;
    #[wasm_bindgen(catch, js_name = isOfThisSite)]
    pub(super) fn is_of_this_site(url: &str) -> Result<bool, JsValue>;
    #[wasm_bindgen(catch, js_name = putUp)]
    pub(super) fn put_up(text: &str, signal: &AbortSignal) -> Result<Array, JsValue>;
    #[wasm_bindgen(catch, js_name = isHidden)]
    pub(super) fn is_hidden() -> Result<bool, JsValue>;
    /// `null` if the browser refuses.
    #[wasm_bindgen(catch, js_name = openWindow)]
    pub(super) fn open_window() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = openFrame)]
    pub(super) fn open_frame() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = sendTo)]
    pub(super) fn send_to(target: &JsValue, url: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(catch)]
    pub(super) fn dismiss(target: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_name = askFrame)]
    pub(super) fn ask_frame(frame: &JsValue, message: &str, origin: &str, ms: u32) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_name = isClosed)]
    pub(super) fn is_closed(target: &JsValue) -> Result<bool, JsValue>;
    #[wasm_bindgen(catch, js_name = hasFocus)]
    pub(super) fn has_focus() -> Result<bool, JsValue>;
    #[wasm_bindgen(catch, js_name = isInFrame)]
    pub(super) fn is_in_frame() -> Result<bool, JsValue>;
    #[wasm_bindgen(catch, js_name = closePage)]
    pub(super) fn close_page() -> Result<(), JsValue>;
    /// `undefined` where only trying tells.
    #[wasm_bindgen(catch, js_name = hasCookiesInFrame)]
    pub(super) fn has_cookies_in_frame(url: &str) -> Result<JsValue, JsValue>;
}

/// What a promise comes to.
pub(super) async fn settled(promise: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    wasm_bindgen_futures::JsFuture::from(promise?).await
}
