//! A caller's request with the credential attached.

use super::audience::Audience;
use super::kind::{Kind, NOBODY};
use super::part::boxed;
use super::platform::{Failure, Part};
use super::record::Record;
use super::renewal::another_user;
use super::{Client, Inner, Level, Platform, login_required};
use crate::error::{Error, ErrorCode};
use futures_util::future::{Either, select};
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;

/// A token that ends sooner than this, in seconds, may not survive the way to the API.
pub(super) const MARGIN: i64 = 5;
/// An API that refuses a token which was renewed for it this recently, in milliseconds, does not want another.
pub(super) const CONVINCED_FOR_MS: f64 = 10_000.0;

impl<P: Platform> Client<P> {
    /// Sends a call with the access token, if its URL is under `resources`. Renews first when the token is about to expire;
    /// on a 401 renews once and repeats the call once, if its body can be sent again.
    ///
    /// # Errors
    /// [`Failure::GivenUp`] with the caller's own reason. `unlisted_resource` and `login_required` before anything is sent;
    /// `session_lost` when the server ends the session over this; `network` and the other codes of renewal.
    pub fn fetch(&self, call: P::Call) -> impl Future<Output = Result<P::Answer, Failure<P::Reason>>> {
        self.0.fetch(call)
    }
}

impl<P: Platform, K: Kind<P>> Inner<P, K> {
    pub(super) async fn fetch(self: &Rc<Self>, call: P::Call) -> Result<P::Answer, Failure<P::Reason>> {
        let audience = self.audience_of(&call)?;
        let record = match self.record_for(&audience) {
            Some(record) => record,
            None if K::HAS_FIRST => self.unless_given_up(&call, K::first(self)).await?,
            None => return Err(login_required(NOBODY).into()),
        };
        let record = match record.is_good_for(MARGIN, self.now()) {
            true => record,
            false => self.unless_given_up(&call, self.good_for(record, MARGIN)).await?,
        };
        let answer = self.send_with_credential(&call, &record).await?;
        self.heed_answer(&call, &record, answer).await
    }

    /// Does what is to be done about an answer to a call that was sent with this record.
    pub(super) async fn heed_answer(
        self: &Rc<Self>,
        call: &P::Call,
        record: &Rc<Record>,
        answer: P::Answer,
    ) -> Result<P::Answer, Failure<P::Reason>> {
        match self.platform.status(&answer) {
            401 => {}
            status => {
                if status == 403 {
                    K::note_refusal(self, record, &answer);
                }
                return Ok(answer);
            }
        }
        match self.unless_given_up(call, self.platform.part(Part::Flows)).await {
            Ok(()) => boxed(self.answer_refusal(call, record, answer)).await,
            Err(Failure::Error(_)) => Ok(answer),
            Err(given_up) => Err(given_up),
        }
    }

    /// Sends a call that an API has refused once more, if there is a reason to.
    async fn answer_refusal(
        self: &Rc<Self>,
        call: &P::Call,
        record: &Rc<Record>,
        answer: P::Answer,
    ) -> Result<P::Answer, Failure<P::Reason>> {
        if K::is_out_of_reach(self, &answer) {
            return Ok(answer);
        }
        let may_send_again = self.platform.may_send_again(call);
        match self.unless_given_up(call, K::satisfy(self, record, &answer)).await {
            Ok(super::kind::Satisfied::NotAsked) => {}
            Ok(super::kind::Satisfied::Yes) if may_send_again => {
                return self.send_with_credential(call, record).await;
            }
            // Events say why, and the API's answer is the caller's.
            Ok(_) | Err(Failure::Error(_)) => return Ok(answer),
            Err(given_up) => return Err(given_up),
        }
        if !may_send_again {
            return Ok(answer);
        }
        match self.unless_given_up(call, self.renew_refused(record)).await {
            Ok(true) => {
                let answer = self.send_with_credential(call, record).await?;
                if self.platform.status(&answer) != 401 {
                    // It takes what is renewed for it: what it refuses next was revoked meanwhile.
                    self.audiences.convince(&record.audience, f64::NEG_INFINITY);
                }
                Ok(answer)
            }
            // The session may be over, or renewal fails for now: events say so, and the API's answer is the caller's.
            Ok(false) | Err(Failure::Error(_)) => Ok(answer),
            Err(given_up) => Err(given_up),
        }
    }

    /// Sends a call that a renewal is made of: with what there is, and whatever comes of it.
    pub(super) async fn fetch_as_it_is(self: &Rc<Self>, call: P::Call) -> Result<P::Answer, Failure<P::Reason>> {
        let audience = self.audience_of(&call)?;
        let record = self.record_for(&audience).ok_or_else(|| login_required(NOBODY))?;
        self.send_with_credential(&call, &record).await
    }

    pub(super) fn audience_of(&self, call: &P::Call) -> crate::Result<Audience> {
        self.check_open()?;
        let url = P::parse_url(&self.platform.call_url(call), None);
        url.and_then(|url| self.config.audience_for(&url)).ok_or_else(|| {
            Error::new(ErrorCode::UnlistedResource, "this URL is not under resources, and nothing was sent")
        })
    }

    /// Sends a call that began in the name of this session: with its tokens, or with newer ones of the same user.
    pub(super) async fn send_with_credential(
        self: &Rc<Self>,
        call: &P::Call,
        begun: &Record,
    ) -> Result<P::Answer, Failure<P::Reason>> {
        self.check_user_of(begun)?;
        let current = self.credential_for(&begun.audience);
        let (record, credential) = current.ok_or_else(|| login_required("the user signed out meanwhile"))?;
        let answer = K::send_call(self, call, &record, &credential).await?;
        // What was fetched for one user is nothing for the next.
        self.check_user_of(begun)?;
        Ok(answer)
    }

    fn check_user_of(&self, begun: &Record) -> crate::Result<()> {
        if self.record().is_some_and(|record| !record.is_same_user(begun)) { Err(another_user()) } else { Ok(()) }
    }

    /// Gets another token in place of one that an API has refused. `false`: there is none to be had that is any better.
    pub(super) async fn renew_refused(self: &Rc<Self>, refused: &Rc<Record>) -> crate::Result<bool> {
        let audience = &refused.audience;
        if let Some(record) = self.record_for(audience).filter(|record| !record.has_same_token(refused)) {
            // Of a sign-in since then there may be none for this API yet.
            return Ok(record.is_same_user(refused) && self.good_for(record, 0).await.is_ok());
        }
        if refused.refresh_token.is_none() {
            K::doubt(self, refused).await;
            return Ok(false);
        }
        if self.platform.monotonic_ms() - self.audiences.convinced_at(audience) < CONVINCED_FOR_MS {
            return Ok(false);
        }
        self.log(Level::Info, "an API refused the token: it is renewed", None);
        self.renew(refused).await?;
        self.audiences.convince(audience, self.platform.monotonic_ms());
        Ok(true)
    }

    async fn unless_given_up<T>(
        &self,
        call: &P::Call,
        future: impl Future<Output = crate::Result<T>>,
    ) -> Result<T, Failure<P::Reason>> {
        match select(pin!(future), pin!(self.platform.given_up(call))).await {
            Either::Left((result, _)) => Ok(result?),
            Either::Right((reason, _)) => Err(Failure::GivenUp(reason)),
        }
    }
}
