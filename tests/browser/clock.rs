use crate::replace::Replaced;
use futures_util::future::{Either, select};
use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use tessera_auth::browser::Browser;
use tessera_auth::client::platform::Clock;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Date)]
    fn now() -> f64;
}

#[wasm_bindgen_test]
async fn sleep_takes_its_time_by_both_clocks() {
    let browser = Browser::new();
    let (wall, monotonic) = (browser.wall_ms(), browser.monotonic_ms());
    assert!((wall - now()).abs() < 1_000.0);
    browser.sleep(30).await;
    // Timers and clocks are rounded, each in its own way.
    assert!(browser.monotonic_ms() - monotonic > 25.0);
    assert!(browser.wall_ms() - wall > 25.0);
}

#[wasm_bindgen_test]
async fn a_dropped_sleep_clears_its_timer() {
    let set = Rc::new(Cell::new(0));
    let browser = Browser::new();
    let _counted = Replaced::with(
        "setTimeout",
        "{ value(...args) { globalThis.timers = (globalThis.timers ?? 0) + 1; return original(...args) } }",
    );
    let _cleared =
        Replaced::with("clearTimeout", "{ value(timer) { globalThis.timers -= 1; return original(timer) } }");
    match select(pin!(browser.sleep(2_147_483_647)), pin!(browser.sleep(0))).await {
        Either::Left(_) => panic!("the longer sleep ended first"),
        Either::Right(_) => set.set(1),
    }
    let timers = js_sys::Reflect::get(&js_sys::global(), &"timers".into()).expect("a count");
    assert_eq!((set.get(), timers.as_f64()), (1, Some(0.0)));
}

#[wasm_bindgen_test]
async fn a_spawned_task_runs_beside_everything_else() {
    let done = Rc::new(Cell::new(false));
    let browser = Browser::new();
    browser.spawn({
        let done = done.clone();
        async move { done.set(true) }
    });
    assert!(!done.get());
    browser.sleep(0).await;
    assert!(done.get());
}

#[wasm_bindgen_test]
async fn the_witness_is_the_own_servers_date() {
    let browser = Browser::new();
    let answer = |headers: &str| {
        format!(
            "{{ value: async (url, init) => {{ if (init.method !== 'HEAD' || new URL(url).origin !== location.origin) throw 0; return new Response(null, {{ headers: {headers} }}) }} }}"
        )
    };
    for (headers, witness) in [
        ("{ date: 'Sun, 06 Nov 1994 08:49:37 GMT' }", Some(784_111_777_000.0)),
        ("{ date: 'Sun, 06 Nov 1994 08:49:37 GMT', age: '23' }", Some(784_111_800_000.0)),
        ("{ date: 'yesterday' }", None),
        ("{}", None),
    ] {
        let _fetch = Replaced::with("fetch", &answer(headers));
        assert_eq!(browser.witness_ms().await, witness, "{headers}");
    }
    for descriptor in
        ["{ value: undefined }", "{ value() { throw 0 } }", "{ value: () => Promise.reject() }", "{ value: () => 1 }"]
    {
        let _fetch = Replaced::with("fetch", descriptor);
        assert_eq!(browser.witness_ms().await, None, "{descriptor}");
    }
}
