use crate::is_page;
use crate::replace::Replaced;
use futures_util::future::join;
use tessera_auth::ErrorCode;
use tessera_auth::browser::Browser;
use tessera_auth::client::platform::{Storage, StorageKind};
use tessera_auth::secret::Secret;
use wasm_bindgen_test::wasm_bindgen_test;

/// Those that this home has.
fn kinds() -> Vec<StorageKind> {
    let everywhere = [StorageKind::IndexedDb, StorageKind::Memory];
    let in_pages = [StorageKind::Session, StorageKind::Local].into_iter().filter(|_| is_page());
    everywhere.into_iter().chain(in_pages).collect()
}

#[wasm_bindgen_test]
async fn what_is_written_is_read_overwritten_listed_and_removed() {
    for kind in kinds() {
        let browser = Browser::new();
        for (key, value) in [("trip a", "1"), ("trip b", "\u{e4}\u{1f511}\0"), ("other", ""), ("trip a", "2")] {
            browser.write(kind, key, &value.into()).await.expect("written");
        }
        // Another one, as after a reload.
        let browser = Browser::new();
        for (key, value) in [("trip a", "2"), ("trip b", "\u{e4}\u{1f511}\0"), ("other", "")] {
            assert_eq!(browser.read(kind, key).await, Ok(Some(Secret::from(value))), "{kind:?} {key}");
        }
        let mut keys = browser.keys(kind, "trip ").await.expect("keys");
        keys.sort();
        assert_eq!(keys, ["trip a", "trip b"], "{kind:?}");
        for key in ["trip a", "trip b", "other", "never there"] {
            assert_eq!(browser.remove(kind, key).await, Ok(()), "{kind:?}");
            assert_eq!(browser.read(kind, key).await, Ok(None), "{kind:?} {key}");
        }
        assert_eq!(browser.keys(kind, "trip ").await, Ok(vec![]), "{kind:?}");
    }
}

#[wasm_bindgen_test]
async fn a_value_is_swapped_only_for_the_one_that_was_seen() {
    for kind in kinds() {
        let browser = Browser::new();
        let other = Browser::new();
        let (one, two) = (Secret::from("1"), Secret::from("2"));
        assert_eq!(browser.swap(kind, "swap", Some(&one), Some(&two)).await, Ok(false), "{kind:?}");
        assert_eq!(browser.swap(kind, "swap", None, Some(&one)).await, Ok(true), "{kind:?}");
        assert_eq!(other.swap(kind, "swap", None, Some(&two)).await, Ok(false), "{kind:?}");
        assert_eq!(other.swap(kind, "swap", Some(&one), Some(&two)).await, Ok(true), "{kind:?}");
        assert_eq!(browser.swap(kind, "swap", Some(&one), None).await, Ok(false), "{kind:?}");
        assert_eq!(browser.read(kind, "swap").await, Ok(Some(two.clone())), "{kind:?}");
        assert_eq!(browser.swap(kind, "swap", Some(&two), None).await, Ok(true), "{kind:?}");
        assert_eq!(browser.swap(kind, "swap", None, None).await, Ok(true), "{kind:?}");
        assert_eq!(browser.read(kind, "swap").await, Ok(None), "{kind:?}");
    }
}

#[wasm_bindgen_test]
async fn of_two_that_swap_at_once_one_does() {
    for kind in kinds() {
        let (one, other) = (Browser::new(), Browser::new());
        let (a, b) = (Secret::from("a"), Secret::from("b"));
        let both = join(one.swap(kind, "race", None, Some(&a)), other.swap(kind, "race", None, Some(&b))).await;
        assert!(matches!(both, (Ok(first), Ok(second)) if first != second), "{kind:?} {both:?}");
        one.remove(kind, "race").await.expect("removed");
    }
}

#[wasm_bindgen_test]
async fn kinds_are_apart() {
    let browser = Browser::new();
    for kind in kinds() {
        browser.write(kind, "apart", &format!("{kind:?}").into()).await.expect("written");
    }
    for kind in kinds() {
        assert_eq!(browser.read(kind, "apart").await, Ok(Some(format!("{kind:?}").into())));
        browser.remove(kind, "apart").await.expect("removed");
    }
}

#[wasm_bindgen_test]
async fn web_storage_that_throws_on_sight_or_is_missing_is_unavailable() {
    let _session = Replaced::with("sessionStorage", "{ get() { throw new DOMException('', 'SecurityError') } }");
    let _local = Replaced::with("localStorage", "{ value: null }");
    for kind in [StorageKind::Session, StorageKind::Local] {
        assert_unavailable(kind).await;
    }
}

#[wasm_bindgen_test]
async fn web_storage_that_is_full_is_unavailable() {
    if is_page() {
        let _full = Replaced::with(
            "Storage.prototype.setItem",
            "{ value() { throw new DOMException('', 'QuotaExceededError') } }",
        );
        let written = Browser::new().write(StorageKind::Local, "full", &"1".into()).await;
        assert_eq!(written.map_err(|error| error.code()), Err(ErrorCode::StorageUnavailable));
    }
}

#[wasm_bindgen_test]
async fn workers_have_no_web_storage() {
    if !is_page() {
        assert_unavailable(StorageKind::Session).await;
        assert_unavailable(StorageKind::Local).await;
    }
}

/// Whatever is asked of this kind is refused with the one code.
pub(crate) async fn assert_unavailable(kind: StorageKind) {
    let browser = Browser::new();
    let refused = Err(ErrorCode::StorageUnavailable);
    assert_eq!(browser.write(kind, "refused", &"1".into()).await.map_err(|error| error.code()), refused);
    assert_eq!(browser.remove(kind, "refused").await.map_err(|error| error.code()), refused);
    assert_eq!(browser.read(kind, "refused").await.map(|_| ()).map_err(|error| error.code()), refused);
    assert_eq!(browser.keys(kind, "").await.map(|_| ()).map_err(|error| error.code()), refused);
}
