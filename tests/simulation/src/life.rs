//! One life, from its seed: a browser with some tabs, its user, and what happens to them.

use crate::dice::Dice;
use crate::extra::Extra;
use crate::plan::{Kind, Plan};
use crate::presence::watch_idleness;
use crate::rule::Violation;
use crate::tab::{Page, SharedWitness};
use crate::trace::Trace;
use crate::weather::Weather;
use crate::witness::{ISSUER, TURN_MS, Witness};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;
use tessera_auth::client::ClientOptions;
use tessera_auth::testing::{Api, AuthorizationServer, Signing, World};

/// What is to be done at some time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deed {
    /// The user does something.
    Act,
    /// Something goes wrong.
    Mishap,
    /// The user touches a tab, and goes on to the next touch.
    Touch,
    /// The servers want other nonces in proofs.
    Nonce,
    /// The page of this slot arrives where it was sent.
    Follow(usize),
    Thaw(usize),
    Reopen(usize),
    GoOnline,
    EndOutage,
    MendStorage,
}

pub(crate) struct Life {
    pub(crate) plan: Plan,
    pub(crate) dice: Dice,
    /// Those of what only some lives have.
    pub(crate) extra_dice: Dice,
    pub(crate) world: World,
    pub(crate) server: AuthorizationServer,
    /// Those that look at proofs.
    pub(crate) apis: Vec<Api>,
    pub(crate) options: ClientOptions,
    pub(crate) witness: SharedWitness,
    pub(crate) weather: Weather,
    pub(crate) pages: Vec<Page>,
    agenda: BTreeMap<(u64, u64), Deed>,
    last_number: u64,
    /// Something happens to the page that renews, so many steps from now.
    pub(crate) ambush: Option<u64>,
    pub(crate) is_calm: bool,
    /// When a frozen page went on last.
    pub(crate) thawed_at: u64,
    /// Who sits in front of the browser.
    pub(crate) is_other_user: bool,
    /// Who was there when the server was last visited.
    pub(crate) user: &'static str,
}

/// How many quiet times there are in a life, when everything must come right again.
const CALMS: u64 = 3;
/// One step of the whole world may not take more than this: something goes in circles.
const MOST_STEPS: u64 = 100_000;
/// In a rough life so many times as much goes wrong, and one misfortune is often followed by another at once.
const ROUGHNESS: u64 = 3;
/// An ambush comes within so many steps, which is about what a renewal takes.
const AMBUSH_STEPS: u64 = 40;

/// What came of a life.
pub(crate) struct Lived {
    pub(crate) violation: Option<Violation>,
    /// Milliseconds of all tabs together, asleep or awake.
    pub(crate) tab_ms: u64,
}

/// Lives the life of this seed.
pub(crate) fn live(seed: u64, is_rough: bool, is_traced: bool) -> Lived {
    let mut dice = Dice::new(seed);
    let mut extra_dice = Dice::new(!seed);
    let plan = Plan::draw(&mut dice, Extra::draw(&mut extra_dice), is_rough);
    let mut life = Life::begin(seed, plan, [dice, extra_dice], Trace::new(is_traced));
    let began_ms = life.world.now_ms();
    life.run();
    let tabs = life.pages.len() as u64;
    let violation = life.witness.borrow().violation().cloned();
    Lived { violation, tab_ms: (life.world.now_ms() - began_ms) * tabs }
}

impl Life {
    fn begin(seed: u64, plan: Plan, [mut dice, extra_dice]: [Dice; 2], trace: Trace) -> Self {
        let world = World::new(seed);
        world.set_step_limit(MOST_STEPS);
        world.draw_order();
        world.set_locks(plan.has_locks);
        world.set_channels(plan.has_channels);
        world.set_witness(plan.has_witness);
        world.shift_clock(plan.clock_error_ms);
        let server = AuthorizationServer::start(&world, ISSUER);
        server.configure(|policy| {
            policy.rotation = plan.rotation;
            policy.access_token_lifetime = plan.access_token_lifetime;
            policy.id_token_lifetime = plan.access_token_lifetime;
            policy.code_lifetime = 3_600;
            policy.refresh_token_lifetime = plan.refresh_token_lifetime;
            policy.refresh_token_idle = plan.refresh_token_idle;
            policy.renews_id_tokens = plan.renews_id_tokens;
            policy.exposes_date = plan.exposes_date;
            policy.has_end_session = plan.has_end_session;
            policy.issues_refresh_tokens = plan.extra.has_refresh_tokens;
            policy.refused_resource = plan.extra.refused().map(str::to_owned);
            policy.binds_tokens = plan.extra.proofs.is_some();
        });
        if !plan.has_signatures {
            server.rewrite_id_token(|draft| draft.signing = Signing::Hmac(b"quick".to_vec()));
        }
        let apis = plan.extra.serve(&world, &server);
        trace.line(|| format!("{plan:?}"));
        let witness = Rc::new(RefCell::new(Witness::new(&plan, &server, trace)));
        let observer = Rc::clone(&witness);
        world.observe(move |happening| observer.borrow_mut().see(happening));
        let weather = Weather::begin(&world, &plan, dice.fork());
        let options = ClientOptions {
            issuer: Some(ISSUER.into()),
            client_id: "app".to_owned(),
            resources: plan.extra.resources(),
            storage: plan.storage,
            idle_timeout: plan.extra.idle_timeout,
            dpop: plan.extra.proofs.is_some(),
            verify_signature: plan.has_signatures,
            post_logout_redirect_uri: Some("https://app.example.com/".to_owned()),
            ..ClientOptions::default()
        };
        let agenda = BTreeMap::new();
        let mut life = Self {
            plan,
            dice,
            extra_dice,
            world,
            server,
            apis,
            options,
            witness,
            weather,
            pages: Vec::new(),
            agenda,
            last_number: 0,
            ambush: None,
            is_calm: false,
            thawed_at: 0,
            is_other_user: false,
            user: "alice",
        };
        life.change_nonces();
        for _ in 0..life.plan.tabs {
            let page = life.start(life.world.tab());
            life.pages.push(page);
        }
        life
    }

    fn run(&mut self) {
        let part_ms = self.plan.minutes * 60_000 / CALMS;
        for part in 1..=CALMS {
            self.draw_agenda(part_ms);
            self.pass((part * part_ms).saturating_sub(self.world.awake_ms()));
            self.calm_down();
            if self.is_over() {
                return;
            }
        }
    }

    fn draw_agenda(&mut self, part_ms: u64) {
        let mishap_ms = u64::from(self.plan.access_token_lifetime) * 1_000;
        for _ in 0..self.plan.calls / CALMS {
            let ms = self.dice.between(0, part_ms);
            self.later(ms, Deed::Act);
        }
        let mishaps = part_ms / mishap_ms * if self.plan.is_rough { ROUGHNESS } else { 1 };
        for _ in 0..mishaps {
            let ms = self.dice.between(0, part_ms);
            self.later(ms, Deed::Mishap);
        }
        self.draw_extra_agenda(part_ms);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.witness.borrow().is_broken()
    }

    /// Has something done so many milliseconds from now.
    pub(crate) fn later(&mut self, ms: u64, deed: Deed) {
        self.last_number += 1;
        self.agenda.insert((self.world.awake_ms() + ms, self.last_number), deed);
    }

    /// Whatever was to be done, at once and in its order; the misfortunes and the user's acts are left out.
    pub(crate) fn finish_agenda(&mut self) {
        while let Some((_, deed)) = self.agenda.pop_first() {
            if !matches!(deed, Deed::Act | Deed::Mishap | Deed::Touch | Deed::Nonce) {
                self.do_deed(deed);
            }
        }
    }

    /// Lets time pass, and does what is on the agenda.
    pub(crate) fn pass(&mut self, ms: u64) {
        let until = self.world.awake_ms() + ms;
        while !self.is_over() {
            let next = self.agenda.first_key_value().map(|((at, _), _)| *at).filter(|at| *at <= until);
            self.go_on(next.unwrap_or(until));
            if self.is_over() {
                return;
            }
            self.witness.borrow_mut().set_now(&self.world);
            self.notice_departures();
            match next {
                Some(_) => {
                    if let Some((_, deed)) = self.agenda.pop_first() {
                        self.do_deed(deed);
                    }
                }
                None => return,
            }
        }
    }

    /// Lets the world go on until this moment, and looks at it after each step.
    fn go_on(&mut self, until: u64) {
        loop {
            let (mut ambushed, mut renewing) = (false, None);
            let (world, witness, pages, ambush) = (&self.world, &self.witness, &self.pages, &mut self.ambush);
            let ms = until.saturating_sub(world.awake_ms());
            world.advance_watched(ms, || {
                let mut witness = witness.borrow_mut();
                witness.set_now(world);
                if world.is_idle() {
                    witness.check_dropped();
                    if witness.take_changed() {
                        compare(&mut witness, pages, &self.plan);
                    }
                    watch_idleness(&mut witness, pages);
                }
                renewing = witness.take_renewing();
                if let Some(steps) = ambush.as_mut() {
                    *steps = steps.saturating_sub(1);
                    ambushed = *steps == 0;
                }
                match witness.is_broken() || ambushed || renewing.is_some() {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            });
            if ambushed {
                self.ambush = None;
                self.do_mishap();
            }
            let may_follow = renewing.is_some() || (ambushed && self.plan.is_rough);
            if may_follow && !self.is_calm && self.ambush.is_none() && self.dice.once_in(2) {
                self.ambush = Some(self.dice.between(1, AMBUSH_STEPS));
            }
            if self.is_over() || (!ambushed && renewing.is_none()) {
                return;
            }
        }
    }
}

/// Holds what the tabs show against what is stored. A tab that a message may not have reached shows it later.
fn compare(witness: &mut Witness, pages: &[Page], plan: &Plan) {
    if witness.stores.is_broken() {
        return;
    }
    witness.check_left();
    let is_told = witness.is_said() && plan.has_channels && !plan.has(Kind::Message) && !plan.has(Kind::Clear);
    for page in pages.iter().filter(|_| is_told) {
        if page.client().is_some() {
            witness.check_agreement(page.id(), page.session().as_deref(), TURN_MS);
        }
    }
}
