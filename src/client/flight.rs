//! Waiting together: many callers, one operation.

use super::platform::Clock;
use futures_util::future::{Either, select};
use std::cell::{OnceCell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// At most one operation under way; whoever asks meanwhile gets its result.
pub(super) struct Flight<T>(RefCell<Option<Rc<Landing<T>>>>);

/// Where the result of an operation is awaited.
struct Landing<T> {
    result: OnceCell<T>,
    waiting: RefCell<Vec<Waker>>,
}

impl<T> Default for Flight<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T: Clone + 'static> Flight<T> {
    /// Joins the operation that is under way, or starts this one. It runs as a task of its own: a caller who gives up does not
    /// take it down for the others.
    pub(super) fn join<P: Clock, F: Future<Output = T> + 'static>(
        self: &Rc<Self>,
        platform: &P,
        operation: impl FnOnce() -> F,
    ) -> impl Future<Output = T> {
        let under_way = self.0.borrow().clone();
        let landing = under_way.unwrap_or_else(|| {
            let landing = Rc::new(Landing { result: OnceCell::new(), waiting: RefCell::default() });
            self.0.replace(Some(Rc::clone(&landing)));
            let (flight, landed, operation) = (Rc::clone(self), Rc::clone(&landing), operation());
            platform.spawn(async move {
                let result = operation.await;
                flight.0.take();
                landed.land(result);
            });
            landing
        });
        poll_fn(move |context| landing.poll(context))
    }

    /// Whether an operation is under way.
    pub(super) fn is_under_way(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Waits for the operation that is under way, if there is one.
    pub(super) async fn landed(&self) {
        let under_way = self.0.borrow().clone();
        if let Some(landing) = under_way {
            poll_fn(|context| landing.poll(context)).await;
        }
    }
}

impl<T: Clone> Landing<T> {
    fn poll(&self, context: &Context<'_>) -> Poll<T> {
        if let Some(result) = self.result.get() {
            return Poll::Ready(result.clone());
        }
        let mut waiting = self.waiting.borrow_mut();
        if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
            waiting.push(context.waker().clone());
        }
        Poll::Pending
    }

    fn land(&self, result: T) {
        // Nobody else sets it.
        let _ = self.result.set(result);
        self.waiting.take().into_iter().for_each(Waker::wake);
    }
}

/// The result of `future`, or `None` if it takes longer than this.
pub(super) async fn within<P: Clock, T>(platform: &P, ms: u32, future: impl Future<Output = T>) -> Option<T> {
    match select(pin!(future), pin!(platform.sleep(ms))).await {
        Either::Left((result, _)) => Some(result),
        Either::Right(_) => None,
    }
}
