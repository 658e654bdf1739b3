//! The session in the store: read, replaced and ended while other tabs do the same.

use super::clock::STOPPED_MS;
use super::kind::Kind;
use super::part::boxed;
use super::platform::Part;
use super::record::Record;
use super::{Inner, Level, Platform, SignedOutReason, flight, store};
use crate::encoding::{concat, parts};
use crate::secret::Secret;
use std::rc::Rc;

/// Keys of the store.
pub(super) const SESSION: &str = "session";
/// The families that were ended last, the latest first.
pub(super) const ENDED: &str = "ended";
/// Letters: some twenty families.
const MOST_ENDED: usize = 900;

/// A user who has signed in does not wait long for a page that sleeps.
const SHORT_TURN_MS: u32 = 2_000;

/// What is stored under [`SESSION`].
pub(super) enum Stored {
    Record(Rc<Record>),
    Nothing,
    /// It may be there, and cannot be read.
    Unreadable,
}

/// The same, and the text of it, by which the store knows it again.
struct Seen {
    stored: Stored,
    text: Option<Secret>,
}

impl Seen {
    fn without_text(stored: Stored) -> Self {
        Self { stored, text: None }
    }
}

impl<P: Platform, K: Kind<P>> Inner<P, K> {
    /// Reads the stored session. One that is no use is dropped with a diagnostic.
    pub(super) async fn read_record(&self) -> Stored {
        self.see().await.stored
    }

    async fn see(&self) -> Seen {
        let text = match self.read(SESSION).await {
            store::Found::Nothing => return Seen::without_text(Stored::Nothing),
            store::Found::Unreadable => {
                self.log(Level::Warn, "the stored session cannot be read", None);
                return Seen::without_text(Stored::Unreadable);
            }
            store::Found::Value(text) => text,
        };
        match Record::decode(&text, &self.config.owner) {
            Some(record) => Seen { stored: Stored::Record(Rc::new(record)), text: Some(text) },
            None => {
                self.log(Level::Warn, "the stored session cannot be used and was dropped", None);
                if self.platform.part(Part::Flows).await.is_ok() {
                    boxed(self.drop_stored(&text)).await;
                }
                Seen::without_text(Stored::Nothing)
            }
        }
    }

    async fn drop_stored(&self, text: &Secret) {
        self.swap(SESSION, Some(text), None).await;
    }

    /// Stores `next`, or nothing, in the place of what was seen. `false`: something else is there by now. This page may have
    /// been frozen since it looked.
    async fn put(&self, seen: &Seen, next: Option<&Record>) -> bool {
        let next = next.map(Record::encode);
        match (&seen.stored, &next) {
            (Stored::Unreadable, Some(next)) => {
                self.write(SESSION, next).await;
                true
            }
            _ => self.swap(SESSION, seen.text.as_ref(), next.as_ref()).await,
        }
    }

    /// Takes over what is stored. What cannot be read says nothing, nor does a store that was cleared or has an older write of
    /// this session: the page keeps what it has, and stores it again. `true`: it did, or another page has done so, and a third
    /// may do the same with a newer one.
    pub(super) async fn adopt_stored(self: &Rc<Self>, ended: SignedOutReason) -> bool {
        loop {
            let changes = self.changes.get();
            let seen = self.see().await;
            // Whoever has ended it may not have come to remove it.
            let is_over = match &seen.stored {
                Stored::Record(stored) => self.is_ended(&stored.family).await,
                Stored::Nothing | Stored::Unreadable => false,
            };
            let kept = match (&seen.stored, self.record().filter(|own| !self.is_disowned(&own.family))) {
                (Stored::Nothing, Some(own)) if !self.is_ended(&own.family).await => Some(own),
                (Stored::Record(stored), Some(own)) if own.is_later_write_than(stored) && !is_over => Some(own),
                (Stored::Record(stored), Some(own))
                    if own.is_later_sign_in_than(stored) && !self.is_ended(&own.family).await =>
                {
                    Some(own)
                }
                (Stored::Unreadable, own) => own,
                _ => None,
            };
            if self.changes.get() != changes {
                // What was read is older than what this page has come to since.
                continue;
            }
            match (&seen.stored, kept) {
                (stored, Some(own)) => {
                    let again = Record { is_restored: true, ..Record::clone(&own) };
                    if !self.put(&seen, Some(&again)).await {
                        continue;
                    }
                    // Once for each write: in a store that keeps nothing, pages would tell each other forever.
                    let is_news = self.restored.replace(own.generation) != own.generation;
                    if is_news && !matches!(stored, Stored::Unreadable) {
                        self.tell_tabs();
                    }
                    return true;
                }
                // Another tab could not know that it is over.
                (Stored::Record(record), None) if is_over => {
                    self.forget_family(&record.family).await;
                    // Without a refresh token it may be over for this page alone: a duplicate can have gone on with it.
                    if record.refresh_token.is_some() {
                        self.tell_tabs_ended(&record.family);
                    }
                    self.adopt(None, ended);
                }
                (Stored::Record(record), None) => {
                    // The store keeps something: what is stored again from now on is news.
                    self.restored.set(0);
                    let before = self.record().filter(|own| own.family != record.family);
                    self.adopt_written(Rc::clone(record), ended);
                    if let Some(before) = before
                        && !self.is_ended(&before.family).await
                    {
                        // Whoever began the session that is there may not have come to this.
                        self.note_ended(&concat(&[&before.family, " "])).await;
                    }
                    return record.is_restored;
                }
                (Stored::Nothing | Stored::Unreadable, None) => self.adopt(None, ended),
            }
            return false;
        }
    }

    /// Takes over what is stored when this page begins. What is odd about it is for [`adopt_stored`](Self::adopt_stored).
    pub(super) async fn adopt_first(self: &Rc<Self>) {
        let reason = SignedOutReason::Expired;
        match self.see().await.stored {
            Stored::Record(stored) if self.record().is_none() && !self.is_ended(&stored.family).await => {
                self.adopt_written(stored, reason);
            }
            Stored::Nothing | Stored::Unreadable if self.record().is_none() => {}
            Stored::Record(_) | Stored::Nothing | Stored::Unreadable => {
                if self.platform.part(Part::Flows).await.is_ok() {
                    boxed(self.adopt_stored(reason)).await;
                }
            }
        }
    }

    /// Takes over what another page has written, by the server's clock as that page knew it.
    pub(super) fn adopt_written(self: &Rc<Self>, record: Rc<Record>, ended: SignedOutReason) {
        if !self.record().is_some_and(|own| own.is_same_write(&record)) {
            self.clock.set_offset(&self.platform, record.clock_offset);
        }
        self.adopt(Some(record), ended);
    }

    /// Whether this write of the session is the stored one, or the last before the store was cleared.
    pub(super) async fn is_stored(&self, record: &Record) -> bool {
        self.is_write(&self.see().await, record).await
    }

    async fn is_write(&self, seen: &Seen, record: &Record) -> bool {
        match &seen.stored {
            Stored::Record(stored) => stored.is_same_write(record),
            Stored::Nothing => !self.is_ended(&record.family).await,
            Stored::Unreadable => true,
        }
    }

    /// Stores what has become of `before`, unless something else has become of it meanwhile: the user signed out, or another
    /// one signed in. Then that is taken over, and this is `false`.
    ///
    /// Signing out takes no lock, so that nothing can hold it up: it leaves a mark first and removes the record then. Whoever
    /// writes a record looks for the mark afterwards: in whatever order the two happen, the session stays ended.
    pub(super) async fn replace_record(self: &Rc<Self>, before: &Record, next: &Record) -> bool {
        loop {
            let seen = self.see().await;
            if !self.is_write(&seen, before).await {
                break;
            }
            if self.put(&seen, Some(next)).await {
                if self.is_still_on(next).await {
                    return true;
                }
                break;
            }
        }
        self.adopt_stored(SignedOutReason::OtherTab).await;
        false
    }

    /// Stores a session, unless it was ended meanwhile. `false`: it was.
    pub(super) async fn write_record(&self, record: &Record) -> bool {
        self.write(SESSION, &record.encode()).await;
        self.is_still_on(record).await
    }

    /// Removes a session again that was ended while it was written. `false`: it was.
    async fn is_still_on(&self, record: &Record) -> bool {
        let is_ended = self.is_ended(&record.family).await;
        if is_ended {
            if self.is_disowned(&record.family) {
                // What ends it here may not have come to its mark.
                self.note_ended(&family(record)).await;
            }
            self.forget_family(&record.family).await;
        }
        !is_ended
    }

    /// Stores the first record of a session, over whatever there was, and takes it over.
    pub(super) async fn begin_session(self: &Rc<Self>, record: Rc<Record>) {
        // Not between another tab's last look at the session that this one replaces, and its write.
        let turn = self.turn("renewal");
        let _turn = flight::within(&self.platform, SHORT_TURN_MS, turn).await;
        if self.has_left.get() {
            return self.log(Level::Info, "the user has signed out while a session was about to begin", None);
        }
        let before = self.families(self.record().as_deref(), true, family).await;
        let record = Rc::new(Record { replaced: Some(before.clone()), ..Record::clone(&record) });
        self.write_record(&record).await;
        // Not before: this page may die, and the one that comes after it would have neither session.
        self.note_ended(&before).await;
        self.log(Level::Info, "a session begins", None);
        self.adopt(Some(record), SignedOutReason::UserChanged);
        self.tell_tabs();
    }

    /// Whether this session, or what became of it, is still that of this page.
    pub(super) fn is_of_family(&self, record: &Record) -> bool {
        self.record().is_some_and(|now| now.family == record.family)
    }

    /// This page will not take over a session of this family again: it is over, even if it is still stored for a moment.
    pub(super) fn disown(&self, family: &str) {
        self.disowned.borrow_mut().push(family.to_owned());
    }

    pub(super) fn is_disowned(&self, family: &str) -> bool {
        self.disowned.borrow().iter().any(|disowned| disowned == family)
    }

    async fn is_ended(&self, family: &str) -> bool {
        self.is_disowned(family) || parts(self.ended().await.expose(), &[' ']).any(|ended| ended == family)
    }

    async fn ended(&self) -> Secret {
        if let store::Found::Value(ended) = self.read(ENDED).await { ended } else { Secret::from("") }
    }

    /// Removes what is stored of a session that is over.
    pub(super) async fn forget_family(&self, family: &str) {
        loop {
            let seen = self.see().await;
            let is_there = matches!(&seen.stored, Stored::Record(stored) if stored.family == family);
            if !is_there || self.put(&seen, None).await {
                return;
            }
        }
    }

    /// Forgets the session here and in every other tab.
    pub(super) async fn end_session(self: &Rc<Self>, reason: SignedOutReason) {
        let record = self.record();
        self.log(Level::Info, "the session ends", Some(reason.as_str().to_owned()));
        if let Some(record) = &record {
            self.disown(&record.family);
        }
        self.adopt(None, reason);
        let is_for_all = matches!(reason, SignedOutReason::User | SignedOutReason::Idle | SignedOutReason::Revoked);
        self.has_left.set(self.has_left.get() || is_for_all);
        let began = self.platform.wall_ms();
        let all = self.families(record.as_deref(), is_for_all, families).await;
        // A page that was stopped while it looked has found what others have begun since.
        let was_stopped = || record.is_some() && !self.is_within(STOPPED_MS, began);
        let ended = record.as_deref().filter(|_| was_stopped()).map_or(all, families);
        // Before the mark is written: meanwhile this page may look again.
        for family in ended.split_ascii_whitespace() {
            self.disown(family);
        }
        if self.record().is_some_and(|now| self.is_disowned(&now.family)) {
            self.adopt(None, reason);
        }
        self.note_ended(&ended).await;
        if is_for_all && !was_stopped() {
            self.remove(SESSION).await;
        } else if let Some(record) = &record {
            // What others may have stored meanwhile is not over.
            self.forget_family(&record.family).await;
        }
        // A duplicate of an idle tab may be in use.
        let is_over_elsewhere = |record: &Rc<Record>| {
            reason != SignedOutReason::Idle && (record.refresh_token.is_some() || reason != SignedOutReason::Expired)
        };
        match record.filter(is_over_elsewhere) {
            Some(record) => self.tell_tabs_ended(&record.family),
            None => self.tell_tabs(),
        }
    }

    /// The same with no more than what every page has: other tabs are told, but no mark is left for those that do not hear.
    pub(super) async fn end_hastily(self: &Rc<Self>) {
        let Some(record) = self.record() else { return };
        self.disown(&record.family);
        self.adopt(None, SignedOutReason::User);
        self.remove(SESSION).await;
        self.tell_tabs_ended(&record.family);
    }

    /// What is ended with the session of this page, and with the stored one too if all are meant.
    pub(super) async fn families(&self, own: Option<&Record>, is_for_all: bool, of: fn(&Record) -> String) -> String {
        let stored = match self.read_record().await {
            Stored::Record(stored) => Some(stored).filter(|_| is_for_all),
            Stored::Nothing | Stored::Unreadable => None,
        };
        let mut families = String::new();
        for record in own.into_iter().chain(stored.as_deref()) {
            families.push_str(&of(record));
        }
        families
    }

    /// Marks sessions as ended: no tab that misses this will take them for some that the browser has lost.
    pub(super) async fn note_ended(&self, families: &str) {
        if !families.is_empty() {
            let before = self.ended().await;
            let mut all = String::new();
            for family in parts(families, &[' ']).chain(parts(before.expose(), &[' '])) {
                // One that is there twice would push another out.
                if all.len() < MOST_ENDED && !parts(&all, &[' ']).any(|known| known == family) {
                    all.push_str(family);
                    all.push(' ');
                }
            }
            self.write(ENDED, &all.into()).await;
        }
    }
}

/// The session of this record, and a space.
fn family(record: &Record) -> String {
    concat(&[&record.family, " "])
}

/// The same, and what it took the place of.
fn families(record: &Record) -> String {
    concat(&[&record.family, " ", record.replaced.as_deref().unwrap_or_default()])
}
