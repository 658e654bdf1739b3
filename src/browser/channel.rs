//! Messages to other tabs: `BroadcastChannel`.

use super::Browser;
use super::event::Listener;
use super::object::text;
use crate::client::platform::Channel;
use std::cell::RefCell;
use std::rc::{Rc, Weak};
use web_sys::BroadcastChannel;

/// A channel that is closed when the last that needs it is gone.
#[derive(Debug)]
struct Open {
    name: String,
    channel: BroadcastChannel,
}

impl Open {
    fn new(name: &str) -> Option<Self> {
        Some(Self { name: name.to_owned(), channel: BroadcastChannel::new(name).ok()? })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.channel.close();
    }
}

/// The channels that are listened on. A message goes out through the very object that listens, because that one alone
/// does not hear it.
#[derive(Debug, Default)]
pub(super) struct Channels(RefCell<Vec<Weak<Open>>>);

impl Channels {
    fn open(&self, name: &str) -> Option<Rc<Open>> {
        self.0.borrow().iter().filter_map(Weak::upgrade).find(|open| open.name == name)
    }

    fn remember(&self, open: &Rc<Open>) {
        let mut channels = self.0.borrow_mut();
        channels.retain(|open| open.strong_count() > 0);
        channels.push(Rc::downgrade(open));
    }
}

/// Hears what is posted on a channel until it is dropped.
#[derive(Debug)]
pub struct ChannelListener {
    _listener: Listener,
    _channel: Rc<Open>,
}

impl Channel for Browser {
    type Listener = ChannelListener;

    fn listen(&self, channel: &str, listener: Box<dyn Fn(String)>) -> Option<ChannelListener> {
        let open = match self.channels.open(channel) {
            Some(open) => open,
            None => {
                let open = Rc::new(Open::new(channel)?);
                self.channels.remember(&open);
                open
            }
        };
        let heard = move |event| {
            if let Some(message) = text(&event, "data") {
                listener(message);
            }
        };
        Some(ChannelListener { _listener: Listener::new(&open.channel, "message", Box::new(heard)), _channel: open })
    }

    fn post(&self, channel: &str, message: &str) {
        let open = self.channels.open(channel).or_else(|| Open::new(channel).map(Rc::new));
        if let Some(open) = open {
            let _ = open.channel.post_message(&message.into());
        }
    }
}
