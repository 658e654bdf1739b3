//! The credential of this kind of client is an access token of OAuth 2.0, presented as RFC 6750 §2.1 has it.

use super::audience::Audience;
use super::discovery::Known;
use super::flight::Flight;
use super::kind::{Kind, Refused};
use super::options::Settings;
use super::proof::Proofs;
use super::record::Record;
use super::{Failure, Inner, Platform, redirect};
use crate::encoding::concat;
use crate::error::Result;
use crate::oauth::metadata::Metadata;
use crate::secret::Secret;
use std::cell::RefCell;
use std::rc::Rc;

/// What a client knows of its authorization server, and of the way back from there.
pub(super) struct OAuth<P: Platform> {
    pub(super) options: Settings,
    pub(super) return_to: RefCell<Option<String>>,
    pub(super) metadata: RefCell<Option<Known>>,
    pub(super) discovery: Rc<Flight<Result<Rc<Metadata>>>>,
    pub(super) proofs: Proofs<P>,
    pub(super) key_fetch: Rc<Flight<Result<P::Json>>>,
    pub(super) redirect: Rc<Flight<redirect::Outcome>>,
    /// The last redirect that this page has finished, by its state.
    pub(super) finished: RefCell<Option<(String, redirect::Outcome)>>,
    /// Whether what is kept of a redirect may be this client's.
    pub(super) has_taken: std::cell::Cell<bool>,
    /// Whether the server did not know the user in a frame, where it may not have seen its cookies.
    pub(super) is_unknown_in_frames: std::cell::Cell<bool>,
    /// The family whose server's session this is, and its state.
    pub(super) server_session: RefCell<Option<(String, Option<String>)>>,
    /// The state of a sign-in, and the only user that may come out of it.
    pub(super) only_for: RefCell<Option<(String, Option<String>)>>,
    pub(super) step_ups: super::step_up::StepUps,
}

impl<P: Platform> OAuth<P> {
    pub(super) fn new(options: Settings) -> Self {
        Self {
            options,
            return_to: RefCell::default(),
            metadata: RefCell::default(),
            discovery: Rc::default(),
            proofs: Proofs::default(),
            key_fetch: Rc::default(),
            redirect: Rc::default(),
            finished: RefCell::default(),
            has_taken: std::cell::Cell::default(),
            is_unknown_in_frames: std::cell::Cell::default(),
            server_session: RefCell::default(),
            only_for: RefCell::default(),
            step_ups: super::step_up::StepUps::default(),
        }
    }
}

impl<P: Platform> Kind<P> for OAuth<P> {
    type Means = Rc<Metadata>;

    // Not `async`: what is only handed on needs no state of its own.

    fn is_at_rest(&self) -> impl Future<Output = ()> {
        self.redirect.landed()
    }

    fn means(inner: &Rc<Inner<P, Self>>) -> impl Future<Output = Result<Rc<Metadata>>> {
        inner.metadata()
    }

    fn refresh(
        inner: &Rc<Inner<P, Self>>,
        metadata: &Rc<Metadata>,
        record: &Rc<Record>,
        refresh_token: &Secret,
        audience: &Audience,
    ) -> impl Future<Output = Result<Rc<Record>, Refused>> {
        inner.refresh(metadata, record, refresh_token, audience)
    }

    fn credential(&self, record: &Record) -> Secret {
        concat(&[record.token_type.name(), " ", record.access_token.expose()]).into()
    }

    fn send_call(
        inner: &Rc<Inner<P, Self>>,
        call: &P::Call,
        record: &Record,
        credential: &Secret,
    ) -> impl Future<Output = Result<P::Answer, Failure<P::Reason>>> {
        inner.send_call_proven(call, record, credential)
    }

    fn note_refusal(inner: &Rc<Inner<P, Self>>, sent: &Record, answer: &P::Answer) {
        inner.look_for_missing_scope(sent, answer);
    }

    fn is_out_of_reach(inner: &Inner<P, Self>, answer: &P::Answer) -> bool {
        inner.is_step_up_required(answer)
    }

    fn satisfy(
        inner: &Rc<Inner<P, Self>>,
        sent: &Record,
        answer: &P::Answer,
    ) -> impl Future<Output = Result<super::kind::Satisfied>> {
        inner.satisfy(sent, answer)
    }
}
