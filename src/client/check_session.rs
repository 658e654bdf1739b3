//! The end of a session at the server, seen in a frame of the server's (OpenID Connect Session Management 1.0).
//!
//! The frame can only say that something has changed. What, a silent sign-in finds out: the same user goes on, with the new state.
//! A browser may keep the server's cookies from frames, and to the server's page everything has changed then. So where only trying
//! tells, a refusal counts once the page has said here that nothing has changed. No session ends because nobody can tell.

use super::part::boxed;
use super::record::{Fields, Record};
use super::sign_in::PENDING;
use super::{Inner, Level, Platform, SignInMode, SignInOptions, SignedOutReason};
use crate::encoding::{Form, concat};
use crate::error::{Error, ErrorCode, Result};
use crate::oauth::callback::process_callback;
use crate::oauth::session::{SessionCheck, check_message, process_check, session_state};
use std::ops::ControlFlow::{self, Break, Continue};
use std::rc::{Rc, Weak};

/// Key of the note that keeps the state, with the family whose it is.
const KEY: &str = "server session";
/// How often the frame is asked, and how long it is waited for.
const LOOK_MS: u32 = 2_000;
/// A page that so many questions in a row get nothing out of never answers.
const SILENCES: u32 = 5;
/// Milliseconds between two silent sign-ins. Whatever goes wrong, it goes wrong no more often.
const PAUSE_MS: f64 = 60_000.0;
/// A server to which a session has changed so often in a row does not know its own.
const CHANGES: u32 = 3;

/// The server's page in a frame, and what it has said.
struct Watched<P: Platform> {
    frame: Option<(P::Opened, String)>,
    /// Whether the page is known to see the server's cookies.
    is_trusted: bool,
    silences: u32,
    changes: u32,
    /// Monotonic milliseconds: not before this is the server asked again.
    rests_until: f64,
}

/// Goes on, or ends for a reason that is told.
type Look = ControlFlow<&'static str>;

impl<P: Platform> Inner<P> {
    /// Watches the server's session for as long as the client is there, if it is to.
    pub(super) fn watch_session(self: &Rc<Self>) {
        if !self.kind.options.check_session {
            return;
        }
        self.platform.spawn(boxed(look_again_and_again(Rc::downgrade(self))));
    }

    async fn look_at_server(self: &Rc<Self>, watched: &mut Watched<P>) -> Look {
        let is_awake = self.platform.is_visible() && self.platform.monotonic_ms() >= watched.rests_until;
        // Of a session that is nobody's by name nobody could tell whether the next is the same user's.
        let is_watched = |record: &Rc<Record>| is_awake && record.subject.is_some();
        let Some(record) = self.record().filter(is_watched) else { return Continue(()) };
        let Some(state) = self.state_of(&record).await else { return Continue(()) };
        let Some((frame, origin)) = &watched.frame else { return self.open_server_page(watched).await };
        let message = check_message(self.client_of(&record), &state);
        let answer = self.platform.ask_frame(frame, &message, origin, LOOK_MS).await;
        match answer.and_then(|answer| process_check(&answer)) {
            None if watched.silences >= SILENCES => return Break("its page does not answer"),
            None => watched.silences += 1,
            Some(SessionCheck::Unchanged) => {
                (watched.is_trusted, watched.silences, watched.changes) = (true, 0, 0);
            }
            // §3.1: no sign-in may come of it, which would go on for ever.
            Some(SessionCheck::Error) => return Break("its page does not understand the question"),
            Some(SessionCheck::Changed) => {
                watched.rests_until = self.platform.monotonic_ms() + PAUSE_MS;
                return self.find_out_what_changed(watched, &record).await;
            }
        }
        Continue(())
    }

    async fn open_server_page(self: &Rc<Self>, watched: &mut Watched<P>) -> Look {
        let Ok(metadata) = self.metadata().await else {
            watched.rests_until = self.platform.monotonic_ms() + PAUSE_MS;
            return Continue(());
        };
        let url = metadata.check_session_iframe.as_deref().and_then(|url| P::parse_url(url, None));
        let Some(url) = url else { return Break("it has no check_session_iframe") };
        match self.platform.has_cookies_in_frame(&url.href) {
            Some(false) => return Break("this browser keeps the server's cookies from a frame in this page"),
            has_cookies => watched.is_trusted = has_cookies.is_some(),
        }
        let Some(frame) = self.platform.open_frame() else { return Break("there is no page here for a frame") };
        self.platform.send_window(&frame, &url.href);
        watched.frame = Some((frame, url.origin));
        Continue(())
    }

    async fn find_out_what_changed(self: &Rc<Self>, watched: &mut Watched<P>, record: &Record) -> Look {
        // One tab finds out for all.
        let _turn = self.turn("server session").await;
        self.adopt_stored(SignedOutReason::OtherTab).await;
        if !self.is_of_family(record) {
            watched.rests_until = f64::NEG_INFINITY;
            return Continue(());
        }
        watched.changes += 1;
        let Err(error) = self.sign_in_again(record).await else {
            return if watched.changes < CHANGES {
                Continue(())
            } else {
                Break("it says of every session that it has changed")
            };
        };
        let is_another = error.code() == ErrorCode::SessionLost;
        if !is_another && !is_over(&error) {
            self.log(Level::Info, "what has changed at the server could not be learned", Some(error.message()));
            return Continue(());
        }
        if !is_another && !watched.is_trusted {
            return Break("it may be over, or this browser keeps the server's cookies from frames: nobody can tell");
        }
        if self.is_of_family(record) {
            self.end_session(SignedOutReason::Expired).await;
            if !is_another {
                self.failed(Error::new(ErrorCode::SessionLost, "the user has signed out at the server"));
            }
        }
        Continue(())
    }

    /// A silent sign-in that only the user of `record` can come out of.
    async fn sign_in_again(self: &Rc<Self>, record: &Record) -> Result<()> {
        let options = SignInOptions {
            mode: SignInMode::Silent,
            // Beside what was granted before, which stays.
            scope: Some(self.kind.options.scope.clone()),
            authorization_details: record.authorization_details.clone(),
            ..SignInOptions::default()
        };
        let callback = self.ask_in_frame(options).await?;
        if callback.is_refusal() {
            // No sign-in of the application's has failed.
            self.remove_pending(&concat(&[PENDING, &callback.state])).await;
            let metadata = self.metadata().await?;
            return process_callback(&callback, &callback.state, &metadata).map(drop);
        }
        if !self.is_of_family(record) {
            // Signed out meanwhile, here or in another tab: it was about that session.
            self.remove_pending(&concat(&[PENDING, &callback.state])).await;
            return Ok(());
        }
        self.kind.only_for.replace(Some((callback.state.clone(), record.subject.clone())));
        let outcome = self.finish_redirect(callback).await;
        self.kind.only_for.take();
        outcome.map(drop)
    }

    /// What a sign-in must be that was begun to find out about another.
    pub(super) fn check_subject(&self, state: &str, subject: Option<&str>) -> Result<()> {
        match self.kind.only_for.borrow().as_ref() {
            Some((only, expected)) if only == state && expected.as_deref() != subject => {
                Err(Error::new(ErrorCode::SessionLost, "somebody else is signed in at the server by now"))
            }
            _ => Ok(()),
        }
    }

    /// Keeps the state of the server's session for the record that is about to be written.
    pub(super) async fn keep_session_state(&self, family: &str, given: Option<&str>) {
        if self.kind.options.check_session {
            boxed(self.note_session_state(family, given)).await;
        }
    }

    async fn note_session_state(&self, family: &str, given: Option<&str>) {
        let Some(state) = session_state(given) else { return };
        let mut fields = Form::new();
        fields.add("family", family);
        fields.add("state", state);
        self.take_note(self.store.kind(), KEY, &fields.into()).await;
    }

    async fn state_of(&self, record: &Record) -> Option<String> {
        let known = self.kind.server_session.borrow().clone().filter(|(family, _)| *family == record.family);
        if let Some((_, state)) = known {
            return state;
        }
        let note = self.note(self.store.kind(), KEY).await.map(|note| Fields::parse(&note));
        let note = note.filter(|note| note.text("family").as_ref() == Some(&record.family));
        let state = note.and_then(|note| note.text("state"));
        if state.is_none() {
            self.log(Level::Info, "the server gave this session no session_state: it cannot be watched", None);
        }
        self.kind.server_session.replace(Some((record.family.clone(), state.clone())));
        state
    }
}

async fn look_again_and_again<P: Platform>(inner: Weak<Inner<P>>) {
    let mut watched =
        Watched { frame: None, is_trusted: false, silences: 0, changes: 0, rests_until: f64::NEG_INFINITY };
    while let Some(inner) = inner.upgrade() {
        inner.platform.sleep(LOOK_MS).await;
        if inner.is_closed.get() {
            return;
        }
        if let Break(why) = inner.look_at_server(&mut watched).await {
            return inner.log(Level::Warn, "the session at the server is no longer watched", Some(why.to_owned()));
        }
    }
}

/// Whether the server says that the user is not signed in there. What else it may want of him says nothing about that.
fn is_over(error: &Error) -> bool {
    error.code() == ErrorCode::LoginRequired && error.oauth().is_some_and(|said| said.error != "consent_required")
}
