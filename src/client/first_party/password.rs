//! A login with what the user knows, at a server of the application's own.

use super::super::attempt::{PROMPT_MS, stopped};
use super::super::audience::Audience;
use super::super::renewal::another_user;
use super::{Credential, FirstParty, FirstPartyClient, config, endpoint, refusal};
use crate::client::config::{CommonOptions, page_url};
use crate::client::kind::Refused;
use crate::client::record::Record;
use crate::client::session::TokenType;
use crate::client::{Inner, Level, Listener, Platform, Session, SignedOutReason};
use crate::credential::Encoding;
use crate::credential::login::{
    Fields, RefreshWith, Tokens, login_request, logout_request, process_login_response, process_logout_response,
    process_refresh_response, refresh_request,
};
use crate::error::{Error, ErrorCode, Result};
use crate::http::HttpResponse;
use crate::secret::Secret;
use crate::time::UnixTime;
use std::ops::Deref;
use std::rc::Rc;

/// How to make a [`PasswordClient`]. Only `login_url` is needed.
#[derive(Clone, Debug, Default)]
pub struct PasswordOptions {
    /// Where what the user knows is posted to.
    pub login_url: String,
    /// Where the refresh token is posted to.
    pub refresh_url: Option<String>,
    /// Where the tokens are presented to be revoked.
    pub logout_url: Option<String>,
    /// How the server wants what is posted. Default JSON.
    pub encoding: Encoding,
    /// How the refresh token is presented. Default as Bearer.
    pub refresh_with: RefreshWith,
    /// Where the answer holds things.
    pub fields: Fields,
    /// What every client may be told.
    pub common: CommonOptions,
}

/// Signs users in with a password at the application's own server, which answers with tokens. Never for anybody else's server: its
/// users' passwords are none of this application's business (RFC 9700 §2.4).
#[derive(Debug)]
pub struct PasswordClient<P: Platform>(FirstPartyClient<P>);

impl<P: Platform> Clone for PasswordClient<P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<P: Platform> Deref for PasswordClient<P> {
    type Target = FirstPartyClient<P>;

    fn deref(&self) -> &FirstPartyClient<P> {
        &self.0
    }
}

/// Options that have been checked.
pub(super) struct Password {
    login_url: String,
    refresh_url: Option<String>,
    logout_url: Option<String>,
    encoding: Encoding,
    refresh_with: RefreshWith,
    fields: Fields,
}

impl<P: Platform> PasswordClient<P> {
    /// Makes a client: reads the stored session. Does no network.
    ///
    /// # Errors
    /// `invalid_option`, `insecure_url`: the options cannot work.
    pub async fn create(platform: P, options: PasswordOptions) -> Result<Self> {
        Self::create_with_listener(platform, options, None).await
    }

    /// [`create`](Self::create) with a listener that hears everything from the first moment.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub async fn create_with_listener(
        platform: P,
        options: PasswordOptions,
        listener: Option<Listener>,
    ) -> Result<Self> {
        let page = platform.current_url();
        let page = page.as_deref();
        let password = Password {
            login_url: page_url::<P>(&options.login_url, page, "loginUrl")?,
            refresh_url: endpoint::<P>(options.refresh_url.as_ref(), page, "refreshUrl")?,
            logout_url: endpoint::<P>(options.logout_url.as_ref(), page, "logoutUrl")?,
            encoding: options.encoding,
            refresh_with: options.refresh_with,
            fields: options.fields,
        };
        let config = config::<P>(options.common, ["password ", &password.login_url].concat(), page)?;
        let client = FirstPartyClient::new(platform, config, Credential::Password(password), listener)?;
        client.0.resume().await;
        client.0.start();
        Ok(Self(client))
    }

    /// Posts what the user knows, once, and keeps nothing of it.
    ///
    /// # Errors
    /// `access_denied` with the server's words in `oauth`; `network`, `timeout`, `server_error`: not now; `invalid_response`.
    pub async fn sign_in(&self, credentials: Vec<(String, Secret)>) -> Result<Rc<Session>> {
        self.0.sign_in(credentials).await
    }

    /// A token that stays good for so many seconds (default 30); renewed if need be, or because it must be `fresh`.
    ///
    /// # Errors
    /// As [`Client::access_token`](crate::client::Client::access_token).
    pub async fn access_token(&self, min_validity: Option<u32>, fresh: bool) -> Result<Secret> {
        self.0.access_token(min_validity, fresh).await
    }
}

impl<P: Platform> FirstPartyClient<P> {
    pub(crate) async fn sign_in(&self, credentials: Vec<(String, Secret)>) -> Result<Rc<Session>> {
        let inner = Rc::clone(&self.0);
        self.0.in_its_turn(|| async move { inner.sign_in_with(credentials).await }).await
    }

    pub(crate) async fn access_token(&self, min_validity: Option<u32>, fresh: bool) -> Result<Secret> {
        self.0.token(&Audience::default(), min_validity, fresh).await
    }
}

impl<P: Platform> Inner<P, FirstParty> {
    async fn sign_in_with(self: &Rc<Self>, credentials: Vec<(String, Secret)>) -> Result<()> {
        self.has_left.set(false);
        match &self.kind.credential {
            Credential::Password(password) => self.log_in(password, &credentials).await,
            Credential::Cookie(cookie) => self.log_in_for_cookie(cookie, &credentials).await,
            Credential::ApiKey(_) => Err(Error::new(ErrorCode::Unsupported, "an API key is set by setKey")),
        }
    }

    async fn log_in(self: &Rc<Self>, password: &Password, credentials: &[(String, Secret)]) -> Result<()> {
        let (asked_at, asked_ms) = (self.platform.monotonic_ms(), self.platform.wall_ms());
        let answer = self.send(login_request(&password.login_url, password.encoding, credentials)).await?;
        let tokens = process_login_response::<P::Json>(&answer, &password.fields, credentials)?;
        self.fit_clock(&tokens, &answer, asked_ms).await;
        let issued_at = self.issued_at(asked_at);
        let record = self.new_record(TokenType::Bearer, tokens.access_token.clone(), issued_at)?;
        let record = Rc::new(with_tokens(record, password, tokens));
        if !self.is_within(f64::from(self.config.timeout_ms) + PROMPT_MS, asked_ms) {
            // This page was stopped while it waited, and a later sign-in, in another, stands.
            self.adopt_stored(SignedOutReason::UserChanged).await;
            if let Some(now) = self.record().filter(|now| now.is_later_sign_in_than(&record)) {
                return if now.is_same_user(&record) { Ok(()) } else { Err(another_user()) };
            }
        }
        self.begin_session(record).await;
        Ok(())
    }

    pub(super) async fn refresh_tokens(
        self: &Rc<Self>,
        password: &Password,
        record: &Rc<Record>,
        refresh_token: &Secret,
    ) -> Result<Rc<Record>, Refused> {
        let Some(url) = &password.refresh_url else {
            return Err(Refused::ForNow(Error::new(ErrorCode::InvalidOption, "refreshUrl is missing")));
        };
        let request = || refresh_request(url, password.encoding, &password.refresh_with, refresh_token);
        let (mut asked_at, mut asked_ms) = (self.platform.monotonic_ms(), self.platform.wall_ms());
        let mut answer = self.send(request()).await.map_err(Refused::ForNow)?;
        if is_unexplained(&answer) {
            if !self.is_within(f64::from(self.config.timeout_ms) + PROMPT_MS, asked_ms) {
                return Err(Refused::ForNow(stopped()));
            }
            self.log(Level::Info, "the server refused to renew and gave no reason: it is asked once more", None);
            (asked_at, asked_ms) = (self.platform.monotonic_ms(), self.platform.wall_ms());
            answer = self.send(request()).await.map_err(Refused::ForNow)?;
        }
        let tokens = process_refresh_response::<P::Json>(&answer, &password.fields, refresh_token).map_err(refusal)?;
        self.fit_clock(&tokens, &answer, asked_ms).await;
        let before = (&record.subject, tokens.claims.as_ref().and_then(|claims| claims.subject.as_ref()));
        if let (Some(before), Some(now)) = before
            && before != now
        {
            return Err(Refused::ForGood(Error::new(ErrorCode::SessionLost, "the new token is another user's")));
        }
        let next = self.next_record(record, tokens.access_token.clone(), self.issued_at(asked_at));
        Ok(Rc::new(with_tokens(next, password, tokens)))
    }

    /// Takes over the server's clock if what it has just issued was over already, or not issued yet, by ours.
    async fn fit_clock(&self, tokens: &Tokens, answer: &HttpResponse, asked_ms: f64) {
        let Some(claims) = tokens.claims.as_ref().filter(|_| tokens.expires_in.is_none()) else { return };
        let (slept, tolerance) = (self.slept_since(asked_ms), self.config.tolerance());
        let now = self.now().plus(-slept);
        let is_over = claims.expires_at.is_some_and(|expires_at| expires_at.seconds_since(now) <= 0);
        let is_early = claims.issued_at.is_some_and(|issued_at| issued_at.seconds_since(now) > tolerance);
        if !(is_over || is_early) {
            return;
        }
        let witness = if answer.date().is_none() { self.platform.witness_ms().await } else { None };
        // It may have been stopped once more.
        let slept = self.slept_since(asked_ms);
        let then = answer.date().or(claims.issued_at).map(|time| time.plus(slept));
        if let Some(server) = witness.map(UnixTime::from_millis).or(then) {
            self.set_clock(server);
        }
    }

    /// Presents the tokens to be revoked: the access token, and the refresh token beside it or in a request of its own.
    pub(super) async fn log_out(&self, password: &Password, record: &Record) -> Result<()> {
        let Some(url) = &password.logout_url else { return Ok(()) };
        let encoding = password.encoding;
        let (field, alone) = match (&password.refresh_with, &record.refresh_token) {
            (RefreshWith::Field(name), Some(token)) => (Some((name.as_str(), token)), None),
            (RefreshWith::Bearer, token) => (None, token.as_ref()),
            (RefreshWith::Field(_), None) => (None, None),
        };
        let answer = self.send(logout_request(url, encoding, &record.access_token, field)).await?;
        process_logout_response::<P::Json>(&answer)?;
        if let Some(token) = alone {
            let answer = self.send(logout_request(url, encoding, token, None)).await?;
            process_logout_response::<P::Json>(&answer)?;
        }
        Ok(())
    }
}

/// `record` with what was granted. What the answer leaves out stays as it was.
fn with_tokens(mut record: Record, password: &Password, tokens: Tokens) -> Record {
    let by_claims = tokens.claims.as_ref().and_then(|claims| claims.expires_at);
    record.expires_at = match tokens.expires_in {
        Some(seconds) => Some(record.issued_at.plus(i64::from(seconds))),
        None => by_claims,
    };
    if let Some(claims) = tokens.claims {
        record.subject = claims.subject.or(record.subject);
        record.claims = Some(claims.json);
    }
    // One that nobody would take is none.
    let refresh_token = tokens.refresh_token.filter(|_| password.refresh_url.is_some());
    record.refresh_token = refresh_token.or(record.refresh_token);
    record
}

/// A refusal without a word: it may have been a proxy's.
fn is_unexplained(answer: &HttpResponse) -> bool {
    matches!(answer.status, 400 | 401 | 403 | 422) && answer.body.expose().trim_ascii().is_empty()
}
