//! Everything that can be seen from outside of the pages: by the network, by the servers, by the browser.

use super::page::Page;
use super::{Fault, Inner, Request, World};
use crate::client::platform::StorageKind;
use crate::error::Error;
use crate::http::HttpResponse;

/// Which page of which tab. A tab keeps its number when its page is loaded again; a page's number is its own for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageId {
    /// The tab.
    pub tab: u64,
    /// The page in it.
    pub page: u64,
}

/// Something that has just happened in a [`World`], for [`World::observe`]. It may hold secrets.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Happening<'a> {
    /// A page has sent a request.
    Sent {
        /// Who sent it.
        page: PageId,
        /// Which request this is; others refer to it.
        number: u64,
        /// What was sent.
        request: &'a Request,
        /// What will happen to it.
        fault: Option<&'a Fault>,
    },
    /// A server has acted on a request, or something in its place has answered.
    Answered {
        /// Of the request.
        number: u64,
        /// What was sent.
        request: &'a Request,
        /// What it says.
        response: &'a HttpResponse,
        /// Whether the server itself has seen the request.
        is_genuine: bool,
    },
    /// The page that sent the request goes on with its answer, or with the news that there is none.
    Received {
        /// Of the request.
        number: u64,
        /// What came of it.
        outcome: Result<&'a HttpResponse, &'a Error>,
    },
    /// The page does not wait any more: it has lost its patience, or is gone itself.
    Abandoned {
        /// Of the request.
        number: u64,
    },
    /// A page has posted a message to the other tabs.
    Posted {
        /// Who posted it.
        page: PageId,
        /// The name of the channel.
        channel: &'a str,
        /// The message.
        message: &'a str,
    },
    /// A page has put something into a storage, or removed it.
    Stored {
        /// Who did it.
        page: PageId,
        /// Where.
        kind: StorageKind,
        /// The name.
        key: &'a str,
        /// `None`: it was removed.
        value: Option<&'a str>,
    },
    /// A page has got a lock.
    Locked {
        /// Who got it.
        page: PageId,
        /// The name of the lock.
        name: &'a str,
    },
    /// A page has let a lock go.
    Unlocked {
        /// Who had it.
        page: PageId,
        /// The name of the lock.
        name: &'a str,
    },
    /// A page was sent to another address.
    Departed {
        /// Which one.
        page: PageId,
        /// Where it was sent.
        url: &'a str,
    },
}

/// What hears of everything.
pub(super) type Observer = Box<dyn FnMut(&Happening<'_>)>;

impl World {
    /// Tells `observer` from now on everything that happens, in the middle of it: it may look, and must not touch. There is one
    /// observer; another takes its place.
    pub fn observe(&self, observer: impl FnMut(&Happening<'_>) + 'static) {
        self.inner.observer.replace(Some(Box::new(observer)));
    }
}

impl Inner {
    pub(super) fn tell(&self, happening: &Happening<'_>) {
        if let Some(observer) = self.observer.borrow_mut().as_mut() {
            observer(happening);
        }
    }
}

impl Page {
    pub(super) fn id(&self) -> PageId {
        PageId { tab: self.window, page: self.number }
    }
}
