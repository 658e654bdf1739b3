//! Mutual exclusion: `navigator.locks`.

use super::abort::AbortOnDrop;
use super::{Browser, web};
use crate::client::platform::Lock;

/// Releases the lock when it is dropped.
#[derive(Debug)]
pub struct LockGuard {
    /// Aborted also when the lock is taken away.
    abort: AbortOnDrop,
}

impl Lock for Browser {
    type Guard = LockGuard;

    /// `None` also where the browser refuses its locks, as to a page that may not store anything.
    async fn lock(&self, name: &str) -> Option<LockGuard> {
        // Dropped while it waits, this gives up its place in the queue.
        let abort = AbortOnDrop::new().ok()?;
        web::settled(web::lock(name, &abort.0)).await.ok()?;
        Some(LockGuard { abort })
    }

    fn is_held(&self, guard: &LockGuard) -> bool {
        !guard.abort.signal().aborted()
    }
}
