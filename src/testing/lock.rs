//! Web Locks: one holder at a time, first come, first served, and the dead hold nothing.

use super::happening::PageId;
use super::{Happening, Inner, Tab, World};
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
    page: PageId,
    waker: Option<Waker>,
}

impl Locks {
    fn enqueue(&self, name: &str, page: PageId) -> u64 {
        let number = self.last.get() + 1;
        self.last.set(number);
        self.queues.borrow_mut().entry(name.to_owned()).or_default().push_back(Ticket { number, page, waker: None });
        number
    }

    /// Whether this ticket stands first; if not, it will wake `waker` when it does.
    fn is_first(&self, name: &str, number: u64, waker: &Waker) -> bool {
        let mut queues = self.queues.borrow_mut();
        let Some(queue) = queues.get_mut(name) else { return true };
        match queue.iter_mut().find(|ticket| ticket.number == number) {
            Some(ticket) => ticket.waker = Some(waker.clone()),
            // It stood first, and was stolen before its holder had noticed.
            None => return true,
        }
        queue.front().is_some_and(|first| first.number == number)
    }

    /// Takes every lock from its holder, and gives it to whoever is next.
    fn steal(&self) {
        let first: Vec<u64> =
            self.queues.borrow().values().filter_map(|queue| queue.front()).map(|ticket| ticket.number).collect();
        self.remove(|_, ticket| first.contains(&ticket.number));
    }

    /// Whether a page holds a lock or waits for one.
    pub(super) fn concern(&self, page: u64) -> bool {
        self.queues.borrow().values().flatten().any(|ticket| ticket.page.page == page)
    }

    fn release(&self, name: &str, number: u64) {
        self.remove(|each, ticket| each == name && ticket.number == number);
    }

    /// Takes everything away from a page that is gone.
    pub(super) fn forget(&self, page: u64) {
        self.remove(|_, ticket| ticket.page.page == page);
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

impl World {
    /// Takes every Web Lock from its holder, as a script can that asks for it with `steal`. The holder is not told, and goes on.
    pub fn steal_locks(&self) {
        self.inner.locks.steal();
    }
}

/// A place in a lock's queue, given up when it is dropped.
pub struct LockGuard {
    world: Rc<Inner>,
    name: String,
    number: u64,
    page: PageId,
    is_held: Cell<bool>,
}

super::opaque_debug!(LockGuard);

impl Drop for LockGuard {
    fn drop(&mut self) {
        self.world.locks.release(&self.name, self.number);
        if self.is_held.get() {
            self.world.tell(&Happening::Unlocked { page: self.page, name: &self.name });
        }
    }
}

impl Lock for Tab {
    type Guard = LockGuard;

    async fn lock(&self, name: &str) -> Option<LockGuard> {
        self.step().await;
        if !self.world.has_locks.get() {
            return None;
        }
        let number = self.world.locks.enqueue(name, self.page.id());
        let (world, page) = (Rc::clone(&self.world), self.page.id());
        let guard = LockGuard { world, name: name.to_owned(), number, page, is_held: Cell::new(false) };
        poll_fn(|context| match self.world.locks.is_first(name, number, context.waker()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
        guard.is_held.set(true);
        self.world.tell(&Happening::Locked { page, name });
        Some(guard)
    }

    fn is_held(&self, guard: &LockGuard) -> bool {
        let queues = self.world.locks.queues.borrow();
        queues.get(&guard.name).and_then(VecDeque::front).is_some_and(|first| first.number == guard.number)
    }
}
