//! Keys and values, in the four places that a browser has for them.

mod indexeddb;
mod memory;
mod web_storage;

pub(super) use indexeddb::Database;

use super::Browser;
use crate::client::platform::{Storage, StorageKind};
use crate::error::{Error, ErrorCode, Result};
use crate::secret::Secret;
use js_sys::Array;
use wasm_bindgen::JsValue;

/// What can be done in each place. One type for all of it, and one for what it gives, so that a page has one state machine to
/// load and not sixteen.
enum Operation<'a> {
    /// Gives the value, if there is one.
    Read(&'a str),
    Write(&'a str, &'a Secret),
    Remove(&'a str),
    /// Puts the second in the place of the first, and gives something if it did.
    Swap(&'a str, Option<&'a Secret>, Option<&'a Secret>),
    /// Gives all keys with this prefix.
    Keys(&'a str),
}

impl Browser {
    async fn perform(&self, kind: StorageKind, operation: Operation<'_>) -> Result<Vec<String>> {
        match kind {
            StorageKind::IndexedDb => self.database.perform(&operation).await,
            StorageKind::Memory => Ok(memory::perform(&operation)),
            StorageKind::Session => web_storage::perform("sessionStorage", &operation),
            StorageKind::Local => web_storage::perform("localStorage", &operation),
        }
    }
}

impl Storage for Browser {
    async fn read(&self, kind: StorageKind, key: &str) -> Result<Option<Secret>> {
        Ok(self.perform(kind, Operation::Read(key)).await?.pop().map(Secret::from))
    }

    async fn write(&self, kind: StorageKind, key: &str, value: &Secret) -> Result<()> {
        self.perform(kind, Operation::Write(key, value)).await.map(|_| ())
    }

    async fn remove(&self, kind: StorageKind, key: &str) -> Result<()> {
        self.perform(kind, Operation::Remove(key)).await.map(|_| ())
    }

    async fn swap(&self, kind: StorageKind, key: &str, seen: Option<&Secret>, next: Option<&Secret>) -> Result<bool> {
        self.perform(kind, Operation::Swap(key, seen, next)).await.map(|done| !done.is_empty())
    }

    async fn keys(&self, kind: StorageKind, prefix: &str) -> Result<Vec<String>> {
        self.perform(kind, Operation::Keys(prefix)).await
    }
}

/// Those keys of an array that begin with the prefix.
fn with_prefix(keys: &JsValue, prefix: &str) -> Vec<String> {
    Array::from(keys).iter().filter_map(|key| key.as_string()).filter(|key| key.starts_with(prefix)).collect()
}

fn unavailable(what: &'static str) -> Error {
    Error::new(ErrorCode::StorageUnavailable, what)
}
