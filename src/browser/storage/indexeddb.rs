//! IndexedDB, with every value encrypted by AES-GCM under a key that JavaScript can use but not read.
//!
//! One database with two object stores: the values by their keys, and the one `CryptoKey`. The name of a value is authenticated
//! with it, so that it cannot be moved to where another is expected.

use super::{Operation, unavailable, with_prefix};
use crate::browser::crypto::subtle;
use crate::browser::event::{Handler, handler};
use crate::browser::object::{bytes, global, invoke, member, record, set, text};
use crate::browser::promise::{Deadline, Deferred};
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
const CIPHER: &str = "AES-GCM";
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
    /// A connection may have died without a word (WebKit's do when its storage process is restarted), so what fails is tried
    /// once more on a new one.
    pub(super) async fn perform(&self, operation: &Operation<'_>) -> Result<Vec<String>> {
        let mut is_retry = false;
        loop {
            let opened = self.connection.open().await?;
            match opened.perform(operation).await {
                Err(error) if error.code() == ErrorCode::StorageUnavailable && !is_retry => {
                    self.connection.end(opened.number);
                    is_retry = true;
                }
                outcome => return outcome,
            }
        }
    }
}

impl Opened {
    async fn perform(&self, operation: &Operation<'_>) -> Result<Vec<String>> {
        let (mode, method, arguments) = match operation {
            Operation::Read(key) => ("readonly", "get", vec![(*key).into()]),
            Operation::Write(key, value) => ("readwrite", "put", vec![self.encrypt(key, value).await?, (*key).into()]),
            Operation::Remove(key) => ("readwrite", "delete", vec![(*key).into()]),
            Operation::Keys(_) => ("readonly", "getAllKeys", vec![]),
        };
        let outcome = transact(&self.database, VALUES, mode, method, &arguments).await;
        let found = outcome.map_err(|_| unavailable("IndexedDB is full or refuses"))?;
        match operation {
            Operation::Read(key) if !found.is_undefined() => Ok(vec![self.decrypt(key, &found).await?]),
            Operation::Keys(prefix) => Ok(with_prefix(&Array::from(&found), prefix)),
            Operation::Read(_) | Operation::Write(..) | Operation::Remove(_) => Ok(Vec::new()),
        }
    }

    /// The IV and what the cipher makes of the value.
    async fn encrypt(&self, name: &str, value: &Secret) -> Result<JsValue> {
        let iv = random::<IV_LENGTH>().map_err(|error| error.with_code(ErrorCode::StorageUnavailable))?;
        let sealed = self.cipher("encrypt", name, &iv, value.expose().as_bytes()).await;
        let sealed = sealed.map_err(|_| unavailable("crypto.subtle does not encrypt"))?;
        Ok(bytes(&[&iv[..], &Uint8Array::new(&sealed).to_vec()].concat()))
    }

    async fn decrypt(&self, name: &str, sealed: &JsValue) -> Result<String> {
        let corrupt = || Error::new(ErrorCode::StorageCorrupt, "the stored value does not decrypt");
        let sealed = sealed.dyn_ref::<Uint8Array>().ok_or_else(corrupt)?.to_vec();
        let (iv, sealed) = sealed.split_at_checked(IV_LENGTH).ok_or_else(corrupt)?;
        let plain = self.cipher("decrypt", name, iv, sealed).await.map_err(|_| corrupt())?;
        String::from_utf8(Uint8Array::new(&plain).to_vec()).map_err(|_| corrupt())
    }

    fn cipher(&self, method: &str, name: &str, iv: &[u8], data: &[u8]) -> JsFuture {
        let name = bytes(name.as_bytes());
        let parameters = record([("name", CIPHER.into()), ("iv", bytes(iv)), ("additionalData", name)]);
        subtle(method, &[parameters, self.crypto_key.clone(), bytes(data)])
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
        let outcome = Deadline::after(OPEN_TIMEOUT_MS).settled(Ok(opening.into())).await;
        // If it does not answer in time it may yet: the next use waits for it again.
        let outcome = outcome.map_err(|_| unavailable("IndexedDB does not answer"))?;
        match outcome.dyn_into::<Array>() {
            Ok(pair) => Ok(Opened { database: pair.get(0), crypto_key: pair.get(1), number }),
            Err(_) => {
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
        if let Err(thrown) = make_stores(&database) {
            // Without this, a version 1 without stores would be there for ever.
            invoke(&member(&request, "transaction").unwrap_or_default(), "abort", &[])?;
            return Err(thrown);
        }
    }
}

fn make_stores(database: &JsValue) -> Result<(), JsValue> {
    for store in [VALUES, KEYS] {
        invoke(database, "createObjectStore", &[store.into()])?;
    }
    Ok(())
}

/// The key, made first if there is none. Of two tabs that make one at once the first to `add` wins, so it is looked up again.
async fn find_key(database: &JsValue) -> Result<JsValue, JsValue> {
    let mut has_made = false;
    loop {
        let key = transact(database, KEYS, "readonly", "get", &[KEY.into()]).await?;
        if has_made || !key.is_undefined() {
            return if key.is_undefined() { Err(key) } else { Ok(key) };
        }
        let kind = record([("name", CIPHER.into()), ("length", 256.into())]);
        let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
        let new = subtle("generateKey", &[kind, false.into(), usages.into()]).await?;
        let _ = transact(database, KEYS, "readwrite", "add", &[new, KEY.into()]).await;
        has_made = true;
    }
}

/// One request in a transaction of its own; what it gave, once the transaction is complete.
async fn transact(
    database: &JsValue,
    store: &str,
    mode: &str,
    method: &str,
    arguments: &[JsValue],
) -> Result<JsValue, JsValue> {
    let transaction = invoke(database, "transaction", &[store.into(), mode.into()])?;
    let request = invoke(&invoke(&transaction, "objectStore", &[store.into()])?, method, arguments)?;
    let end = Deferred::new();
    set(&transaction, "oncomplete", &end.resolve)?;
    set(&transaction, "onabort", &end.reject)?;
    end.settled().await?;
    Ok(member(&request, "result").unwrap_or_default())
}
