//! Keys that sign, in the real IndexedDB: kept, shared, and read out by nobody.

use crate::replace::Replaced;
use futures_util::future::join;
use js_sys::{Array, Promise, Reflect};
use tessera_auth::ErrorCode;
use tessera_auth::browser::{Browser, BrowserJson};
use tessera_auth::client::platform::{Crypto, Signer};
use tessera_auth::json::Json;
use tessera_auth::jwt::Algorithm;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen(module = "/tests/browser/scripts.js")]
extern "C" {
    #[wasm_bindgen(js_name = cryptoKeys)]
    fn crypto_keys() -> Promise;
    #[wasm_bindgen(js_name = deleteDatabase)]
    fn delete_database() -> Promise;
    fn exported(key: &JsValue) -> Promise;
}

const ES256: Option<Algorithm> = Some(Algorithm::Es256);

fn member(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).expect("a member")
}

fn text(jwk: &BrowserJson) -> [Option<String>; 4] {
    ["kty", "crv", "x", "y"].map(|name| jwk.text(name))
}

#[wasm_bindgen_test]
async fn a_key_is_made_once_and_kept_for_everybody() {
    delete_database().await.expect("deleted");
    let browser = Browser::new();
    assert!(browser.signing_key("kept", None).await.expect("a look").is_none());
    let made = browser.signing_key("kept", ES256).await.expect("a key").expect("a key");
    let again = browser.signing_key("kept", ES256).await.expect("a key").expect("a key");
    let elsewhere = Browser::new().signing_key("kept", None).await.expect("a look").expect("a key");
    let other = browser.signing_key("other", ES256).await.expect("a key").expect("a key");
    let [made, again, elsewhere, other] = [made, again, elsewhere, other].map(|key| text(&browser.public_key(&key)));
    assert_eq!(made[..2], [Some("EC".to_owned()), Some("P-256".to_owned())]);
    assert_eq!([&again, &elsewhere], [&made; 2]);
    assert_ne!(other, made);
    delete_database().await.expect("deleted");
}

#[wasm_bindgen_test]
async fn a_signature_is_that_of_the_public_key() {
    delete_database().await.expect("deleted");
    let browser = Browser::new();
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let name = if algorithm == Algorithm::Es256 { "es256" } else { "eddsa" };
        let key = match browser.signing_key(name, Some(algorithm)).await {
            // Not every engine has Ed25519.
            Err(error) if algorithm == Algorithm::EdDsa => {
                assert_eq!(error.code(), ErrorCode::Unsupported);
                continue;
            }
            key => key.expect("a key").expect("a key"),
        };
        // As it is used: after a restart.
        let key = Browser::new().signing_key(name, None).await.expect("a look").unwrap_or(key);
        let signature = browser.sign(&key, b"what is signed").await.expect("a signature");
        assert_eq!(signature.len(), 64, "{name}");
        let public = browser.public_key(&key);
        assert_eq!(public.text("d"), None);
        assert_eq!(browser.verify(algorithm, &public, b"what is signed", &signature).await, Ok(true), "{name}");
        assert_eq!(browser.verify(algorithm, &public, b"what is not", &signature).await, Ok(false), "{name}");
    }
    delete_database().await.expect("deleted");
}

#[wasm_bindgen_test]
async fn nobody_reads_the_private_half() {
    delete_database().await.expect("deleted");
    Browser::new().signing_key("secret", ES256).await.expect("a key");
    let kept = Array::from(&crypto_keys().await.expect("keys"));
    let pairs: Vec<JsValue> = kept.iter().filter(|key| !member(key, "privateKey").is_undefined()).collect();
    assert_eq!(pairs.len(), 1);
    let private = member(&pairs[0], "privateKey");
    assert_eq!(member(&private, "extractable"), JsValue::FALSE);
    assert_eq!(Array::from(&member(&private, "usages")).join(","), "sign");
    assert!(exported(&private).await.is_err());
    delete_database().await.expect("deleted");
}

#[wasm_bindgen_test]
async fn two_tabs_that_make_the_key_at_once_have_the_same() {
    delete_database().await.expect("deleted");
    let (one, two) = (Browser::new(), Browser::new());
    let (first, second) = join(one.signing_key("race", ES256), two.signing_key("race", ES256)).await;
    let [first, second] = [first, second].map(|key| text(&one.public_key(&key.expect("a key").expect("a key"))));
    assert_eq!(first, second);
    delete_database().await.expect("deleted");
}

#[wasm_bindgen_test]
async fn where_nothing_is_kept_there_is_no_key() {
    let _gone = Replaced::with("indexedDB", "{ value: undefined }");
    let refused = Browser::new().signing_key("blocked", ES256).await;
    assert_eq!(refused.err().map(|error| error.code()), Some(ErrorCode::StorageUnavailable));
}
