//! What users have granted, and the tokens that stand for it.

use super::{AuthorizationServer, State};
use crate::time::UnixTime;
use std::collections::BTreeMap;

/// What becomes of a refresh token that was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It stays good, and no other is issued.
    Off,
    /// A new one replaces it. If it is ever used again, the whole family is revoked (RFC 9700 §4.14.2).
    ReuseDetection,
    /// A new one replaces it. It can be used again for so many seconds; after that as with reuse detection.
    Grace {
        /// From its first use.
        seconds: u32,
    },
}

/// All that was ever granted.
#[derive(Default)]
pub(super) struct Grants {
    list: Vec<Grant>,
    access_tokens: BTreeMap<String, AccessToken>,
    refresh_tokens: BTreeMap<String, RefreshToken>,
    /// How many access tokens are too many to keep those that have expired.
    most_access_tokens: usize,
}

/// So few access tokens are not worth looking through.
const FEW_TOKENS: usize = 64;

/// One sign-in of one user: a family of tokens.
#[derive(Clone)]
pub(super) struct Grant {
    pub(super) user: String,
    pub(super) client_id: String,
    pub(super) scope: String,
    /// Separated by spaces.
    pub(super) resources: String,
    pub(super) authorization_details: Option<String>,
    /// The thumbprint of the key that its tokens are bound to.
    pub(super) key: Option<String>,
    pub(super) acr: Option<String>,
    pub(super) auth_time: UnixTime,
    pub(super) began_at: UnixTime,
    /// When a refresh token was issued or used last; `None` if there never was one.
    pub(super) used_at: Option<UnixTime>,
    pub(super) is_revoked: bool,
}

impl Grant {
    pub(super) fn has_resource(&self, name: &str) -> bool {
        self.resources.split(' ').any(|resource| resource == name)
    }

    pub(super) fn has_scope(&self, name: &str) -> bool {
        self.scope.split(' ').any(|scope| scope == name)
    }
}

/// What a good access token says.
pub(in super::super) struct Shown {
    pub(in super::super) user: String,
    pub(in super::super) audience: Option<String>,
    pub(in super::super) scope: String,
    /// The thumbprint of the key that must come with it.
    pub(in super::super) key: Option<String>,
}

struct AccessToken {
    grant: usize,
    scope: String,
    audience: Option<String>,
    expires_at: UnixTime,
    is_revoked: bool,
}

struct RefreshToken {
    grant: usize,
    rotated_at: Option<UnixTime>,
}

impl AuthorizationServer {
    /// Ends all sessions and revokes all tokens, as an administrator can.
    pub fn revoke_all(&self) {
        self.state.visitor.borrow_mut().session = None;
        self.state.grants.borrow_mut().list.iter_mut().for_each(|grant| grant.is_revoked = true);
    }

    /// How many sign-ins the server still honours: their refresh tokens are neither revoked nor too old.
    #[must_use]
    pub fn honoured_count(&self) -> usize {
        let grants = self.state.grants.borrow();
        grants.list.iter().filter(|grant| self.state.is_honoured(grant)).count()
    }

    /// Which sign-in a token of this server comes from, counted from 0 in the order in which they happened. Access tokens that
    /// have expired, and codes, are not remembered.
    #[must_use]
    pub fn grant_of(&self, token: &str) -> Option<usize> {
        let grants = self.state.grants.borrow();
        let refreshing = grants.refresh_tokens.get(token).map(|record| record.grant);
        refreshing.or_else(|| grants.access_tokens.get(token).map(|record| record.grant))
    }

    /// Whose sign-in this was.
    #[must_use]
    pub fn user_of(&self, grant: usize) -> Option<String> {
        self.state.grants.borrow().list.get(grant).map(|grant| grant.user.clone())
    }

    /// Who may be served on showing this access token now.
    #[must_use]
    pub fn bearer(&self, access_token: &str) -> Option<String> {
        self.state.check_access_token(access_token).map(|shown| shown.user)
    }

    /// For which audience a good access token was issued (RFC 8707); `None` too if it is not good.
    #[must_use]
    pub fn audience_of(&self, access_token: &str) -> Option<String> {
        self.state.check_access_token(access_token)?.audience
    }

    /// Seconds until an access token expires, unless it is revoked before; `None`: it has expired long since, or is none.
    #[must_use]
    pub fn seconds_left(&self, access_token: &str) -> Option<i64> {
        let expires_at = self.state.grants.borrow().access_tokens.get(access_token)?.expires_at;
        Some(expires_at.seconds_since(self.state.now()))
    }

    /// Whether the server still honours a sign-in: its refresh tokens are neither revoked nor too old.
    #[must_use]
    pub fn is_honoured(&self, grant: usize) -> bool {
        self.state.grants.borrow().list.get(grant).is_some_and(|grant| self.state.is_honoured(grant))
    }

    /// Ends one sign-in, as an administrator can.
    pub fn revoke(&self, grant: usize) {
        self.state.revoke_grant(grant);
    }

    /// How often a refresh token was used again after it had been replaced, and not in a grace period: never, if the client
    /// is right and no answer was lost.
    #[must_use]
    pub fn reuse_count(&self) -> usize {
        self.state.reuse_count.get()
    }
}

impl State {
    pub(super) fn add_grant(&self, grant: Grant) -> usize {
        let mut grants = self.grants.borrow_mut();
        grants.list.push(grant);
        grants.list.len() - 1
    }

    pub(super) fn revoke_grant(&self, number: usize) {
        if let Some(grant) = self.grants.borrow_mut().list.get_mut(number) {
            grant.is_revoked = true;
        }
    }

    pub(super) fn revoke_grants_of(&self, user: &str) {
        let mut grants = self.grants.borrow_mut();
        grants.list.iter_mut().filter(|grant| grant.user == user).for_each(|grant| grant.is_revoked = true);
    }

    pub(super) fn add_access_token(&self, token: &str, grant: usize, scope: String, audience: Option<String>) {
        let expires_at = self.now().plus(self.policy.borrow().access_token_lifetime.into());
        let record = AccessToken { grant, scope, audience, expires_at, is_revoked: false };
        let mut grants = self.grants.borrow_mut();
        grants.access_tokens.insert(token.to_owned(), record);
        // Lives are long: what has expired is forgotten, whenever twice as many have come as were left the last time.
        if grants.access_tokens.len() > grants.most_access_tokens {
            let now = self.now();
            grants.access_tokens.retain(|_, record| now < record.expires_at);
            grants.most_access_tokens = (grants.access_tokens.len() * 2).max(FEW_TOKENS);
        }
    }

    pub(super) fn add_refresh_token(&self, token: &str, grant: usize) {
        let mut grants = self.grants.borrow_mut();
        grants.refresh_tokens.insert(token.to_owned(), RefreshToken { grant, rotated_at: None });
        if let Some(grant) = grants.list.get_mut(grant) {
            grant.used_at = Some(self.now());
        }
    }

    /// What an access token says that is good now.
    pub(in super::super) fn check_access_token(&self, token: &str) -> Option<Shown> {
        let grants = self.grants.borrow();
        let record =
            grants.access_tokens.get(token).filter(|record| !record.is_revoked && self.now() < record.expires_at)?;
        let grant = grants.list.get(record.grant).filter(|grant| !grant.is_revoked)?;
        Some(Shown {
            user: grant.user.clone(),
            audience: record.audience.clone(),
            scope: record.scope.clone(),
            key: grant.key.clone(),
        })
    }

    /// By which context class the user of an access token has signed in, and how many seconds ago.
    pub(in super::super) fn authentication_of(&self, token: &str) -> Option<(Option<String>, i64)> {
        let grants = self.grants.borrow();
        let grant = grants.list.get(grants.access_tokens.get(token)?.grant)?;
        Some((grant.acr.clone(), self.now().seconds_since(grant.auth_time)))
    }

    /// The grant of a client's refresh token. One that was replaced, and is not tolerated any more, ends its grant.
    pub(super) fn find_refresh_token(&self, token: &str, client_id: &str) -> Option<(usize, Grant)> {
        let (number, grant, rotated_at) = {
            let grants = self.grants.borrow();
            let record = grants.refresh_tokens.get(token)?;
            let grant = grants.list.get(record.grant).filter(|grant| grant.client_id == client_id)?;
            (record.grant, grant.clone(), record.rotated_at)
        };
        if !self.is_honoured(&grant) {
            return None;
        }
        let is_tolerated = |rotated_at| match self.policy.borrow().rotation {
            Rotation::Off => true,
            Rotation::ReuseDetection => false,
            Rotation::Grace { seconds } => self.now().seconds_since(rotated_at) <= i64::from(seconds),
        };
        if rotated_at.is_none_or(is_tolerated) {
            return Some((number, grant));
        }
        self.reuse_count.set(self.reuse_count.get() + 1);
        self.revoke_grant(number);
        None
    }

    /// Notes that a refresh token was used; `true` if a new one takes its place.
    pub(super) fn use_refresh_token(&self, token: &str) -> bool {
        let is_replaced = self.policy.borrow().rotation != Rotation::Off;
        let Grants { list, refresh_tokens, .. } = &mut *self.grants.borrow_mut();
        if let Some(record) = refresh_tokens.get_mut(token) {
            record.rotated_at = record.rotated_at.or(is_replaced.then(|| self.now()));
            if let Some(grant) = list.get_mut(record.grant) {
                grant.used_at = Some(self.now());
            }
        }
        is_replaced
    }

    /// RFC 7009 §2.1: with a refresh token the whole grant is revoked.
    pub(super) fn revoke_token(&self, token: &str) {
        let refreshing = self.grants.borrow().refresh_tokens.get(token).map(|record| record.grant);
        if let Some(grant) = refreshing {
            self.revoke_grant(grant);
        }
        if let Some(record) = self.grants.borrow_mut().access_tokens.get_mut(token) {
            record.is_revoked = true;
        }
    }

    /// Whether a grant is neither revoked, nor too old, nor too long unused.
    fn is_honoured(&self, grant: &Grant) -> bool {
        let policy = self.policy.borrow();
        let is_within = |since: UnixTime, lifetime: Option<u32>| {
            lifetime.is_none_or(|lifetime| self.now().seconds_since(since) < i64::from(lifetime))
        };
        !grant.is_revoked
            && is_within(grant.began_at, policy.refresh_token_lifetime)
            && grant.used_at.is_some_and(|used_at| is_within(used_at, policy.refresh_token_idle))
    }
}
