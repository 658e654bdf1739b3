//! Sees everything from outside, by the network and the servers, and says which rule was broken. It takes no client's word,
//! but for what a client says about itself to its application.

mod api;
mod flight;
mod idle;
mod leak;
mod store;

use crate::plan::Plan;
use crate::rule::{Rule, Violation};
use crate::secret::{Secrets, Sort};
use crate::trace::Trace;
use flight::Flights;
use idle::Idleness;
use std::collections::BTreeMap;
use store::Stores;
pub(crate) use store::TURN_MS;
use tessera_auth::client::Event;
use tessera_auth::http::HttpResponse;
use tessera_auth::testing::{AuthorizationServer, Happening, PageId, Request, World};

pub(crate) const ISSUER: &str = "https://as.example.com";
pub(crate) const TOKEN_PATH: &str = "/token";

/// What is known of a page.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// Since when it has been frozen.
    frozen_at: Option<u64>,
    /// When it went on last.
    thawed_at: Option<u64>,
    /// The user has asked it to sign out.
    is_leaving: bool,
    /// The sign-in that it has finished.
    exchanged: Option<usize>,
    sent: usize,
    /// A bit for each API that it has called.
    called: u8,
    /// What is known of it where idle users are signed out.
    presence: idle::Presence,
}

pub(crate) struct Witness {
    violation: Option<Violation>,
    pub(crate) trace: Trace,
    server: AuthorizationServer,
    pub(crate) secrets: Secrets,
    /// The pages that are alive, by their numbers.
    pages: BTreeMap<u64, Known>,
    flights: Flights,
    pub(crate) stores: Stores,
    pub(crate) idleness: Idleness,
    /// How many APIs have tokens of their own.
    apis: usize,
    /// How often a call may be sent.
    most_sent: u8,
    /// How many sign-ins there were.
    grants: usize,
    is_rotating: bool,
    /// How long the machine has been awake.
    now: u64,
    /// How often each call was sent.
    calls: Vec<u8>,
    /// A page has sent a refresh request since somebody last asked.
    renewing: Option<PageId>,
}

impl Witness {
    pub(crate) fn new(plan: &Plan, server: &AuthorizationServer, trace: Trace) -> Self {
        Self {
            violation: None,
            trace,
            server: server.clone(),
            secrets: Secrets::default(),
            pages: BTreeMap::new(),
            flights: Flights::default(),
            stores: Stores::new(plan),
            idleness: Idleness::new(plan),
            apis: plan.extra.apis,
            grants: 0,
            // For each of the two a server may want another nonce (RFC 9449 §9).
            most_sent: if plan.extra.proofs.is_some() { 4 } else { 2 },
            is_rotating: plan.rotation != tessera_auth::testing::Rotation::Off,
            now: 0,
            calls: Vec::new(),
            renewing: None,
        }
    }

    /// Time has passed, or may have.
    pub(crate) fn set_now(&mut self, world: &World) {
        self.now = world.awake_ms();
        self.trace.now = self.now;
        self.idleness.now = world.now_ms();
    }

    pub(crate) fn violation(&self) -> Option<&Violation> {
        self.violation.as_ref()
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.violation.is_some()
    }

    /// The first violation is the one that counts: others follow from it.
    pub(crate) fn violate(&mut self, rule: Rule, detail: impl Into<String>) {
        if self.violation.is_none() {
            let detail = self.secrets.hide(&detail.into());
            self.trace.line(|| format!("VIOLATION {}: {detail}", rule.name()));
            self.violation = Some(Violation { rule, detail });
        }
    }

    /// A number for a call to this API that is about to be made.
    pub(crate) fn next_call(&mut self, page: PageId, api: usize) -> usize {
        if let Some(known) = self.pages.get_mut(&page.page) {
            known.called |= 1 << api;
        }
        self.calls.push(0);
        self.calls.len() - 1
    }

    /// A call is sent once, and once more at most if the API has refused its token.
    fn count_call(&mut self, request: &Request) {
        let number = named(request).and_then(|(_, number)| number.parse::<usize>().ok());
        let Some(sent) = number.and_then(|number| self.calls.get_mut(number)) else { return };
        *sent = sent.saturating_add(1);
        if *sent > self.most_sent {
            self.violate(Rule::SentTwice, format!("{} is sent once more", request.url.path));
        }
    }

    /// Whether a refresh request is under way.
    pub(crate) fn is_renewing(&self) -> bool {
        self.flights.is_renewing()
    }

    /// The page that has begun to renew since this was asked last.
    pub(crate) fn take_renewing(&mut self) -> Option<PageId> {
        self.renewing.take()
    }

    pub(crate) fn page_opens(&mut self, id: PageId) {
        let known = Known {
            frozen_at: None,
            thawed_at: None,
            is_leaving: false,
            exchanged: None,
            sent: 0,
            called: 0,
            presence: self.idleness.page_runs(),
        };
        self.pages.insert(id.page, known);
    }

    pub(crate) fn page_dies(&mut self, id: PageId) {
        if self.pages.remove(&id.page).is_some_and(|known| known.is_leaving) {
            self.stores.leaving_is_interrupted(id);
        }
        let _ = self.idleness.page_stops(id);
        self.flights.forget_page(id.page);
        self.forget_behind(id);
    }

    pub(crate) fn page_freezes(&mut self, id: PageId, is_frozen: bool) {
        if let Some(known) = self.pages.get_mut(&id.page) {
            known.frozen_at = is_frozen.then_some(self.now);
            known.thawed_at = (!is_frozen).then_some(self.now);
            known.presence = self.idleness.page_runs_again(id, known.presence);
            if is_frozen && known.is_leaving {
                self.stores.leaving_is_interrupted(id);
            }
        }
        self.stores.is_changed = true;
        self.forget_behind(id);
    }

    /// The user asks a page to sign out, or it has done so.
    pub(crate) fn page_leaves(&mut self, id: PageId, is_leaving: bool) {
        if let Some(known) = self.pages.get_mut(&id.page) {
            known.is_leaving = is_leaving;
        }
        if is_leaving {
            self.stores.user_leaves(id);
        }
    }

    /// How many requests a page has sent.
    pub(crate) fn sent_by(&self, id: PageId) -> usize {
        self.pages.get(&id.page).map_or(0, |known| known.sent)
    }

    /// What makes tries legitimate that would be too many otherwise: the network is back, or time has jumped.
    pub(crate) fn fresh_start(&mut self) {
        self.flights.begin_anew(self.now);
    }

    /// Something has happened.
    pub(crate) fn see(&mut self, happening: &Happening<'_>) {
        self.trace.happening(happening, &self.secrets);
        match *happening {
            Happening::Sent { page, number, request, .. } => self.see_sent(page, number, request),
            Happening::Answered { number, request, response, is_genuine } => {
                self.see_answer(number, request, response, is_genuine)
            }
            Happening::Received { number, outcome } => self.see_received(number, outcome.ok()),
            Happening::Abandoned { number } => self.see_received(number, None),
            Happening::Posted { message, channel, .. } => {
                self.check_leak("a message", message);
                self.check_leak("a channel", channel);
                if message == "changed" {
                    self.see_said();
                }
            }
            Happening::Stored { page, kind, key, value } => self.see_stored(page, kind, key, value),
            Happening::Departed { url, .. } => self.check_departure(url),
            Happening::Locked { .. } | Happening::Unlocked { .. } | _ => {}
        }
    }

    fn see_sent(&mut self, page: PageId, number: u64, request: &Request) {
        if let Some(known) = self.pages.get_mut(&page.page) {
            known.sent += 1;
        }
        if request.url.origin == ISSUER
            && request.url.path == TOKEN_PATH
            && let Some(verifier) = request.parameter("code_verifier")
        {
            self.secrets.add(Sort::Verifier, &verifier, None, None);
        }
        if let Some(proof) = request.header("dpop") {
            self.secrets.add(Sort::Proof, proof, None, None);
        }
        if named(request).is_some() {
            self.count_call(request);
        }
        self.check_needed(page, request);
        self.check_destination(request);
        self.see_flight(page, number, request);
    }

    fn see_answer(&mut self, number: u64, request: &Request, response: &HttpResponse, is_genuine: bool) {
        if named(request).is_some() {
            return self.check_user(request);
        }
        if !is_genuine || request.url.path != TOKEN_PATH || !response.is_success() {
            return;
        }
        let body = response.body.expose();
        let api = self.api_asked_for(request);
        let grant = member(body, "access_token").and_then(|token| self.server.grant_of(token));
        self.grants = self.grants.max(grant.map_or(0, |grant| grant + 1));
        for (sort, name) in [(Sort::Access, "access_token"), (Sort::Refresh, "refresh_token"), (Sort::Id, "id_token")] {
            if let Some(token) = member(body, name) {
                self.secrets.add(sort, token, grant, api);
            }
        }
        if let Some(page) = self.flights.sender(number)
            && let Some(known) = self.pages.get_mut(&page.page)
            && request.body.contains("grant_type=authorization_code")
        {
            known.exchanged = grant;
        }
    }

    /// The API sees whose page calls, and whose token it shows.
    fn check_user(&mut self, request: &Request) {
        let (called_as, _) = named(request).unwrap_or_default();
        let token = request.bearer().or_else(|| request.credential("dpop"));
        let user = token.and_then(|token| self.server.bearer(token));
        if let Some(user) = user.filter(|user| user != called_as) {
            self.violate(Rule::OwnUser, format!("a call of {called_as} was sent with a token of {user}"));
        }
    }

    /// A client has told something to its application.
    pub(crate) fn hear(&mut self, page: PageId, event: &Event) {
        let text = format!("{event:?}");
        self.trace.event(page, event);
        self.check_leak("an event", &text);
        self.hear_of_idleness(page, event);
    }

    /// The store that this page sees is emptied, by the user or by the browser.
    pub(crate) fn clear(&mut self, page: PageId) {
        self.stores.clear(page);
        self.idleness.lose();
        self.fresh_start();
    }

    /// Whether this sign-in is one that the server honours.
    pub(crate) fn is_honoured(&self, grant: usize) -> bool {
        self.server.is_honoured(grant)
    }
}

/// The user in whose name a call is made, and the number of the call: it says so in its path.
fn named(request: &Request) -> Option<(&str, &str)> {
    request.url.path.split_once("/as/")?.1.split_once('/')
}

/// A member of a JSON object whose values have no quotes in them.
fn member<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = json.split_once(&format!("\"{name}\":\""))?;
    after.split_once('"').map(|(value, _)| value)
}
