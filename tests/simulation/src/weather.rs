//! What happens to requests and messages on their way.

use crate::dice::Dice;
use crate::plan::{Kind, Plan};
use crate::witness::{ISSUER, TOKEN_PATH};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use tessera_auth::testing::{Delivery, Fault, Request, World};

/// Clones are the same weather.
#[derive(Clone)]
pub(crate) struct Weather(Rc<State>);

struct State {
    plan: Plan,
    dice: RefCell<Dice>,
    is_calm: Cell<bool>,
    /// What the token endpoint answers with meanwhile.
    outage: RefCell<Option<Fault>>,
}

/// Longer than any request may take.
const VERY_LATE_MS: u64 = 20_000;

impl Weather {
    pub(crate) fn begin(world: &World, plan: &Plan, dice: Dice) -> Self {
        let outage = RefCell::new(None);
        let state = State { plan: plan.clone(), dice: RefCell::new(dice), is_calm: Cell::new(false), outage };
        let weather = Self(Rc::new(state));
        let requests = weather.clone();
        world.plan_faults(move |request| requests.draw(request));
        if plan.has(Kind::Message) {
            let messages = weather.clone();
            world.plan_deliveries(move || messages.draw_delivery());
        }
        weather
    }

    /// Nothing goes wrong any more, or again.
    pub(crate) fn set_calm(&self, is_calm: bool) {
        self.0.is_calm.set(is_calm);
        if is_calm {
            self.0.outage.take();
        }
    }

    pub(crate) fn begin_outage(&self) {
        let fault = outage(&mut self.0.dice.borrow_mut());
        self.0.outage.replace(Some(fault));
    }

    pub(crate) fn end_outage(&self) {
        self.0.outage.take();
    }

    fn draw(&self, request: &Request) -> Option<Fault> {
        let State { plan, dice, is_calm, outage } = &*self.0;
        if is_calm.get() {
            return None;
        }
        let is_server = request.url.origin == ISSUER;
        let is_token = is_server && request.url.path == TOKEN_PATH;
        if let Some(fault) = outage.borrow().as_ref().filter(|_| is_token) {
            return Some(fault.clone());
        }
        let mut dice = dice.borrow_mut();
        // Calls are many, and what becomes of them matters less.
        if !dice.once_in(if is_token { 3 } else { 20 }) {
            return plan.has(Kind::Late).then(|| late(&mut dice, 300));
        }
        match *dice.pick(plan.kinds())? {
            Kind::Late => Some(late(&mut dice, VERY_LATE_MS)),
            // A call waits for its answer as long as the application lets it: forever, here.
            Kind::RequestLost | Kind::AnswerLost if !is_server => Some(Fault::AnswerBroken),
            // An API may refuse what its authorization server has just issued.
            Kind::Status if !is_server && dice.once_in(2) => Some(Fault::status(401, None)),
            Kind::RequestLost => Some(Fault::RequestLost),
            Kind::AnswerLost => Some(dice.pick(&[Fault::AnswerLost, Fault::AnswerBroken, Fault::AnswerCut])?.clone()),
            Kind::Status => Some(status(&mut dice)),
            Kind::Page => Some(Fault::page()),
            Kind::Unreachable => Some(Fault::Unreachable),
            Kind::Offline
            | Kind::Outage
            | Kind::ClockStep
            | Kind::Sleep
            | Kind::Freeze
            | Kind::Cache
            | Kind::Kill
            | Kind::Duplicate
            | Kind::Clear
            | Kind::Break
            | Kind::Steal
            | Kind::Message
            | Kind::Switch
            | Kind::Revoke => None,
        }
    }

    fn draw_delivery(&self) -> Delivery {
        let mut dice = self.0.dice.borrow_mut();
        match dice.between(0, 5) {
            _ if self.0.is_calm.get() => Delivery::Prompt,
            0 => Delivery::Lost,
            1 => Delivery::Twice,
            2 => Delivery::Late(u32::try_from(dice.of_any_size(1, 60_000)).unwrap_or(1)),
            _ => Delivery::Prompt,
        }
    }
}

fn late(dice: &mut Dice, longest: u64) -> Fault {
    let ms = u32::try_from(dice.of_any_size(1, longest)).unwrap_or(1);
    if dice.once_in(2) { Fault::RequestLate(ms) } else { Fault::AnswerLate(ms) }
}

fn status(dice: &mut Dice) -> Fault {
    let retry_after = dice.once_in(3).then(|| dice.one_of([1, 5, 30, 120]));
    Fault::status(dice.one_of([408, 429, 429, 500, 502, 503, 504]), retry_after)
}

/// What lasts.
fn outage(dice: &mut Dice) -> Fault {
    match dice.between(0, 3) {
        0 => Fault::Unreachable,
        1 => Fault::page(),
        2 => Fault::RequestLost,
        _ => status(dice),
    }
}
