//! Virtual time. It passes only when nothing is left to do at the present moment.

use super::Tab;
use crate::client::platform::Clock;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// 2026-01-01T00:00:00Z: when every world begins.
const BEGINNING_MS: u64 = 1_767_225_600_000;

/// The time of a world, in milliseconds.
#[derive(Default)]
pub(super) struct Time {
    /// What the machine's monotonic clock shows.
    awake: Cell<u64>,
    /// How long the machine has been asleep.
    asleep: Cell<u64>,
    /// How far the machine's wall clock is ahead of true time.
    clock_error: Cell<i64>,
    timers: RefCell<BTreeMap<(u64, u64), Waker>>,
    next_timer: Cell<u64>,
}

impl Time {
    /// What time it is really: what servers go by.
    pub(super) fn true_ms(&self) -> u64 {
        BEGINNING_MS + self.awake.get() + self.asleep.get()
    }

    pub(super) fn awake_ms(&self) -> u64 {
        self.awake.get()
    }

    pub(super) fn shift_clock(&self, ms: i64) {
        self.clock_error.set(self.clock_error.get() + ms);
    }

    pub(super) fn suspend(&self, ms: u64) {
        self.asleep.set(self.asleep.get() + ms);
    }

    /// Moves to the next timer and wakes whoever waits for that moment; `false` if there is none up to `limit`.
    pub(super) fn advance(&self, limit: Option<u64>) -> bool {
        let due = {
            let mut timers = self.timers.borrow_mut();
            let Some(&(next, _)) = timers.keys().next() else { return false };
            if limit.is_some_and(|limit| next > limit) {
                return false;
            }
            self.awake.set(next);
            let later = timers.split_off(&(next + 1, 0));
            std::mem::replace(&mut *timers, later)
        };
        due.into_values().for_each(Waker::wake);
        true
    }

    /// Moves on although nothing is waiting for it.
    pub(super) fn pass_until(&self, awake_ms: u64) {
        self.awake.set(awake_ms.max(self.awake.get()));
    }

    pub(super) fn sleep(self: &Rc<Self>, ms: u64) -> Sleep {
        Sleep { time: Rc::clone(self), due: self.awake.get() + ms, timer: None }
    }
}

/// Ends when its time has come.
pub(super) struct Sleep {
    time: Rc<Time>,
    due: u64,
    timer: Option<(u64, u64)>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.time.awake.get() >= self.due {
            return Poll::Ready(());
        }
        let timer = self.timer.unwrap_or_else(|| {
            let number = self.time.next_timer.get();
            self.time.next_timer.set(number + 1);
            (self.due, number)
        });
        self.timer = Some(timer);
        self.time.timers.borrow_mut().insert(timer, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            self.time.timers.borrow_mut().remove(&timer);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds fit into 53 bits")]
impl Clock for Tab {
    fn wall_ms(&self) -> f64 {
        let time = &self.world.time;
        time.true_ms() as f64 + time.clock_error.get() as f64
    }

    fn monotonic_ms(&self) -> f64 {
        self.world.time.awake_ms() as f64
    }

    async fn sleep(&self, ms: u32) {
        self.world.time.sleep(u64::from(ms)).await;
        self.step().await;
    }

    async fn witness_ms(&self) -> Option<f64> {
        self.step().await;
        let is_reachable = self.world.has_witness.get() && !self.world.network.is_offline();
        is_reachable.then(|| self.world.time.true_ms() as f64)
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.world.executor.spawn(Some(&self.page), task);
    }
}
