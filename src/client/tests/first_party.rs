//! Credentials that are not OAuth's, in a world in a box with a small backend of their own.

mod api_key;
mod backend;
mod closed;
mod cookie;
mod neighbour;
mod password;

use super::super::{Event, Listener};
use super::{code, name};
use crate::error::{ErrorCode, Result};
use crate::secret::Secret;
use crate::testing::{Call, Tab, World};
use backend::{BACKEND, Backend};
use std::cell::RefCell;
use std::rc::Rc;

/// A world with a backend, and a diary of everything that any client in it told.
struct Scene {
    world: World,
    backend: Backend,
    diary: Rc<RefCell<Vec<Event>>>,
}

impl Scene {
    fn new() -> Self {
        let world = World::new(7);
        let backend = Backend::start(&world);
        Self { world, backend, diary: Rc::default() }
    }

    fn listener(&self) -> Option<Listener> {
        let diary = Rc::clone(&self.diary);
        Some(Rc::new(move |event: &Event| diary.borrow_mut().push(event.clone())))
    }

    fn told(&self) -> Vec<&'static str> {
        self.world.settle();
        self.diary.borrow().iter().filter_map(name).collect()
    }

    fn call(&self, fetch: impl Future<Output = Answer>) -> Result<u16, ErrorCode> {
        self.world.run(fetch).map(|answer| answer.status).map_err(code)
    }
}

type Answer = Result<crate::http::HttpResponse, super::super::Failure<String>>;

fn me() -> Call {
    Call::get(&[BACKEND, "/api/me"].concat())
}

fn at(path: &str) -> String {
    [BACKEND, path].concat()
}

fn ada() -> Vec<(String, Secret)> {
    login_of("ada", "engine-1843")
}

fn login_of(user: &str, password: &str) -> Vec<(String, Secret)> {
    vec![("username".to_owned(), user.into()), ("password".to_owned(), password.into())]
}

/// Everything that a page leaves behind where the next one finds it.
fn stored(tab: &Tab) -> String {
    use super::super::StorageKind::{IndexedDb, Local, Session};
    [IndexedDb, Local, Session].map(|kind| format!("{:?}", tab.stored(kind))).concat()
}

impl Drop for Scene {
    /// Whatever a test is about: nothing that a client told may give a secret away.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for event in self.diary.borrow().iter() {
            let text = format!("{event:?}");
            for secret in self.backend.secrets() {
                assert!(!text.contains(&secret), "{text}");
            }
        }
    }
}
