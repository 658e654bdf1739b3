//! The client's part of the storage: its keys, and what happens when the browser refuses.

use super::kind::Kind;
use super::platform::{Platform, StorageKind};
use super::record::Fields;
use super::stored::SESSION;
use super::{Event, Inner};
use crate::encoding::{Form, concat, replaced};
use crate::error::{Error, ErrorCode, Result};
use crate::json::Json;
use crate::secret::Secret;
use crate::time::UnixTime;
use std::cell::Cell;

/// What the keys begin with that are the same for all clients.
pub(super) const SHARED: &str = "tessera-auth ";

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
        let name = replaced(&replaced(name, '%', "%25"), ' ', "%20");
        Self { prefix: concat(&["tessera ", &name, " "]), kind, has_failed: Cell::new(false) }
    }

    /// The name that this client uses for locks and channels. What begins with a star is the same for all clients.
    pub(super) fn scoped(&self, name: &str) -> String {
        let prefix = if name.as_bytes().first() == Some(&b'*') { SHARED } else { self.prefix.as_str() };
        concat(&[prefix, name])
    }

    /// Where it is kept now.
    pub(super) fn kind(&self) -> StorageKind {
        if self.has_failed.get() { StorageKind::Memory } else { self.kind }
    }

    /// Where a sign-in is kept while the user is at the server: it must outlive the page.
    fn redirect_kind(&self) -> StorageKind {
        if self.kind() == StorageKind::Memory { StorageKind::Session } else { self.kind() }
    }
}

impl<P: Platform, K: Kind<P>> Inner<P, K> {
    /// Turns to memory for good, and says so the first time.
    fn turn_to_memory(&self, error: Error) {
        let is_first = !self.store.has_failed.replace(true);
        if is_first && self.store.kind != StorageKind::Memory {
            self.tell(Event::Error(error));
        }
    }

    /// Reads `key`; from memory, once the browser has refused.
    pub(super) async fn read(&self, key: &str) -> Found {
        let key = self.store.scoped(key);
        match self.platform.read(self.store.kind(), &key).await {
            Ok(Some(value)) => Found::Value(value),
            Ok(None) => Found::Nothing,
            Err(error) if error.code() == ErrorCode::StorageCorrupt => Found::Unreadable,
            Err(error) => {
                self.turn_to_memory(error);
                let found = self.platform.read(StorageKind::Memory, &key).await.ok().flatten();
                found.map_or(Found::Unreadable, Found::Value)
            }
        }
    }

    /// Writes `key`; to memory, once the browser has refused.
    pub(super) async fn write(&self, key: &str, value: &Secret) {
        let key = self.store.scoped(key);
        if let Err(error) = self.platform.write(self.store.kind(), &key, value).await {
            self.write_to_memory(&key, value, error).await;
        }
    }

    /// Puts `next` under `key`, or removes what is there, if that is still `seen`. `false`: something else is there.
    pub(super) async fn swap(&self, key: &str, seen: Option<&Secret>, next: Option<&Secret>) -> bool {
        let key = self.store.scoped(key);
        match (self.platform.swap(self.store.kind(), &key, seen, next).await, next) {
            (Ok(is_done), _) => is_done,
            (Err(error), _) if error.code() == ErrorCode::StorageCorrupt => false,
            (Err(error), Some(next)) => {
                self.write_to_memory(&key, next, error).await;
                true
            }
            (Err(error), None) => {
                self.turn_to_memory(error);
                true
            }
        }
    }

    async fn write_to_memory(&self, key: &str, value: &Secret, error: Error) {
        self.turn_to_memory(error);
        // What is there is out of date from now on: a refresh token that has been used would end the session of the next page.
        for key in [key, &self.store.scoped(SESSION)] {
            let _ = self.platform.remove(self.store.kind, key).await;
        }
        let _ = self.platform.write(StorageKind::Memory, key, value).await;
    }

    /// Removes `key` wherever it may be.
    pub(super) async fn remove(&self, key: &str) {
        let key = self.store.scoped(key);
        if self.store.has_failed.get() {
            // What the browser refused to give may still be there for the next page.
            let _ = self.platform.remove(self.store.kind, &key).await;
        }
        if let Err(error) = self.platform.remove(self.store.kind(), &key).await {
            self.turn_to_memory(error);
        }
    }

    /// What was noted: worth having, and nothing is lost without it.
    pub(super) async fn note(&self, kind: StorageKind, key: &str) -> Option<Secret> {
        self.platform.read(kind, &self.store.scoped(key)).await.ok().flatten()
    }

    /// Notes something. What the browser refuses is not noted.
    pub(super) async fn take_note(&self, kind: StorageKind, key: &str, value: &Secret) {
        let _ = self.platform.write(kind, &self.store.scoped(key), value).await;
    }

    /// Notes something in the place of what was seen, or forgets that. `false`: something else is there.
    pub(super) async fn swap_note(
        &self,
        kind: StorageKind,
        key: &str,
        seen: Option<&Secret>,
        next: Option<&Secret>,
    ) -> bool {
        let is_done = self.platform.swap(kind, &self.store.scoped(key), seen, next).await;
        if let (Err(_), Some(next)) = (&is_done, next) {
            // What cannot be read makes room.
            self.take_note(kind, key, next).await;
        }
        is_done.unwrap_or(true)
    }

    /// Forgets what was noted.
    pub(super) async fn drop_note(&self, kind: StorageKind, key: &str) {
        let _ = self.platform.remove(kind, &self.store.scoped(key)).await;
    }

    /// A document of the server's that was kept, and when it was fetched. One that another client of this name got from
    /// elsewhere is none.
    pub(super) async fn kept_document(&self, key: &str, source: &str) -> Option<(P::Json, UnixTime)> {
        let value = self.note(self.store.kind(), key).await?;
        let fields = Fields::parse(&value);
        (fields.text("source")? == source).then_some(())?;
        Some((P::Json::parse(&fields.text("text")?)?, UnixTime(fields.number("at")?)))
    }

    /// Keeps a document that was fetched just now.
    pub(super) async fn keep_document(&self, key: &str, source: &str, text: &str) {
        let mut fields = Form::new();
        fields.add_number("at", self.now().0);
        fields.add("source", source);
        fields.add("text", text);
        // A document that is not kept is fetched again.
        self.take_note(self.store.kind(), key, &fields.into()).await;
    }

    /// Reads a value that has outlived a page.
    pub(super) async fn read_pending(&self, key: &str) -> Option<Secret> {
        match self.note(self.store.redirect_kind(), key).await {
            None => self.note(StorageKind::Session, key).await,
            value => value,
        }
    }

    /// Writes a value that must outlive the page; where the browser refuses its usual place, in this tab's own.
    ///
    /// # Errors
    /// `storage_unavailable` if it refuses both.
    pub(super) async fn write_pending(&self, key: &str, value: &Secret) -> Result<()> {
        let key = self.store.scoped(key);
        match self.platform.write(self.store.redirect_kind(), &key, value).await {
            Ok(()) => Ok(()),
            Err(_) => self.platform.write(StorageKind::Session, &key, value).await,
        }
    }

    /// The names, without `prefix`, of the values that outlive the page.
    pub(super) async fn pending_names(&self, prefix: &str) -> Vec<String> {
        let prefix = self.store.scoped(prefix);
        let keys = self.platform.keys(self.store.redirect_kind(), &prefix).await.unwrap_or_default();
        keys.iter().filter_map(|key| key.strip_prefix(prefix.as_str())).map(str::to_owned).collect()
    }

    pub(super) async fn remove_pending(&self, key: &str) {
        self.drop_note(self.store.redirect_kind(), key).await;
    }
}
