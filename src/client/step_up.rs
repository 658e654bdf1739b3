//! An API that asks for a stronger sign-in (RFC 9470): the user signs in for it, and the call is repeated.

use super::part::boxed;
use super::platform::Part;
use super::{Event, Inner, Platform};
use crate::encoding::parts;
use crate::error::{Error, ErrorCode, OAuthError};
use crate::oauth::step_up::INSUFFICIENT;
use {
    super::flight::Flight,
    super::kind::Satisfied,
    super::record::Record,
    super::{Level, SignInMode, SignInOptions, login_required},
    crate::error::Result,
    crate::json::Json,
    crate::oauth::step_up::Demand,
    std::cell::RefCell,
    std::rc::Rc,
};

/// Milliseconds for which a user who was asked in vain is not asked for the same again.
const ASKED_FOR_MS: f64 = 60_000.0;

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

/// What a page remembers of the sign-ins that APIs have asked for.
#[derive(Default)]
pub(super) struct StepUps {
    flight: Rc<Flight<Result<()>>>,
    /// What came to nothing, when by the monotonic clock, and why.
    failed: RefCell<Vec<(Demand, f64, Error)>>,
}

impl StepUps {
    /// Why there was none for this just now.
    fn failure(&self, demand: &Demand, now_ms: f64) -> Option<Error> {
        let mut failed = self.failed.borrow_mut();
        failed.retain(|(_, at, _)| now_ms - at < ASKED_FOR_MS);
        failed.iter().find(|(each, ..)| each == demand).map(|(.., error)| error.clone())
    }
}

impl<P: Platform> Inner<P> {
    /// Whether the answer to a call asks for a stronger sign-in, and nobody is to sign in for it: then an event says so.
    pub(super) fn is_step_up_required(&self, answer: &P::Answer) -> bool {
        let header = self.wish_of(answer).filter(|_| self.kind.options.step_up == StepUp::None);
        if let Some(header) = &header {
            self.tell(Event::Error(required(header)));
        }
        header.is_some()
    }

    /// The challenge of an API that asks for a stronger sign-in.
    fn wish_of(&self, answer: &P::Answer) -> Option<String> {
        let header = self.platform.answer_header(answer, "www-authenticate")?;
        // Words are compared, and nothing is searched for: what searches texts would be a kilobyte more in every page.
        let has_word = parts(&header, &['"', '=', ',', ' ']).any(|word| word == INSUFFICIENT);
        has_word.then_some(header)
    }
}

fn required(header: &str) -> Error {
    // Words of the API's: they are cleaned as an authorization server's are.
    let said = OAuthError::new(INSUFFICIENT, Some(header), None, Some(401));
    Error::new(ErrorCode::StepUpRequired, "the API asks for a stronger sign-in").with_oauth(said)
}

impl<P: Platform> Inner<P> {
    /// Does what the answer to a call asks for, once for all calls that are asked meanwhile. `sent` is the session that the call
    /// went out with.
    pub(super) async fn satisfy(self: &Rc<Self>, sent: &Record, answer: &P::Answer) -> Result<Satisfied> {
        if self.kind.options.step_up == StepUp::None || self.wish_of(answer).is_none() {
            return Ok(Satisfied::NotAsked);
        }
        self.platform.part(Part::More).await.map_err(|error| self.failed(error))?;
        boxed(self.step_up(sent, answer)).await
    }

    async fn step_up(self: &Rc<Self>, sent: &Record, answer: &P::Answer) -> Result<Satisfied> {
        let header = self.platform.answer_header(answer, "www-authenticate").unwrap_or_default();
        let Some(demand) = Demand::find(&header) else { return Ok(Satisfied::NotAsked) };
        let asked = &self.kind.step_ups;
        asked.flight.landed().await;
        // Whoever has left meanwhile is not asked to come back.
        if self.is_closed.get() || !self.record().is_some_and(|record| record.is_same_user(sent)) {
            return Ok(Satisfied::No);
        }
        if self.meets(&demand) {
            let is_new = self.record().is_some_and(|record| !record.is_same_write(sent));
            if !is_new {
                self.log(Level::Warn, "an API asks again for what this sign-in is: it gets no other", None);
            }
            return if is_new { self.be_ready_for(sent).await } else { Ok(Satisfied::No) };
        }
        if let Some(why) = asked.failure(&demand, self.platform.monotonic_ms()) {
            self.log(Level::Info, "the user was just asked for this sign-in in vain", Some(why.message()));
            self.tell(Event::Error(required(&header)));
            return Ok(Satisfied::No);
        }
        self.log(Level::Info, "an API asks for a stronger sign-in", Some(demand.describe()));
        asked.flight.join(&self.platform, || Rc::clone(self).sign_in_for(demand)).await?;
        self.be_ready_for(sent).await
    }

    /// The new session may have no token for the API that asked yet.
    async fn be_ready_for(self: &Rc<Self>, sent: &Record) -> Result<Satisfied> {
        match self.record_for(&sent.audience).filter(|record| record.is_same_user(sent)) {
            Some(record) => self.good_for(record, 0).await.map(|_| Satisfied::Yes),
            // Which is what the call then says.
            None => Ok(Satisfied::Yes),
        }
    }

    fn meets(&self, demand: &Demand) -> bool {
        let claims = self.record().and_then(|record| P::Json::parse(record.claims.as_deref()?));
        claims.is_some_and(|claims| demand.is_met_by(&claims, self.now(), self.config.tolerance()))
    }

    async fn sign_in_for(self: Rc<Self>, demand: Demand) -> Result<()> {
        let outcome = Rc::clone(&self).ask_for(demand.clone()).await;
        // A blocked window has asked nobody.
        if let Err(error) = outcome.as_ref()
            && error.code() != ErrorCode::PopupBlocked
        {
            let failed = (demand, self.platform.monotonic_ms(), error.clone());
            self.kind.step_ups.failed.borrow_mut().push(failed);
        }
        outcome
    }

    /// The ID token that comes of it is checked against what was asked for, like that of any sign-in.
    async fn ask_for(self: Rc<Self>, demand: Demand) -> Result<()> {
        let is_popup = self.kind.options.step_up == StepUp::Popup;
        let window = if is_popup { self.platform.open_window() } else { None };
        let has_words = demand.acr_values.is_some() || demand.max_age.is_some();
        let options = SignInOptions {
            mode: SignInMode::Popup,
            prompt: (!has_words).then(|| "login".to_owned()),
            acr_values: demand.acr_values,
            // Without a word of when, the ID token need not say it.
            max_age: demand.max_age.or((!has_words).then_some(0)),
            // Beside what was granted before, which stays.
            scope: Some(self.kind.options.scope.clone()),
            authorization_details: self.record().and_then(|record| record.authorization_details.clone()),
            ..SignInOptions::default()
        };
        if !is_popup {
            self.go_to_sign_in(options).await?;
            // Whoever is still here after that has stayed: the user has stopped the navigation, or the browser has.
            self.platform.sleep(self.config.timeout_ms).await;
            let context = "the API asks for a stronger sign-in, and the page was not left for it";
            return Err(self.failed(Error::new(ErrorCode::StepUpRequired, context)));
        }
        let session = self.sign_in(options, window).await?;
        session.claims.as_ref().map(drop).ok_or_else(|| login_required("the new session is of no OpenID sign-in"))
    }
}
