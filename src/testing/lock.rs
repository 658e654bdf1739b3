//! Web Locks: one holder at a time, first come, first served, and the dead hold nothing.

use super::{Inner, Tab};
use crate::client::platform::Lock;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// The queue of each lock. Who stands first holds it.
#[derive(Default)]
pub(super) struct Locks {
    queues: RefCell<BTreeMap<String, VecDeque<Ticket>>>,
    last: Cell<u64>,
}

struct Ticket {
    number: u64,
    page: u64,
    waker: Option<Waker>,
}

impl Locks {
    fn enqueue(&self, name: &str, page: u64) -> u64 {
        let number = self.last.get() + 1;
        self.last.set(number);
        self.queues.borrow_mut().entry(name.to_owned()).or_default().push_back(Ticket { number, page, waker: None });
        number
    }

    /// Whether this ticket stands first; if not, it will wake `waker` when it does.
    fn is_first(&self, name: &str, number: u64, waker: &Waker) -> bool {
        let mut queues = self.queues.borrow_mut();
        let Some(queue) = queues.get_mut(name) else { return false };
        if let Some(ticket) = queue.iter_mut().find(|ticket| ticket.number == number) {
            ticket.waker = Some(waker.clone());
        }
        queue.front().is_some_and(|first| first.number == number)
    }

    fn release(&self, name: &str, number: u64) {
        self.remove(|each, ticket| each == name && ticket.number == number);
    }

    /// Takes everything away from a page that is gone.
    pub(super) fn forget(&self, page: u64) {
        self.remove(|_, ticket| ticket.page == page);
    }

    fn remove(&self, is_removed: impl Fn(&str, &Ticket) -> bool) {
        let mut first = Vec::new();
        self.queues.borrow_mut().retain(|name, queue| {
            let length = queue.len();
            queue.retain(|ticket| !is_removed(name, ticket));
            if queue.len() < length {
                first.extend(queue.front().and_then(|ticket| ticket.waker.clone()));
            }
            !queue.is_empty()
        });
        first.into_iter().for_each(Waker::wake);
    }
}

/// A place in a lock's queue, given up when it is dropped.
pub struct LockGuard {
    world: Rc<Inner>,
    name: String,
    number: u64,
}

super::opaque_debug!(LockGuard);

impl Drop for LockGuard {
    fn drop(&mut self) {
        self.world.locks.release(&self.name, self.number);
    }
}

impl Lock for Tab {
    type Guard = LockGuard;

    async fn lock(&self, name: &str) -> Option<LockGuard> {
        self.step().await;
        if !self.world.has_locks.get() {
            return None;
        }
        let number = self.world.locks.enqueue(name, self.page.number);
        let guard = LockGuard { world: Rc::clone(&self.world), name: name.to_owned(), number };
        poll_fn(|context| match self.world.locks.is_first(name, number, context.waker()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
        Some(guard)
    }
}
