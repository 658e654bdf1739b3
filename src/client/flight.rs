//! Waiting together: many callers, one operation.

use super::platform::Clock;
use futures_util::FutureExt;
use futures_util::future::{Either, LocalBoxFuture, Shared, select};
use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;

/// At most one operation under way; whoever asks meanwhile gets its result.
pub(super) struct Flight<T: Clone>(RefCell<Option<Shared<LocalBoxFuture<'static, T>>>>);

impl<T: Clone> Default for Flight<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T: Clone + 'static> Flight<T> {
    /// Joins the operation that is under way, or starts one. It runs as a task of its own: a caller who gives up does not
    /// take it down for the others.
    pub(super) async fn join<P: Clock, F>(self: &Rc<Self>, platform: &P, start: impl FnOnce() -> F) -> T
    where
        F: Future<Output = T> + 'static,
    {
        let under_way = self.0.borrow().clone();
        let shared = match under_way {
            Some(shared) => shared,
            None => {
                let flight = Rc::clone(self);
                let operation = start();
                let landing = async move {
                    let result = operation.await;
                    flight.0.take();
                    result
                };
                let shared = landing.boxed_local().shared();
                self.0.replace(Some(shared.clone()));
                platform.spawn(shared.clone().map(drop));
                shared
            }
        };
        shared.await
    }

    /// Whether an operation is under way.
    pub(super) fn is_under_way(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Waits for the operation that is under way, if there is one.
    pub(super) async fn landed(&self) {
        let under_way = self.0.borrow().clone();
        if let Some(shared) = under_way {
            shared.await;
        }
    }
}

/// The result of `future`, or `None` if it takes longer than this.
pub(super) async fn within<P: Clock, T>(platform: &P, ms: u32, future: impl Future<Output = T>) -> Option<T> {
    match select(pin!(future), pin!(platform.sleep(ms))).await {
        Either::Left((result, _)) => Some(result),
        Either::Right(_) => None,
    }
}
