//! What only some lives have, as it happens: which API is called, a user who comes and goes, nonces that change, keys that get lost.

use crate::extra::APIS;
use crate::life::{Deed, Life};
use crate::plan::Kind;
use crate::tab::Page;
use crate::witness::Witness;
use tessera_auth::client::StorageKind;

const SECOND_MS: u64 = 1_000;
/// Nonces are good for about as long as a token.
const NONCES_IN_A_LIFETIME: u64 = 2;

impl Life {
    pub(crate) fn draw_extra_agenda(&mut self, part_ms: u64) {
        if self.plan.extra.idle_timeout.is_some() {
            self.later(SECOND_MS, Deed::Touch);
        }
        if self.plan.extra.proofs.is_some() {
            let lifetime_ms = u64::from(self.plan.access_token_lifetime) * SECOND_MS;
            for _ in 0..part_ms / lifetime_ms * NONCES_IN_A_LIFETIME {
                let ms = self.extra_dice.between(0, part_ms);
                self.later(ms, Deed::Nonce);
            }
        }
    }

    /// Which API is called, and whether the application takes the token itself.
    pub(crate) fn draw_call(&mut self) -> (usize, bool) {
        match self.plan.extra.apis {
            1 => (0, false),
            apis => {
                let api = usize::try_from(self.extra_dice.between(0, apis as u64 - 1)).unwrap_or_default();
                (api, self.extra_dice.once_in(8))
            }
        }
    }

    /// The user touches a tab, and the next one after a while, or goes away for longer.
    pub(crate) fn touch_and_go_on(&mut self) {
        let Some(timeout_ms) = self.plan.extra.idle_timeout.map(|timeout| u64::from(timeout) * SECOND_MS) else {
            return;
        };
        let slot = usize::try_from(self.extra_dice.between(0, self.pages.len() as u64 - 1)).unwrap_or_default();
        if let Some(page) = self.pages.get(slot).filter(|page| page.client().is_some()) {
            page.touch(&self.witness);
        }
        let pause_ms = match self.extra_dice.between(0, 15) {
            0 => self.extra_dice.of_any_size(timeout_ms / 2, timeout_ms * 3),
            // Just before it is too late, as far as anybody can tell.
            1 => self.extra_dice.between(timeout_ms * 17 / 20, timeout_ms),
            _ => self.extra_dice.of_any_size(SECOND_MS, timeout_ms / 3),
        };
        self.later(pause_ms, Deed::Touch);
    }

    /// What a user takes longer at the server, who may be signed out for that elsewhere.
    pub(crate) fn dawdle_ms(&mut self) -> u64 {
        match self.plan.extra.idle_timeout {
            Some(timeout) if self.extra_dice.once_in(4) => u64::from(timeout) * SECOND_MS,
            _ => 0,
        }
    }

    pub(crate) fn change_nonces(&mut self) {
        let Some(proofs) = self.plan.extra.proofs else { return };
        let nonce = format!("nonce-{}", self.extra_dice.between(0, u64::MAX - 1));
        if proofs.server_has_nonces && self.extra_dice.once_in(2) {
            self.server.demand_nonce(&nonce);
        }
        for api in self.apis.iter().filter(|_| proofs.api_has_nonces) {
            if self.extra_dice.once_in(2) {
                api.demand_nonce(&nonce);
            }
        }
    }

    /// With what is stored, the browser may have lost the key that tokens are bound to.
    pub(crate) fn lose_keys(&mut self) {
        if self.plan.extra.proofs.is_some() && self.plan.storage == StorageKind::IndexedDb && self.extra_dice.once_in(2)
        {
            let mut witness = self.witness.borrow_mut();
            witness.trace.world(|| "so is the key".to_owned());
            self.world.lose_signing_keys();
            witness.lose_keys();
        }
    }

    /// Whether a call to this API must be answered, if the server honours the session.
    pub(crate) fn is_served(&self, api: usize) -> bool {
        APIS.get(api).is_some() && self.plan.extra.serves(api)
    }

    /// Whether a page can tell when its token ends.
    pub(crate) fn has_sure_clock(&self) -> bool {
        !self.plan.has(Kind::ClockStep)
    }
}

/// Holds what the tabs show against when the user was there.
pub(crate) fn watch_idleness(witness: &mut Witness, pages: &[Page]) {
    if !witness.idleness.is_on() {
        return;
    }
    for page in pages {
        if page.session().is_some() {
            witness.check_idle(page.id());
        }
    }
}
