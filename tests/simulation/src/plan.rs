//! What a seed draws for a life: the browser, the server, and which kinds of misfortune there are.

use crate::dice::Dice;
use crate::extra::Extra;
use tessera_auth::client::StorageKind;
use tessera_auth::testing::Rotation;

/// A kind of misfortune. A life has some of them, so that what one hides, another life shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Requests and answers come late, and so in another order.
    Late,
    /// Requests get lost.
    RequestLost,
    /// Answers get lost, break or are cut after the server has acted.
    AnswerLost,
    /// 408, 429, 5xx, now and then.
    Status,
    /// A page of HTML in place of an answer.
    Page,
    /// Nothing can be sent, now and then: CORS, DNS.
    Unreachable,
    /// The machine is off the network for a while.
    Offline,
    /// The token endpoint fails for a while.
    Outage,
    /// Somebody sets the machine's clock.
    ClockStep,
    /// The machine sleeps.
    Sleep,
    /// A tab is stopped for a while.
    Freeze,
    /// A page goes into the back/forward cache and comes back.
    Cache,
    /// A tab dies or is loaded again, at any step.
    Kill,
    /// A tab is duplicated.
    Duplicate,
    /// What is stored is cleared.
    Clear,
    /// Storage fails for a while.
    Break,
    /// Locks are stolen.
    Steal,
    /// Messages get lost, come late or twice.
    Message,
    /// Users sign out, others sign in.
    Switch,
    /// The server ends sessions.
    Revoke,
}

impl Kind {
    const ALL: [Self; 20] = [
        Self::Late,
        Self::RequestLost,
        Self::AnswerLost,
        Self::Status,
        Self::Page,
        Self::Unreachable,
        Self::Offline,
        Self::Outage,
        Self::ClockStep,
        Self::Sleep,
        Self::Freeze,
        Self::Cache,
        Self::Kill,
        Self::Duplicate,
        Self::Clear,
        Self::Break,
        Self::Steal,
        Self::Message,
        Self::Switch,
        Self::Revoke,
    ];
}

/// What a life is like.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) tabs: usize,
    /// How long the machine is awake in it.
    pub(crate) minutes: u64,
    pub(crate) calls: u64,
    pub(crate) storage: StorageKind,
    pub(crate) has_locks: bool,
    pub(crate) has_channels: bool,
    pub(crate) has_witness: bool,
    /// How wrong the machine's clock is from the beginning.
    pub(crate) clock_error_ms: i64,
    pub(crate) rotation: Rotation,
    pub(crate) access_token_lifetime: u32,
    pub(crate) refresh_token_lifetime: Option<u32>,
    pub(crate) refresh_token_idle: Option<u32>,
    pub(crate) renews_id_tokens: bool,
    /// Whether signatures are real ones and checked: they take more time than all the rest.
    pub(crate) has_signatures: bool,
    pub(crate) exposes_date: bool,
    pub(crate) has_end_session: bool,
    pub(crate) extra: Extra,
    /// Whether one misfortune follows the other.
    pub(crate) is_rough: bool,
    kinds: Vec<Kind>,
}

/// A life is so many lifetimes of an access token long: what matters happens when tokens end.
const LIFETIMES: (u64, u64) = (8, 24);

/// Minutes in which tabs watch whether a user is there: many times as long as he may be away.
const LONGEST_WATCH: u64 = 90;

/// Requests of all of them, twice each, take no longer than anybody waits for a lock.
const MOST_WHO_CANNOT_ASK: usize = 4;

impl Plan {
    pub(crate) fn draw(dice: &mut Dice, extra: Extra, is_rough: bool) -> Self {
        let storage = match dice.between(0, 9) {
            0 => StorageKind::Memory,
            1 => StorageKind::Session,
            2 => StorageKind::Local,
            _ => StorageKind::IndexedDb,
        };
        let access_token_lifetime = dice.one_of([120, 300, 300, 900, 3_600]);
        let token_minutes = u64::from(access_token_lifetime / 60);
        let mut plan = Self {
            tabs: usize::try_from(dice.between(2, 8)).unwrap_or(2),
            minutes: token_minutes * dice.between(LIFETIMES.0, LIFETIMES.1),
            calls: dice.between(60, 240),
            storage,
            has_locks: !dice.once_in(8),
            has_channels: !dice.once_in(10),
            has_witness: !dice.once_in(4),
            clock_error_ms: if dice.once_in(4) { clock_step(dice) } else { 0 },
            rotation: match dice.between(0, 7) {
                0..=3 => Rotation::ReuseDetection,
                4 | 5 => Rotation::Grace { seconds: dice.one_of([10, 30, 60]) },
                _ => Rotation::Off,
            },
            access_token_lifetime,
            refresh_token_lifetime: dice.once_in(4).then(|| access_token_lifetime * dice.one_of([3, 6, 12])),
            refresh_token_idle: dice.once_in(4).then(|| access_token_lifetime * dice.one_of([2, 4])),
            renews_id_tokens: dice.once_in(4),
            has_signatures: dice.once_in(8),
            exposes_date: dice.once_in(4),
            has_end_session: dice.once_in(2),
            extra,
            is_rough,
            kinds: Vec::new(),
        };
        let likelihood = dice.one_of([1, 2, 3, 4, 6]);
        plan.kinds = Kind::ALL.into_iter().filter(|_| dice.once_in(likelihood)).collect();
        if !plan.has_channels {
            // Tabs that cannot talk look every few seconds: of that a shorter life shows as much.
            plan.access_token_lifetime = plan.access_token_lifetime.min(300);
            plan.minutes = plan.minutes.min(u64::from(plan.access_token_lifetime / 60) * LIFETIMES.0);
        }
        if plan.extra.idle_timeout.is_some() {
            // So do tabs that watch whether anybody is there.
            plan.access_token_lifetime = plan.access_token_lifetime.min(900);
            plan.minutes = plan.minutes.min(LONGEST_WATCH);
        }
        plan.leave_out_what_nobody_survives();
        // By a wrong clock a proof is made too early or too late, and somebody must be able to say so.
        plan.exposes_date |= plan.extra.proofs.is_some() && (plan.has(Kind::ClockStep) || plan.clock_error_ms != 0);
        plan
    }

    /// Whether there is this kind of misfortune.
    pub(crate) fn has(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    pub(crate) fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// One store for all tabs.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.storage, StorageKind::IndexedDb | StorageKind::Local)
    }

    /// What remains in the plan must be survived. What is taken out here, no client could:
    ///
    /// - With rotation, tabs that share one refresh token and cannot read what the others have written must use it twice: the
    ///   store is all that carries tokens from tab to tab. So a store that fails goes with one token for all times, or with one tab.
    /// - A duplicate begins with a copy of what its tab has stored. With rotation, a store that fails leaves a used token in it.
    /// - A tab that was robbed of its lock, or that slept while it had none, or in front of which the clock was set, has to be asked
    ///   whether it still renews; where questions get lost, or cannot be asked, nobody can know. There is no lock either while a page
    ///   that holds it is frozen: the others go on by a lease.
    /// - A page that is frozen in the midst of its request cannot be asked either, and whoever has been given its stolen lock does not know
    ///   of it. To wait for every request of which nobody knows would keep the user waiting who loads a page again while it renews.
    /// - A page that hears nothing, or not everything, and finds nothing stored cannot tell a user who has left from a store that
    ///   was cleared, with the mark of his leaving. Nor can one that was frozen meanwhile: see `Life::clear`.
    /// - Duplicates of a tab have stores of their own, and in them who renews. Only a lock keeps them apart, which can be stolen, or
    ///   held by a page that is frozen until the others go on without it; or without Web Locks a lease, which ends while the machine
    ///   sleeps, or when its clock is set.
    /// - Duplicates that cannot ask who is at it, or do not hear it, outwait a lock for which many of them stand in line while their servers
    ///   are silent: they are few. (Browsers that have locks have channels.)
    /// - Where idle users are signed out, a clock that is set forward looks like a machine that has slept.
    /// - Without Web Locks the turns are written down in the store, and so is who renews: when it is cleared, nobody knows.
    /// - Without Web Locks mutual exclusion stands on the store and on time: a tab that is stopped between its last look and its
    ///   write, for longer than any patience, cannot be waited for. (A machine that sleeps stops all tabs alike.)
    /// - In a rough life the page that alone has the latest tokens may die in the moment in which the store is cleared.
    fn leave_out_what_nobody_survives(&mut self) {
        let rotates = self.rotation != Rotation::Off;
        if rotates && self.kinds.contains(&Kind::Break) && self.is_shared() {
            self.tabs = 1;
        }
        let is_deaf = !self.has_channels || self.has(Kind::Message);
        let (has_locks, is_breaking) = (self.has_locks, rotates && self.has(Kind::Break));
        let may_freeze = self.has(Kind::Freeze) || self.has(Kind::Cache);
        let lock_holds = has_locks && !may_freeze;
        let has_duplicates = self.has(Kind::Duplicate) && !self.is_shared();
        if has_duplicates && is_deaf && has_locks {
            self.tabs = self.tabs.min(MOST_WHO_CANNOT_ASK);
        }
        let is_left_out = |kind| {
            (kind == Kind::Duplicate && is_breaking)
                || (kind == Kind::Steal && (is_deaf || has_duplicates || may_freeze))
                || (matches!(kind, Kind::Freeze | Kind::Cache) && has_duplicates)
                || (matches!(kind, Kind::Sleep | Kind::ClockStep) && !lock_holds && (is_deaf || has_duplicates))
                || (kind == Kind::ClockStep && self.extra.idle_timeout.is_some())
                || (kind == Kind::Clear && (is_deaf || self.is_rough))
                || (matches!(kind, Kind::Freeze | Kind::Cache | Kind::Clear) && !has_locks)
        };
        self.kinds.retain(|kind| !is_left_out(*kind));
    }
}

/// Seconds to days, in both directions.
pub(crate) fn clock_step(dice: &mut Dice) -> i64 {
    let ms = i64::try_from(dice.of_any_size(1_000, 3 * 86_400_000)).unwrap_or_default();
    if dice.once_in(2) { ms } else { -ms }
}
