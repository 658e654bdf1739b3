use crate::replace::Replaced;
use futures_util::future::{join, poll_immediate};
use std::cell::Cell;
use tessera_auth::browser::Browser;
use tessera_auth::client::platform::{Clock, Lock};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen(module = "/tests/browser/scripts.js")]
extern "C" {
    async fn steal(name: &str);
}

#[wasm_bindgen_test]
async fn only_one_at_a_time_holds_a_lock() {
    let inside = Cell::new(0);
    let enter = async || {
        let _guard = Browser::new().lock("exclusion").await.expect("locks");
        inside.set(inside.get() + 1);
        assert_eq!(inside.get(), 1);
        // Whoever else could come in would by now.
        Browser::new().sleep(0).await;
        inside.set(inside.get() - 1);
    };
    join(join(enter(), enter()), join(enter(), enter())).await;
}

#[wasm_bindgen_test]
async fn a_lock_that_is_stolen_is_known_to_be_lost() {
    let browser = Browser::new();
    let held = browser.lock("treasure").await.expect("locks");
    assert!(browser.is_held(&held));
    steal("treasure").await;
    assert!(!browser.is_held(&held));
}

#[wasm_bindgen_test]
async fn locks_of_other_names_are_free() {
    let browser = Browser::new();
    let one = browser.lock("one").await;
    let two = browser.lock("two").await;
    assert!(one.is_some() && two.is_some());
}

#[wasm_bindgen_test]
async fn who_stops_waiting_does_not_get_the_lock() {
    let browser = Browser::new();
    let held = browser.lock("queue").await.expect("locks");
    {
        let mut waiting = Box::pin(browser.lock("queue"));
        assert!(poll_immediate(&mut waiting).await.is_none());
        browser.sleep(0).await;
        assert!(poll_immediate(&mut waiting).await.is_none());
    }
    drop(held);
    assert!(browser.lock("queue").await.is_some());
}

#[wasm_bindgen_test]
async fn a_lock_that_comes_when_nobody_waits_any_more_is_free_again() {
    let browser = Browser::new();
    let mut waiting = Box::pin(browser.lock("unclaimed"));
    assert!(poll_immediate(&mut waiting).await.is_none());
    // Granted by now, and not taken.
    browser.sleep(20).await;
    drop(waiting);
    assert!(browser.lock("unclaimed").await.is_some());
}

#[wasm_bindgen_test]
async fn without_locks_there_is_none() {
    for descriptor in [
        "{ value: undefined }",
        "{ value: {} }",
        "{ value: { request() { throw 0 } } }",
        "{ value: { request: () => Promise.reject(0) } }",
    ] {
        let _missing = Replaced::with("navigator.locks", descriptor);
        assert!(Browser::new().lock("missing").await.is_none(), "{descriptor}");
    }
}
