//! The session in the store: read, replaced and ended while other tabs do the same.

use super::record::Record;
use super::{Inner, Level, Platform, SignedOutReason, store};
use std::rc::Rc;

/// Keys of the store.
const SESSION: &str = "session";
const ENDED: &str = "ended";

/// What is stored under [`SESSION`].
pub(super) enum Stored {
    Record(Box<Record>),
    Nothing,
    /// It may be there, and cannot be read.
    Unreadable,
}

impl<P: Platform> Inner<P> {
    /// Reads the stored session. One that is no use is dropped with a diagnostic.
    pub(super) async fn read_record(&self) -> Stored {
        let (found, error) = self.store.read(&self.platform, SESSION).await;
        self.report(error);
        let text = match found {
            store::Found::Nothing => return Stored::Nothing,
            store::Found::Unreadable => {
                self.log(Level::Warn, "the stored session cannot be read", None);
                return Stored::Unreadable;
            }
            store::Found::Value(text) => text,
        };
        match Record::decode(&text, &self.config.owner()) {
            Some(record) => Stored::Record(Box::new(record)),
            None => {
                self.log(Level::Warn, "the stored session cannot be used and was dropped", None);
                self.report(self.store.remove(&self.platform, SESSION).await);
                Stored::Nothing
            }
        }
    }

    /// Takes over what is stored. What cannot be read says nothing: the page keeps what it has, and stores it again.
    pub(super) async fn adopt_stored(self: &Rc<Self>, ended: SignedOutReason) {
        match self.read_record().await {
            Stored::Record(record) => self.adopt(Some(*record), ended),
            Stored::Nothing => self.adopt(None, ended),
            Stored::Unreadable => {
                if let Some(record) = self.record() {
                    self.report(self.store.write(&self.platform, SESSION, &record.encode()).await);
                }
            }
        }
    }

    /// Stores what has become of `before`, unless something else has become of it meanwhile: the user signed out, or another
    /// one signed in. Then that is taken over, and this is `false`.
    ///
    /// Signing out takes no lock, so that nothing can hold it up: it leaves a mark first and removes the record then. Whoever
    /// writes a record looks for the mark afterwards: in whatever order the two happen, the session stays ended.
    pub(super) async fn replace_record(self: &Rc<Self>, before: &Record, next: &Record) -> bool {
        let is_unchanged = match self.read_record().await {
            Stored::Record(stored) => stored.is_same_write(before),
            Stored::Nothing => false,
            Stored::Unreadable => true,
        };
        if is_unchanged && self.write_record(next).await {
            return true;
        }
        self.adopt_stored(SignedOutReason::OtherTab).await;
        false
    }

    /// Stores a session, unless it was ended meanwhile. `false`: it was.
    pub(super) async fn write_record(&self, record: &Record) -> bool {
        self.report(self.store.write(&self.platform, SESSION, &record.encode()).await);
        let (found, error) = self.store.read(&self.platform, ENDED).await;
        self.report(error);
        let is_ended = matches!(found, store::Found::Value(family) if family.expose() == record.family);
        if is_ended {
            self.report(self.store.remove(&self.platform, SESSION).await);
        }
        !is_ended
    }

    /// Forgets the session here and in every other tab.
    pub(super) async fn end_session(self: &Rc<Self>, reason: SignedOutReason) {
        let record = self.record();
        self.log(Level::Info, "the session ends", Some(reason.as_str().to_owned()));
        self.adopt(None, reason);
        if let Some(record) = record {
            self.report(self.store.write(&self.platform, ENDED, &record.family.as_str().into()).await);
        }
        self.report(self.store.remove(&self.platform, SESSION).await);
        self.tell_tabs();
    }
}
