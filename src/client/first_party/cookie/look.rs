//! Who is signed in, as the server says.

use super::{Cookie, Credential, FirstParty};
use crate::client::attempt::PROMPT_MS;
use crate::client::flight::within;
use crate::client::record::Record;
use crate::client::{Inner, Platform, SignedOutReason};
use crate::credential::cookie::{User, process_session_response, session_request};
use crate::error::Result;
use std::rc::Rc;

impl<P: Platform> Inner<P, FirstParty> {
    /// Asks who is signed in, and once more if this page was stopped meanwhile. `None`: nobody can be asked.
    pub(super) async fn ask_who(&self, cookie: &Cookie) -> Result<Option<Option<User>>> {
        let Some(url) = &cookie.session_url else { return Ok(None) };
        loop {
            let asked_ms = self.platform.wall_ms();
            let answer = self.send(session_request(url)).await?;
            if self.is_within(f64::from(self.config.timeout_ms) + PROMPT_MS, asked_ms) {
                return process_session_response::<P::Json>(&answer).map(Some);
            }
        }
    }

    /// Asks the server who is signed in, and takes that over; once for all who ask meanwhile.
    pub(super) async fn look_for_session(self: &Rc<Self>) -> Result<()> {
        self.kind.looking.join(&self.platform, || Rc::clone(self).look()).await
    }

    async fn look(self: Rc<Self>) -> Result<()> {
        let Credential::Cookie(cookie) = &self.kind.credential else { return Ok(()) };
        let family = || self.record().map(|record| record.family.clone());
        let before = family();
        // A sign-in that is under way has begun before: it is not for this to say what comes of it.
        self.has_left.set(self.has_left.get() && self.kind.sign_in.is_under_way());
        let ended = self.disowned.borrow().len();
        let mut user = self.ask_who(cookie).await?;
        let may_be_wrong = match &user {
            // An access cookie may be over while the one that renews it is not.
            Some(None) => cookie.may_refresh(&self.platform),
            // Somebody has signed out in another tab since the server was asked.
            Some(Some(_)) => self.disowned.borrow().len() != ended,
            None => false,
        };
        if may_be_wrong && self.record().is_none() {
            user = self.ask_in_turn(cookie).await?;
        }
        match (user, self.record()) {
            (None, _) | (Some(None), None) => Ok(()),
            // Somebody has signed out, or in, since the server was asked.
            _ if family() != before => Ok(()),
            (Some(None), Some(_)) => {
                self.end_session(SignedOutReason::Expired).await;
                Ok(())
            }
            (Some(Some(user)), Some(record)) if user.subject == record.subject => {
                self.take_over_words(&record, user).await;
                self.succeeded();
                Ok(())
            }
            (Some(user), _) => {
                self.begin_cookie_session(cookie, user).await?;
                self.succeeded();
                Ok(())
            }
        }
    }

    /// Asks again while no other tab renews the cookie or logs out, and renews it if it is still nobody's: others that know no more
    /// than this one would present the same.
    async fn ask_in_turn(self: &Rc<Self>, cookie: &Cookie) -> Result<Option<Option<User>>> {
        let _turn = within(&self.platform, self.config.timeout_ms, self.turn("renewal")).await;
        let user = self.ask_who(cookie).await?;
        let may_renew = matches!(user, Some(None)) && self.record().is_none() && cookie.may_refresh(&self.platform);
        if may_renew && self.send_refresh(cookie).await.is_ok() { self.ask_who(cookie).await } else { Ok(user) }
    }

    /// What the server says of the same user now.
    async fn take_over_words(self: &Rc<Self>, record: &Rc<Record>, user: User) {
        if record.claims.as_ref() == Some(&user.json) {
            return;
        }
        let next = self.next_record(record, record.access_token.clone(), record.issued_at);
        let next = Record { claims: Some(user.json), ..next };
        if self.replace_record(record, &next).await {
            self.adopt(Some(Rc::new(next)), SignedOutReason::OtherTab);
            self.tell_tabs();
        }
    }
}
