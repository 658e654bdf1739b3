//! IndexedDB, with every value encrypted by AES-GCM under a key that JavaScript can use but not read.
//!
//! One database with two object stores: the values by their keys, and the one `CryptoKey`. The name of a value is authenticated
//! with it, so that it cannot be moved to where another is expected.

use super::unavailable;
use crate::browser::crypto::subtle;
use crate::browser::event::{Handler, handler};
use crate::browser::object::{bytes, global, invoke, member, record, set, text};
use crate::browser::promise::{Deferred, within};
use crate::browser::random::random;
use crate::error::{Error, ErrorCode, Result};
use crate::secret::Secret;
use js_sys::{Array, Promise, Uint8Array};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};

const DATABASE: &str = "tessera-auth";
const VALUES: &str = "values";
const KEYS: &str = "keys";
/// Under which the key lies in its store.
const KEY: &str = "AES-GCM";
/// NIST SP 800-38D §5.2.1.1: 96 bits, and a random one for each encryption.
const IV_LENGTH: usize = 12;
/// Browsers have had defects that leave an `open` without any event. A disk that takes longer than this is as good as none.
const OPEN_TIMEOUT_MS: u32 = 10_000;

/// The database, opened when it is first needed, and again when the browser has closed it.
#[derive(Debug, Default)]
pub(crate) struct Database {
    connection: Rc<Slot>,
}

#[derive(Debug, Default)]
struct Slot {
    current: RefCell<Option<Connection>>,
    /// How many connections there have been: the number of the current one.
    count: Cell<u32>,
}

/// A connection that is open or about to be. Opening goes on when nobody waits for it any more, because stopping it halfway
/// would leave a database without stores.
#[derive(Debug)]
struct Connection {
    /// Of an array, [database, key]; of `undefined` if it failed.
    opening: Promise,
    /// Called when the browser wants the connection closed, or has closed it.
    _on_end: Handler,
}

/// What an operation works with.
struct Opened {
    database: JsValue,
    crypto_key: JsValue,
    /// Of its connection.
    number: u32,
}

impl Database {
    pub(super) async fn read(&self, key: &str) -> Result<Option<Secret>> {
        self.attempt(async |opened| {
            let sealed = transact(&opened.database, VALUES, "readonly", "get", &[key.into()]).await?;
            if sealed.is_undefined() { Ok(None) } else { decrypt(&opened.crypto_key, key, &sealed).await.map(Some) }
        })
        .await
    }

    pub(super) async fn write(&self, key: &str, value: &Secret) -> Result<()> {
        self.attempt(async |opened| {
            let sealed = encrypt(&opened.crypto_key, key, value).await?;
            transact(&opened.database, VALUES, "readwrite", "put", &[sealed, key.into()]).await.map(|_| ())
        })
        .await
    }

    pub(super) async fn remove(&self, key: &str) -> Result<()> {
        self.attempt(async |opened| {
            transact(&opened.database, VALUES, "readwrite", "delete", &[key.into()]).await.map(|_| ())
        })
        .await
    }

    pub(super) async fn keys(&self, prefix: &str) -> Result<Vec<String>> {
        self.attempt(async |opened| {
            let keys = Array::from(&transact(&opened.database, VALUES, "readonly", "getAllKeys", &[]).await?);
            Ok(keys.iter().filter_map(|key| key.as_string()).filter(|key| key.starts_with(prefix)).collect())
        })
        .await
    }

    /// Does something with the database and the key. A connection may have died without a word (WebKit's do when its storage
    /// process is restarted), so what fails is tried once more on a new one.
    async fn attempt<T>(&self, operation: impl AsyncFn(&Opened) -> Result<T>) -> Result<T> {
        let opened = self.connection.open().await?;
        let outcome = operation(&opened).await;
        if outcome.as_ref().is_err_and(|error| error.code() == ErrorCode::StorageUnavailable) {
            self.connection.end(opened.number);
            return operation(&self.connection.open().await?).await;
        }
        outcome
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.connection.end(self.connection.count.get());
    }
}

impl Slot {
    async fn open(self: &Rc<Self>) -> Result<Opened> {
        let opening = self.current.borrow_mut().get_or_insert_with(|| Connection::new(self)).opening.clone();
        let number = self.count.get();
        let Some(outcome) = within(OPEN_TIMEOUT_MS, JsFuture::from(opening)).await else {
            return Err(unavailable("IndexedDB does not answer"));
        };
        match outcome.ok().and_then(|pair| pair.dyn_into::<Array>().ok()) {
            Some(pair) => Ok(Opened { database: pair.get(0), crypto_key: pair.get(1), number }),
            None => {
                self.end(number);
                Err(unavailable("IndexedDB is missing, blocked or refused"))
            }
        }
    }

    /// Closes the connection of this number if it is still the current one: it must not keep others from deleting the
    /// database. The next use opens a new one.
    fn end(&self, number: u32) {
        let ended = self.current.borrow_mut().take_if(|_| self.count.get() == number);
        if let Some(connection) = ended {
            spawn_local(async move {
                if let Ok(pair) = JsFuture::from(connection.opening.clone()).await
                    && let Some(pair) = pair.dyn_ref::<Array>()
                {
                    let _ = invoke(&pair.get(0), "close", &[]);
                }
            });
        }
    }
}

impl Connection {
    fn new(slot: &Rc<Slot>) -> Self {
        let number = slot.count.get().wrapping_add(1);
        slot.count.set(number);
        let weak = Rc::downgrade(slot);
        let on_end = handler(move |event| {
            if let Some(database) = member(&event, "target") {
                let _ = invoke(&database, "close", &[]);
            }
            if let Some(slot) = weak.upgrade() {
                slot.end(number);
            }
        });
        let function = on_end.as_ref().clone();
        let opening = future_to_promise(async move { Ok(open(&function).await.unwrap_or_default()) });
        Self { opening, _on_end: on_end }
    }
}

/// Opens the database and finds the key in it, both new if need be.
///
/// Version 1 is the first, so `blocked` cannot be fired here.
async fn open(on_end: &JsValue) -> Result<JsValue, JsValue> {
    let factory = global("indexedDB").ok_or(JsValue::UNDEFINED)?;
    let request = invoke(&factory, "open", &[DATABASE.into(), 1.into()])?;
    loop {
        let event = Deferred::new();
        set(&request, "onupgradeneeded", &event.resolve)?;
        set(&request, "onsuccess", &event.resolve)?;
        set(&request, "onerror", &event.reject)?;
        let event = event.settled().await?;
        let database = member(&request, "result").ok_or(JsValue::UNDEFINED)?;
        if text(&event, "type").as_deref() == Some("success") {
            set(&database, "onversionchange", on_end)?;
            set(&database, "onclose", on_end)?;
            return match find_key(&database).await {
                Ok(key) => Ok(Array::of2(&database, &key).into()),
                Err(error) => {
                    invoke(&database, "close", &[])?;
                    Err(error)
                }
            };
        }
        for store in [VALUES, KEYS] {
            invoke(&database, "createObjectStore", &[store.into()])?;
        }
    }
}

/// The key, made first if there is none. Of two tabs that make one at once the first to `add` wins: it is looked up again.
async fn find_key(database: &JsValue) -> Result<JsValue, JsValue> {
    if let Some(key) = stored_key(database).await {
        return Ok(key);
    }
    let kind = record([("name", "AES-GCM".into()), ("length", 256.into())]);
    let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
    let new = subtle("generateKey", &[kind, false.into(), usages.into()]).await?;
    let _ = transact(database, KEYS, "readwrite", "add", &[new, KEY.into()]).await;
    stored_key(database).await.ok_or(JsValue::UNDEFINED)
}

async fn stored_key(database: &JsValue) -> Option<JsValue> {
    let key = transact(database, KEYS, "readonly", "get", &[KEY.into()]).await.ok()?;
    (!key.is_undefined()).then_some(key)
}

/// One request in a transaction of its own; what it gave, once the transaction is complete.
async fn transact(database: &JsValue, store: &str, mode: &str, method: &str, arguments: &[JsValue]) -> Result<JsValue> {
    let outcome = async {
        let transaction = invoke(database, "transaction", &[store.into(), mode.into()])?;
        let request = invoke(&invoke(&transaction, "objectStore", &[store.into()])?, method, arguments)?;
        let end = Deferred::new();
        set(&transaction, "oncomplete", &end.resolve)?;
        set(&transaction, "onabort", &end.reject)?;
        end.settled().await?;
        Ok(member(&request, "result").unwrap_or_default())
    };
    outcome.await.map_err(|_: JsValue| unavailable("IndexedDB is full or refuses"))
}

async fn encrypt(crypto_key: &JsValue, name: &str, value: &Secret) -> Result<JsValue> {
    let iv = random::<IV_LENGTH>().map_err(|error| error.with_code(ErrorCode::StorageUnavailable))?;
    let plain = bytes(value.expose().as_bytes());
    let sealed = subtle("encrypt", &[parameters(&iv, name), crypto_key.clone(), plain]).await;
    let sealed = sealed.map_err(|_| unavailable("crypto.subtle does not encrypt"))?;
    Ok(bytes(&[&iv[..], &Uint8Array::new(&sealed).to_vec()].concat()))
}

async fn decrypt(crypto_key: &JsValue, name: &str, sealed: &JsValue) -> Result<Secret> {
    let corrupt = || Error::new(ErrorCode::StorageCorrupt, "the stored value does not decrypt");
    let sealed = sealed.dyn_ref::<Uint8Array>().ok_or_else(corrupt)?.to_vec();
    let (iv, sealed) = sealed.split_at_checked(IV_LENGTH).ok_or_else(corrupt)?;
    let plain = subtle("decrypt", &[parameters(iv, name), crypto_key.clone(), bytes(sealed)]).await;
    let plain = Uint8Array::new(&plain.map_err(|_| corrupt())?).to_vec();
    String::from_utf8(plain).map(Secret::new).map_err(|_| corrupt())
}

fn parameters(iv: &[u8], name: &str) -> JsValue {
    record([("name", "AES-GCM".into()), ("iv", bytes(iv)), ("additionalData", bytes(name.as_bytes()))])
}
