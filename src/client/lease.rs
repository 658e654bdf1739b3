//! One tab at a time: by Web Locks, or where the browser has none by a lease in the store.

use super::attempt::ANSWER_MS;
use super::kind::Kind;
use super::platform::{Platform, StorageKind};
use super::record::Fields;
use super::tabs::spawn_with;
use super::{Inner, flight};
use crate::encoding::{Form, concat};
use crate::secret::Secret;
use std::pin::pin;
use std::rc::{Rc, Weak};

/// Longer than any tab takes between looking at a lease and writing its own: whoever still finds his own then has it. (Fischer's
/// algorithm. A tab that was stopped in between does not act on what it found before: see `attempt`.)
const SETTLE_MS: u32 = 60;
const POLL_MS: u32 = 120;

/// Held until it is dropped, or its tab dies. Neither a lock nor a lease: nobody else can see the store.
pub(super) struct Turn<P: Platform, K: Kind<P>> {
    name: &'static str,
    guard: Option<P::Guard>,
    lease: Option<Lease<P, K>>,
}

pub(super) struct Lease<P: Platform, K: Kind<P>> {
    inner: Weak<Inner<P, K>>,
    key: String,
    holder: String,
}

impl<P: Platform, K: Kind<P>> Inner<P, K> {
    /// Waits for this tab's turn at `name`. For a lock within reason: a page that sleeps can hold it for hours, and what is written
    /// down decides then. But whoever says that he is at it does not sleep: tabs that all wait for their servers take their time.
    /// A lease ends by itself.
    pub(super) async fn turn(self: &Rc<Self>, name: &'static str) -> Turn<P, K> {
        let guard = self.locked(name).await;
        // Whoever could not wait for the lock goes by a lease. As long as one is there, whoever has the lock needs one too: others
        // wait for its end beside him.
        let lease =
            if guard.is_none() || self.is_leased_by_another(name).await { self.lease_of(name).await } else { None };
        Turn { name, guard, lease }
    }

    async fn locked(&self, name: &str) -> Option<P::Guard> {
        let scoped = self.store.scoped(name);
        let mut lock = pin!(self.platform.lock(&scoped));
        let mut patience_ms = self.turn_ms();
        loop {
            match flight::within(&self.platform, patience_ms, lock.as_mut()).await {
                Some(guard) => return guard,
                None if self.is_another_tab_renewing(ANSWER_MS).await == Some(true) => {
                    patience_ms = self.config.timeout_ms;
                }
                None => return None,
            }
        }
    }

    /// Whether somebody else may be at it who is frozen: with the lock, or with a lease, if this page slept after it had got the lock.
    pub(super) async fn is_shared(&self, turn: &Turn<P, K>) -> bool {
        turn.lease.is_some() || self.is_leased_by_another(turn.name).await
    }

    /// Whether it is still this tab's turn, as far as it can know.
    pub(super) fn is_still(&self, turn: &Turn<P, K>) -> bool {
        turn.guard.as_ref().is_none_or(|guard| self.platform.is_held(guard))
    }

    /// Longer than whoever has his turn can take: another's request that is waited for, discovery by two requests, the token
    /// request, that once more, and the keys.
    fn turn_ms(&self) -> u32 {
        self.config.timeout_ms.saturating_mul(6).saturating_add(2_000)
    }

    /// Shorter than anybody waits. A tab that takes longer is known to be at it by what it has written down.
    fn lease_ms(&self) -> u32 {
        self.turn_ms() / 3
    }

    /// Waits for a lease; `None`: there is nowhere to write one down.
    async fn lease_of(self: &Rc<Self>, name: &str) -> Option<Lease<P, K>> {
        let (kind, key, holder) = (self.lease_kind()?, lease_key(name), self.random_id().ok()?);
        let began = self.platform.monotonic_ms();
        loop {
            if self.is_leased(kind, &key, &holder, began).await {
                self.platform.sleep(POLL_MS).await;
                continue;
            }
            if self.platform.write(kind, &self.store.scoped(&key), &self.lease(&holder)).await.is_err() {
                return None;
            }
            self.platform.sleep(SETTLE_MS).await;
            match self.read_lease(kind, &key).await {
                Some((found, _)) if found == holder => {
                    return Some(Lease { inner: Rc::downgrade(self), key, holder });
                }
                // A store that keeps nothing, or gives nothing back.
                None if self.has_waited(began) => {
                    self.drop_note(kind, &key).await;
                    return None;
                }
                _ => {}
            }
        }
    }

    async fn is_leased_by_another(&self, name: &str) -> bool {
        let Some(kind) = self.lease_kind() else { return false };
        self.is_leased(kind, &lease_key(name), "", self.platform.monotonic_ms()).await
    }

    /// Whether another has a lease. One that seems to last longer than any was written before somebody turned the clock back.
    async fn is_leased(&self, kind: StorageKind, key: &str, own: &str, began: f64) -> bool {
        let Some((holder, left)) = self.read_lease(kind, key).await else { return false };
        let is_too_long = left > i64::from(self.lease_ms()) && self.has_waited(began);
        holder != own && left > 0 && !is_too_long
    }

    fn has_waited(&self, began: f64) -> bool {
        self.platform.monotonic_ms() - began > f64::from(self.lease_ms())
    }

    /// Where all tabs see a lease that concern each other.
    fn lease_kind(&self) -> Option<StorageKind> {
        match self.store.kind() {
            StorageKind::Memory => None,
            // Duplicates of a tab have the same session.
            StorageKind::Session => Some(StorageKind::Local),
            shared @ (StorageKind::IndexedDb | StorageKind::Local) => Some(shared),
        }
    }

    fn lease(&self, holder: &str) -> Secret {
        let mut fields = Form::new();
        fields.add("holder", holder);
        fields.add_number("until", self.wall_ms() + i64::from(self.lease_ms()));
        fields.into()
    }

    /// Who holds the lease, and for how many milliseconds more.
    async fn read_lease(&self, kind: StorageKind, key: &str) -> Option<(String, i64)> {
        let text = self.note(kind, key).await?;
        let fields = Fields::parse(&text);
        let left = fields.number("until")?.saturating_sub(self.wall_ms());
        Some((fields.text("holder")?, left))
    }

    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    fn wall_ms(&self) -> i64 {
        self.platform.wall_ms() as i64
    }
}

fn lease_key(name: &str) -> String {
    concat(&["lease ", name])
}

impl<P: Platform, K: Kind<P>> Drop for Lease<P, K> {
    fn drop(&mut self) {
        let (key, holder) = (std::mem::take(&mut self.key), std::mem::take(&mut self.holder));
        spawn_with(&self.inner, |inner| async move {
            let Some(kind) = inner.lease_kind() else { return };
            if inner.read_lease(kind, &key).await.is_some_and(|(found, _)| found == holder) {
                // It ends by itself, if the browser refuses.
                inner.drop_note(kind, &key).await;
            }
        });
    }
}
