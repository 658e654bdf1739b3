//! The exports of the second module: clients for passwords, API keys and cookies.

mod options;

use super::bridge::{Bridge, Shows};
use super::error::to_js;
use super::options::{Reader, parameters, sign_out_options};
use super::{Thrown, settle};
use crate::browser::{Browser, Call};
use crate::client::{ApiKeyClient, CookieClient, Event, Failure, FirstPartyClient, Listener, PasswordClient, Session};
use crate::error::Error;
use crate::secret::Secret;
use js_sys::{Function, Promise};
use options::{api_key_options, cookie_options, password_options};
use std::future::Future;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

type Client = FirstPartyClient<Browser>;

impl Shows for Client {
    fn session(&self) -> Option<Rc<Session>> {
        Self::session(self)
    }

    fn error(&self) -> Option<Error> {
        Self::error(self)
    }
}

/// What the JavaScript classes of these clients stand on. Which of its methods a client has is theirs to say.
#[wasm_bindgen]
#[derive(Debug)]
pub struct CredentialCore {
    client: Client,
    bridge: Rc<Bridge<Client>>,
}

/// Makes a client for a login of the application's own. `notify` is as `createClient` has it.
#[wasm_bindgen(js_name = createPasswordClient)]
pub fn create_password_client(options: JsValue, notify: Function) -> Promise {
    promise(async move {
        let (options, logger) = password_options(options)?;
        let (bridge, listener) = listen(notify, logger);
        let client = PasswordClient::create_with_listener(Browser::new(), options, Some(listener)).await?;
        Ok(connect(&client, bridge))
    })
}

/// Makes a client for an API key.
#[wasm_bindgen(js_name = createApiKeyClient)]
pub fn create_api_key_client(options: JsValue, notify: Function) -> Promise {
    promise(async move {
        let (options, logger) = api_key_options(options)?;
        let (bridge, listener) = listen(notify, logger);
        let client = ApiKeyClient::create_with_listener(Browser::new(), options, Some(listener)).await?;
        Ok(connect(&client, bridge))
    })
}

/// Makes a client for a session in a cookie.
#[wasm_bindgen(js_name = createCookieClient)]
pub fn create_cookie_client(options: JsValue, notify: Function) -> Promise {
    promise(async move {
        let (options, logger) = cookie_options(options)?;
        let (bridge, listener) = listen(notify, logger);
        let client = CookieClient::create_with_listener(Browser::new(), options, Some(listener)).await?;
        Ok(connect(&client, bridge))
    })
}

fn listen(notify: Function, logger: Option<Function>) -> (Rc<Bridge<Client>>, Listener) {
    let bridge = Rc::new(Bridge::new(notify, logger, JsValue::NULL));
    let listener = Rc::clone(&bridge);
    (bridge, Rc::new(move |event: &Event| listener.tell(event)))
}

fn connect(client: &Client, bridge: Rc<Bridge<Client>>) -> JsValue {
    bridge.connect(client.clone());
    CredentialCore { client: client.clone(), bridge }.into()
}

#[wasm_bindgen]
impl CredentialCore {
    /// Posts what the user knows; without it, leaves the page for the login.
    #[wasm_bindgen(js_name = signIn)]
    pub fn sign_in(&self, credentials: JsValue) -> Promise {
        let (client, bridge) = (self.client.clone(), Rc::clone(&self.bridge));
        self.promise(async move {
            if credentials.is_undefined() {
                client.go_to_login().await?;
            } else {
                let credentials = parameters(credentials, "credentials")?;
                let credentials = credentials.into_iter().map(|(name, value)| (name, Secret::from(value)));
                client.sign_in(credentials.collect()).await?;
            }
            Ok(bridge.session())
        })
    }

    /// A token that is good for a while.
    #[wasm_bindgen(js_name = accessToken)]
    pub fn access_token(&self, options: JsValue) -> Promise {
        let client = self.client.clone();
        self.promise(async move {
            let mut options = Reader::new(options);
            let min_validity = options.integer("minValidity");
            let fresh = options.boolean("fresh").unwrap_or_default();
            options.done()?;
            Ok(client.access_token(min_validity, fresh).await?.expose().into())
        })
    }

    /// `fetch` with the credential.
    pub fn fetch(&self, input: JsValue, init: JsValue) -> Promise {
        // Now, as `fetch` does it: what the caller does to his arguments later is his own affair.
        let answer = Call::new(&input, &init).map(|call| self.client.fetch(call));
        self.promise(async move {
            match answer?.await {
                Ok(answer) => Ok(answer.into()),
                Err(Failure::Error(error)) => Err(error.into()),
                Err(Failure::GivenUp(reason)) => Err(Thrown(reason)),
            }
        })
    }

    /// Renews the cookie, or asks who is signed in.
    pub fn refresh(&self) -> Promise {
        let (client, bridge) = (self.client.clone(), Rc::clone(&self.bridge));
        self.promise(async move {
            client.refresh().await?;
            Ok(bridge.session())
        })
    }

    /// Replaces the key.
    #[wasm_bindgen(js_name = setKey)]
    pub fn set_key(&self, key: JsValue) -> Result<(), JsValue> {
        let key = key.as_string().ok_or_else(|| to_js(&super::invalid("key must be a string")))?;
        self.client.set_key(key.into()).map_err(|error| to_js(&error))?;
        self.bridge.show_state();
        Ok(())
    }

    /// Signs out.
    #[wasm_bindgen(js_name = signOut)]
    pub fn sign_out(&self, options: JsValue) -> Promise {
        let client = self.client.clone();
        self.promise(async move {
            client.sign_out(sign_out_options(options)?).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Stops timers and listeners.
    pub fn close(&self) {
        self.client.close();
        self.bridge.disconnect();
    }

    /// A promise that settles after JavaScript has been shown the state that its outcome goes with.
    fn promise(&self, future: impl Future<Output = Result<JsValue, Thrown>> + 'static) -> Promise {
        settle(None, Box::pin(future), Some(Rc::clone(&self.bridge)))
    }
}

fn promise(future: impl Future<Output = Result<JsValue, Thrown>> + 'static) -> Promise {
    settle::<Client>(None, Box::pin(future), None)
}
