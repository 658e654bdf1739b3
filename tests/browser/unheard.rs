//! Whatever fails or is given up, no promise of ours rejects with nobody listening: pages report that as errors of theirs.

use crate::replace::Replaced;
use futures_util::future::poll_immediate;
use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use tessera_auth::browser::{Browser, Call};
use tessera_auth::client::platform::{Clock, Http, Lock, Storage, StorageKind::IndexedDb};
use tessera_auth::http::HttpRequest;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen]
extern "C" {
    type JsEvent;
    #[wasm_bindgen(method, js_name = preventDefault)]
    fn prevent_default(this: &JsEvent);
    #[wasm_bindgen(js_name = addEventListener)]
    fn add_event_listener(kind: &str, listener: &JsValue);
    #[wasm_bindgen(js_name = removeEventListener)]
    fn remove_event_listener(kind: &str, listener: &JsValue);
}

/// Lets `task` take its first step, and drops it.
async fn give_up<T>(task: impl Future<Output = T>) {
    let task = pin!(task);
    assert!(poll_immediate(task).await.is_none());
}

#[wasm_bindgen_test]
async fn nothing_that_is_given_up_or_fails_rejects_unheard() {
    let unheard = Rc::new(Cell::new(0));
    let count = Closure::<dyn Fn(JsEvent)>::new({
        let unheard = unheard.clone();
        move |event: JsEvent| {
            event.prevent_default();
            unheard.set(unheard.get() + 1);
        }
    });
    add_event_listener("unhandledrejection", count.as_ref().unchecked_ref());

    let browser = Browser::new();
    let call = Call::new(&"https://api.example.com/".into(), &JsValue::UNDEFINED).expect("a call");
    let held = browser.lock("unheard").await;
    give_up(browser.lock("unheard")).await;
    give_up(browser.sleep(60_000)).await;
    give_up(browser.given_up(&call)).await;
    {
        let _fetch = Replaced::with(
            "fetch",
            "{ value: ({ signal }) => new Promise((_, reject) => {
                signal.addEventListener('abort', () => setTimeout(reject, 1, signal.reason));
            }) }",
        );
        let request = || HttpRequest::get("https://as.example.com/");
        browser.send(request(), 1).await.expect_err("no answer");
        give_up(browser.send(request(), 60_000)).await;
        give_up(browser.send_call(&call, ("authorization", &"t".into()), None)).await;
        give_up(browser.witness_ms()).await;
    }
    {
        let _refused = Replaced::with("IDBFactory.prototype.open", "{ value() { throw 0 } }");
        let browser = Browser::new();
        give_up(browser.read(IndexedDb, "unheard")).await;
        browser.read(IndexedDb, "unheard").await.expect_err("refused");
    }
    drop(held);
    // Browsers report when they are idle, and the requests above reject a little late.
    browser.sleep(50).await;
    assert_eq!(unheard.get(), 0);
    remove_event_listener("unhandledrejection", count.as_ref().unchecked_ref());
}
