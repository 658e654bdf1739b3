//! What other tabs did, and what the page missed while nobody looked.

use super::platform::Wake;
use super::{Attached, Inner, Platform, SignedOutReason};
use std::rc::{Rc, Weak};

/// The name of the channel. A message says no more than that the record has changed.
const CHANNEL: &str = "session";
const CHANGED: &str = "changed";

impl<P: Platform> Inner<P> {
    /// Listens to other tabs, to the page and, for `idle_timeout`, to the user.
    pub(super) async fn attach_to_page(self: &Rc<Self>) {
        let inner = Rc::downgrade(self);
        let tabs = self.platform.listen(
            &self.store.scoped(CHANNEL),
            Box::new(move |message| {
                if message == CHANGED {
                    spawn_with(&inner, |inner| async move { inner.look_again().await });
                }
            }),
        );
        let inner = Rc::downgrade(self);
        let page = self
            .platform
            .watch(Box::new(move |wake| spawn_with(&inner, move |inner| async move { inner.wake(wake).await })));
        let user = self.watch_for_idleness();
        self.attached.replace(Some(Attached { _tabs: tabs, _page: page, _user: user }));
    }

    /// Says to the other tabs that the stored session has changed.
    pub(super) fn tell_tabs(&self) {
        self.platform.post(&self.store.scoped(CHANNEL), CHANGED);
    }

    async fn wake(self: &Rc<Self>, wake: Wake) {
        match wake {
            Wake::Visible => self.look_again().await,
            Wake::Online => {
                self.forget_backoff();
                self.schedule_renewal();
            }
            Wake::Hidden => {}
        }
    }

    /// Reads the stored session again and takes over what it says.
    async fn look_again(self: &Rc<Self>) {
        if self.is_closed.get() || self.renewal.is_under_way() {
            // A renewal reads it again by itself.
            return;
        }
        self.adopt_stored(SignedOutReason::OtherTab).await;
        self.schedule_renewal();
    }
}

/// Runs a task with a client that is still there.
pub(super) fn spawn_with<P: Platform, F: Future<Output = ()> + 'static>(
    inner: &Weak<Inner<P>>,
    task: impl FnOnce(Rc<Inner<P>>) -> F,
) {
    if let Some(inner) = inner.upgrade() {
        let platform = Rc::clone(&inner);
        platform.platform.spawn(task(inner));
    }
}
