//! What is particular to one kind of credential. Everything else is the same code for all of them: the session and its record,
//! renewal once for all callers and all tabs, events, idleness, calls and the end of a session.

use super::audience::Audience;
use super::record::Record;
use super::{Failure, Inner, Platform, login_required};
use crate::error::{Error, Result};
use crate::secret::Secret;
use std::future::ready;
use std::rc::Rc;

/// One kind of credential.
pub(super) trait Kind<P: Platform>: Sized + 'static {
    /// What a renewal needs to know before its attempt is written down, because getting it takes time.
    type Means;

    /// Waits until what would make a renewal needless is over: a sign-in that is under way.
    fn is_at_rest(&self) -> impl Future<Output = ()>;

    /// Gets what a renewal needs to know.
    fn means(inner: &Rc<Inner<P, Self>>) -> impl Future<Output = Result<Self::Means>>;

    /// Asks for what comes after `record`, with another token for this audience. Its refresh token is whatever a renewal is known
    /// by: there is one if, and only if, it can be renewed.
    fn refresh(
        inner: &Rc<Inner<P, Self>>,
        means: &Self::Means,
        record: &Rc<Record>,
        refresh_token: &Secret,
        audience: &Audience,
    ) -> impl Future<Output = Result<Rc<Record>, Refused>>;

    /// Whether a call can begin a session by itself.
    const HAS_FIRST: bool = false;

    /// What a call is sent with while nobody is signed in.
    ///
    /// # Errors
    /// `login_required`: nothing.
    async fn first(_inner: &Rc<Inner<P, Self>>) -> Result<Rc<Record>> {
        Err(login_required(NOBODY))
    }

    /// Does what is to be done when an API has refused a credential that cannot be renewed.
    async fn doubt(_inner: &Rc<Inner<P, Self>>, _refused: &Rc<Record>) {}

    /// The credential as a call carries it, made once for each record.
    fn credential(&self, record: &Record) -> Secret;

    /// Sends a call of the caller's with the credential of this record.
    fn send_call(
        inner: &Rc<Inner<P, Self>>,
        call: &P::Call,
        record: &Record,
        credential: &Secret,
    ) -> impl Future<Output = Result<P::Answer, Failure<P::Reason>>>;

    /// Notes why an API answers 403.
    fn note_refusal(_inner: &Rc<Inner<P, Self>>, _sent: &Record, _answer: &P::Answer) {}

    /// Whether an API that answers 401 asks for what no other token would be.
    fn is_out_of_reach(_inner: &Inner<P, Self>, _answer: &P::Answer) -> bool {
        false
    }

    /// Does what an API that answers 401 asks for, if it is something else than a better token. `sent` is the session that the
    /// call went out with.
    fn satisfy(
        _inner: &Rc<Inner<P, Self>>,
        _sent: &Record,
        _answer: &P::Answer,
    ) -> impl Future<Output = Result<Satisfied>> {
        ready(Ok(Satisfied::NotAsked))
    }
}

/// What has become of an API's wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Satisfied {
    /// It has none that is known.
    NotAsked,
    /// It may be asked again.
    Yes,
    /// It would say the same again.
    No,
}

pub(super) const NOBODY: &str = "nobody is signed in";

/// Why a renewal was refused.
pub(super) enum Refused {
    /// `invalid_grant`, or words to that effect: asking again is useless.
    ForGood(Error),
    /// It may work later, or the request is wrong and not the token: the session stays.
    ForNow(Error),
    /// The tokens cannot be trusted, but there is a new refresh token among them, and the old one may be used up: the session
    /// of before, with it.
    ButRotated(Error, Rc<Record>),
}
