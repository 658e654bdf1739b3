//! Quiet times: every misfortune ends, and then everything must be right again.

use crate::life::Life;
use crate::plan::Kind;
use crate::rule::Rule;
use crate::tab::Outcome;
use std::cell::Cell;
use std::rc::Rc;
use tessera_auth::error::ErrorCode;

/// After this every back-off is over.
const RECOVERY_MS: u64 = 6 * 60_000;
const SECOND_MS: u64 = 1_000;
/// A call whose session is whole may need discovery, keys, a renewal and a repetition.
const MOST_REQUESTS: usize = 8;
const MOST_SECONDS: u64 = 60;
/// A token that is good for so long is good for all of a call.
const LASTING_S: i64 = 2 * 60;

impl Life {
    /// Ends all misfortunes, waits, and looks whether everything works.
    pub(crate) fn calm_down(&mut self) {
        if self.is_over() {
            return;
        }
        self.witness.borrow().trace.world(|| "everything calms down".to_owned());
        self.is_calm = true;
        self.ambush = None;
        self.weather.set_calm(true);
        self.finish_agenda();
        self.world.go_online();
        self.world.break_storage(self.plan.storage, None);
        self.pass(RECOVERY_MS);
        self.finish_agenda();
        self.pass(SECOND_MS);
        self.check_no_call_hangs();
        for slot in 0..self.pages.len() {
            self.check_tab(slot);
        }
        for slot in 0..self.pages.len() {
            for api in 0..self.plan.extra.apis {
                self.check_call(slot, api);
            }
        }
        self.check_sign_in();
        self.weather.set_calm(false);
        self.is_calm = false;
    }

    fn check_no_call_hangs(&mut self) {
        for page in self.pages.iter().filter(|page| page.client().is_some()) {
            let hanging = page.calls_under_way();
            if hanging > 0 {
                let detail = format!("{hanging} calls of tab {} have no answer", page.id().tab);
                self.witness.borrow_mut().violate(Rule::Answered, detail);
            }
        }
    }

    /// A page that is looked at shows what is stored.
    fn check_tab(&mut self, slot: usize) {
        let Some(page) = self.pages.get_mut(slot).filter(|page| page.client().is_some()) else { return };
        page.is_hidden = false;
        page.tab.show();
        self.pass(0);
        let Some(page) = self.pages.get(slot) else { return };
        let mut witness = self.witness.borrow_mut();
        // A page that waits for its turn to renew reads it then.
        if !witness.stores.is_broken() && !witness.is_renewing() && page.client().is_some() {
            witness.check_agreement(page.id(), page.session().as_deref(), 0);
        }
        if page.session().is_some() {
            witness.check_expired(page.id());
        }
    }

    /// Where idle users are signed out, somebody is there.
    fn show_presence(&mut self, slot: usize) {
        if self.plan.extra.idle_timeout.is_none() {
            return;
        }
        if let Some(page) = self.pages.get(slot).filter(|page| page.client().is_some()) {
            page.touch(&self.witness);
            self.pass(SECOND_MS);
        }
    }

    fn check_call(&mut self, slot: usize, api: usize) {
        if self.is_over() {
            return;
        }
        self.show_presence(slot);
        let Some(page) = self.pages.get(slot).filter(|page| page.client().is_some()) else { return };
        let id = page.id();
        let witness = self.witness.borrow();
        let stored = witness.stores.kept_for(id);
        // What cannot be renewed is good for as long as its access token, which only the API can tell.
        let is_whole = stored.is_none_or(|stored| witness.may_be_renewed(stored));
        let kept = stored.map(|stored| stored.grant);
        let is_keyless = kept.is_some_and(|grant| witness.stores.is_keyless(grant));
        let seconds_left = stored.and_then(|stored| witness.seconds_left(stored));
        drop(witness);
        let was_honoured = kept.is_some_and(|grant| self.server.is_honoured(grant));
        let (mut outcome, mut requests) = self.call(slot, api);
        if self.plan.has(Kind::ClockStep) && outcome != Some(Outcome::Status(200)) && requests <= 1 {
            // A pause that is written down lasts once more when the clock is set back to it, and nobody can tell.
            self.pass(RECOVERY_MS);
            (outcome, requests) = self.call(slot, api);
        }
        let Some(page) = self.pages.get(slot) else { return };
        let is_kept = !is_keyless && !self.witness.borrow().stores.is_broken() && self.is_served(api);
        let is_sure = is_whole && is_kept;
        let is_honoured = is_sure && was_honoured && kept.is_some_and(|grant| self.server.is_honoured(grant));
        let is_lasting = is_kept && self.has_sure_clock() && seconds_left.is_some_and(|left| left > LASTING_S);
        // An API's word ends no session, and one without a refresh token has nothing to ask the server with.
        let is_signed_in = page.session().is_some_and(|session| session.can_refresh);
        let mut witness = self.witness.borrow_mut();
        let is_good = outcome == Some(Outcome::Status(200));
        let said = format!("tab {}: {outcome:?} after {requests} requests", id.tab);
        if outcome.is_none() || requests > MOST_REQUESTS || ((is_honoured || is_lasting) && !is_good) {
            witness.violate(Rule::Answered, said);
            return;
        }
        // One that the server has ended is over after the call; without one there is nothing to call with.
        let is_told = match kept {
            Some(_) => was_honoured || is_good || !is_signed_in,
            // A tab that cannot have heard of the end may call as long as the API lets it.
            None => is_good || !is_signed_in || outcome == Some(Outcome::Failed(ErrorCode::LoginRequired)),
        };
        if is_sure && !is_told {
            witness.violate(Rule::EndedIsDropped, said);
        }
    }

    /// Calls, and waits for what comes of it, within reason: that, and how many requests it took.
    fn call(&mut self, slot: usize, api: usize) -> (Option<Outcome>, usize) {
        let Some(page) = self.pages.get(slot) else { return (None, 0) };
        let (id, outcome) = (page.id(), Rc::new(Cell::new(None)));
        let (answered, sent) = (Rc::clone(&outcome), self.witness.borrow().sent_by(id));
        page.call(&self.witness, api, move |came| answered.set(Some(came)));
        for _ in 0..MOST_SECONDS {
            self.pass(SECOND_MS);
            if outcome.get().is_some() || self.is_over() {
                break;
            }
        }
        (outcome.get(), self.witness.borrow().sent_by(id) - sent)
    }

    /// Whoever is signed out can sign in.
    fn check_sign_in(&mut self) {
        let signed_out = self.pages.iter().position(|page| page.client().is_some() && page.session().is_none());
        let Some(slot) = signed_out.filter(|_| !self.is_over()) else { return };
        if let Some(page) = self.pages.get(slot) {
            page.sign_in(&self.witness);
        }
        self.pass(3 * SECOND_MS);
        self.finish_agenda();
        self.pass(3 * SECOND_MS);
        // Without Web Locks a lease that somebody has left there may have to be waited for.
        for _ in 0..MOST_SECONDS {
            let Some(page) = self.pages.get(slot) else { return };
            if page.session().is_some() || self.is_over() {
                return;
            }
            self.pass(SECOND_MS);
        }
        let detail = format!("signing in on the tab in place {slot} came to nothing");
        self.witness.borrow_mut().violate(Rule::Answered, detail);
    }
}
