//! What other tabs did, and what the page missed while nobody looked.

use super::kind::Kind;
use super::part::boxed;
use super::platform::{Part, Wake};
use super::{Attached, Inner, Platform, SignedOutReason};
use crate::encoding::concat;
use std::rc::{Rc, Weak};

/// The name of the channel.
const CHANNEL: &str = "session";
/// Something has become of the stored session: look at it.
const CHANGED: &str = "changed";
/// The session of this family is over. Said to those too who cannot read the store.
const ENDED: &str = "ended ";
/// How often a tab looks that hears nothing.
const LOOK_MS: u32 = 5_000;
/// Is anybody renewing?
const QUESTION: &str = "renewing?";
/// I am.
const ANSWER: &str = "renewing";

impl<P: Platform, K: Kind<P>> Inner<P, K> {
    /// Listens to other tabs and to the page.
    pub(super) fn attach_to_page(self: &Rc<Self>) {
        let inner = Rc::downgrade(self);
        let tabs = self.platform.listen(
            &self.store.scoped(CHANNEL),
            Box::new(move |message| spawn_with(&inner, move |inner| async move { inner.hear(&message).await })),
        );
        let inner = Rc::downgrade(self);
        let page = self
            .platform
            .watch(Box::new(move |wake| spawn_with(&inner, move |inner| async move { inner.wake(wake).await })));
        if tabs.is_none() {
            self.look_again_and_again();
        }
        self.attached.replace(Some(Attached { tabs, _page: page, user: None }));
    }

    /// Says to the other tabs that the stored session has changed.
    pub(super) fn tell_tabs(&self) {
        self.platform.post(&self.store.scoped(CHANNEL), CHANGED);
    }

    /// Says to the other tabs that a session is over.
    pub(super) fn tell_tabs_ended(&self, family: &str) {
        self.platform.post(&self.store.scoped(CHANNEL), &concat(&[ENDED, family]));
    }

    /// Asks the other tabs whether one of them is renewing, and waits this long for the answer. `None`: they cannot be asked.
    pub(super) async fn is_another_tab_renewing(&self, ms: u32) -> Option<bool> {
        let has_channel = self.attached.borrow().as_ref().is_some_and(|attached| attached.tabs.is_some());
        let heard = self.heard.get();
        self.platform.post(&self.store.scoped(CHANNEL), QUESTION);
        self.platform.sleep(ms).await;
        has_channel.then(|| self.heard.get() != heard)
    }

    async fn hear(self: &Rc<Self>, message: &str) {
        if self.platform.part(Part::Flows).await.is_ok() {
            return boxed(self.heed(message)).await;
        }
        // What can be done without looking into the store.
        let Some(family) = message.strip_prefix(ENDED) else { return };
        self.disown(family);
        if self.record().is_some_and(|record| record.family == family) {
            self.adopt(None, SignedOutReason::OtherTab);
        }
    }

    async fn heed(self: &Rc<Self>, message: &str) {
        match message {
            CHANGED => self.look_again().await,
            QUESTION if self.is_sending.get() => self.platform.post(&self.store.scoped(CHANNEL), ANSWER),
            ANSWER => self.heard.set(self.heard.get().wrapping_add(1)),
            _ => {
                let Some(family) = message.strip_prefix(ENDED) else { return };
                self.disown(family);
                self.forget_family(family).await;
                self.look_again().await;
            }
        }
    }

    async fn wake(self: &Rc<Self>, wake: Wake) {
        match wake {
            Wake::Visible => self.look_again().await,
            Wake::Online => {
                self.online_at.set(self.platform.wall_ms());
                self.forget_backoff();
                self.schedule_renewal();
            }
            Wake::Hidden => {}
        }
    }

    /// Sees what other tabs do where they cannot say it.
    fn look_again_and_again(self: &Rc<Self>) {
        let inner = Rc::downgrade(self);
        self.platform.spawn(async move {
            while let Some(inner) = inner.upgrade().filter(|inner| !inner.is_closed.get()) {
                inner.platform.sleep(LOOK_MS).await;
                inner.look_again().await;
            }
        });
    }

    /// Reads the stored session again and takes over what it says.
    async fn look_again(self: &Rc<Self>) {
        if self.is_closed.get() {
            return;
        }
        // If it cannot be looked at now, there is a next time.
        if self.platform.part(Part::Flows).await.is_ok() {
            let _ = boxed(self.adopt_stored(SignedOutReason::OtherTab)).await;
        }
        self.schedule_renewal();
    }
}

/// Runs a task with a client that is still there.
pub(super) fn spawn_with<P: Platform, K: Kind<P>, F: Future<Output = ()> + 'static>(
    inner: &Weak<Inner<P, K>>,
    task: impl FnOnce(Rc<Inner<P, K>>) -> F,
) {
    if let Some(inner) = inner.upgrade() {
        let platform = Rc::clone(&inner);
        platform.platform.spawn(task(inner));
    }
}
