//! A document in a tab: everything that a reload ends.

use super::signal::Signal;
use super::storage::Store;
use super::{Inner, Tab};
use crate::client::platform::Wake;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A message and the channel that it was posted on.
pub(super) type Message = (String, String);

/// From one load of the page to the next.
#[derive(Default)]
pub(super) struct Page {
    pub(super) number: u64,
    /// The tab that it is in.
    pub(super) window: u64,
    is_dead: Cell<bool>,
    is_frozen: Cell<bool>,
    is_cached: Cell<bool>,
    pub(super) memory: Store,
    /// Where the page was sent, by `navigate`.
    pub(super) departures: RefCell<Vec<String>>,
    pub(super) departed: Signal<String>,
    pub(super) messages: Listeners<Message>,
    pub(super) wakes: Listeners<Wake>,
    pub(super) touches: Listeners<()>,
    /// What its clients have put up for each other.
    pub(super) notices: RefCell<Vec<(u64, String)>>,
    /// Whether the user has touched it.
    pub(super) is_touched: Cell<bool>,
    /// Windows and frames that it has opened.
    pub(super) opened: RefCell<Vec<Tab>>,
}

impl Page {
    pub(super) fn new(number: u64, window: u64) -> Self {
        Self { number, window, ..Self::default() }
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.is_dead.get()
    }

    pub(super) fn is_frozen(&self) -> bool {
        self.is_frozen.get()
    }

    /// Whether it is in the back/forward cache.
    pub(super) fn is_cached(&self) -> bool {
        self.is_cached.get()
    }

    pub(super) fn freeze(&self, is_cached: bool) {
        self.is_frozen.set(true);
        self.is_cached.set(is_cached);
    }

    pub(super) fn thaw(&self, world: &Inner) {
        self.is_frozen.set(false);
        self.is_cached.set(false);
        world.executor.unpark(self.number);
    }

    /// Ends all that it does and holds, at once and without any farewell.
    pub(super) fn die(self: &Rc<Self>, world: &Inner) {
        self.is_dead.set(true);
        world.pages.borrow_mut().retain(|page| !Rc::ptr_eq(page, self));
        world.executor.kill(Some(self));
        world.locks.forget(self.number);
        self.messages.clear();
        self.wakes.clear();
        self.touches.clear();
        self.opened.take();
    }
}

/// Functions that are called with every event of a kind, each from a task of its own, as a browser's event loop would.
pub(super) struct Listeners<E> {
    list: RefCell<Vec<(u64, Listener<E>)>>,
    last: Cell<u64>,
}

type Listener<E> = Rc<dyn Fn(E)>;

impl<E> Default for Listeners<E> {
    fn default() -> Self {
        Self { list: RefCell::default(), last: Cell::default() }
    }
}

impl<E: Clone + 'static> Listeners<E> {
    pub(super) fn add(&self, listener: impl Fn(E) + 'static) -> u64 {
        self.last.set(self.last.get() + 1);
        self.list.borrow_mut().push((self.last.get(), Rc::new(listener)));
        self.last.get()
    }

    pub(super) fn remove(&self, number: u64) {
        let removed = {
            let mut list = self.list.borrow_mut();
            list.iter().position(|(each, _)| *each == number).map(|position| list.remove(position))
        };
        drop(removed);
    }

    fn clear(&self) {
        let cleared = self.list.take();
        drop(cleared);
    }

    fn find(&self, number: u64) -> Option<Listener<E>> {
        self.list.borrow().iter().find(|(each, _)| *each == number).map(|(_, listener)| Rc::clone(listener))
    }
}

/// Has `event` delivered to the listeners that `page` has now, unless they are gone by then.
pub(super) fn dispatch<E: Clone + 'static>(
    world: &Inner,
    page: &Rc<Page>,
    listeners: fn(&Page) -> &Listeners<E>,
    event: &E,
) {
    let numbers: Vec<u64> = listeners(page).list.borrow().iter().map(|(number, _)| *number).collect();
    for number in numbers {
        let (target, event) = (Rc::clone(page), event.clone());
        world.executor.spawn(Some(page), async move {
            if let Some(listener) = listeners(&target).find(number) {
                listener(event);
            }
        });
    }
}
