use crate::is_page;
use crate::replace::Replaced;
use std::cell::RefCell;
use std::rc::Rc;
use tessera_auth::ErrorCode;
use tessera_auth::browser::Browser;
use tessera_auth::client::platform::{Navigator, Wake};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen(module = "/tests/browser/scripts.js")]
extern "C" {
    fn fire(kind: &str);
    #[wasm_bindgen(js_name = firePersisted)]
    fn fire_persisted(kind: &str);
    #[wasm_bindgen(js_name = historyLength)]
    fn history_length() -> u32;
    #[wasm_bindgen(js_name = historyState)]
    fn history_state() -> Option<String>;
    #[wasm_bindgen(js_name = setHistoryState)]
    fn set_history_state(state: Option<&str>);
}

#[wasm_bindgen_test]
fn the_address_is_replaced_without_a_trace() {
    let browser = Browser::new();
    let Some(before) = browser.current_url() else { return };
    let length = history_length();
    set_history_state(Some("the router's"));
    browser.replace_url("/callback?code=x&state=y#z");
    assert!(browser.current_url().is_some_and(|url| url.ends_with("/callback?code=x&state=y#z")));
    // Not ours to have: nothing happens.
    browser.replace_url("https://evil.test/");
    browser.replace_url(&before);
    assert_eq!(browser.current_url(), Some(before));
    assert_eq!(history_length(), length);
    assert_eq!(history_state().as_deref(), Some("the router's"));
    set_history_state(None);
}

#[wasm_bindgen_test]
fn a_cookie_that_scripts_can_read_is_read_by_its_whole_name() {
    let browser = Browser::new();
    if !is_page() {
        assert_eq!(browser.cookie("csrf"), None);
        return;
    }
    let _cookies = Replaced::with("document.cookie", "{ value: 'a=1; csrf=x=y%20z; xcsrf=no; empty=' }");
    let read = |name| browser.cookie(name).map(|value| value.expose().to_owned());
    assert_eq!(read("csrf").as_deref(), Some("x=y%20z"));
    assert_eq!(read("a").as_deref(), Some("1"));
    assert_eq!(read("empty").as_deref(), Some(""));
    assert_eq!(read("srf"), None);
}

#[wasm_bindgen_test]
fn what_is_put_up_is_seen_by_others_until_it_is_taken_down() {
    let (before, first) = Browser::new().put_up("first");
    assert!(!before.contains(&"first".to_owned()));
    let (others, _second) = Browser::new().put_up("second");
    assert!(others.contains(&"first".to_owned()) && !others.contains(&"second".to_owned()));
    drop(first);
    let (others, _third) = Browser::new().put_up("third");
    assert!(!others.contains(&"first".to_owned()) && others.contains(&"second".to_owned()));
}

#[wasm_bindgen_test]
fn a_worker_has_no_page() {
    if !is_page() {
        let browser = Browser::new();
        assert_eq!(browser.current_url(), None);
        browser.replace_url("/x");
        assert_eq!(browser.navigate("/x").map_err(|error| error.code()), Err(ErrorCode::Unsupported));
        assert!(browser.is_visible());
    }
}

/// What is heard while `happen` runs.
#[wasm_bindgen_test]
fn nobody_has_acted_until_the_browser_says_so() {
    let acted = |descriptor: &str| {
        let _activation = Replaced::with("navigator.userActivation", descriptor);
        Browser::new().has_user_acted()
    };
    assert!(!acted("{ value: undefined }"));
    assert!(!acted("{ value: { hasBeenActive: false } }"));
    assert!(acted("{ value: { hasBeenActive: true } }"));
}

fn heard(happen: impl FnOnce()) -> Vec<Wake> {
    let heard = Rc::new(RefCell::new(Vec::new()));
    let watch = Browser::new().watch({
        let heard = heard.clone();
        Box::new(move |wake| heard.borrow_mut().push(wake))
    });
    happen();
    drop(watch);
    fire("online");
    heard.take()
}

#[wasm_bindgen_test]
fn a_network_that_is_there_again_is_heard_until_the_watch_is_dropped() {
    assert_eq!(heard(|| fire("online")), [Wake::Online]);
}

#[wasm_bindgen_test]
fn a_page_that_comes_and_goes_is_heard() {
    if !is_page() {
        return;
    }
    assert_eq!(heard(|| fire_persisted("pagehide")), [Wake::Hidden]);
    assert_eq!(heard(|| fire_persisted("pageshow")), [Wake::Visible]);
    assert_eq!(heard(|| fire("pageshow")), [], "every load shows its page");
    for (state, wake, is_visible) in [("hidden", Wake::Hidden, false), ("visible", Wake::Visible, true)] {
        let _state = Replaced::with("document.visibilityState", &["{ value: '", state, "' }"].concat());
        assert_eq!(heard(|| fire("visibilitychange")), [wake]);
        assert_eq!(Browser::new().is_visible(), is_visible);
    }
}

#[wasm_bindgen_test]
fn a_listener_may_drop_its_own_watch() {
    let watch = Rc::new(RefCell::new(None));
    let heard = Rc::new(RefCell::new(0));
    *watch.borrow_mut() = Some(Browser::new().watch({
        let (watch, heard) = (watch.clone(), heard.clone());
        Box::new(move |_| {
            *heard.borrow_mut() += 1;
            watch.take();
        })
    }));
    fire("online");
    fire("online");
    assert_eq!(*heard.borrow(), 1);
}

#[wasm_bindgen_test]
fn the_users_touch_is_heard() {
    let touches = Rc::new(RefCell::new(0));
    let watch = Browser::new().watch_user({
        let touches = touches.clone();
        Box::new(move || *touches.borrow_mut() += 1)
    });
    for kind in ["keydown", "pointerdown", "wheel", "scroll"] {
        fire(kind);
    }
    drop(watch);
    fire("keydown");
    assert_eq!(*touches.borrow(), 3);
}
