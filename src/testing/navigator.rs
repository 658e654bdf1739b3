//! The page's address, and whether anybody looks at it.

use super::page::{Page, dispatch};
use super::url::TestUrl;
use super::{Happening, Tab, fail};
use crate::client::platform::{Navigator, Wake};
use crate::error::Result;
use crate::secret::Secret;
use crate::url::ParseUrl;
use std::rc::Rc;

/// Watches until it is dropped.
pub struct NavigatorWatch {
    page: Rc<Page>,
    number: u64,
    remove: fn(&Page, u64),
}

super::opaque_debug!(NavigatorWatch);

/// Keeps a text up until it is dropped.
pub struct NavigatorNotice {
    page: Rc<Page>,
    number: u64,
}

super::opaque_debug!(NavigatorNotice);

impl Drop for NavigatorNotice {
    fn drop(&mut self) {
        self.page.notices.borrow_mut().retain(|(number, _)| *number != self.number);
    }
}

impl Drop for NavigatorWatch {
    fn drop(&mut self) {
        (self.remove)(&self.page, self.number);
    }
}

/// What the user does with the tab.
impl Tab {
    /// Puts another tab in front of this one.
    pub fn hide(&self) {
        self.window.is_hidden.set(true);
        dispatch(&self.world, &self.page, |page| &page.wakes, &Wake::Hidden);
    }

    /// Looks at this tab again.
    pub fn show(&self) {
        self.window.is_hidden.set(false);
        dispatch(&self.world, &self.page, |page| &page.wakes, &Wake::Visible);
    }

    /// Stops this page where it stands, as browsers do with tabs that nobody looks at: tasks and timers wait, messages and
    /// answers queue up, locks stay held.
    pub fn freeze(&self) {
        self.page.freeze(false);
    }

    /// Puts this page into the back/forward cache: as [`freeze`](Self::freeze), but messages that are posted meanwhile are not for it.
    /// `false`: a browser would not keep it, because it holds a lock or waits for one.
    #[must_use]
    pub fn cache(&self) -> bool {
        let may_be_kept = !self.world.locks.concern(self.page.number);
        if may_be_kept {
            self.page.freeze(true);
        }
        may_be_kept
    }

    /// Lets a frozen page go on. Timers that have ended meanwhile fire at once; a page that comes out of the cache is told.
    pub fn thaw(&self) {
        let was_cached = self.page.is_cached();
        self.page.thaw(&self.world);
        if was_cached {
            dispatch(&self.world, &self.page, |page| &page.wakes, &Wake::Visible);
        }
    }

    /// Whether this page is frozen or in the cache.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.page.is_frozen()
    }

    pub(super) fn send_away(&self, url: &str) {
        if self.page.is_alive() {
            self.world.tell(&Happening::Departed { page: self.page.id(), url });
            self.page.departures.borrow_mut().push(url.to_owned());
            self.page.departed.set(url.to_owned());
        }
    }

    /// Touches this page: a key, a pointer, a wheel.
    pub fn touch(&self) {
        self.page.is_touched.set(true);
        dispatch(&self.world, &self.page, |page| &page.touches, &());
    }
}

impl Navigator for Tab {
    type Watch = NavigatorWatch;
    type Notice = NavigatorNotice;

    fn current_url(&self) -> Option<String> {
        Some(self.url())
    }

    fn replace_url(&self, url: &str) {
        let current = self.url();
        let origin = |text: &str| TestUrl::parse_url(text, Some(&current)).map(|url| (url.origin, url.href));
        let (Some((from, _)), Some((to, href))) = (origin(&current), origin(url)) else {
            fail(&["replace_url got what is no URL: ", url].concat())
        };
        if from != to {
            fail(&["replace_url got a URL of another origin, which browsers refuse: ", url].concat());
        }
        if self.page.is_alive() {
            self.window.replace_url(href);
        }
    }

    fn navigate(&self, url: &str) -> Result<()> {
        self.send_away(url);
        Ok(())
    }

    fn cookie(&self, name: &str) -> Option<Secret> {
        self.readable_cookie(name).map(Secret::from)
    }

    /// The last two labels of a host are its site.
    fn shares_cookies_with(&self, url: &str) -> bool {
        let site = |url: &str| {
            let host = TestUrl::parse_url(url, None)?.host;
            Some(host.rsplit('.').take(2).map(str::to_owned).collect::<Vec<_>>())
        };
        site(url) == site(&self.url())
    }

    fn put_up(&self, text: &str) -> (Vec<String>, NavigatorNotice) {
        let others = self.page.notices.borrow().iter().map(|(_, text)| text.clone()).collect();
        let number = self.world.next_number();
        self.page.notices.borrow_mut().push((number, text.to_owned()));
        (others, NavigatorNotice { page: Rc::clone(&self.page), number })
    }

    fn has_user_acted(&self) -> bool {
        self.page.is_touched.get()
    }

    fn is_visible(&self) -> bool {
        !self.window.is_hidden.get()
    }

    fn watch(&self, listener: Box<dyn Fn(Wake)>) -> NavigatorWatch {
        let number = self.page.wakes.add(listener);
        NavigatorWatch { page: Rc::clone(&self.page), number, remove: |page, number| page.wakes.remove(number) }
    }

    fn watch_user(&self, listener: Box<dyn Fn()>) -> NavigatorWatch {
        let number = self.page.touches.add(move |()| listener());
        NavigatorWatch { page: Rc::clone(&self.page), number, remove: |page, number| page.touches.remove(number) }
    }
}
