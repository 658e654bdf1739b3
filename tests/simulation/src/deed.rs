//! What the user does, and what happens to him.

use crate::life::{Deed, Life};
use crate::plan::{Kind, clock_step};
use crate::secret::Sort;
use crate::tab::Page;
use tessera_auth::client::StorageKind;
use tessera_auth::testing::{Rotation, StorageFault, Tab};

const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;

/// Where no token may go: other origins, other ports, and paths that only begin alike.
const ELSEWHERE: [&str; 5] = [
    "https://evil.example.com/v1/as/alice",
    "https://api.example.com:8443/v1/as/alice",
    "https://api.example.com/v10/as/alice",
    "https://api.example.com/v1/../admin",
    "https://api.example.com.evil.example/v1/as/alice",
];

impl Life {
    pub(crate) fn do_deed(&mut self, deed: Deed) {
        match deed {
            Deed::Act => self.act(),
            Deed::Mishap => self.do_mishap(),
            Deed::Touch => self.touch_and_go_on(),
            Deed::Nonce => self.change_nonces(),
            Deed::Follow(slot) => self.follow(slot),
            Deed::Thaw(slot) => self.thaw(slot),
            Deed::Reopen(slot) => self.reopen(slot),
            Deed::GoOnline => {
                self.tell("the network is back");
                self.world.go_online();
                self.witness.borrow_mut().fresh_start();
            }
            Deed::EndOutage => {
                self.tell("the outage is over");
                self.weather.end_outage();
            }
            Deed::MendStorage => {
                self.tell("storage works again");
                self.world.break_storage(self.plan.storage, None);
            }
        }
    }

    fn tell(&self, what: &str) {
        self.witness.borrow().trace.world(|| what.to_owned());
    }

    /// An application on a page that was just loaded.
    pub(crate) fn start(&self, tab: Tab) -> Page {
        Page::start(tab, &self.options, &self.witness)
    }

    fn any_slot(&mut self) -> usize {
        usize::try_from(self.dice.between(0, self.pages.len() as u64 - 1)).unwrap_or_default()
    }

    fn act(&mut self) {
        let slot = self.any_slot();
        let choice = self.dice.between(0, 99);
        let switches = self.plan.has(Kind::Switch);
        let Some(page) = self.pages.get(slot) else { return };
        if page.client().is_none() {
            return;
        }
        let is_signed_in = page.session().is_some();
        match choice {
            0..=4 => self.storm(),
            5..=7 => {
                if let Some(url) = self.dice.pick(&ELSEWHERE) {
                    page.call_elsewhere(&self.witness, url);
                }
            }
            8..=19 => self.look(slot),
            20..=21 if switches && is_signed_in => {
                let local = self.dice.once_in(2);
                page.sign_out(&self.witness, local);
            }
            22..=23 if switches && is_signed_in => {
                self.is_other_user = !self.is_other_user;
                page.sign_in(&self.witness);
            }
            _ if is_signed_in => {
                let (api, takes) = self.draw_call();
                if let Some(page) = self.pages.get(slot) {
                    if takes { page.take(&self.witness, api) } else { page.call(&self.witness, api, |_| {}) }
                }
            }
            _ if self.dice.once_in(2) => page.sign_in(&self.witness),
            _ => {}
        }
    }

    /// Every tab calls at once.
    fn storm(&mut self) {
        for slot in 0..self.pages.len() {
            for _ in 0..self.dice.between(1, 4) {
                let (api, _) = self.draw_call();
                if let Some(page) = self.pages.get(slot) {
                    page.call(&self.witness, api, |_| {});
                }
            }
        }
    }

    /// The user looks at a tab, or away from it.
    fn look(&mut self, slot: usize) {
        if let Some(page) = self.pages.get_mut(slot).filter(|page| page.client().is_some()) {
            page.is_hidden = !page.is_hidden;
            if page.is_hidden { page.tab.hide() } else { page.tab.show() }
        }
    }

    pub(crate) fn do_mishap(&mut self) {
        let Some(kind) = self.dice.pick(self.plan.kinds()).copied() else { return };
        let slot = self.any_slot();
        match kind {
            Kind::Offline => {
                self.tell("the network is gone");
                self.world.go_offline();
                let ms = self.dice.of_any_size(1_000, HOUR_MS);
                self.later(ms, Deed::GoOnline);
            }
            Kind::Outage => {
                self.tell("the token endpoint begins to fail");
                self.weather.begin_outage();
                let ms = self.dice.of_any_size(1_000, 20 * MINUTE_MS);
                self.later(ms, Deed::EndOutage);
            }
            Kind::ClockStep => {
                let ms = clock_step(&mut self.dice);
                self.witness.borrow().trace.world(|| format!("the clock is set by {} s", ms / 1_000));
                self.world.shift_clock(ms);
                self.witness.borrow_mut().fresh_start();
            }
            Kind::Sleep => {
                let ms = self.dice.of_any_size(1_000, 10 * HOUR_MS);
                self.witness.borrow().trace.world(|| format!("the machine has slept for {} s", ms / 1_000));
                self.world.suspend(ms);
                let mut witness = self.witness.borrow_mut();
                witness.set_now(&self.world);
                witness.fresh_start();
                witness.idleness.machine_wakes(ms);
            }
            Kind::Freeze => self.freeze(slot, false),
            Kind::Cache => self.freeze(slot, true),
            Kind::Kill => self.kill(slot),
            Kind::Duplicate => self.duplicate(slot),
            Kind::Clear => self.clear(slot),
            Kind::Break => self.break_storage(),
            Kind::Steal => {
                self.tell("locks are stolen");
                self.world.steal_locks();
            }
            Kind::Switch => self.leave(slot),
            Kind::Revoke if self.dice.once_in(4) => {
                let witness = self.witness.borrow();
                let kept = self.pages.get(slot).and_then(|page| witness.stores.kept_for(page.id()));
                if let Some(grant) = kept.map(|kept| kept.grant) {
                    witness.trace.world(|| format!("the server ends sign-in {grant}"));
                    self.server.revoke(grant);
                }
            }
            Kind::Revoke => {}
            // What happens to requests and messages is decided when they are sent.
            Kind::Late
            | Kind::RequestLost
            | Kind::AnswerLost
            | Kind::Status
            | Kind::Page
            | Kind::Unreachable
            | Kind::Message => {}
        }
    }

    /// The user signs out, in the middle of whatever goes on.
    fn leave(&mut self, slot: usize) {
        let local = self.dice.once_in(2);
        if let Some(page) = self.pages.get(slot).filter(|page| page.session().is_some())
            && self.dice.once_in(4)
        {
            page.sign_out(&self.witness, local);
        }
    }

    fn freeze(&mut self, slot: usize, is_cached: bool) {
        let Some(page) = self.pages.get(slot).filter(|page| page.client().is_some()) else { return };
        if is_cached {
            if !page.tab.cache() {
                return;
            }
        } else {
            page.tab.freeze();
        }
        let mut witness = self.witness.borrow_mut();
        witness.page_freezes(page.id(), true);
        witness.trace.page(page.id(), || "is frozen".to_owned());
        drop(witness);
        let ms = self.dice.of_any_size(1_000, 2 * HOUR_MS);
        self.later(ms, Deed::Thaw(slot));
    }

    fn thaw(&mut self, slot: usize) {
        if let Some(page) = self.pages.get(slot).filter(|page| page.tab.is_frozen()) {
            let mut witness = self.witness.borrow_mut();
            witness.page_freezes(page.id(), false);
            witness.trace.page(page.id(), || "goes on".to_owned());
            drop(witness);
            page.tab.thaw();
            self.thawed_at = self.world.awake_ms();
        }
    }

    /// The tab is closed, or its page is loaded again, wherever it stands.
    fn kill(&mut self, slot: usize) {
        let is_closed = self.dice.once_in(2);
        let Some(page) = self.pages.get(slot).filter(|page| page.tab.is_open() && !page.is_leaving()) else { return };
        self.witness.borrow().trace.page(page.id(), || "is killed".to_owned());
        if is_closed {
            page.tab.close();
            self.witness.borrow_mut().page_dies(page.id());
            let ms = self.dice.of_any_size(100, 10 * MINUTE_MS);
            self.later(ms, Deed::Reopen(slot));
        } else {
            let id = page.id();
            let tab = page.tab.reload();
            self.witness.borrow_mut().page_dies(id);
            self.replace(slot, tab);
        }
    }

    fn reopen(&mut self, slot: usize) {
        if self.pages.get(slot).is_some_and(|page| !page.tab.is_open()) {
            self.replace(slot, self.world.tab());
        }
    }

    fn replace(&mut self, slot: usize, tab: Tab) {
        let page = self.start(tab);
        if let Some(place) = self.pages.get_mut(slot) {
            *place = page;
        }
    }

    /// The copy takes another tab's place.
    fn duplicate(&mut self, slot: usize) {
        let place = self.any_slot();
        let Some(page) = self.pages.get(slot).filter(|page| page.client().is_some() && place != slot) else { return };
        let Some(replaced) = self.pages.get(place).filter(|page| !page.is_leaving()) else { return };
        replaced.tab.close();
        self.witness.borrow_mut().page_dies(replaced.id());
        let copy = page.tab.duplicate();
        let mut witness = self.witness.borrow_mut();
        witness.trace.page(page.id(), || format!("is duplicated as tab {}", copy.id().tab));
        witness.stores.duplicate(page.id(), copy.id());
        witness.idleness.duplicate(page.id(), copy.id());
        drop(witness);
        self.replace(place, copy);
    }

    /// Not while a page is frozen, or has not come to look yet: of what it has missed, tokens that replaced its own or a user who
    /// left, nothing may be left anywhere.
    fn clear(&mut self, slot: usize) {
        let is_frozen = |page: &Page| page.tab.is_frozen();
        let has_missed = self.pages.iter().any(is_frozen) || self.world.awake_ms() < self.thawed_at + SECOND_MS;
        if !self.dice.once_in(3) || has_missed {
            return;
        }
        if let Some(page) = self.pages.get(slot).filter(|page| page.tab.is_open()) {
            self.tell("what is stored is cleared");
            page.tab.clear_storage(self.plan.storage);
            self.witness.borrow_mut().clear(page.id());
            self.lose_keys();
        }
    }

    fn break_storage(&mut self) {
        // What cannot be removed is there again when the store is mended: with rotation, a token that was used.
        let faults: &[StorageFault] = match self.plan.rotation {
            Rotation::Off => &[StorageFault::Refused, StorageFault::Full, StorageFault::Corrupt],
            Rotation::ReuseDetection | Rotation::Grace { .. } => &[StorageFault::Full, StorageFault::Corrupt],
        };
        let Some(fault) = self.dice.pick(faults).copied() else { return };
        if self.plan.storage != StorageKind::Memory {
            self.witness.borrow().trace.world(|| format!("storage fails: {fault:?}"));
            self.world.break_storage(self.plan.storage, Some(fault));
            let mut witness = self.witness.borrow_mut();
            witness.stores.fail();
            witness.fresh_start();
            drop(witness);
            let ms = self.dice.of_any_size(1_000, HOUR_MS);
            self.later(ms, Deed::MendStorage);
        }
    }

    /// Pages that were sent away arrive there a little later: the user has things to do on the way.
    pub(crate) fn notice_departures(&mut self) {
        let left = |page: &mut Page| page.take_departure().is_some();
        let slots: Vec<usize> =
            self.pages.iter_mut().enumerate().filter_map(|(slot, page)| left(page).then_some(slot)).collect();
        for slot in slots {
            let ms = self.dice.of_any_size(500, MINUTE_MS) + self.dawdle_ms();
            self.later(ms, Deed::Follow(slot));
        }
    }

    fn follow(&mut self, slot: usize) {
        let Some(page) = self.pages.get(slot) else { return };
        let Some(url) = page.tab.departure().filter(|_| page.tab.is_open()) else { return };
        let user = if self.is_other_user { "bob" } else { "alice" };
        if self.user != user {
            self.user = user;
            self.server.set_user(user);
        }
        let back = self.server.visit(&url);
        if let Some(code) = back.split(['?', '&']).find_map(|part| part.strip_prefix("code=")) {
            self.witness.borrow_mut().secrets.add(Sort::Code, code, None, None);
        }
        let id = page.id();
        let tab = page.tab.visit(&back);
        let mut witness = self.witness.borrow_mut();
        witness.page_dies(id);
        witness.trace.page(tab.id(), || format!("comes back, with {user} in front of it"));
        drop(witness);
        let came = tab.id();
        self.replace(slot, tab);
        self.witness.borrow_mut().user_comes_back(came);
    }
}
