//! Users who go away (`idle_timeout`): whoever is there stays signed in, whoever is not is signed out in every tab, and is warned.

use super::Witness;
use crate::plan::Plan;
use crate::rule::Rule;
use std::collections::BTreeMap;
use tessera_auth::client::{Event, SignedOutReason, StorageKind};
use tessera_auth::testing::PageId;

const SECOND_MS: u64 = 1_000;
/// How long before the end the user is warned, unless half of the timeout is shorter.
const WARNING_MS: u64 = 60 * SECOND_MS;
/// The longest from one look of a page to the next.
const LONGEST_PAUSE_MS: u64 = 10 * SECOND_MS;
/// What a page may take to begin.
const BEGINNING_MS: u64 = 15 * SECOND_MS;

/// When users were there. Times are true ones: they go on while the machine sleeps.
pub(crate) struct Idleness {
    timeout_ms: Option<u64>,
    /// Where it is noted.
    storage: StorageKind,
    pub(super) now: u64,
    seen: BTreeMap<u64, Seen>,
    /// When the machine woke last.
    woke_at: u64,
}

/// When a user was there last.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    at: u64,
    /// The same, but for this very moment: of that a page may not have heard.
    before: u64,
    /// The page that was touched.
    by: u64,
    /// When what is stored about it was lost: it counts from then.
    lost_at: u64,
}

/// What is known of a page.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Presence {
    /// Since when it has been running without a break.
    since: u64,
    warned_at: Option<u64>,
    /// When a user has signed in on it last, as it says.
    signed_in_at: u64,
    /// Whether it has noted that it was loaded.
    has_noted: bool,
    /// It was stopped in the moment in which it was touched, and hears of that when it goes on.
    is_to_be_touched: bool,
}

impl Idleness {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            timeout_ms: plan.extra.idle_timeout.map(|seconds| u64::from(seconds) * SECOND_MS),
            storage: plan.storage,
            now: 0,
            seen: BTreeMap::new(),
            woke_at: 0,
        }
    }

    pub(crate) const fn is_on(&self) -> bool {
        self.timeout_ms.is_some()
    }

    pub(crate) fn machine_wakes(&mut self, slept_ms: u64) {
        let (now, slept_from) = (self.now, self.now - slept_ms);
        self.woke_at = now;
        // A touch in the moment in which it fell asleep is heard of when it is awake, and may come too late then.
        for seen in self.seen.values_mut().filter(|seen| seen.at == slept_from) {
            (seen.at, seen.lost_at) = (seen.before, now);
        }
        // Nobody came to note that something was lost.
        let lost = self.seen.values_mut().filter(|seen| slept_from <= seen.lost_at + LONGEST_PAUSE_MS);
        lost.for_each(|seen| seen.lost_at = now);
    }

    pub(super) fn page_runs(&self) -> Presence {
        Presence { since: self.now, ..Presence::default() }
    }

    /// It goes on, or stops.
    pub(super) fn page_runs_again(&mut self, page: PageId, presence: Presence) -> Presence {
        if presence.is_to_be_touched {
            self.see(page);
        }
        // What was lost it may not have come to note before it was stopped.
        let (now, key) = (self.now, self.key(page));
        if let Some(seen) = self.seen.get_mut(&key).filter(|seen| seen.at < seen.lost_at) {
            seen.lost_at = now;
        }
        Presence { since: self.now, is_to_be_touched: self.page_stops(page), ..presence }
    }

    /// What it has seen at this moment it may not have written down.
    pub(super) fn page_stops(&mut self, page: PageId) -> bool {
        let (now, key) = (self.now, self.key(page));
        let seen = self.seen.get_mut(&key).filter(|seen| seen.at == now && seen.by == page.page);
        let is_missed = seen.is_some();
        if let Some(seen) = seen {
            seen.lost_at = now;
            seen.at = seen.before;
        }
        is_missed
    }

    fn key(&self, page: PageId) -> u64 {
        match self.storage {
            StorageKind::Memory => page.page,
            StorageKind::Session => page.tab,
            StorageKind::IndexedDb | StorageKind::Local => 0,
        }
    }

    fn seen_by(&self, page: PageId) -> Seen {
        self.seen.get(&self.key(page)).copied().unwrap_or_default()
    }

    fn see(&mut self, page: PageId) {
        let (now, key) = (self.now, self.key(page));
        let seen = self.seen.entry(key).or_default();
        if seen.at != now {
            seen.before = seen.at;
        }
        (seen.at, seen.by) = (now, page.page);
    }

    /// What a page writes down in the moment in which the machine wakes may have been before or after it slept.
    fn see_loaded(&mut self, page: PageId) {
        if self.now != self.woke_at {
            return self.see(page);
        }
        let (now, key) = (self.now, self.key(page));
        self.seen.entry(key).or_default().lost_at = now;
    }

    /// A tab begins with a copy of another's store.
    pub(crate) fn duplicate(&mut self, from: PageId, to: PageId) {
        if self.storage == StorageKind::Session
            && let Some(seen) = self.seen.get(&from.tab).copied()
        {
            self.seen.insert(to.tab, seen);
        }
    }

    pub(super) fn lose(&mut self) {
        let now = self.now;
        self.seen.values_mut().for_each(|seen| seen.lost_at = now);
    }

    /// How long nobody was there, at least.
    fn idle_ms(&self, page: PageId) -> u64 {
        let seen = self.seen_by(page);
        self.now - if seen.at == self.now { seen.before } else { seen.at }
    }

    /// Not every touch is noted, and seconds are whole.
    fn slack_ms(timeout_ms: u64) -> u64 {
        timeout_ms / 20 + 2 * SECOND_MS
    }

    /// From one look of a page to the next.
    fn pause_ms(timeout_ms: u64) -> u64 {
        (timeout_ms / 20).min(LONGEST_PAUSE_MS) + 2 * SECOND_MS
    }
}

impl Witness {
    /// The user touches a page.
    pub(crate) fn page_is_touched(&mut self, page: PageId) {
        // One who comes back too late has been signed out, whether any page was awake to do so or not.
        if self.idleness.is_on() && !self.is_long_overdue(page) {
            self.idleness.see(page);
        }
    }

    /// The user comes to a page with an answer of the server's.
    pub(crate) fn user_comes_back(&mut self, page: PageId) {
        self.page_is_touched(page);
    }

    /// A page that is loaded counts as touched: it notes so itself, once.
    pub(super) fn see_activity_noted(&mut self, page: PageId) {
        // What was in time before the machine slept is written down when it wakes.
        let is_late = self.is_long_overdue(page) && self.idleness.now != self.idleness.woke_at;
        let Some(known) = self.pages.get_mut(&page.page) else { return };
        if self.idleness.is_on() && !std::mem::replace(&mut known.presence.has_noted, true) && !is_late {
            self.idleness.see_loaded(page);
        }
    }

    /// Whether a session that this page ends may be over, because nobody was there for long enough.
    pub(super) fn is_overdue(&self, page: PageId) -> bool {
        self.idleness
            .timeout_ms
            .is_some_and(|timeout_ms| self.idleness.idle_ms(page) + Idleness::slack_ms(timeout_ms) >= timeout_ms)
    }

    /// Whether it must be.
    fn is_long_overdue(&self, page: PageId) -> bool {
        let seen = self.idleness.seen_by(page);
        let since = seen.at.max(seen.lost_at + LONGEST_PAUSE_MS);
        let has_session = seen.at > 0 && self.stores.kept_for(page).is_some();
        self.idleness
            .timeout_ms
            .is_some_and(|timeout_ms| has_session && self.idleness.now > since + timeout_ms + SECOND_MS)
    }

    /// A page shows a session.
    pub(crate) fn check_idle(&mut self, page: PageId) {
        // One that was ended, and of which a page has not heard, is for others to find.
        let is_there = !self.stores.is_broken() && self.stores.kept_for(page).is_some();
        let Some(timeout_ms) = self.idleness.timeout_ms.filter(|_| is_there) else { return };
        let Some(presence) = self.pages.get(&page.page).map(|known| known.presence) else { return };
        let (seen, now) = (self.idleness.seen_by(page), self.idleness.now);
        let running_since = presence.since.max(self.idleness.woke_at) + BEGINNING_MS;
        let pause_ms = Idleness::pause_ms(timeout_ms);
        let due = (seen.at.max(seen.lost_at + pause_ms) + timeout_ms).max(running_since) + pause_ms;
        if now > due {
            let seconds = (now - seen.at) / SECOND_MS;
            let detail = format!("tab {} has a session although nobody was there for {seconds} s", page.tab);
            self.violate(Rule::IdleEnds, detail);
        }
    }

    /// What a page says of users who are away.
    pub(super) fn hear_of_idleness(&mut self, page: PageId, event: &Event) {
        let Some(timeout_ms) = self.idleness.timeout_ms.filter(|_| !self.stores.is_broken()) else { return };
        let (now, idle_ms, slack_ms) = (self.idleness.now, self.idleness.idle_ms(page), Idleness::slack_ms(timeout_ms));
        let warning_ms = WARNING_MS.min(timeout_ms / 2);
        let woke_at = self.idleness.woke_at;
        let Some(known) = self.pages.get_mut(&page.page) else { return };
        let since = known.presence.since.max(woke_at);
        // What it says now it may have wanted to say before it was stopped, or when it began.
        let is_current = since + 2 * BEGINNING_MS < now;
        let seconds = idle_ms / SECOND_MS;
        match event {
            Event::SignedIn(_) => {
                known.presence.signed_in_at = now;
            }
            Event::IdleWarning { .. } => {
                known.presence.warned_at = Some(now);
                if is_current && idle_ms + warning_ms + slack_ms < timeout_ms {
                    let detail = format!("tab {} warns a user who was there {seconds} s ago", page.tab);
                    self.violate(Rule::Warned, detail);
                }
            }
            Event::SignedOut(SignedOutReason::Idle) => {
                let is_warned = known.presence.warned_at.is_some_and(|at| now - at <= warning_ms + slack_ms);
                let shown_since = since.max(known.presence.signed_in_at);
                let had_time = shown_since + warning_ms + Idleness::pause_ms(timeout_ms) + BEGINNING_MS < now;
                if is_current && idle_ms + slack_ms < timeout_ms {
                    let detail = format!("tab {} ends the session of a user who was there {seconds} s ago", page.tab);
                    self.violate(Rule::UsedStays, detail);
                } else if had_time && !is_warned {
                    self.violate(Rule::Warned, format!("tab {} ends the session without a warning", page.tab));
                }
            }
            Event::Refreshed(_)
            | Event::SignedOut(_)
            | Event::RefreshError { .. }
            | Event::Error(_)
            | Event::ErrorCleared
            | Event::Log { .. }
            | _ => {}
        }
    }
}
