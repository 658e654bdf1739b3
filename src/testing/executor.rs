//! One thread, one queue: tasks run in the order in which they were woken, so that every run is the same.

use super::page::Page;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// The number of the future that `World::run` drives; tasks count from 1.
const MAIN: u64 = 0;

/// The waker is shared by `Arc` and `Mutex` only because `Waker` asks for it.
type Queue = Arc<Mutex<VecDeque<Arc<Handle>>>>;

#[derive(Default)]
pub(super) struct Executor {
    ready: Queue,
    tasks: RefCell<BTreeMap<u64, Task>>,
    last_task: Cell<u64>,
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
        self.handle(number).wake();
    }

    pub(super) fn main_waker(&self) -> Waker {
        self.handle(MAIN).into()
    }

    fn handle(&self, number: u64) -> Arc<Handle> {
        Arc::new(Handle { number, is_queued: AtomicBool::new(false), ready: Arc::clone(&self.ready) })
    }

    pub(super) fn next(&self) -> Next {
        let next = self.ready.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some(handle) = next else { return Next::Nothing };
        handle.is_queued.store(false, Ordering::Relaxed);
        if handle.number == MAIN { Next::Main } else { Next::Task(handle) }
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
        drop(killed);
    }

    pub(super) fn task_count(&self) -> usize {
        self.tasks.borrow().len()
    }
}

/// Puts its task into the queue, once.
pub(super) struct Handle {
    number: u64,
    is_queued: AtomicBool,
    ready: Queue,
}

impl Wake for Handle {
    fn wake(self: Arc<Self>) {
        if !self.is_queued.swap(true, Ordering::Relaxed) {
            let ready = Arc::clone(&self.ready);
            ready.lock().unwrap_or_else(PoisonError::into_inner).push_back(self);
        }
    }
}
