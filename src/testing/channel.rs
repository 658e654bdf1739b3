//! `BroadcastChannel`: to every other tab, later, in order.

use super::page::{Page, dispatch};
use super::{Happening, Tab, World};
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

/// What becomes of a message on its way to one tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It comes, at once.
    Prompt,
    /// It comes so many milliseconds later.
    Late(u32),
    /// It comes twice.
    Twice,
    /// It does not come.
    Lost,
}

/// Says what becomes of the messages.
pub(super) type DeliveryPlan = Box<dyn FnMut() -> Delivery>;

impl World {
    /// Decides from now on what becomes of each message, on its way to each tab.
    pub fn plan_deliveries(&self, plan: impl FnMut() -> Delivery + 'static) {
        self.inner.delivery_plan.replace(Some(Box::new(plan)));
    }

    /// Delivers all messages again.
    pub fn forget_deliveries(&self) {
        self.inner.delivery_plan.take();
    }

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
        self.world.tell(&Happening::Posted { page: self.page.id(), channel, message });
        self.world.posted.borrow_mut().push(message.to_owned());
        let others: Vec<_> =
            self.world.pages.borrow().iter().filter(|page| page.window != self.window.number).cloned().collect();
        for page in others.into_iter().filter(|page| !page.is_cached()) {
            let delivery = self.world.delivery_plan.borrow_mut().as_mut().map_or(Delivery::Prompt, |plan| plan());
            let message = (channel.to_owned(), message.to_owned());
            match delivery {
                Delivery::Lost => {}
                Delivery::Prompt => dispatch(&self.world, &page, |page| &page.messages, &message),
                Delivery::Twice => {
                    dispatch(&self.world, &page, |page| &page.messages, &message);
                    dispatch(&self.world, &page, |page| &page.messages, &message);
                }
                Delivery::Late(ms) => {
                    let world = Rc::clone(&self.world);
                    self.world.executor.spawn(None, async move {
                        world.time.sleep(ms.into()).await;
                        dispatch(&world, &page, |page| &page.messages, &message);
                    });
                }
            }
        }
    }
}
