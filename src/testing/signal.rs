//! A value that is set once and waited for.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// Set once, by whoever has a clone; waited for by any number of others.
pub(super) struct Signal<T>(Rc<RefCell<State<T>>>);

struct State<T> {
    value: Option<T>,
    wakers: Vec<Waker>,
}

impl<T> Clone for Signal<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T> Default for Signal<T> {
    fn default() -> Self {
        Self(Rc::new(RefCell::new(State { value: None, wakers: Vec::new() })))
    }
}

impl<T> Signal<T> {
    /// Sets the value, if none has been set before.
    pub(super) fn set(&self, value: T) {
        let wakers = {
            let mut state = self.0.borrow_mut();
            state.value.get_or_insert(value);
            std::mem::take(&mut state.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Waits for the value and takes it, so that nobody else gets it.
    pub(super) async fn take(&self) -> T {
        self.wait_and(Option::take).await
    }

    /// Waits for the value.
    pub(super) async fn wait(&self) -> T
    where
        T: Clone,
    {
        self.wait_and(|value| value.clone()).await
    }

    async fn wait_and(&self, read: impl Fn(&mut Option<T>) -> Option<T>) -> T {
        poll_fn(|context| {
            let mut state = self.0.borrow_mut();
            if let Some(value) = read(&mut state.value) {
                return Poll::Ready(value);
            }
            state.wakers.push(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}
