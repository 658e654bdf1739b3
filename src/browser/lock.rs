//! Mutual exclusion: `navigator.locks`.

use super::Browser;
use super::event::{AbortOnDrop, Handler};
use super::object::{global, invoke, member, record};
use super::promise::Deferred;
use crate::client::platform::Lock;

/// Releases the lock when it is dropped.
#[derive(Debug)]
pub struct LockGuard {
    /// The lock is held until the promise that its callback gave is settled, and dropping settles it.
    _held: Deferred,
}

impl Lock for Browser {
    type Guard = LockGuard;

    /// `None` also where the browser refuses its locks, as to a page that may not store anything.
    async fn lock(&self, name: &str) -> Option<LockGuard> {
        let locks = member(&global("navigator")?, "locks")?;
        let (granted, held) = (Deferred::new(), Deferred::new());
        let (grant, until_released) = (granted.resolve.clone(), held.promise.clone());
        let callback = Handler::new(move |lock| {
            let _ = grant.call1(&lock, &lock);
            until_released.clone().into()
        });
        // Dropped while it waits, this gives up its place in the queue.
        let abort = AbortOnDrop::new().ok()?;
        let options = record([("signal", abort.signal())]);
        let request = invoke(&locks, "request", &[name.into(), options, callback.as_ref().clone()]).ok()?;
        invoke(&request, "catch", &[granted.reject.clone().into()]).ok()?;
        granted.settled().await.ok()?;
        Some(LockGuard { _held: held })
    }
}
