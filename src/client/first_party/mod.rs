//! Credentials that are not OAuth's: the tokens of a password login, an API key, a session in a cookie.
//!
//! One kind for all three, so that what they share with each other and with OAuth is compiled once.

mod api_key;
mod cookie;
mod password;

pub use api_key::{ApiKeyClient, ApiKeyOptions, Renew};
pub use cookie::{CookieClient, CookieOptions};
pub use password::{PasswordClient, PasswordOptions};

use super::audience::{Audience, Others};
use super::config::{CommonOptions, Config, page_url, same_origin};
use super::flight::Flight;
use super::kind::{Kind, NOBODY, Refused};
use super::record::Record;
use super::session::TokenType;
use super::{
    Event, Failure, Inner, Listener, Platform, Session, SignOutOptions, SignedOutReason, Subscription, login_required,
};
use crate::error::{Error, ErrorCode, Result};
use crate::http::{HttpRequest, HttpResponse};
use crate::secret::Secret;
use crate::time::UnixTime;
use api_key::ApiKey;
use cookie::Cookie;
use password::Password;
use std::rc::Rc;

/// What every client of a first party can do. A clone is the same client.
pub struct FirstPartyClient<P: Platform>(Rc<Inner<P, FirstParty>>);

impl<P: Platform> Clone for FirstPartyClient<P> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<P: Platform> std::fmt::Debug for FirstPartyClient<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FirstPartyClient").field("name", &self.0.config.name).finish_non_exhaustive()
    }
}

/// The kind of these clients.
pub(super) struct FirstParty {
    credential: Credential,
    /// One sign-in at a time.
    sign_in: Rc<Flight<Result<()>>>,
    /// One question at a time who is signed in.
    looking: Rc<Flight<Result<()>>>,
}

enum Credential {
    Password(Password),
    ApiKey(ApiKey),
    Cookie(Cookie),
}

impl<P: Platform> FirstPartyClient<P> {
    /// Makes a client that has not looked for its session yet.
    fn new(platform: P, config: Config, credential: Credential, listener: Option<Listener>) -> Result<Self> {
        let kind = FirstParty { credential, sign_in: Rc::default(), looking: Rc::default() };
        let inner = Rc::new(Inner::new(platform, config, kind));
        inner.settle_in()?;
        if let Some(listener) = listener {
            inner.events.listen(listener);
        }
        Ok(Self(inner))
    }

    /// Who is signed in; the same `Rc` until something changes.
    #[must_use]
    pub fn session(&self) -> Option<Rc<Session>> {
        self.0.session()
    }

    /// Why the last sign-in or renewal failed; `None` once one succeeds.
    #[must_use]
    pub fn error(&self) -> Option<Error> {
        self.0.error.borrow().clone()
    }

    /// Calls `listener` with every event, one at a time, never from within a call into the client. Stops when the
    /// subscription is dropped.
    pub fn subscribe(&self, listener: impl Fn(&Event) + 'static) -> Subscription {
        self.0.events.subscribe(Rc::new(listener))
    }

    /// Sends a call with the credential, if its URL is under `resources`: see [`Client::fetch`](super::Client::fetch).
    ///
    /// # Errors
    /// As there.
    pub fn fetch(&self, call: P::Call) -> impl Future<Output = Result<P::Answer, Failure<P::Reason>>> + use<P> {
        let inner = Rc::clone(&self.0);
        let is_for_renewal = match &inner.kind.credential {
            Credential::ApiKey(key) => key.is_calling.get(),
            Credential::Password(_) | Credential::Cookie(_) => false,
        };
        async move { if is_for_renewal { inner.fetch_as_it_is(call).await } else { inner.fetch(call).await } }
    }

    /// Signs out: here and in every tab at once, whatever the network says; then, unless `local`, at the server, if there is a
    /// URL for that.
    ///
    /// # Errors
    /// `invalid_option` for a `return_to` of another origin: nothing has happened. `network`, `timeout`, `server_error`,
    /// `invalid_response`: the user is signed out here, and not at the server.
    pub async fn sign_out(&self, options: SignOutOptions) -> Result<()> {
        let inner = &self.0;
        let page = inner.platform.current_url().and_then(|page| P::parse_url(&page, None));
        let return_to = match (&options.return_to, &page) {
            (Some(url), Some(page)) => Some(same_origin::<P>(url, page, "returnTo")?),
            _ => None,
        };
        let (record, left_ms) = (inner.record(), inner.platform.wall_ms());
        inner.end_session(SignedOutReason::User).await;
        inner.succeeded();
        if !options.local {
            inner.leave(record, left_ms).await?;
        }
        if let Some(url) = return_to {
            inner.platform.navigate(&url)?;
        }
        Ok(())
    }

    /// Stops timers and listeners; the stored session stays.
    pub fn close(&self) {
        self.0.close();
    }

    /// The platform that this client stands on.
    #[must_use]
    pub fn platform(&self) -> &P {
        &self.0.platform
    }
}

impl<P: Platform> Kind<P> for FirstParty {
    type Means = ();

    async fn is_at_rest(&self) {
        self.sign_in.landed().await;
    }

    async fn means(_inner: &Rc<Inner<P, Self>>) -> Result<()> {
        Ok(())
    }

    async fn refresh(
        inner: &Rc<Inner<P, Self>>,
        (): &(),
        record: &Rc<Record>,
        refresh_token: &Secret,
        _: &Audience,
    ) -> Result<Rc<Record>, Refused> {
        match &inner.kind.credential {
            Credential::Password(password) => inner.refresh_tokens(password, record, refresh_token).await,
            Credential::ApiKey(_) => inner.renew_key(record).await,
            Credential::Cookie(cookie) => inner.refresh_cookie(cookie, record).await,
        }
    }

    const HAS_FIRST: bool = true;

    fn first(inner: &Rc<Inner<P, Self>>) -> impl Future<Output = Result<Rc<Record>>> {
        inner.first_session()
    }

    async fn doubt(inner: &Rc<Inner<P, Self>>, refused: &Rc<Record>) {
        match &inner.kind.credential {
            // Nobody has said how long the token is good: this is how it ends.
            Credential::Password(_) if refused.expires_at.is_none() => {
                inner.end_session(SignedOutReason::Expired).await
            }
            Credential::Cookie(cookie) => inner.doubt_cookie(cookie).await,
            Credential::Password(_) | Credential::ApiKey(_) => {}
        }
    }

    fn credential(&self, record: &Record) -> Secret {
        let prefix = match &self.credential {
            Credential::Password(_) => "Bearer ",
            Credential::ApiKey(key) => &key.prefix,
            Credential::Cookie(_) => "",
        };
        [prefix, record.access_token.expose()].concat().into()
    }

    async fn send_call(
        inner: &Rc<Inner<P, Self>>,
        call: &P::Call,
        _: &Record,
        credential: &Secret,
    ) -> Result<P::Answer, Failure<P::Reason>> {
        const AUTHORIZATION: &str = "authorization";
        let platform = &inner.platform;
        match &inner.kind.credential {
            // A browser takes this header off when it follows a redirect to another origin (Fetch standard, HTTP-redirect fetch).
            Credential::Password(_) => platform.send_call(call, (AUTHORIZATION, credential), None).await,
            Credential::ApiKey(key) if key.header == AUTHORIZATION => {
                platform.send_call(call, (AUTHORIZATION, credential), None).await
            }
            Credential::ApiKey(key) => platform.send_call_straight(call, Some((&key.header, credential)), false).await,
            Credential::Cookie(cookie) => {
                let header = cookie.csrf_header(platform, &platform.call_method(call), &platform.call_url(call));
                let header = header.as_ref().map(|(name, value)| (name.as_str(), value));
                platform.send_call_straight(call, header, true).await
            }
        }
    }
}

impl<P: Platform> Inner<P, FirstParty> {
    /// What a call begins with that finds no session. Its caller may give it up: `xtask/src/futures.rs` knows this name.
    async fn first_session(self: &Rc<Self>) -> Result<Rc<Record>> {
        match &self.kind.credential {
            // Of a session that ended in this page no call begins another by itself.
            Credential::ApiKey(key) if self.changes.get() == 0 => self.first_key(key).await,
            Credential::Password(_) | Credential::ApiKey(_) | Credential::Cookie(_) => Err(login_required(NOBODY)),
        }
    }

    /// Signs in, after whoever is at it already.
    async fn in_its_turn<F: Future<Output = Result<()>> + 'static>(
        self: &Rc<Self>,
        sign_in: impl FnOnce() -> F,
    ) -> Result<Rc<Session>> {
        self.check_open()?;
        while self.kind.sign_in.is_under_way() {
            // What comes of another's sign-in is its caller's affair.
            let _ = self.kind.sign_in.landed().await;
        }
        match self.kind.sign_in.join(&self.platform, sign_in).await {
            Ok(()) => {
                self.succeeded();
                self.session().ok_or_else(|| login_required("the user signed out meanwhile"))
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    async fn leave(self: &Rc<Self>, record: Option<Rc<Record>>, left_ms: f64) -> Result<()> {
        match &self.kind.credential {
            Credential::Password(password) => match record {
                Some(record) => self.log_out(password, &record).await,
                None => Ok(()),
            },
            Credential::ApiKey(_) => Ok(()),
            Credential::Cookie(cookie) => self.leave_cookie(cookie, left_ms).await,
        }
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse> {
        self.platform.send(request, self.config.timeout_ms).await
    }

    /// The first record of a session. What it can be renewed by is set by whoever knows that.
    fn new_record(&self, token_type: TokenType, access_token: Secret, issued_at: UnixTime) -> Result<Record> {
        Ok(Record {
            owner: self.config.owner.clone(),
            family: self.random_id()?,
            replaced: None,
            generation: 1,
            access_token,
            token_type,
            scope: String::new(),
            issued_at,
            expires_at: None,
            refresh_token: None,
            id_token: None,
            claims: None,
            subject: None,
            signed_in_at: issued_at,
            clock_offset: self.clock.offset_ms(&self.platform),
            key: None,
            authorization_details: None,
            others: Others::default(),
            audience: Audience::default(),
            is_restored: false,
        })
    }

    /// What comes after `before`.
    fn next_record(&self, before: &Record, access_token: Secret, issued_at: UnixTime) -> Record {
        let clock_offset = self.clock.offset_ms(&self.platform);
        let generation = before.generation + 1;
        Record { generation, access_token, issued_at, clock_offset, is_restored: false, ..before.clone() }
    }
}

/// What a refusal means for the session: one with a reason is about it, everything else may pass.
fn refusal(error: Error) -> Refused {
    if error.code() == ErrorCode::InvalidGrant { Refused::ForGood(error) } else { Refused::ForNow(error) }
}

/// An endpoint's URL, absolute.
fn endpoint<P: Platform>(url: Option<&String>, page: Option<&str>, name: &str) -> Result<Option<String>> {
    url.map(|url| page_url::<P>(url, page, name)).transpose()
}

fn config<P: Platform>(common: CommonOptions, name: String, page: Option<&str>) -> Result<Config> {
    Config::new::<P>(common, name.clone(), name, page)
}
