//! What IndexedDB really holds, and what happens to it behind our back.

use crate::replace::Replaced;
use crate::storage::assert_unavailable;
use futures_util::future::{join, join_all, poll_immediate};
use js_sys::{Promise, Reflect, Uint8Array};
use tessera_auth::ErrorCode;
use tessera_auth::browser::Browser;
use tessera_auth::client::platform::{Storage, StorageKind::IndexedDb};
use tessera_auth::error::Result;
use tessera_auth::secret::Secret;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen(module = "/tests/browser/scripts.js")]
extern "C" {
    fn raw(key: &str) -> Promise;
    #[wasm_bindgen(js_name = setRaw)]
    fn set_raw(key: &str, value: &JsValue) -> Promise;
    #[wasm_bindgen(js_name = cryptoKeys)]
    fn crypto_keys() -> Promise;
    #[wasm_bindgen(js_name = dropCryptoKeys)]
    fn drop_crypto_keys() -> Promise;
    #[wasm_bindgen(js_name = deleteDatabase)]
    fn delete_database() -> Promise;
    #[wasm_bindgen(js_name = makeLaterVersion)]
    fn make_later_version() -> Promise;
    fn exported(key: &JsValue) -> Promise;
}

async fn stored(key: &str) -> Vec<u8> {
    raw(key).await.expect("read").dyn_into::<Uint8Array>().expect("bytes").to_vec()
}

async fn store(key: &str, value: &[u8]) {
    set_raw(key, &Uint8Array::from(value)).await.expect("stored");
}

fn code<T>(result: Result<T>) -> Option<ErrorCode> {
    result.err().map(|error| error.code())
}

#[wasm_bindgen_test]
async fn values_are_encrypted_each_time_anew() {
    let browser = Browser::new();
    let secret = "a refresh token that nobody may read";
    browser.write(IndexedDb, "encrypted", &secret.into()).await.expect("written");
    let first = stored("encrypted").await;
    assert!(!first.windows(8).any(|window| secret.as_bytes().windows(8).any(|part| part == window)));
    browser.write(IndexedDb, "encrypted", &secret.into()).await.expect("written");
    let second = stored("encrypted").await;
    assert_ne!(first.get(..12), second.get(..12), "the IV is new");
    assert_ne!(first.get(12..), second.get(12..));
}

#[wasm_bindgen_test]
async fn the_key_cannot_be_read_out() {
    Browser::new().write(IndexedDb, "key", &"1".into()).await.expect("written");
    let keys = js_sys::Array::from(&crypto_keys().await.expect("keys"));
    assert_eq!(keys.length(), 1);
    let key = keys.get(0);
    assert_eq!(Reflect::get(&key, &"extractable".into()), Ok(JsValue::FALSE));
    assert!(exported(&key).await.is_err());
}

#[wasm_bindgen_test]
async fn a_value_moved_truncated_changed_or_replaced_is_corrupt() {
    let browser = Browser::new();
    browser.write(IndexedDb, "corrupt", &"1".into()).await.expect("written");
    let good = stored("corrupt").await;
    let mut changed = good.clone();
    changed[12] ^= 1;
    for (key, value) in [
        ("moved", &good[..]),
        ("corrupt", &good[..good.len() - 1]),
        ("corrupt", &good[..5]),
        ("corrupt", &[]),
        ("corrupt", &changed),
    ] {
        store(key, value).await;
        assert_eq!(code(browser.read(IndexedDb, key).await), Some(ErrorCode::StorageCorrupt), "{key} {}", value.len());
    }
    set_raw("corrupt", &"no bytes".into()).await.expect("stored");
    assert_eq!(code(browser.read(IndexedDb, "corrupt").await), Some(ErrorCode::StorageCorrupt));
    store("corrupt", &good).await;
    assert_eq!(browser.read(IndexedDb, "corrupt").await, Ok(Some(Secret::from("1"))));
}

#[wasm_bindgen_test]
async fn a_value_of_a_lost_key_is_corrupt_and_can_be_written_again() {
    Browser::new().write(IndexedDb, "lost", &"1".into()).await.expect("written");
    drop_crypto_keys().await.expect("dropped");
    let browser = Browser::new();
    assert_eq!(code(browser.read(IndexedDb, "lost").await), Some(ErrorCode::StorageCorrupt));
    browser.write(IndexedDb, "lost", &"2".into()).await.expect("written");
    assert_eq!(Browser::new().read(IndexedDb, "lost").await, Ok(Some(Secret::from("2"))));
}

#[wasm_bindgen_test]
async fn two_that_make_the_key_at_once_end_with_one() {
    delete_database().await.expect("deleted");
    let (one, two) = (Browser::new(), Browser::new());
    let (first, second) =
        join(one.write(IndexedDb, "race 1", &"1".into()), two.write(IndexedDb, "race 2", &"2".into())).await;
    assert_eq!((first, second), (Ok(()), Ok(())));
    assert_eq!(one.read(IndexedDb, "race 2").await, Ok(Some(Secret::from("2"))));
    assert_eq!(two.read(IndexedDb, "race 1").await, Ok(Some(Secret::from("1"))));
    assert_eq!(js_sys::Array::from(&crypto_keys().await.expect("keys")).length(), 1);
}

#[wasm_bindgen_test]
async fn a_database_deleted_under_a_live_page_is_opened_anew() {
    let browser = Browser::new();
    browser.write(IndexedDb, "deleted", &"1".into()).await.expect("written");
    delete_database().await.expect("our connection is no obstacle");
    assert_eq!(browser.read(IndexedDb, "deleted").await, Ok(None));
    browser.write(IndexedDb, "deleted", &"2".into()).await.expect("written");
    assert_eq!(Browser::new().read(IndexedDb, "deleted").await, Ok(Some(Secret::from("2"))));
}

#[wasm_bindgen_test]
async fn a_connection_that_died_without_a_word_is_replaced() {
    let browser = Browser::new();
    browser.write(IndexedDb, "died", &"1".into()).await.expect("written");
    let _dead = Replaced::with(
        "IDBDatabase.prototype.transaction",
        "(() => { const dead = new WeakSet(); let left = 1; return { value(...args) {
            if (left-- > 0) dead.add(this);
            if (dead.has(this)) throw new DOMException('', 'InvalidStateError');
            return original.apply(this, args);
        } }; })()",
    );
    let ten = (0..10).map(|_| browser.read(IndexedDb, "died"));
    for read in join_all(ten).await {
        assert_eq!(read, Ok(Some(Secret::from("1"))));
    }
}

#[wasm_bindgen_test]
async fn an_opening_that_nobody_waits_for_any_more_still_ends_well() {
    delete_database().await.expect("deleted");
    let browser = Browser::new();
    let value = Secret::from("1");
    assert_eq!(poll_immediate(Box::pin(browser.write(IndexedDb, "given up", &value))).await, None);
    // Under another name: what was given up is written too, before or after.
    browser.write(IndexedDb, "waited for", &"2".into()).await.expect("written");
    assert_eq!(browser.read(IndexedDb, "waited for").await, Ok(Some(Secret::from("2"))));
}

#[wasm_bindgen_test]
async fn a_browser_without_indexeddb_is_unavailable() {
    for descriptor in
        ["{ value: null }", "{ value: undefined }", "{ get() { throw new DOMException('', 'SecurityError') } }"]
    {
        let _refused = Replaced::with("indexedDB", descriptor);
        assert_unavailable(IndexedDb).await;
    }
}

#[wasm_bindgen_test]
async fn a_browser_that_refuses_to_open_is_unavailable_and_asked_again() {
    let browser = Browser::new();
    {
        let _refused = Replaced::with("IDBFactory.prototype.open", "{ value() { throw 0 } }");
        assert_unavailable(IndexedDb).await;
        assert_eq!(code(browser.read(IndexedDb, "again").await), Some(ErrorCode::StorageUnavailable));
    }
    assert_eq!(browser.read(IndexedDb, "again").await, Ok(None));
}

#[wasm_bindgen_test]
async fn a_database_that_could_not_be_made_whole_is_made_again() {
    delete_database().await.expect("deleted");
    let browser = Browser::new();
    {
        let _fails = Replaced::with(
            "IDBDatabase.prototype.createObjectStore",
            "{ value(name) { if (name === 'keys') throw 0; return original.call(this, name) } }",
        );
        assert_eq!(code(browser.read(IndexedDb, "whole").await), Some(ErrorCode::StorageUnavailable));
    }
    browser.write(IndexedDb, "whole", &"1".into()).await.expect("written");
    assert_eq!(Browser::new().read(IndexedDb, "whole").await, Ok(Some(Secret::from("1"))));
}

#[wasm_bindgen_test]
async fn a_database_of_a_later_version_is_unavailable() {
    delete_database().await.expect("deleted");
    make_later_version().await.expect("made");
    assert_unavailable(IndexedDb).await;
    delete_database().await.expect("deleted");
}

#[wasm_bindgen_test]
async fn a_full_disk_is_unavailable() {
    let browser = Browser::new();
    browser.write(IndexedDb, "full", &"1".into()).await.expect("written");
    {
        let _full = Replaced::with(
            "IDBObjectStore.prototype.put",
            "{ value() { throw new DOMException('', 'QuotaExceededError') } }",
        );
        assert_eq!(code(browser.write(IndexedDb, "full", &"2".into()).await), Some(ErrorCode::StorageUnavailable));
    }
    {
        // Full only when the transaction is to be completed.
        let _full = Replaced::with(
            "IDBObjectStore.prototype.put",
            "{ value(...args) { const put = original.apply(this, args); put.onsuccess = () => this.transaction.abort(); return put; } }",
        );
        assert_eq!(code(browser.write(IndexedDb, "full", &"3".into()).await), Some(ErrorCode::StorageUnavailable));
    }
    assert_eq!(browser.read(IndexedDb, "full").await, Ok(Some(Secret::from("1"))));
}

#[wasm_bindgen_test]
async fn outside_secure_contexts_nothing_is_kept_in_the_clear() {
    let browser = Browser::new();
    let _insecure = Replaced::with("crypto", "{ value: {} }");
    assert_eq!(code(browser.write(IndexedDb, "insecure", &"1".into()).await), Some(ErrorCode::StorageUnavailable));
}
