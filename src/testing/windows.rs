//! Windows that a page opens, and frames in it.

use super::tab::Window;
use super::{Inner, Tab, World};
use crate::client::platform::{Part, Windows};
use std::rc::Rc;

/// A window or a frame as the page has it that opened it. Closed when it is dropped.
pub struct OpenedWindow {
    world: Rc<Inner>,
    tab: Tab,
}

super::opaque_debug!(OpenedWindow);

/// What a page in a frame answers: given its URL and the message.
pub(super) type FramePages = Rc<dyn Fn(&str, &str) -> Option<String>>;

impl Drop for OpenedWindow {
    fn drop(&mut self) {
        // Closing what has cut itself off does nothing.
        if !self.tab.window.is_severed.get() {
            close(&self.world, &self.tab.window);
        }
    }
}

/// Closes a window, with whatever page is in it by now.
fn close(world: &Inner, window: &Window) {
    window.is_closed.set(true);
    if let Some(opener) = &window.opener {
        opener.is_unfocused.set(false);
    }
    let pages = world.pages.borrow().clone();
    pages.iter().filter(|page| page.window == window.number).for_each(|page| page.die(world));
}

impl World {
    /// From which part of the program on none can be loaded.
    pub fn set_missing_parts(&self, first: Option<Part>) {
        self.inner.missing_parts.set(first);
    }

    /// Whether pages may open windows.
    pub fn set_popups(&self, are_allowed: bool) {
        self.inner.has_popups.set(are_allowed);
    }

    /// What pages of servers in frames answer to a message: given the frame's URL and the message; `None`: nothing.
    pub fn answer_in_frames(&self, answer: impl Fn(&str, &str) -> Option<String> + 'static) {
        self.inner.frames.replace(Some(Rc::new(answer)));
    }

    /// Whether a frame of another site is given its cookies; `None`: only trying tells.
    pub fn set_cookies_in_frames(&self, has_cookies: Option<bool>) {
        self.inner.has_cookies_in_frames.set(has_cookies);
    }
}

/// What the user and the server do with windows.
impl Tab {
    /// The last window or frame that this page has opened, as a tab of its own.
    #[must_use]
    pub fn opened(&self) -> Option<Self> {
        self.page.opened.borrow().last().cloned()
    }

    /// How many windows and frames this page has opened.
    #[must_use]
    pub fn opened_count(&self) -> usize {
        self.page.opened.borrow().len()
    }

    /// The page in this window has a Cross-Origin-Opener-Policy: to its opener the window looks closed from now on.
    pub fn sever(&self) {
        self.window.is_severed.set(true);
    }

    /// Whether this window was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.window.is_closed.get()
    }

    /// The user closes the window; he is back at the page that opened it.
    pub fn close_window(&self) {
        close(&self.world, &self.window);
    }

    /// The user clicks on this page, or on another window.
    pub fn set_focus(&self, has_focus: bool) {
        self.window.is_unfocused.set(!has_focus);
    }

    fn open_beside(&self, is_frame: bool) -> OpenedWindow {
        let window = Window { opener: Some(Rc::clone(&self.window)), is_frame, ..Window::default() };
        window.session.replace(self.window.session.borrow().clone());
        let tab = Self::open_as(&self.world, window, "about:blank");
        self.page.opened.borrow_mut().push(tab.clone());
        OpenedWindow { world: Rc::clone(&self.world), tab }
    }
}

impl Windows for Tab {
    type Opened = OpenedWindow;

    fn open_window(&self) -> Option<OpenedWindow> {
        self.world.has_popups.get().then(|| {
            self.window.is_unfocused.set(true);
            self.open_beside(false)
        })
    }

    fn open_frame(&self) -> Option<OpenedWindow> {
        Some(self.open_beside(true))
    }

    fn send_window(&self, window: &OpenedWindow, url: &str) {
        window.tab.send_away(url);
    }

    async fn ask_frame(&self, frame: &OpenedWindow, message: &str, origin: &str, ms: u32) -> Option<String> {
        self.step().await;
        let answer = self.world.frames.borrow().clone();
        let url = frame.tab.departure().filter(|url| url.starts_with(&[origin, "/"].concat()));
        let answer = answer.and_then(|answer| answer(&url?, message));
        if answer.is_none() {
            self.world.time.sleep(u64::from(ms)).await;
        }
        answer
    }

    fn is_window_closed(&self, window: &OpenedWindow) -> bool {
        window.tab.is_closed() || window.tab.window.is_severed.get()
    }

    fn has_focus(&self) -> bool {
        !self.window.is_unfocused.get()
    }

    fn is_in_frame(&self) -> bool {
        self.window.is_frame
    }

    fn close_page(&self) {
        let (world, window) = (Rc::clone(&self.world), Rc::clone(&self.window));
        if window.opener.is_some() && !window.is_frame {
            // Not from within: the page ends in the midst of what it does.
            self.world.executor.spawn(None, async move { close(&world, &window) });
        }
    }

    fn has_cookies_in_frame(&self, _url: &str) -> Option<bool> {
        self.world.has_cookies_in_frames.get()
    }
}
