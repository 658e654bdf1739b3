//! The session as the stores have it: who is signed in, what was dropped, what came back, how much there is.

use super::Witness;
use crate::plan::{Kind, Plan};
use crate::rule::Rule;
use std::collections::{BTreeMap, BTreeSet};
use tessera_auth::client::{Session, StorageKind};
use tessera_auth::testing::PageId;

const MOST_KEYS: usize = 40;
const MOST_BYTES: usize = 64 * 1024;
/// A page that waits for its turn to renew reads what is stored when it comes: all turns of a minute.
pub(crate) const TURN_MS: u64 = 70_000;

/// Which store: that of all tabs, of one, or of one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Shared,
    Tab(u64),
    Page(u64),
}

impl Place {
    pub(crate) const fn of(kind: StorageKind, page: PageId) -> Self {
        match kind {
            StorageKind::IndexedDb | StorageKind::Local => Self::Shared,
            StorageKind::Session => Self::Tab(page.tab),
            StorageKind::Memory => Self::Page(page.page),
        }
    }
}

/// The session in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) grant: usize,
    user: Option<String>,
    expires_at: Option<i64>,
    /// A tab may give its refresh token up for a duplicate of itself.
    refresh_token: Option<String>,
    /// Where it is all that there is: there are no refresh tokens.
    pub(crate) access_token: Option<String>,
    /// How many tokens there are for further APIs.
    others: usize,
}

pub(crate) struct Stores {
    kind: StorageKind,
    sessions: BTreeMap<Place, Kept>,
    sizes: BTreeMap<Place, BTreeMap<String, usize>>,
    /// Sign-ins that the user has left: they must not come back.
    left: BTreeSet<(Place, usize)>,
    /// Sign-ins that may be gone, because the store was cleared.
    forgiven: BTreeSet<usize>,
    /// Tabs that hold an old token could not have heard that it was used, when nothing is left of what was stored.
    is_deaf: bool,
    has_refresh_tokens: bool,
    has_sure_clock: bool,
    /// Sign-ins before this one are bound to a key that the browser has lost.
    keyless_below: usize,
    was_cleared: bool,
    /// From the first failure of the store nothing is sure to be kept.
    is_broken: bool,
    /// Sessions that went out of a store although the server honours them, and how: they must be back when all is quiet.
    dropped: Vec<(Place, usize, String)>,
    /// Pages that show older tokens than are stored, and since when.
    behind: BTreeMap<PageId, u64>,
    /// A page has changed what is stored and has not said so; if it died before it could, nobody else may know.
    is_unsaid: bool,
    /// Whether something may have changed since the tabs were compared.
    pub(super) is_changed: bool,
}

impl Stores {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            kind: plan.storage,
            sessions: BTreeMap::new(),
            sizes: BTreeMap::new(),
            left: BTreeSet::new(),
            forgiven: BTreeSet::new(),
            is_deaf: !plan.has_channels || plan.has(Kind::Message),
            has_refresh_tokens: plan.extra.has_refresh_tokens,
            has_sure_clock: !plan.has(Kind::ClockStep),
            keyless_below: 0,
            was_cleared: false,
            is_broken: false,
            dropped: Vec::new(),
            behind: BTreeMap::new(),
            is_unsaid: false,
            is_changed: false,
        }
    }

    /// Where a page keeps what it knows: for itself, once the store has failed.
    pub(super) fn place_of(&self, page: PageId) -> Place {
        if self.is_broken { Place::Page(page.page) } else { Place::of(self.kind, page) }
    }

    pub(crate) fn kept_for(&self, page: PageId) -> Option<&Kept> {
        self.sessions.get(&Place::of(self.kind, page))
    }

    /// Whatever this page can see is to end.
    pub(super) fn user_leaves(&mut self, page: PageId) {
        let Some(grant) = self.kept_for(page).map(|kept| kept.grant) else { return };
        self.left.insert((Place::of(self.kind, page), grant));
        // Duplicates of this tab have the same session, and are told that it is over.
        self.forgiven.insert(grant);
    }

    /// A page was stopped while it signed out: what it has not come to remove may stay.
    pub(super) fn leaving_is_interrupted(&mut self, page: PageId) {
        let place = Place::of(self.kind, page);
        if let Some(grant) = self.sessions.get(&place).map(|kept| kept.grant) {
            self.left.remove(&(place, grant));
            self.forgiven.insert(grant);
        }
    }

    /// The store that this page sees is emptied, by the user or by the browser.
    pub(crate) fn clear(&mut self, page: PageId) {
        let place = Place::of(self.kind, page);
        self.forgiven.extend(self.sessions.remove(&place).map(|kept| kept.grant));
        self.sizes.remove(&place);
        self.was_cleared = true;
        // Pages that were about to store something will find nothing to replace.
        self.forgiven.extend(self.sessions.values().map(|kept| kept.grant));
    }

    /// Whether all that was stored is still there, as far as pages have not removed it.
    pub(super) fn is_whole(&self) -> bool {
        !self.was_cleared && !self.is_broken
    }

    /// Whether a tab may know a used token, and nothing of its use.
    pub(super) fn may_mislead(&self) -> bool {
        self.is_deaf && self.was_cleared
    }

    /// Pages that have the key in hand go on with it.
    pub(super) fn lose_keys(&mut self, grants: usize) {
        self.keyless_below = grants;
    }

    /// Whether the key of a sign-in may be gone.
    pub(crate) fn is_keyless(&self, grant: usize) -> bool {
        grant < self.keyless_below
    }

    pub(crate) fn fail(&mut self) {
        self.is_broken = true;
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// A tab begins with a copy of another's store.
    pub(crate) fn duplicate(&mut self, from: PageId, to: PageId) {
        let (from, to) = (Place::Tab(from.tab), Place::Tab(to.tab));
        if let Some(kept) = self.sessions.get(&from).cloned() {
            self.sessions.insert(to, kept);
        }
        if let Some(sizes) = self.sizes.get(&from).cloned() {
            self.sizes.insert(to, sizes);
        }
    }
}

impl Witness {
    pub(super) fn see_stored(&mut self, page: PageId, kind: StorageKind, key: &str, value: Option<&str>) {
        let place = Place::of(kind, page);
        self.check_size(place, key, value);
        if key.ends_with(" ended") && self.pages.get(&page.page).is_some_and(|known| known.is_leaving) {
            // Whoever leaves ends what has been stored by then, too, and any page may remove what he has marked.
            self.stores.forgiven.extend(self.stores.sessions.get(&place).map(|kept| kept.grant));
        }
        if key.ends_with(" active") {
            self.see_activity_noted(page);
        }
        if !key.ends_with(" session") {
            return;
        }
        self.stores.is_unsaid = true;
        self.stores.is_changed = true;
        let next = value.and_then(|text| self.read_record(text));
        if let Some(token) = value.and_then(|text| field(text, "refresh_token")) {
            self.settle(&token);
        }
        let before = match &next {
            Some(kept) => self.stores.sessions.insert(place, kept.clone()),
            None => self.stores.sessions.remove(&place),
        };
        if let (Some(before), Some(next)) = (&before, &next)
            && before.grant == next.grant
        {
            self.check_kept_apart(page, before.others, next.others);
        }
        if let Some(before) = before
            && next.as_ref().is_none_or(|next| next.grant != before.grant)
        {
            self.see_dropped(page, place, &before, next.map(|next| next.grant));
        }
    }

    /// A session went out of a store.
    fn see_dropped(&mut self, page: PageId, place: Place, before: &Kept, next: Option<usize>) {
        let (known, dropped) = (self.pages.get(&page.page), before.grant);
        let has_signed_in = next.is_some() && known.is_some_and(|known| known.exchanged == next);
        if has_signed_in {
            self.stores.left.insert((place, dropped));
            return;
        }
        let is_elsewhere = self.stores.sessions.values().any(|kept| kept.grant == dropped);
        let is_excused = known.is_some_and(|known| known.is_leaving)
            || is_elsewhere
            || self.may_be_over(before)
            || self.stores.is_keyless(dropped)
            || self.stores.is_broken
            || self.stores.left.contains(&(place, dropped))
            || self.stores.forgiven.contains(&dropped);
        if self.is_overdue(page) {
            self.stores.left.insert((place, dropped));
            self.stores.forgiven.insert(dropped);
            return;
        }
        if !is_excused && (self.is_honoured(dropped) || !self.stores.has_refresh_tokens) {
            let detail = match next {
                Some(next) => format!("tab {} put sign-in {next} in place of {dropped}", page.tab),
                None => format!("tab {} removed sign-in {dropped}", page.tab),
            };
            self.stores.dropped.push((place, dropped, detail));
        }
    }

    /// Whether a session without a refresh token may be over, as far as a page can tell that has asked for its token in good time.
    fn may_be_over(&self, kept: &Kept) -> bool {
        const REQUEST_S: i64 = 12;
        kept.refresh_token.is_none()
            && kept.access_token.as_ref().is_none_or(|token| {
                !self.stores.has_sure_clock || self.server.seconds_left(token).is_none_or(|left| left <= REQUEST_S)
            })
    }

    /// How long the server serves a session without a refresh token still; `None`: not at all, or nobody can tell.
    pub(crate) fn seconds_left(&self, kept: &Kept) -> Option<i64> {
        let token = kept.access_token.as_ref()?;
        self.server.bearer(token)?;
        self.server.seconds_left(token)
    }

    /// A page shows a session that it cannot renew: its token is good.
    pub(crate) fn check_expired(&mut self, page: PageId) {
        let Some(token) = self.stores.kept_for(page).and_then(|kept| kept.access_token.as_ref()) else { return };
        // Its clock may differ as much as it tolerates, and an answer may have been on its way for so long.
        const ANSWER_S: i64 = 40;
        let is_over = self.server.seconds_left(token).is_none_or(|left| left < -ANSWER_S);
        if is_over && self.stores.has_sure_clock && !self.stores.is_broken {
            let detail = format!("tab {} shows a session whose token has expired and cannot be renewed", page.tab);
            self.violate(Rule::EndedIsDropped, detail);
        }
    }

    /// The browser has lost the key that tokens are bound to.
    pub(crate) fn lose_keys(&mut self) {
        self.stores.lose_keys(self.grants);
    }

    /// What a race has dropped must be put back by whoever has it, before anybody could notice.
    pub(crate) fn check_dropped(&mut self) {
        for (place, dropped, detail) in std::mem::take(&mut self.stores.dropped) {
            if self.stores.sessions.get(&place).is_none_or(|kept| kept.grant != dropped)
                && (self.is_honoured(dropped) || !self.stores.has_refresh_tokens)
            {
                self.violate(Rule::NotDropped, detail);
            }
        }
    }

    /// Whether every page may know what is stored.
    pub(crate) fn is_said(&self) -> bool {
        !self.stores.is_unsaid
    }

    /// A page has told the others to look.
    pub(super) fn see_said(&mut self) {
        self.stores.is_unsaid = false;
        self.stores.is_changed = true;
    }

    /// What a user has left is not there when all is quiet.
    pub(crate) fn check_left(&mut self) {
        let stores = &self.stores;
        let is_back = |(place, kept): &(&Place, &Kept)| stores.left.contains(&(**place, kept.grant));
        if let Some(grant) = stores.sessions.iter().find(is_back).map(|(_, kept)| kept.grant) {
            self.violate(Rule::StaysEnded, format!("sign-in {grant} is stored again"));
        }
    }

    /// Whether what a page has stored can be renewed: a duplicate may have used its refresh token up, and gone on with the next.
    pub(crate) fn may_be_renewed(&self, kept: &Kept) -> bool {
        kept.refresh_token.as_ref().is_some_and(|token| !self.is_rotating || !self.is_settled(token))
    }

    /// Whether the tabs are to be compared with what is stored.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.stores.is_changed) || !self.stores.behind.is_empty()
    }

    /// A page shows who is signed in at once, and the newest tokens as soon as it does not wait for its turn to renew any more.
    pub(crate) fn check_agreement(&mut self, page: PageId, session: Option<&Session>, patience_ms: u64) {
        let kept = self.stores.kept_for(page);
        let is_same_user = kept.map(|kept| &kept.user) == session.map(|session| &session.subject);
        let shown = session.and_then(|session| session.expires_at).map(|time| time.0);
        let stored = kept.and_then(|kept| kept.expires_at);
        if is_same_user && shown == stored {
            self.stores.behind.remove(&page);
            return;
        }
        let since = *self.stores.behind.entry(page).or_insert(self.now);
        if !is_same_user || self.now >= since + patience_ms {
            let kept = self.stores.kept_for(page).map(|kept| (kept.grant, kept.user.clone()));
            let session = session.map(|session| session.subject.clone());
            let detail =
                format!("tab {} shows {session:?} until {shown:?}, and stored is {kept:?} until {stored:?}", page.tab);
            self.violate(Rule::TabsAgree, detail);
        }
    }

    pub(super) fn forget_behind(&mut self, page: PageId) {
        self.stores.behind.remove(&page);
    }

    fn check_size(&mut self, place: Place, key: &str, value: Option<&str>) {
        let sizes = self.stores.sizes.entry(place).or_default();
        match value {
            Some(value) => sizes.insert(key.to_owned(), key.len() + value.len()),
            None => sizes.remove(key),
        };
        let (keys, bytes) = (sizes.len(), sizes.values().sum::<usize>());
        if keys > MOST_KEYS || bytes > MOST_BYTES {
            self.violate(Rule::SmallStore, format!("{keys} values of {bytes} bytes are stored"));
        }
    }

    /// Reads what is stored, as far as the rules need it.
    fn read_record(&self, text: &str) -> Option<Kept> {
        let grant = self.secrets.get(&field(text, "access_token")?)?.grant?;
        let expires_at = field(text, "expires_at").and_then(|seconds| seconds.parse().ok());
        let refresh_token = field(text, "refresh_token");
        let access_token = if self.stores.has_refresh_tokens { None } else { field(text, "access_token") };
        let others = if self.apis > 1 { text.matches("&other=").count() } else { 0 };
        Some(Kept { grant, user: self.server.user_of(grant), expires_at, refresh_token, access_token, others })
    }
}

/// A field of a form whose value needs no decoding.
fn field(form: &str, name: &str) -> Option<String> {
    let mut fields = form.split('&');
    let value = fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.to_owned())
}
