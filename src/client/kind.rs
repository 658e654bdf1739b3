//! What is particular to one kind of credential. Everything else is the same code for all of them: the session and its record,
//! renewal once for all callers and all tabs, events, idleness, calls and the end of a session.

use super::audience::Audience;
use super::record::Record;
use super::{Failure, Inner, Platform};
use crate::error::{Error, Result};
use crate::secret::Secret;
use std::rc::Rc;

/// One kind of credential.
pub(super) trait Kind<P: Platform>: Sized + 'static {
    /// What a renewal needs to know before its attempt is written down, because getting it takes time.
    type Means;

    /// Waits until what would make a renewal needless is over: a sign-in that is under way.
    async fn is_at_rest(&self);

    /// Gets what a renewal needs to know.
    async fn means(inner: &Rc<Inner<P, Self>>) -> Result<Self::Means>;

    /// Asks for what comes after `record`, with another token for this audience. Its refresh token is whatever a renewal is known by: there is one if, and only if, it
    /// can be renewed.
    async fn refresh(
        inner: &Rc<Inner<P, Self>>,
        means: &Self::Means,
        record: &Rc<Record>,
        refresh_token: &Secret,
        audience: &Audience,
    ) -> Result<Rc<Record>, Refused>;

    /// The credential as a call carries it, made once for each record.
    fn credential(&self, record: &Record) -> Secret;

    /// Sends a call of the caller's with the credential of this record.
    async fn send_call(
        inner: &Rc<Inner<P, Self>>,
        call: &P::Call,
        record: &Record,
        credential: &Secret,
    ) -> Result<P::Answer, Failure<P::Reason>>;
}

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
