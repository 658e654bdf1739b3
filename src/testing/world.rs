//! The machine that the browser runs on: it decides what happens next.

use super::channel::DeliveryPlan;
use super::clock::Time;
use super::cookie::Cookies;
use super::executor::{Executor, Next};
use super::happening::Observer;
use super::lock::Locks;
use super::network::Network;
use super::page::{Page, dispatch};
use super::random::Generator;
use super::signer::SigningKeys;
use super::storage::Stores;
use super::windows::FramePages;
use super::{Tab, fail};
use crate::client::platform::{Part, Wake};
use crate::time::UnixTime;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// A browser with its tabs on one origin, a machine with its clock, and a network with servers: all in one thread, without
/// real time, and the same in every run with the same seed. Everything ends when it is dropped.
pub struct World {
    pub(super) inner: Rc<Inner>,
}

super::opaque_debug!(World);

pub(super) struct Inner {
    pub(super) time: Rc<Time>,
    pub(super) executor: Executor,
    pub(super) random: Generator,
    pub(super) network: Network,
    pub(super) stores: Stores,
    pub(super) signing_keys: SigningKeys,
    pub(super) locks: Locks,
    /// Those that are alive.
    pub(super) pages: RefCell<Vec<Rc<Page>>>,
    pub(super) posted: RefCell<Vec<String>>,
    pub(super) delivery_plan: RefCell<Option<DeliveryPlan>>,
    pub(super) observer: RefCell<Option<Observer>>,
    pub(super) cookies: Cookies,
    pub(super) has_locks: Cell<bool>,
    pub(super) has_channels: Cell<bool>,
    pub(super) has_witness: Cell<bool>,
    pub(super) has_popups: Cell<bool>,
    pub(super) missing_parts: Cell<Option<Part>>,
    pub(super) has_cookies_in_frames: Cell<Option<bool>>,
    pub(super) frames: RefCell<Option<FramePages>>,
    last_number: Cell<u64>,
    step_limit: Cell<u64>,
}

impl Inner {
    pub(super) fn next_number(&self) -> u64 {
        self.last_number.set(self.last_number.get() + 1);
        self.last_number.get()
    }
}

impl World {
    /// A world whose random bytes follow from `seed`. It begins on 2026-01-01 at 00:00 UTC.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let inner = Inner {
            time: Rc::default(),
            executor: Executor::default(),
            random: Generator::new(seed),
            network: Network::new(),
            stores: Stores::default(),
            signing_keys: SigningKeys::default(),
            locks: Locks::default(),
            pages: RefCell::default(),
            posted: RefCell::default(),
            delivery_plan: RefCell::default(),
            observer: RefCell::default(),
            cookies: Cookies::default(),
            has_locks: Cell::new(true),
            has_channels: Cell::new(true),
            has_witness: Cell::new(true),
            has_popups: Cell::new(true),
            missing_parts: Cell::new(None),
            has_cookies_in_frames: Cell::new(Some(true)),
            frames: RefCell::default(),
            last_number: Cell::new(0),
            step_limit: Cell::new(1_000_000),
        };
        Self { inner: Rc::new(inner) }
    }

    /// From now on it follows from the seed, too, which of several pages that are ready goes on first.
    pub fn draw_order(&self) {
        self.inner.executor.draw_order(self.inner.random.fork());
    }

    /// Opens a tab at `https://app.example.com/`.
    #[must_use]
    pub fn tab(&self) -> Tab {
        self.tab_at("https://app.example.com/")
    }

    /// Opens a tab at an address of the app.
    #[must_use]
    pub fn tab_at(&self, url: &str) -> Tab {
        Tab::open(&self.inner, url)
    }

    /// Runs a future to its end, and everything else beside it. When nobody has anything to do, virtual time jumps to the
    /// moment when somebody does.
    ///
    /// # Panics
    /// If nothing is left that could ever happen, or if so much happens that this looks like an endless loop.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        let waker = self.inner.executor.main_waker();
        waker.wake_by_ref();
        let mut steps = Steps::new(self);
        loop {
            steps.count();
            match self.inner.executor.next() {
                Next::Main => {
                    if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                        return value;
                    }
                }
                Next::Task(task) => self.inner.executor.poll(task),
                Next::Nothing if self.inner.time.advance(None) => {}
                Next::Nothing => steps.fail("nothing is left that could wake the future: it waits forever"),
            }
        }
    }

    /// Runs everything that can happen at the present moment.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub fn settle(&self) {
        self.settle_within(&mut Steps::new(self));
    }

    /// Lets this much virtual time pass, with everything that happens in it.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub fn advance(&self, ms: u64) {
        let until = self.inner.time.awake_ms() + ms;
        let mut steps = Steps::new(self);
        self.settle_within(&mut steps);
        while self.inner.time.advance(Some(until)) {
            self.settle_within(&mut steps);
        }
        self.inner.time.pass_until(until);
    }

    /// As [`advance`](Self::advance), with a look at the world after each step: one task has gone on until it waits, or time has.
    /// What looks may touch, and may end this early.
    pub fn advance_watched(&self, ms: u64, mut look: impl FnMut() -> ControlFlow<()>) {
        let until = self.inner.time.awake_ms() + ms;
        let mut steps = Steps::new(self);
        loop {
            steps.count();
            match self.inner.executor.next() {
                Next::Main => continue,
                Next::Task(task) => self.inner.executor.poll(task),
                Next::Nothing if self.inner.time.advance(Some(until)) => {}
                Next::Nothing => break,
            }
            if look().is_break() {
                return;
            }
        }
        self.inner.time.pass_until(until);
    }

    /// Whether nothing is left to do at the present moment.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.inner.executor.is_idle()
    }

    fn settle_within(&self, steps: &mut Steps<'_>) {
        loop {
            steps.count();
            match self.inner.executor.next() {
                Next::Main => {}
                Next::Task(task) => self.inner.executor.poll(task),
                Next::Nothing => return,
            }
        }
    }

    /// How many steps one [`run`](Self::run) may take; a million at first.
    pub fn set_step_limit(&self, steps: u64) {
        self.inner.step_limit.set(steps);
    }

    /// How long the machine has been awake since the world began, in milliseconds: what [`advance`](Self::advance) adds to.
    #[must_use]
    pub fn awake_ms(&self) -> u64 {
        self.inner.time.awake_ms()
    }

    /// What time it really is, in milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.inner.time.true_ms()
    }

    /// What time it really is: servers go by it.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        self.clock()()
    }

    /// The same for a server of your own.
    pub fn clock(&self) -> impl Fn() -> UnixTime + 'static {
        let time = Rc::clone(&self.inner.time);
        move || UnixTime(i64::try_from(time.true_ms() / 1000).unwrap_or(i64::MAX))
    }

    /// Moves the machine's wall clock, as a user does or a bad battery: forward, or back if it is negative. True time and the
    /// monotonic clock stay.
    pub fn shift_clock(&self, ms: i64) {
        self.inner.time.shift_clock(ms);
    }

    /// The machine sleeps: true time passes, its monotonic clock stands still, and no timer ends.
    pub fn suspend(&self, ms: u64) {
        self.inner.time.suspend(ms);
    }

    /// The machine is on the network again, and all pages hear of it.
    pub fn go_online(&self) {
        self.connect();
        let pages = self.inner.pages.borrow().clone();
        for page in pages {
            dispatch(&self.inner, &page, |page| &page.wakes, &Wake::Online);
        }
    }

    /// Whether the browser has Web Locks.
    pub fn set_locks(&self, has_locks: bool) {
        self.inner.has_locks.set(has_locks);
    }

    /// Whether the browser has `BroadcastChannel`.
    pub fn set_channels(&self, has_channels: bool) {
        self.inner.has_channels.set(has_channels);
    }

    /// Whether the page's own server says what time it is.
    pub fn set_witness(&self, has_witness: bool) {
        self.inner.has_witness.set(has_witness);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.inner.observer.take();
        let pages = self.inner.pages.take();
        pages.iter().for_each(|page| page.die(&self.inner));
        self.inner.executor.kill(None);
        self.inner.network.close();
    }
}

/// Counts, so that an endless loop becomes a failure with a message.
struct Steps<'a> {
    world: &'a World,
    count: u64,
    began_ms: u64,
}

impl<'a> Steps<'a> {
    fn new(world: &'a World) -> Self {
        Self { world, count: 0, began_ms: world.now_ms() }
    }

    fn count(&mut self) {
        self.count += 1;
        if self.count > self.world.inner.step_limit.get() {
            self.fail("too many steps: something goes in circles");
        }
    }

    fn fail(&self, what: &str) -> ! {
        let elapsed = self.world.now_ms() - self.began_ms;
        let tasks = self.world.inner.executor.task_count();
        fail(&format!("{what} (after {} steps and {elapsed} ms; {tasks} tasks are waiting)", self.count))
    }
}
