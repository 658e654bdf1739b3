//! Cookies of the one site that the world's pages and their servers belong to.

use super::{Tab, World};
use crate::http::HttpResponse;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Values by their names, and whether scripts can read them.
#[derive(Default)]
pub(super) struct Cookies(RefCell<BTreeMap<String, (String, bool)>>);

impl Cookies {
    /// What goes with a request.
    pub(super) fn header(&self) -> Option<(String, String)> {
        let jar = self.0.borrow();
        let pairs: Vec<String> = jar.iter().map(|(name, (value, _))| [name, "=", value].concat()).collect();
        (!pairs.is_empty()).then(|| ("cookie".to_owned(), pairs.join("; ")))
    }

    /// Takes over what an answer sets: `name=value`, with `; HttpOnly` behind it or not. An empty value removes.
    pub(super) fn take_from(&self, answer: &HttpResponse) {
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let Some((name, value)) = pair.split_once('=') else { continue };
            if value.is_empty() {
                self.0.borrow_mut().remove(name);
            } else {
                let is_readable = !attributes.contains("HttpOnly");
                self.0.borrow_mut().insert(name.to_owned(), (value.to_owned(), is_readable));
            }
        }
    }
}

impl World {
    /// Forgets all cookies, as a browser does that is closed.
    pub fn forget_cookies(&self) {
        self.inner.cookies.0.borrow_mut().clear();
    }
}

impl Tab {
    pub(super) fn readable_cookie(&self, name: &str) -> Option<String> {
        let jar = self.world.cookies.0.borrow();
        jar.get(name).filter(|(_, is_readable)| *is_readable).map(|(value, _)| value.clone())
    }
}
