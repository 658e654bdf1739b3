//! The client's part of the storage: its keys, and what happens when the browser refuses.

use super::platform::{Storage, StorageKind};
use crate::error::{Error, ErrorCode};
use crate::secret::Secret;
use std::cell::Cell;

/// Keys and values of one client name.
pub(super) struct Store {
    prefix: String,
    kind: StorageKind,
    /// Set once the browser has refused: from then on this page keeps everything in memory.
    has_failed: Cell<bool>,
}

/// What a reader finds.
pub(super) enum Found {
    Value(Secret),
    Nothing,
    /// It may be there, and cannot be read.
    Unreadable,
}

impl Store {
    pub(super) fn new(name: &str, kind: StorageKind) -> Self {
        // A space ends the name, so that no name is the beginning of another's keys.
        let name = name.replace('%', "%25").replace(' ', "%20");
        Self { prefix: ["tessera ", &name, " "].concat(), kind, has_failed: Cell::new(false) }
    }

    /// The name that this client uses for locks and channels.
    pub(super) fn scoped(&self, name: &str) -> String {
        [self.prefix.as_str(), name].concat()
    }

    fn kind(&self) -> StorageKind {
        if self.has_failed.get() { StorageKind::Memory } else { self.kind }
    }

    /// Turns to memory for good. The first time it says so, with the error to report.
    fn give_up(&self, error: Error) -> Option<Error> {
        let is_first = !self.has_failed.replace(true);
        (is_first && self.kind != StorageKind::Memory).then_some(error)
    }

    /// Reads `key`. The error, if any, is to be reported: the value is taken from memory then.
    pub(super) async fn read<P: Storage>(&self, platform: &P, key: &str) -> (Found, Option<Error>) {
        let key = self.scoped(key);
        match platform.read(self.kind(), &key).await {
            Ok(Some(value)) => (Found::Value(value), None),
            Ok(None) => (Found::Nothing, None),
            Err(error) if error.code() == ErrorCode::StorageCorrupt => (Found::Unreadable, None),
            Err(error) => {
                let report = self.give_up(error);
                let found = platform.read(StorageKind::Memory, &key).await.ok().flatten();
                (found.map_or(Found::Unreadable, Found::Value), report)
            }
        }
    }

    /// Writes `key`, to memory if need be. The error, if any, is to be reported.
    pub(super) async fn write<P: Storage>(&self, platform: &P, key: &str, value: &Secret) -> Option<Error> {
        let key = self.scoped(key);
        let error = platform.write(self.kind(), &key, value).await.err()?;
        let report = self.give_up(error);
        // What is there is out of date from now on: a refresh token that has been used would end the session of the next page.
        let _ = platform.remove(self.kind, &key).await;
        platform.write(StorageKind::Memory, &key, value).await.err().or(report)
    }

    /// Removes `key` wherever it may be.
    pub(super) async fn remove<P: Storage>(&self, platform: &P, key: &str) -> Option<Error> {
        let key = self.scoped(key);
        if self.has_failed.get() {
            // What the browser refused to give may still be there for the next page.
            let _ = platform.remove(self.kind, &key).await;
        }
        let error = platform.remove(self.kind(), &key).await.err()?;
        self.give_up(error)
    }

    /// Where a sign-in is kept while the user is at the server: it must outlive the page.
    fn redirect_kind(&self) -> StorageKind {
        if self.kind() == StorageKind::Memory { StorageKind::Session } else { self.kind() }
    }

    /// Reads a value that has outlived a page.
    pub(super) async fn read_pending<P: Storage>(&self, platform: &P, key: &str) -> Option<Secret> {
        let key = self.scoped(key);
        if let Ok(Some(value)) = platform.read(self.redirect_kind(), &key).await {
            return Some(value);
        }
        platform.read(StorageKind::Session, &key).await.ok().flatten()
    }

    /// Writes a value that must outlive the page; where the browser refuses its usual place, in this tab's own.
    ///
    /// # Errors
    /// `storage_unavailable` if it refuses both.
    pub(super) async fn write_pending<P: Storage>(&self, platform: &P, key: &str, value: &Secret) -> Result<(), Error> {
        let key = self.scoped(key);
        match platform.write(self.redirect_kind(), &key, value).await {
            Ok(()) => Ok(()),
            Err(_) => platform.write(StorageKind::Session, &key, value).await,
        }
    }

    /// The names, without `prefix`, of the values that outlive the page.
    pub(super) async fn pending_names<P: Storage>(&self, platform: &P, prefix: &str) -> Vec<String> {
        let prefix = self.scoped(prefix);
        let keys = platform.keys(self.redirect_kind(), &prefix).await.unwrap_or_default();
        keys.iter().filter_map(|key| key.strip_prefix(prefix.as_str())).map(str::to_owned).collect()
    }

    pub(super) async fn remove_pending<P: Storage>(&self, platform: &P, key: &str) {
        let key = self.scoped(key);
        let _ = platform.remove(self.redirect_kind(), &key).await;
    }
}
