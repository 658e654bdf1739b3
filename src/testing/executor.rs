//! One thread, one queue: tasks run in the order in which they were woken, or in one that follows from a seed. Either way
//! every run is the same.

use super::page::Page;
use super::random::Generator;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// The number of the future that `World::run` drives; tasks count from 1.
const MAIN: u64 = 0;
/// The number in place of a page's, for what happens outside of pages.
const OUTSIDE: u64 = 0;

/// The waker is shared by `Arc` and `Mutex` only because `Waker` asks for it.
type Queue = Arc<Mutex<VecDeque<Arc<Handle>>>>;

#[derive(Default)]
pub(super) struct Executor {
    ready: Queue,
    tasks: RefCell<BTreeMap<u64, Task>>,
    last_task: Cell<u64>,
    /// Draws who is next; `None`: first come, first served.
    order: RefCell<Option<Generator>>,
    /// Tasks that are ready, of pages that are frozen.
    parked: RefCell<Vec<Arc<Handle>>>,
}

struct Task {
    /// Whose death is its own; `None` for what happens outside of pages.
    page: Option<Rc<Page>>,
    future: Pin<Box<dyn Future<Output = ()>>>,
}

/// What there is to do next.
pub(super) enum Next {
    Main,
    Task(Arc<Handle>),
    Nothing,
}

impl Executor {
    pub(super) fn spawn(&self, page: Option<&Rc<Page>>, future: impl Future<Output = ()> + 'static) {
        if page.is_some_and(|page| !page.is_alive()) {
            return;
        }
        let number = self.last_task.get() + 1;
        self.last_task.set(number);
        self.tasks.borrow_mut().insert(number, Task { page: page.cloned(), future: Box::pin(future) });
        self.handle(number, page.map_or(OUTSIDE, |page| page.number)).wake();
    }

    pub(super) fn main_waker(&self) -> Waker {
        self.handle(MAIN, OUTSIDE).into()
    }

    fn handle(&self, number: u64, page: u64) -> Arc<Handle> {
        Arc::new(Handle { number, page, is_queued: AtomicBool::new(false), ready: Arc::clone(&self.ready) })
    }

    /// Has a generator draw who is next: any page may be, but within a page the order stays, as browsers keep it.
    pub(super) fn draw_order(&self, generator: Generator) {
        self.order.replace(Some(generator));
    }

    pub(super) fn next(&self) -> Next {
        loop {
            let Some(handle) = self.take() else { return Next::Nothing };
            if handle.number == MAIN {
                handle.is_queued.store(false, Ordering::Relaxed);
                return Next::Main;
            }
            let is_frozen = |task: &Task| task.page.as_ref().is_some_and(|page| page.is_frozen());
            if self.tasks.borrow().get(&handle.number).is_some_and(is_frozen) {
                // It stays marked as queued: nobody queues it a second time meanwhile.
                self.parked.borrow_mut().push(handle);
                continue;
            }
            handle.is_queued.store(false, Ordering::Relaxed);
            return Next::Task(handle);
        }
    }

    fn take(&self) -> Option<Arc<Handle>> {
        let mut ready = lock(&self.ready);
        let order = self.order.borrow();
        let Some(generator) = order.as_ref().filter(|_| ready.len() > 1) else { return ready.pop_front() };
        let drawn = generator.below(ready.len());
        let page = ready.get(drawn)?.page;
        let first = if page == OUTSIDE { drawn } else { ready.iter().position(|handle| handle.page == page)? };
        ready.remove(first)
    }

    /// Whether nothing can be done at the present moment.
    pub(super) fn is_idle(&self) -> bool {
        lock(&self.ready).is_empty()
    }

    /// Lets the tasks of a page go on that were woken while it was frozen.
    pub(super) fn unpark(&self, page: u64) {
        let mut parked = self.parked.borrow_mut();
        let (woken, others) = parked.drain(..).partition(|handle| handle.page == page);
        *parked = others;
        let woken: Vec<Arc<Handle>> = woken;
        lock(&self.ready).extend(woken);
    }

    /// Runs a task until it waits for something or ends.
    pub(super) fn poll(&self, handle: Arc<Handle>) {
        let number = handle.number;
        let Some(mut task) = self.tasks.borrow_mut().remove(&number) else { return };
        let waker = Waker::from(handle);
        let is_pending = matches!(task.future.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Pending);
        if is_pending && task.page.as_ref().is_none_or(|page| page.is_alive()) {
            self.tasks.borrow_mut().insert(number, task);
        }
    }

    /// Drops all tasks of a page in the midst of whatever they do; of all pages and everything else for `None`.
    pub(super) fn kill(&self, page: Option<&Rc<Page>>) {
        let is_killed =
            |task: &Task| page.is_none() || task.page.as_ref().zip(page).is_some_and(|(a, b)| Rc::ptr_eq(a, b));
        let killed: Vec<Task> = {
            let mut tasks = self.tasks.borrow_mut();
            let numbers: Vec<u64> =
                tasks.iter().filter(|(_, task)| is_killed(task)).map(|(number, _)| *number).collect();
            numbers.iter().filter_map(|number| tasks.remove(number)).collect()
        };
        self.parked.borrow_mut().retain(|handle| page.is_some_and(|page| page.number != handle.page));
        drop(killed);
    }

    pub(super) fn task_count(&self) -> usize {
        self.tasks.borrow().len()
    }
}

fn lock(queue: &Queue) -> MutexGuard<'_, VecDeque<Arc<Handle>>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts its task into the queue, once.
pub(super) struct Handle {
    number: u64,
    page: u64,
    is_queued: AtomicBool,
    ready: Queue,
}

impl Wake for Handle {
    fn wake(self: Arc<Self>) {
        if !self.is_queued.swap(true, Ordering::Relaxed) {
            let ready = Arc::clone(&self.ready);
            lock(&ready).push_back(self);
        }
    }
}
