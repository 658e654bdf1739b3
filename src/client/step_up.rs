//! An API that asks for a stronger sign-in (RFC 9470): the user signs in for it, and the call is repeated.

use super::platform::Part;
use super::{Event, Inner, Platform};
use crate::error::{Error, ErrorCode, OAuthError};
use crate::oauth::step_up::INSUFFICIENT;
use {
    super::kind::Satisfied,
    super::record::Record,
    super::{Level, SignInMode, SignInOptions, login_required},
    crate::error::Result,
    crate::json::Json,
    crate::oauth::step_up::Demand,
    std::rc::Rc,
};

/// What to do when an API asks for a stronger sign-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StepUp {
    /// Hand out its answer, and say so.
    #[default]
    None,
    /// Sign in for it in a window of its own, and repeat the call.
    Popup,
    /// Leave the page for the server's, and come back to the same place.
    Redirect,
}

impl<P: Platform> Inner<P> {
    /// Whether the answer to a call asks for a stronger sign-in, and nobody is to sign in for it: then an event says so.
    pub(super) fn is_step_up_required(&self, answer: &P::Answer) -> bool {
        let header = self.platform.answer_header(answer, "www-authenticate").unwrap_or_default();
        if self.kind.options.step_up != StepUp::None {
            return false;
        }
        // Words are compared, and nothing is searched for: what searches texts would be a kilobyte more in every page.
        let is_required = header.split(['"', '=', ',', ' ']).any(|word| word == INSUFFICIENT);
        if is_required {
            // Words of the API's: they are cleaned as an authorization server's are.
            let said = OAuthError::new(INSUFFICIENT, Some(&header), None, Some(401));
            let required = Error::new(ErrorCode::StepUpRequired, "the API asks for a stronger sign-in");
            self.tell(Event::Error(required.with_oauth(said)));
        }
        is_required
    }
}

impl<P: Platform> Inner<P> {
    /// Does what the answer to a call asks for, once for all calls that are asked meanwhile. `sent` is the session that the call
    /// went out with.
    pub(super) async fn satisfy(self: &Rc<Self>, sent: &Record, answer: &P::Answer) -> Result<Satisfied> {
        if self.kind.options.step_up == StepUp::None {
            return Ok(Satisfied::NotAsked);
        }
        self.later(Part::More, || Box::pin(self.step_up(sent, answer))).await
    }

    async fn step_up(self: &Rc<Self>, sent: &Record, answer: &P::Answer) -> Result<Satisfied> {
        let header = self.platform.answer_header(answer, "www-authenticate");
        let Some(demand) = header.and_then(|header| Demand::find(&header)) else { return Ok(Satisfied::NotAsked) };
        self.kind.step_up.landed().await;
        // Whoever has left meanwhile is not asked to come back.
        if self.is_closed.get() || !self.record().is_some_and(|record| record.is_same_user(sent)) {
            return Ok(Satisfied::No);
        }
        if self.meets(&demand) {
            let is_new = self.record().is_some_and(|record| !record.is_same_write(sent));
            if !is_new {
                self.log(Level::Warn, "an API asks again for what this sign-in is: it gets no other", None);
            }
            return Ok(if is_new { Satisfied::Yes } else { Satisfied::No });
        }
        self.log(Level::Info, "an API asks for a stronger sign-in", Some(demand.describe()));
        self.kind.step_up.join(&self.platform, || Rc::clone(self).sign_in_for(demand)).await?;
        Ok(Satisfied::Yes)
    }

    fn meets(&self, demand: &Demand) -> bool {
        let claims = self.record().and_then(|record| P::Json::parse(record.claims.as_deref()?));
        claims.is_some_and(|claims| demand.is_met_by(&claims, self.now(), self.config.tolerance()))
    }

    /// The ID token that comes of it is checked against what was asked for, like that of any sign-in.
    async fn sign_in_for(self: Rc<Self>, demand: Demand) -> Result<()> {
        let is_popup = self.kind.options.step_up == StepUp::Popup;
        let window = if is_popup { self.platform.open_window() } else { None };
        let has_words = demand.acr_values.is_some() || demand.max_age.is_some();
        let options = SignInOptions {
            mode: if is_popup { SignInMode::Popup } else { SignInMode::Redirect },
            prompt: (!has_words).then(|| "login".to_owned()),
            acr_values: demand.acr_values,
            // Without a word of when, the ID token need not say it.
            max_age: demand.max_age.or((!has_words).then_some(0)),
            // Beside what was granted before, which stays.
            scope: Some(self.kind.options.scope.clone()),
            authorization_details: self.record().and_then(|record| record.authorization_details.clone()),
            ..SignInOptions::default()
        };
        let session = self.sign_in(options, window).await?;
        session.claims.as_ref().map(drop).ok_or_else(|| login_required("the new session is of no OpenID sign-in"))
    }
}
