//! The answer to a sign-in beside the page, on its way to the page that began it.
//!
//! It is known by the state alone: the page that it comes to may have several clients, and any of them can be the one that finds it.

use super::part::boxed;
use super::platform::{Part, StorageKind};
use super::record::Fields;
use super::{Inner, Platform};
use crate::encoding::{Form, concat};
use crate::oauth::callback::Callback;
use crate::secret::Secret;
use crate::time::UnixTime;
use std::rc::Rc;

/// Before the state: the name of the channel, and the key of the answer. No client's own keys begin like this.
const ANSWER: &str = "tessera-answer ";
/// What all pages of an origin share, the safer one first.
const PLACES: [StorageKind; 2] = [StorageKind::IndexedDb, StorageKind::Local];
/// Seconds. Whoever should have taken what is older is gone.
const KEPT_FOR: i64 = 60;

/// The channel on which is said that there is an answer for this state, and that it was taken.
pub(super) fn answer_channel(state: &str) -> String {
    concat(&[ANSWER, state])
}

impl<P: Platform> Inner<P> {
    /// Puts an answer where the page that began can read it: encrypted, unless the browser refuses that place.
    pub(super) async fn put_answer(&self, state: &str, url: &str) -> bool {
        let mut fields = Form::new();
        fields.add_number("at", self.this_second().0);
        fields.add("url", url);
        let (key, answer) = (answer_channel(state), Secret::from(fields));
        for kind in PLACES {
            if self.platform.write(kind, &key, &answer).await.is_ok() {
                return true;
            }
        }
        false
    }

    /// Takes an answer out of where it was put.
    pub(super) async fn take_answer(&self, state: &str) -> Option<Callback> {
        let key = answer_channel(state);
        for kind in PLACES {
            if let Ok(Some(answer)) = self.platform.read(kind, &key).await {
                let _ = self.platform.remove(kind, &key).await;
                let url = Fields::parse(&answer).text("url")?;
                let callback = Callback::find(&P::parse_url(&url, None)?)?;
                return Some(callback).filter(|callback| callback.state == state);
            }
        }
        None
    }

    /// Removes what was put for pages that did not live to take it, beside everything else.
    pub(super) fn tidy_up(self: &Rc<Self>) {
        let inner = Rc::clone(self);
        self.platform.spawn(async move { inner.remove_old_answers().await });
    }

    async fn remove_old_answers(&self) {
        let mut are_there = false;
        for kind in PLACES {
            are_there |= self.platform.keys(kind, ANSWER).await.is_ok_and(|keys| !keys.is_empty());
        }
        if are_there && self.platform.part(Part::More).await.is_ok() {
            boxed(self.remove_those_that_are_old()).await;
        }
    }

    async fn remove_those_that_are_old(&self) {
        for kind in PLACES {
            for key in self.platform.keys(kind, ANSWER).await.unwrap_or_default() {
                let answer = self.platform.read(kind, &key).await.ok().flatten();
                let put_at = answer.and_then(|answer| Fields::parse(&answer).number("at"));
                let is_young = |at| self.this_second().seconds_since(UnixTime(at)).abs() < KEPT_FOR;
                if !put_at.is_some_and(is_young) {
                    let _ = self.platform.remove(kind, &key).await;
                }
            }
        }
    }

    /// By this machine's clock, which is what waiting goes by.
    fn this_second(&self) -> UnixTime {
        UnixTime::from_millis(self.platform.wall_ms())
    }
}
