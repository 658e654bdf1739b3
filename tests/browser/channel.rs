use crate::replace::Replaced;
use std::cell::RefCell;
use std::rc::Rc;
use tessera_auth::browser::{Browser, ChannelListener};
use tessera_auth::client::platform::Channel;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

/// What a browser hears on a channel.
struct Ear {
    listener: ChannelListener,
    heard: Rc<RefCell<Vec<String>>>,
    last: js_sys::Promise,
}

impl Ear {
    fn of(browser: &Browser, channel: &str) -> Self {
        let heard = Rc::new(RefCell::new(Vec::new()));
        let mut resolve = None;
        let last = js_sys::Promise::new(&mut |function, _| resolve = Some(function));
        let resolve = resolve.expect("a function");
        let listener = browser.listen(channel, {
            let heard = heard.clone();
            Box::new(move |message| {
                if message == "last" {
                    resolve.call0(&JsValue::UNDEFINED).expect("resolved");
                }
                heard.borrow_mut().push(message);
            })
        });
        Self { listener: listener.expect("channels"), heard, last }
    }

    /// Everything up to the message `last`.
    async fn everything(&self) -> Vec<String> {
        self.last.clone().await.expect("the last message");
        self.heard.borrow().clone()
    }
}

#[wasm_bindgen_test]
async fn a_message_reaches_every_other_and_not_who_posts_it() {
    let (one, two, three) = (Browser::new(), Browser::new(), Browser::new());
    let (ear_of_one, ear_of_two, other) = (Ear::of(&one, "news"), Ear::of(&two, "news"), Ear::of(&three, "other news"));
    one.post("news", "first");
    // Who does not listen can post too.
    three.post("news", "last");
    assert_eq!(ear_of_two.everything().await, ["first", "last"]);
    assert_eq!(ear_of_one.everything().await, ["last"]);
    assert_eq!(*other.heard.borrow(), [""; 0]);
}

#[wasm_bindgen_test]
async fn one_browser_can_listen_twice_on_a_channel() {
    let (one, two) = (Browser::new(), Browser::new());
    let (first, second) = (Ear::of(&one, "twice"), Ear::of(&one, "twice"));
    two.post("twice", "last");
    assert_eq!(first.everything().await, second.everything().await);
}

#[wasm_bindgen_test]
async fn who_has_dropped_the_listener_hears_nothing() {
    let (one, two) = (Browser::new(), Browser::new());
    let (ear, witness) = (Ear::of(&one, "dropped"), Ear::of(&one, "dropped"));
    drop(ear.listener);
    two.post("dropped", "last");
    assert_eq!(witness.everything().await, ["last"]);
    assert_eq!(*ear.heard.borrow(), [""; 0]);
}

#[wasm_bindgen_test]
async fn what_is_no_text_is_passed_over() {
    let (one, two) = (Browser::new(), Browser::new());
    let ear = Ear::of(&one, "foreign");
    {
        let _foreign = Replaced::with(
            "BroadcastChannel.prototype.postMessage",
            "{ value(text) { original.call(this, { text }) } }",
        );
        two.post("foreign", "last");
    }
    two.post("foreign", "last");
    assert_eq!(ear.everything().await, ["last"]);
}

#[wasm_bindgen_test]
fn without_channels_there_is_none() {
    for descriptor in ["{ value: undefined }", "{ value: class { constructor() { throw 0 } } }"] {
        let _missing = Replaced::with("BroadcastChannel", descriptor);
        let browser = Browser::new();
        assert!(browser.listen("missing", Box::new(|_| ())).is_none(), "{descriptor}");
        browser.post("missing", "lost");
    }
}
