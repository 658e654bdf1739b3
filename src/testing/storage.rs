//! Where pages keep things: shared, shared among reloads, or not at all.

use super::{Happening, Inner, Tab, World};
use crate::client::platform::{Storage, StorageKind};
use crate::error::{Error, ErrorCode, Result};
use crate::secret::Secret;
use std::cell::RefCell;
use std::collections::BTreeMap;

pub(super) type Store = RefCell<BTreeMap<String, Secret>>;

/// What belongs to the origin, not to a tab.
#[derive(Default)]
pub(super) struct Stores {
    indexed_db: Store,
    local: Store,
    faults: RefCell<Vec<(StorageKind, StorageFault)>>,
}

/// How storage can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageFault {
    /// Every operation is refused: private mode, or blocked by the user.
    Refused,
    /// What is there can be read and removed, but nothing can be written.
    Full,
    /// What is there cannot be decrypted; writing works, and what is written cannot be read either.
    Corrupt,
}

impl World {
    /// Lets one kind of storage fail from now on, in all tabs; `None` mends it.
    pub fn break_storage(&self, kind: StorageKind, fault: Option<StorageFault>) {
        let mut faults = self.inner.stores.faults.borrow_mut();
        faults.retain(|(each, _)| *each != kind);
        faults.extend(fault.map(|fault| (kind, fault)));
    }
}

/// What a test may look at and lay its hands on.
impl Tab {
    /// Everything that this tab sees in one kind of storage.
    #[must_use]
    pub fn stored(&self, kind: StorageKind) -> BTreeMap<String, String> {
        let store = self.store(kind).borrow();
        store.iter().map(|(key, value)| (key.clone(), value.expose().to_owned())).collect()
    }

    /// Puts a value there, as some other script, an older version or a broken disk might have.
    pub fn plant(&self, kind: StorageKind, key: &str, value: &str) {
        self.store(kind).borrow_mut().insert(key.to_owned(), value.into());
    }

    /// Removes everything from one kind of storage, as users and browsers do.
    pub fn clear_storage(&self, kind: StorageKind) {
        self.store(kind).borrow_mut().clear();
    }

    fn tell_stored(&self, kind: StorageKind, key: &str, value: Option<&str>) {
        self.world.tell(&Happening::Stored { page: self.page.id(), kind, key, value });
    }

    fn store(&self, kind: StorageKind) -> &Store {
        match kind {
            StorageKind::IndexedDb => &self.world.stores.indexed_db,
            StorageKind::Local => &self.world.stores.local,
            StorageKind::Session => &self.window.session,
            StorageKind::Memory => &self.page.memory,
        }
    }
}

/// What keeps nothing.
pub(super) const REFUSED: [StorageFault; 2] = [StorageFault::Refused, StorageFault::Full];

impl Inner {
    pub(super) fn check_storage(&self, kind: StorageKind, failing: &[StorageFault]) -> Result<()> {
        let fault = self.stores.faults.borrow().iter().find(|(each, _)| *each == kind).map(|(_, fault)| *fault);
        match fault.filter(|fault| failing.contains(fault)) {
            None => Ok(()),
            Some(StorageFault::Corrupt) => Err(Error::new(ErrorCode::StorageCorrupt, "the test broke this storage")),
            Some(StorageFault::Refused | StorageFault::Full) => {
                Err(Error::new(ErrorCode::StorageUnavailable, "the test blocked this storage"))
            }
        }
    }
}

impl Tab {
    /// Lets others have their turn before what others can see is used. What belongs to one tab is used at once, as in browsers:
    /// nobody else sees it, and no page ends between two lines of a script that waits for nothing.
    async fn step_for(&self, kind: StorageKind) {
        if matches!(kind, StorageKind::IndexedDb | StorageKind::Local) {
            self.step().await;
        }
    }
}

impl Storage for Tab {
    async fn read(&self, kind: StorageKind, key: &str) -> Result<Option<Secret>> {
        self.step_for(kind).await;
        self.world.check_storage(kind, &[StorageFault::Refused])?;
        let value = self.store(kind).borrow().get(key).cloned();
        if value.is_some() {
            self.world.check_storage(kind, &[StorageFault::Corrupt])?;
        }
        Ok(value)
    }

    async fn write(&self, kind: StorageKind, key: &str, value: &Secret) -> Result<()> {
        self.step_for(kind).await;
        self.world.check_storage(kind, &[StorageFault::Refused, StorageFault::Full])?;
        self.store(kind).borrow_mut().insert(key.to_owned(), value.clone());
        self.tell_stored(kind, key, Some(value.expose()));
        Ok(())
    }

    async fn remove(&self, kind: StorageKind, key: &str) -> Result<()> {
        self.step_for(kind).await;
        self.world.check_storage(kind, &[StorageFault::Refused])?;
        let removed = self.store(kind).borrow_mut().remove(key);
        if removed.is_some() {
            self.tell_stored(kind, key, None);
        }
        Ok(())
    }

    async fn swap(&self, kind: StorageKind, key: &str, seen: Option<&Secret>, next: Option<&Secret>) -> Result<bool> {
        self.step_for(kind).await;
        self.world.check_storage(kind, &[StorageFault::Refused])?;
        let found = self.store(kind).borrow().get(key).cloned();
        if found.is_some() {
            self.world.check_storage(kind, &[StorageFault::Corrupt])?;
        }
        if found.as_ref() != seen {
            return Ok(false);
        }
        if next.is_some() {
            self.world.check_storage(kind, &[StorageFault::Full])?;
        }
        match next {
            Some(next) => drop(self.store(kind).borrow_mut().insert(key.to_owned(), next.clone())),
            None => drop(self.store(kind).borrow_mut().remove(key)),
        }
        if next.is_some() || found.is_some() {
            self.tell_stored(kind, key, next.map(Secret::expose));
        }
        Ok(true)
    }

    async fn keys(&self, kind: StorageKind, prefix: &str) -> Result<Vec<String>> {
        self.step_for(kind).await;
        self.world.check_storage(kind, &[StorageFault::Refused])?;
        Ok(self.store(kind).borrow().keys().filter(|key| key.starts_with(prefix)).cloned().collect())
    }
}
