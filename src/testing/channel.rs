//! `BroadcastChannel`: to every other tab, later, in order.

use super::page::{Page, dispatch};
use super::{Tab, World};
use crate::client::platform::Channel;
use std::rc::Rc;

/// Listens until it is dropped.
pub struct ChannelListener {
    page: Rc<Page>,
    number: u64,
}

super::opaque_debug!(ChannelListener);

impl Drop for ChannelListener {
    fn drop(&mut self) {
        self.page.messages.remove(self.number);
    }
}

impl World {
    /// Every message that was ever posted on any channel: none may hold a secret.
    #[must_use]
    pub fn posted(&self) -> Vec<String> {
        self.inner.posted.borrow().clone()
    }
}

impl Channel for Tab {
    type Listener = ChannelListener;

    fn listen(&self, channel: &str, listener: Box<dyn Fn(String)>) -> Option<ChannelListener> {
        if !self.world.has_channels.get() || !self.page.is_alive() {
            return None;
        }
        let channel = channel.to_owned();
        let number = self.page.messages.add(move |(name, message)| {
            if name == channel {
                listener(message);
            }
        });
        Some(ChannelListener { page: Rc::clone(&self.page), number })
    }

    fn post(&self, channel: &str, message: &str) {
        if !self.world.has_channels.get() || !self.page.is_alive() {
            return;
        }
        self.world.posted.borrow_mut().push(message.to_owned());
        let others: Vec<_> =
            self.world.pages.borrow().iter().filter(|page| page.window != self.window.number).cloned().collect();
        for page in others {
            dispatch(&self.world, &page, |page| &page.messages, &(channel.to_owned(), message.to_owned()));
        }
    }
}
