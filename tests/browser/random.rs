use crate::replace::Replaced;
use tessera_auth::ErrorCode;
use tessera_auth::browser::Browser;
use tessera_auth::client::platform::Random;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn random_bytes_differ() {
    let browser = Browser::new();
    let (one, two) = (browser.random::<32>(), browser.random::<32>());
    assert!(one.is_ok() && one != two);
    assert_ne!(one, Ok([0; 32]));
}

#[wasm_bindgen_test]
fn a_generator_that_fails_is_no_generator() {
    let _broken = Replaced::with("Crypto.prototype.getRandomValues", "{ value() { throw 0 } }");
    assert_eq!(Browser::new().random::<32>().map_err(|error| error.code()), Err(ErrorCode::Unsupported));
}
