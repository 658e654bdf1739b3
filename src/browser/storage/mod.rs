//! Keys and values, in the four places that a browser has for them.

mod indexeddb;
mod memory;
mod web_storage;

pub(super) use indexeddb::Database;

use super::Browser;
use crate::client::platform::{Storage, StorageKind};
use crate::error::{Error, ErrorCode, Result};
use crate::secret::Secret;

impl Storage for Browser {
    async fn read(&self, kind: StorageKind, key: &str) -> Result<Option<Secret>> {
        match kind {
            StorageKind::IndexedDb => self.database.read(key).await,
            StorageKind::Memory => Ok(memory::read(key)),
            StorageKind::Session | StorageKind::Local => web_storage::read(kind, key),
        }
    }

    async fn write(&self, kind: StorageKind, key: &str, value: &Secret) -> Result<()> {
        match kind {
            StorageKind::IndexedDb => self.database.write(key, value).await,
            StorageKind::Memory => {
                memory::write(key, value);
                Ok(())
            }
            StorageKind::Session | StorageKind::Local => web_storage::write(kind, key, value),
        }
    }

    async fn remove(&self, kind: StorageKind, key: &str) -> Result<()> {
        match kind {
            StorageKind::IndexedDb => self.database.remove(key).await,
            StorageKind::Memory => {
                memory::remove(key);
                Ok(())
            }
            StorageKind::Session | StorageKind::Local => web_storage::remove(kind, key),
        }
    }

    async fn keys(&self, kind: StorageKind, prefix: &str) -> Result<Vec<String>> {
        match kind {
            StorageKind::IndexedDb => self.database.keys(prefix).await,
            StorageKind::Memory => Ok(memory::keys(prefix)),
            StorageKind::Session | StorageKind::Local => web_storage::keys(kind, prefix),
        }
    }
}

fn unavailable(what: &'static str) -> Error {
    Error::new(ErrorCode::StorageUnavailable, what)
}
