//! A tab of the browser, as the page in it and as the user in front of it see it.

use super::page::Page;
use super::signal::Signal;
use super::storage::Store;
use super::{AuthorizationServer, Inner, PageId, fail};
use crate::client::platform::{Part, Parts, Random};
use crate::error::{Error, ErrorCode, Result};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// A page in a tab: a [`Platform`](crate::client::platform::Platform) for one client. Clones are the same page.
///
/// What loads a page anew ([`visit`](Self::visit), [`reload`](Self::reload), [`back`](Self::back)) ends the page that was
/// there, wherever it stands, and returns the new one. Whoever still holds the old one waits forever.
#[derive(Clone)]
pub struct Tab {
    pub(super) world: Rc<Inner>,
    pub(super) window: Rc<Window>,
    pub(super) page: Rc<Page>,
}

super::opaque_debug!(Tab);

/// What stays in a tab while pages come and go.
#[derive(Default)]
pub(super) struct Window {
    pub(super) number: u64,
    pub(super) session: Store,
    pub(super) is_hidden: Cell<bool>,
    /// That of the page that opened this one.
    pub(super) opener: Option<Rc<Self>>,
    pub(super) is_frame: bool,
    pub(super) is_closed: Cell<bool>,
    pub(super) is_severed: Cell<bool>,
    pub(super) is_unfocused: Cell<bool>,
    /// The last is the current one.
    pub(super) history: RefCell<Vec<String>>,
}

impl Window {
    pub(super) fn replace_url(&self, url: String) {
        let mut history = self.history.borrow_mut();
        history.pop();
        history.push(url);
    }
}

impl Tab {
    pub(super) fn open(world: &Rc<Inner>, url: &str) -> Self {
        Self::open_as(world, Window::default(), url)
    }

    pub(super) fn open_as(world: &Rc<Inner>, window: Window, url: &str) -> Self {
        let history = RefCell::new(vec![url.to_owned()]);
        let window = Window { number: world.next_number(), history, ..window };
        Self::load(Rc::clone(world), Rc::new(window))
    }

    fn load(world: Rc<Inner>, window: Rc<Window>) -> Self {
        let page = Rc::new(Page::new(world.next_number(), window.number));
        world.pages.borrow_mut().push(Rc::clone(&page));
        Self { world, window, page }
    }

    /// Which page of which tab this is.
    #[must_use]
    pub fn id(&self) -> PageId {
        self.page.id()
    }

    /// The address that the user sees.
    #[must_use]
    pub fn url(&self) -> String {
        self.window.history.borrow().last().cloned().unwrap_or_default()
    }

    /// Where this page was sent to by [`navigate`](crate::client::platform::Navigator::navigate), if it was; it stays there
    /// until the test says what comes of it.
    #[must_use]
    pub fn departure(&self) -> Option<String> {
        self.page.departures.borrow().last().cloned()
    }

    /// Waits until this page is sent away, and says where.
    pub async fn departed(&self) -> String {
        self.page.departed.wait().await
    }

    /// How often this page was sent away.
    #[must_use]
    pub fn departure_count(&self) -> usize {
        self.page.departures.borrow().len()
    }

    /// Loads another address.
    #[must_use]
    pub fn visit(&self, url: &str) -> Self {
        self.window.history.borrow_mut().push(url.to_owned());
        self.load_again()
    }

    /// Goes where the page was sent, has the user do there what `server` has been told that he does, and comes back.
    ///
    /// # Panics
    /// If the page was not sent anywhere, or the server does not send the user back.
    #[must_use]
    pub fn follow(&self, server: &AuthorizationServer) -> Self {
        let Some(url) = self.departure() else { fail("the page was not sent anywhere") };
        self.visit(&server.visit(&url))
    }

    /// Loads the same address again. `Session` storage stays, `Memory` does not.
    #[must_use]
    pub fn reload(&self) -> Self {
        self.load_again()
    }

    /// Loads the address before this one again.
    #[must_use]
    pub fn back(&self) -> Self {
        if self.window.history.borrow().len() > 1 {
            self.window.history.borrow_mut().pop();
        }
        self.load_again()
    }

    /// Opens the same address in another tab, which begins with a copy of the `Session` storage, as in browsers.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        let copy = Self::open(&self.world, &self.url());
        copy.window.session.replace(self.window.session.borrow().clone());
        copy
    }

    /// Closes the tab, or kills it: the page gets no word of it.
    pub fn close(&self) {
        self.page.die(&self.world);
    }

    /// Whether this page is still there.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.page.is_alive()
    }

    fn load_again(&self) -> Self {
        self.page.die(&self.world);
        Self::load(Rc::clone(&self.world), Rc::clone(&self.window))
    }

    /// Starts something in this page, beside everything else. It ends with the page.
    pub fn start<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> Started<T> {
        let end = End(Signal::default());
        let signal = end.0.clone();
        self.world.executor.spawn(Some(&self.page), async move { end.0.set(Some(future.await)) });
        Started(Box::pin(async move { signal.take().await }))
    }

    /// Lets others have their turn; never ends if the page is gone by then.
    pub(super) async fn step(&self) {
        let mut has_waited = false;
        std::future::poll_fn(|context| {
            if has_waited && self.page.is_alive() {
                return Poll::Ready(());
            }
            if !has_waited {
                has_waited = true;
                context.waker().wake_by_ref();
            }
            Poll::Pending
        })
        .await;
    }
}

impl Random for Tab {
    fn random<const N: usize>(&self) -> Result<[u8; N]> {
        Ok(self.world.random.bytes())
    }
}

/// What was started with [`Tab::start`]; ends with its result, or with `None` if the page was gone before.
pub struct Started<T>(Pin<Box<dyn Future<Output = Option<T>>>>);

super::opaque_debug!(Started<T>);

impl<T> Future for Started<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        self.0.as_mut().poll(context)
    }
}

/// Says `None` if it is dropped before anything else was said.
struct End<T>(Signal<Option<T>>);

impl<T> Drop for End<T> {
    fn drop(&mut self) {
        self.0.set(None);
    }
}

impl Parts for Tab {
    async fn part(&self, part: Part) -> Result<()> {
        match self.world.missing_parts.get() {
            Some(first) if part >= first => Err(Error::new(ErrorCode::Network, "this part does not load")),
            _ => Ok(()),
        }
    }
}
