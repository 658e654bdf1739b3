//! A token for each API: RFC 8707.
//!
//! One sign-in, one refresh token, and of each audience a token of its own, asked for when it is first needed. The record's own
//! access token is that of the audience that was the first when the user signed in: the record says which. For a call to another the record is turned until that one's token is in front
//! ([`Record::facing`]), and everything that is done with a record is done with what is in front.

use super::attach::CONVINCED_FOR_MS;
use super::config::{Config, invalid};
use super::kind::Kind;
use super::record::{Fields, Record};
use super::session::TokenType;
use super::sign_in::PendingSignIn;
use super::{Inner, Platform};
use crate::encoding::Form;
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::time::UnixTime;
use crate::url::Url;
use std::cell::RefCell;
use std::rc::Rc;

/// Whose access token is meant: that of the audience of this name; without a name the record's own, whoever's that is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Audience(Option<Named>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    name: Rc<str>,
    /// Whether it is the first that the options name.
    is_first: bool,
}

impl Audience {
    /// Whether this is the audience of the record's own access token. A record of an older version does not name it.
    pub(super) fn is_own(&self, record: &Record) -> bool {
        let is_it = |named: &Named| record.others.own.as_ref().map_or(named.is_first, |own| **own == *named.name);
        self.0.as_ref().is_none_or(is_it)
    }

    /// What the token of this audience is asked for as.
    pub(super) fn resource<'a>(&'a self, record: &'a Record, config: &'a Config) -> Option<&'a str> {
        let named = self.0.as_ref().map(|named| &*named.name);
        named.or(record.others.own.as_deref()).or_else(|| config.audience())
    }

    /// Puts the token that `next` begins with where it belongs in what comes after `before`.
    pub(super) fn put_in_place(&self, before: &Record, next: Record) -> Record {
        let Some(Named { name, .. }) = self.0.as_ref().filter(|_| !self.is_own(before)) else { return next };
        let name = &**name;
        let mut others = before.others.clone();
        others.tokens.retain(|other| other.audience != name);
        others.tokens.push(Token {
            audience: name.to_owned(),
            access_token: next.access_token,
            token_type: next.token_type,
            scope: next.scope,
            issued_at: next.issued_at,
            expires_at: next.expires_at,
        });
        Record {
            access_token: before.access_token.clone(),
            token_type: before.token_type,
            scope: before.scope.clone(),
            authorization_details: before.authorization_details.clone(),
            issued_at: before.issued_at,
            expires_at: before.expires_at,
            others,
            ..next
        }
    }
}

/// The access tokens of a session beside its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Others {
    /// The audience of the session's own.
    own: Option<String>,
    tokens: Vec<Token>,
    /// What the server calls the client of this session, if the options do not say it.
    client_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    audience: String,
    access_token: Secret,
    token_type: TokenType,
    scope: String,
    issued_at: UnixTime,
    expires_at: Option<UnixTime>,
}

#[cfg(any(test, all(target_arch = "wasm32", feature = "js")))]
impl Record {
    /// Whether its own access token is for this audience, without a doubt: a record of an older version does not say.
    pub(super) fn is_for(&self, audience: &str) -> bool {
        self.others.own.as_deref() == Some(audience)
    }
}

/// The stored record's field for [`Others::own`].
const OWN: &str = "audience";
/// The one for [`Others::client_id`].
const CLIENT: &str = "client_id";
/// The name of its fields that hold one token each.
const OTHER: &str = "other";

impl Others {
    /// Those of a new session, whose own token was asked for as this: none.
    pub(super) fn first(own: Option<&str>, signed_in: &PendingSignIn) -> Self {
        Self { own: own.map(str::to_owned), tokens: Vec::new(), client_id: signed_in.client_id.clone() }
    }

    /// Of a session of nobody's sign-in.
    #[cfg(test)]
    pub(super) fn none(own: Option<&str>) -> Self {
        Self { own: own.map(str::to_owned), ..Self::default() }
    }

    /// What the server calls the client of this session, if it has registered itself.
    pub(super) fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    pub(super) fn encode_into(&self, record: &mut Form) {
        record.add(OWN, self.own.as_deref());
        record.add(CLIENT, self.client_id.as_deref());
        for token in &self.tokens {
            let mut fields = Form::new();
            fields.add("audience", token.audience.as_str());
            fields.add("access_token", token.access_token.expose());
            fields.add("token_type", token.token_type.name());
            fields.add("scope", token.scope.as_str());
            fields.add_number("issued_at", token.issued_at.0);
            fields.add_number("expires_at", token.expires_at.map(|time| time.0));
            record.add(OTHER, Secret::from(fields).expose());
        }
    }

    /// One that is not whole is asked for again.
    pub(super) fn decode(record: &Fields) -> Self {
        let tokens = record.texts(OTHER).filter_map(|text| Token::decode(&text.into())).collect();
        Self { own: record.text(OWN), tokens, client_id: record.text(CLIENT) }
    }
}

impl Token {
    fn decode(text: &Secret) -> Option<Self> {
        let fields = Fields::parse(text);
        Some(Self {
            audience: fields.text("audience")?,
            access_token: fields.text("access_token")?.into(),
            token_type: TokenType::from_name(&fields.text("token_type")?)?,
            scope: fields.text("scope")?,
            issued_at: UnixTime(fields.number("issued_at")?),
            expires_at: fields.number("expires_at").map(UnixTime),
        })
    }
}

impl Record {
    /// The record with the token of this audience in front. One that is not there yet is empty, and has expired long ago.
    pub(super) fn facing(self: &Rc<Self>, audience: &Audience) -> Rc<Self> {
        let Some(Named { name, .. }) = audience.0.as_ref() else { return Rc::clone(self) };
        if audience.is_own(self) {
            // It says so, and is the same for all else.
            return if self.audience == *audience { Rc::clone(self) } else { self.of(audience) };
        }
        let found = self.others.tokens.iter().find(|other| other.audience == **name).cloned();
        let token = found.unwrap_or_else(|| Token {
            audience: String::new(),
            access_token: Secret::from(""),
            token_type: self.token_type,
            scope: String::new(),
            issued_at: UnixTime(0),
            expires_at: Some(UnixTime(0)),
        });
        Rc::new(Self {
            access_token: token.access_token,
            token_type: token.token_type,
            scope: token.scope,
            issued_at: token.issued_at,
            expires_at: token.expires_at,
            audience: audience.clone(),
            ..Self::clone(self)
        })
    }

    fn of(&self, audience: &Audience) -> Rc<Self> {
        Rc::new(Self { audience: audience.clone(), ..self.clone() })
    }

    /// Whether nobody has renewed the token in front since `seen`: another audience's may have been, in another write.
    pub(super) fn has_same_token(&self, seen: &Self) -> bool {
        let has_others = |record: &Self| !record.others.tokens.is_empty();
        let is_only_one = !has_others(self) && !has_others(seen) && seen.audience.is_own(self);
        if is_only_one { self.is_same_write(seen) } else { self.access_token == seen.access_token }
    }
}

impl Config {
    /// # Errors
    /// `invalid_option` if it is unclear which token a resource gets.
    pub(super) fn check_audiences(&self) -> Result<()> {
        let is_clear = self.audiences().len() < 2 || self.resources.iter().all(|resource| resource.audience.is_some());
        if is_clear { Ok(()) } else { Err(invalid("resources that name several audiences must each name one")) }
    }

    /// Whose token a call to this URL gets, that of the longest path that covers it; `None`: no token at all.
    pub(super) fn audience_for(&self, url: &Url) -> Option<Audience> {
        let covering = self.resources.iter().filter(|resource| resource.covers(url));
        let resource = covering.max_by_key(|resource| resource.path_length())?;
        let name = resource.audience.as_deref().or_else(|| self.audience());
        Some(name.and_then(|name| self.audience_named(name)).unwrap_or_default())
    }

    /// The audience of this name, if a resource has it.
    pub(super) fn audience_named(&self, name: &str) -> Option<Audience> {
        let audiences = self.audiences();
        let place = audiences.iter().position(|audience| *audience == name)?;
        Some(Audience(Some(Named { name: name.into(), is_first: place == 0 })))
    }
}

/// What a page remembers of its audiences.
#[derive(Default)]
pub(super) struct Audiences {
    /// Monotonic milliseconds: when a token was last renewed because an API refused it.
    convinced: RefCell<Vec<(Audience, f64)>>,
    /// Whose token the renewal that is under way is for.
    in_flight: RefCell<Audience>,
    /// What the server had no token for: of which family, why, and when by the monotonic clock.
    refused: RefCell<Vec<(Audience, String, Error, f64)>>,
}

impl Audiences {
    pub(super) fn convinced_at(&self, audience: &Audience) -> f64 {
        let convinced = self.convinced.borrow();
        convinced.iter().find(|(each, _)| each == audience).map_or(f64::NEG_INFINITY, |(_, at)| *at)
    }

    /// Why the server had no token for this audience just now, with this sign-in.
    pub(super) fn refusal(&self, audience: &Audience, record: &Record, now: f64) -> Option<Error> {
        let mut refused = self.refused.borrow_mut();
        refused.retain(|(.., at)| now - at < CONVINCED_FOR_MS);
        let is_it = |(each, family, ..): &&(Audience, String, Error, f64)| each == audience && *family == record.family;
        refused.iter().find(is_it).map(|(_, _, error, _)| error.clone())
    }

    pub(super) fn refuse(&self, audience: &Audience, record: &Record, error: Error, now: f64) {
        self.refused.borrow_mut().push((audience.clone(), record.family.clone(), error, now));
    }

    pub(super) fn convince(&self, audience: &Audience, at: f64) {
        let mut convinced = self.convinced.borrow_mut();
        convinced.retain(|(each, _)| each != audience);
        convinced.push((audience.clone(), at));
    }
}

impl<P: Platform, K: Kind<P>> Inner<P, K> {
    /// Waits until no token of another audience is on its way: the family has one refresh token, and it is used by one request at
    /// a time. Whoever goes on from here must renew at once.
    pub(super) async fn await_others(&self, audience: &Audience) {
        while self.renewal.is_under_way() && *self.audiences.in_flight.borrow() != *audience {
            self.renewal.landed().await;
        }
        self.audiences.in_flight.replace(audience.clone());
    }
}
