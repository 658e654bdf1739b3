//! What README.md shows to Rust frontends, word for word: `tests/readme.rs` compares the two. Here it is compiled, and run.

use gloo_net::http::{Request, Response};
use tessera_auth::browser::{Browser, Call};
use tessera_auth::client::{Client, ClientOptions, Failure};
use wasm_bindgen::JsValue;

async fn start() -> tessera_auth::Result<Client<Browser>> {
    let options = ClientOptions {
        issuer: Some("https://id.example.com".into()),
        client_id: "spa".to_owned(),
        resources: vec!["https://api.example.com".into()],
        ..ClientOptions::default()
    };
    Client::create(Browser::new(), options).await
}

async fn send(client: &Client<Browser>, request: Request) -> Result<Response, Failure<JsValue>> {
    let request = web_sys::Request::from(request);
    let call = Call::new(&request, &JsValue::UNDEFINED)?;
    Ok(client.fetch(call).await?.into())
}

use tessera_auth::ErrorCode;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn the_first_lines_start_signed_out_and_send_nothing() {
    let client = start().await.expect("options that work");
    assert_eq!((client.session(), client.error()), (None, None));
    for (url, expected) in [
        ("https://api.example.com/me", ErrorCode::LoginRequired),
        ("https://api.example.org/me", ErrorCode::UnlistedResource),
    ] {
        let request = Request::get(url).build().expect("a request");
        match send(&client, request).await {
            Err(Failure::Error(error)) => assert_eq!(error.code(), expected, "{url}"),
            other => panic!("{url}: {:?}", other.map(|answer| answer.status())),
        }
    }
    client.close();
}
