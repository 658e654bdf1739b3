//! Requests to the authorization server: how many at a time, how often, with which refresh tokens.

use super::store::Place;
use super::{ISSUER, TOKEN_PATH, Witness, member};
use crate::rule::Rule;
use std::collections::{BTreeMap, HashMap};
use tessera_auth::http::HttpResponse;
use tessera_auth::testing::{PageId, Request};

/// What the client's requests may take, with what its page may need to see that they did.
const PATIENCE_MS: u64 = 10_000;
/// What a page may take to store what it finds when it goes on.
const MOMENT_MS: u64 = 100;
const MINUTE_MS: u64 = 60_000;
const MOST_TRIES: u32 = 6;

#[derive(Default)]
pub(super) struct Flights {
    under_way: Vec<Flight>,
    /// Every refresh token that was presented.
    presented: HashMap<String, Presentation>,
    /// The refresh token that was presented for this one.
    predecessors: HashMap<String, String>,
    /// What began to fail and when, by sign-in and by the store in which tabs share what they know of it.
    outages: BTreeMap<(usize, Place), Outage>,
    /// The sign-in of the last request that was to be made better, when its answer came, and when it was sent: what is sent at once
    /// after it is the same try.
    improved: Option<(usize, u64, u64)>,
    /// When the network was back last, or time jumped.
    began_anew_at: u64,
}

struct Flight {
    number: u64,
    page: PageId,
    sent_at: u64,
    /// The same, with what the machine has slept.
    sent_in_world: u64,
    path: String,
    /// If it is a refresh request.
    refresh: Option<(usize, String)>,
}

/// What came of presenting a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presentation {
    UnderWay,
    /// No answer came, or none that says what became of the token.
    Unanswered,
    /// A page has the whole answer of the server, and has not stored it yet.
    Received(PageId),
    /// A page has stored what came for it, or what it means.
    Settled,
}

#[derive(Clone, Copy, Debug)]
struct Outage {
    since: u64,
    tries: u32,
    /// Something has happened in it that makes a new beginning legitimate: it does not count any more.
    is_void: bool,
}

impl Flights {
    pub(super) fn sender(&self, number: u64) -> Option<PageId> {
        self.under_way.iter().find(|flight| flight.number == number).map(|flight| flight.page)
    }

    pub(super) fn is_renewing(&self) -> bool {
        self.under_way.iter().any(|flight| flight.refresh.is_some())
    }

    pub(super) fn forget_page(&mut self, page: u64) {
        self.under_way.retain(|flight| flight.page.page != page);
    }

    pub(super) fn begin_anew(&mut self, now: u64) {
        self.began_anew_at = now;
        self.outages.values_mut().for_each(|outage| outage.is_void = true);
    }

    /// A page has put this refresh token where it finds it again.
    pub(super) fn settle(&mut self, stored: &str) {
        if let Some(presented) = self.predecessors.get(stored).and_then(|before| self.presented.get_mut(before)) {
            *presented = Presentation::Settled;
        }
    }
}

impl Witness {
    pub(super) fn see_flight(&mut self, page: PageId, number: u64, request: &Request) {
        if request.url.origin != ISSUER {
            return;
        }
        let path = request.url.path.clone();
        let is_busy = |flight: &Flight| flight.page == page && flight.path == path;
        if self.flights.under_way.iter().any(is_busy) {
            self.violate(Rule::OneAtATime, format!("tab {} asks {path} while it waits for {path}", page.tab));
        }
        let is_refresh = path == TOKEN_PATH && request.body.contains("grant_type=refresh_token");
        let token = if is_refresh { request.parameter("refresh_token") } else { None };
        let refresh = token.and_then(|token| Some((self.server.grant_of(&token)?, token)));
        if let Some((grant, token)) = &refresh {
            self.renewing = Some(page);
            self.check_alone(page, *grant);
            self.check_first(token);
            self.check_tries(*grant, page);
            self.flights.presented.insert(token.clone(), Presentation::UnderWay);
        }
        self.flights.under_way.push(Flight {
            number,
            page,
            sent_at: self.now,
            sent_in_world: self.idleness.now,
            path,
            refresh,
        });
    }

    /// A page that is frozen cannot give up: its request is over when its patience would be, or after the machine has slept for as long,
    /// which no connection survives.
    fn check_alone(&mut self, page: PageId, grant: usize) {
        if self.stores.is_broken() {
            // Tabs that keep their sessions each for itself do so with one token that is never replaced: see `Plan`.
            return;
        }
        let others = self.flights.under_way.iter().filter(|flight| flight.page != page);
        let other =
            others.filter(|flight| flight.refresh.as_ref().is_some_and(|(each, _)| *each == grant)).find(|flight| {
                match self.pages.get(&flight.page.page) {
                    None => false,
                    Some(known) => known.frozen_at.is_none() || self.idleness.now < flight.sent_in_world + PATIENCE_MS,
                }
            });
        if let Some(other) = other {
            let detail = format!("tabs {} and {} renew sign-in {grant} at the same time", other.page.tab, page.tab);
            self.violate(Rule::OneRefresh, detail);
        }
    }

    fn check_first(&mut self, token: &str) {
        if !self.is_rotating || self.stores.may_mislead() {
            return;
        }
        let is_good_reason = match self.flights.presented.get(token) {
            None | Some(Presentation::Unanswered) => true,
            // Two at the same time are found elsewhere; this one's page is dead, or frozen beyond its patience.
            Some(Presentation::UnderWay) => true,
            // It may have died, or have been stopped, before it stored what came: then the answer is lost all the same. So it is
            // when the others, who have waited long enough, go on at the moment at which the page does.
            Some(Presentation::Received(page)) => self.pages.get(&page.page).is_none_or(|known| {
                known.frozen_at.is_some() || known.thawed_at.is_some_and(|thawed_at| self.now < thawed_at + MOMENT_MS)
            }),
            Some(Presentation::Settled) => false,
        };
        if !is_good_reason {
            self.violate(Rule::NoRepeat, format!("{token} is presented again, and its answer had come"));
        }
    }

    fn check_tries(&mut self, grant: usize, page: PageId) {
        let now = self.now;
        if self.stores.is_broken() {
            // What is tried is written down nowhere that outlives a page.
            return;
        }
        let key = (grant, self.stores.place_of(page));
        let Some(outage) = self.flights.outages.get_mut(&key) else { return };
        if !outage.is_void && now < outage.since + MINUTE_MS {
            outage.tries += 1;
            if outage.tries > MOST_TRIES {
                let seconds = (now - outage.since) / 1_000;
                self.violate(Rule::FewTries, format!("try {} comes {seconds} s after the first", MOST_TRIES + 1));
            }
        }
    }

    /// A page has an answer, or waits no longer.
    pub(super) fn see_received(&mut self, number: u64, response: Option<&HttpResponse>) {
        let Some(position) = self.flights.under_way.iter().position(|flight| flight.number == number) else { return };
        let flight = self.flights.under_way.swap_remove(position);
        let Some((grant, token)) = flight.refresh else { return };
        let body = response.map_or("", |response| response.body.expose());
        let is_granted = response.is_some_and(HttpResponse::is_success) && body.ends_with('}');
        let is_refused = response.is_some_and(|response| response.status == 400) && body.contains("invalid_grant");
        // The server answers, and says what is wrong with the request: it has no token for this API, or wants a better proof.
        let says = |what| response.is_some_and(|response| response.status == 400) && body.contains(what);
        let outcome = if is_granted || is_refused {
            self.flights.outages.retain(|(each, _), _| *each != grant);
            Presentation::Received(flight.page)
        } else if says("invalid_target") {
            self.flights.outages.retain(|(each, _), _| *each != grant);
            Presentation::Unanswered
        } else if says("_dpop_") {
            // With a better one the same request comes again at once, and that is one try.
            let key = (grant, self.stores.place_of(flight.page));
            self.flights.outages.entry(key).and_modify(|outage| outage.tries = outage.tries.saturating_sub(1));
            self.flights.improved = Some((grant, self.now, flight.sent_at));
            Presentation::Unanswered
        } else {
            let is_void = flight.sent_at <= self.flights.began_anew_at;
            let first = self.flights.improved.filter(|(each, at, _)| (*each, *at) == (grant, flight.sent_at));
            let outage = Outage { since: first.map_or(flight.sent_at, |(.., sent_at)| sent_at), tries: 1, is_void };
            self.flights.outages.entry((grant, self.stores.place_of(flight.page))).or_insert(outage);
            Presentation::Unanswered
        };
        if let Some(next) = member(body, "refresh_token").filter(|_| is_granted) {
            self.flights.predecessors.insert(next.to_owned(), token.clone());
        }
        self.flights.presented.insert(token, outcome);
    }

    pub(super) fn settle(&mut self, stored: &str) {
        self.flights.settle(stored);
    }

    /// Whether what came for a refresh token is stored: it is used up.
    pub(super) fn is_settled(&self, token: &str) -> bool {
        self.flights.presented.get(token) == Some(&Presentation::Settled)
    }
}
