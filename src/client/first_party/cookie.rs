//! A session in a cookie that the server keeps for the page, or a backend-for-frontend does.

mod look;

use super::{Credential, FirstParty, FirstPartyClient, config, endpoint, refusal};
use crate::client::attach::CONVINCED_FOR_MS;
use crate::client::attempt::ANSWER_MS;
use crate::client::audience::Audience;
use crate::client::clock::STOPPED_MS;
use crate::client::config::{CommonOptions, invalid};
use crate::client::flight::within;
use crate::client::kind::Refused;
use crate::client::record::Record;
use crate::client::session::TokenType;
use crate::client::stored::Stored;
use crate::client::{Inner, Level, Listener, Platform, Session, SignedOutReason, login_required};
use crate::credential::Encoding;
use crate::credential::cookie::{Csrf, User, csrf_value, is_unsafe, post_request, process_cookie_refresh_response};
use crate::credential::key::check_header;
use crate::credential::login::{login_request, process_bare_login_response, process_logout_response};
use crate::error::{Error, ErrorCode, Result};
use crate::http::HttpRequest;
use crate::secret::Secret;
use std::cell::RefCell;
use std::ops::Deref;
use std::rc::Rc;

/// How to make a [`CookieClient`]. One of `session_url` and `login_url` is needed.
#[derive(Clone, Debug, Default)]
pub struct CookieOptions {
    /// Answers a GET with 200 and JSON about the user while somebody is signed in, and with 401 while nobody is.
    pub session_url: Option<String>,
    /// Where what the user knows is posted to, as JSON; or the page to go to, if `sign_in` is given nothing.
    pub login_url: Option<String>,
    /// Where the cookie is renewed by a POST.
    pub refresh_url: Option<String>,
    /// Where the session is ended by a POST.
    pub logout_url: Option<String>,
    /// How the server knows that a request is the page's own.
    pub csrf: Option<Csrf>,
    /// What every client may be told.
    pub common: CommonOptions,
}

/// Follows a session that the server keeps in a cookie, and sends the cookie with the calls to its resources.
#[derive(Debug)]
pub struct CookieClient<P: Platform>(FirstPartyClient<P>);

impl<P: Platform> Clone for CookieClient<P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<P: Platform> Deref for CookieClient<P> {
    type Target = FirstPartyClient<P>;

    fn deref(&self) -> &FirstPartyClient<P> {
        &self.0
    }
}

/// Options that have been checked.
pub(super) struct Cookie {
    session_url: Option<String>,
    login_url: Option<String>,
    refresh_url: Option<String>,
    logout_url: Option<String>,
    csrf: Option<Csrf>,
    /// Origins, and whether the cookie that is repeated there can be theirs.
    sites: RefCell<Vec<(String, bool)>>,
}

impl Cookie {
    /// The header that shows that a call of this method is the page's own. Not for servers of another site: what they have no cookie
    /// to compare with is nothing for them to know.
    pub(super) fn csrf_header<P: Platform>(&self, platform: &P, method: &str, url: &str) -> Option<(String, Secret)> {
        let csrf = self.csrf.as_ref().filter(|_| is_unsafe(method) && self.is_of_this_site(platform, url))?;
        Some((csrf.header.clone(), csrf_value(&platform.cookie(&csrf.cookie)?)))
    }

    /// Found out once for each origin: browsers are asked by setting a cookie.
    fn is_of_this_site<P: Platform>(&self, platform: &P, url: &str) -> bool {
        let Some(origin) = P::parse_url(url, None).map(|url| url.origin) else { return false };
        let known = self.sites.borrow().iter().find(|(each, _)| *each == origin).map(|(_, is_ours)| *is_ours);
        known.unwrap_or_else(|| {
            let is_ours = platform.shares_cookies_with(url);
            self.sites.borrow_mut().push((origin, is_ours));
            is_ours
        })
    }

    /// `request` with that header, out of the cookie that goes with a refresh if it is one.
    fn protect<P: Platform>(&self, platform: &P, request: HttpRequest, is_refresh: bool) -> HttpRequest {
        let Some(csrf) = &self.csrf else { return request };
        let name = csrf.refresh_cookie.as_ref().filter(|_| is_refresh).unwrap_or(&csrf.cookie);
        match platform.cookie(name) {
            Some(value) => request.with_header(csrf.header.clone(), csrf_value(&value)),
            None => request,
        }
    }
}

impl<P: Platform> CookieClient<P> {
    /// Makes a client: takes over what is known of the session, and asks the server if nothing is. What is known is confirmed
    /// beside everything else.
    ///
    /// # Errors
    /// `invalid_option`, `insecure_url`: the options cannot work.
    pub async fn create(platform: P, options: CookieOptions) -> Result<Self> {
        Self::create_with_listener(platform, options, None).await
    }

    /// [`create`](Self::create) with a listener that hears everything from the first moment.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub async fn create_with_listener(platform: P, options: CookieOptions, listener: Option<Listener>) -> Result<Self> {
        let page = platform.current_url();
        let page = page.as_deref();
        let mut cookie = Cookie {
            session_url: endpoint::<P>(options.session_url.as_ref(), page, "sessionUrl")?,
            login_url: endpoint::<P>(options.login_url.as_ref(), page, "loginUrl")?,
            refresh_url: endpoint::<P>(options.refresh_url.as_ref(), page, "refreshUrl")?,
            logout_url: endpoint::<P>(options.logout_url.as_ref(), page, "logoutUrl")?,
            csrf: options.csrf,
            sites: RefCell::default(),
        };
        if let Some(csrf) = &mut cookie.csrf {
            csrf.header = check_header(&csrf.header, "csrf.header")?;
        }
        let Some(url) = cookie.session_url.as_ref().or(cookie.login_url.as_ref()) else {
            return Err(invalid("sessionUrl and loginUrl are missing: one of them says who is signed in"));
        };
        let config = config::<P>(options.common, ["cookie ", url].concat(), page)?;
        let client = FirstPartyClient::new(platform, config, Credential::Cookie(cookie), listener)?;
        let inner = &client.0;
        inner.resume().await;
        if inner.record().is_some() {
            let task = Rc::clone(inner);
            inner.platform.spawn(async move { task.confirm().await });
        } else if let Err(error) = inner.look_for_session().await {
            // Whether there is one will show later.
            inner.failed(error);
        }
        inner.start();
        Ok(Self(client))
    }

    /// Posts what the user knows to `login_url`; without anything, leaves the page for it, as a backend-for-frontend wants it, and
    /// ends only if that fails.
    ///
    /// # Errors
    /// `access_denied` with the server's words in `oauth`; `network`, `timeout`, `server_error`: not now; `invalid_response`,
    /// also if the server does not know the user afterwards.
    pub async fn sign_in(&self, credentials: Option<Vec<(String, Secret)>>) -> Result<Rc<Session>> {
        match credentials {
            Some(credentials) => self.0.sign_in(credentials).await,
            None => self.0.go_to_login().await,
        }
    }

    /// Renews the cookie, or asks the server who is signed in; `None`: nobody.
    ///
    /// # Errors
    /// `network`, `timeout`, `server_error`: not now; `session_lost`: the server has just ended the session.
    pub async fn refresh(&self) -> Result<Option<Rc<Session>>> {
        self.0.refresh().await
    }
}

impl<P: Platform> FirstPartyClient<P> {
    pub(crate) async fn go_to_login(&self) -> Result<Rc<Session>> {
        let inner = &self.0;
        inner.check_open()?;
        let url = match &inner.kind.credential {
            Credential::Cookie(cookie) => cookie.login_url.as_ref(),
            Credential::Password(_) | Credential::ApiKey(_) => None,
        };
        let url = url.ok_or_else(|| invalid("loginUrl is missing"))?;
        inner.platform.navigate(url)?;
        std::future::pending().await
    }

    pub(crate) async fn refresh(&self) -> Result<Option<Rc<Session>>> {
        let inner = &self.0;
        inner.check_open()?;
        match inner.record() {
            Some(record) if record.refresh_token.is_some() => {
                inner.renew(&record).await?;
            }
            _ => inner.look_for_session().await?,
        }
        Ok(inner.session())
    }
}

impl<P: Platform> Inner<P, FirstParty> {
    pub(super) async fn log_in_for_cookie(
        self: &Rc<Self>,
        cookie: &Cookie,
        credentials: &[(String, Secret)],
    ) -> Result<()> {
        let url = cookie.login_url.as_ref().ok_or_else(|| invalid("loginUrl is missing"))?;
        let request = login_request(url, Encoding::Json, credentials).with_cookies();
        // What a refresh sets that is under way would come after what this sets.
        let turn = within(&self.platform, self.config.timeout_ms, self.turn("renewal")).await;
        let answer = self.send(cookie.protect(&self.platform, request, false)).await?;
        process_bare_login_response::<P::Json>(&answer, credentials)?;
        let user = match self.ask_who(cookie).await? {
            Some(None) => {
                let problem = "the login succeeded, and the session endpoint knows nobody: the cookie did not come back; check its attributes, and Access-Control-Allow-Credentials";
                return Err(Error::new(ErrorCode::InvalidResponse, problem));
            }
            Some(user) => user,
            None => None,
        };
        drop(turn);
        self.begin_cookie_session(cookie, user).await
    }

    async fn begin_cookie_session(self: &Rc<Self>, cookie: &Cookie, user: Option<User>) -> Result<()> {
        // The credential itself is nowhere but in the browser's own keeping.
        let mut record = self.new_record(TokenType::Cookie, Secret::from("cookie"), self.now())?;
        record.refresh_token = cookie.refresh_url.as_ref().map(|_| Secret::from(record.family.as_str()));
        if let Some(user) = user {
            record.subject = user.subject;
            record.claims = Some(user.json);
        }
        self.begin_session(Rc::new(record)).await;
        Ok(())
    }

    /// Looks whether the session that another page knew is still there.
    async fn confirm(self: &Rc<Self>) {
        let Credential::Cookie(cookie) = &self.kind.credential else { return };
        let is_over = match (self.ask_who(cookie).await, self.record()) {
            (Ok(Some(None)), Some(record)) if record.refresh_token.is_some() => {
                // Whatever comes of it is told as an event.
                let _ = self.renew(&record).await;
                false
            }
            (Ok(Some(found)), Some(record)) => {
                found.is_none_or(|user| user.subject != record.subject || Some(&user.json) != record.claims.as_ref())
            }
            _ => false,
        };
        if is_over && let Err(error) = self.look_for_session().await {
            self.log(Level::Info, "whether the session is still there could not be learned", Some(error.message()));
        }
    }

    /// An API has refused the cookie, and nothing renews it: the session may be over.
    pub(super) async fn doubt_cookie(self: &Rc<Self>, cookie: &Cookie) {
        if self.record().is_none() {
            return;
        }
        if cookie.session_url.is_none() {
            // Nobody else can be asked.
            return self.end_session(SignedOutReason::Expired).await;
        }
        // One that stands by the session is not asked again about every call.
        let nobody_in_particular = Audience::default();
        if self.platform.monotonic_ms() - self.audiences.convinced_at(&nobody_in_particular) < CONVINCED_FOR_MS {
            return;
        }
        if let Err(error) = self.look_for_session().await {
            return self.log(
                Level::Info,
                "whether the session is still there could not be learned",
                Some(error.message()),
            );
        }
        self.audiences.convince(&nobody_in_particular, self.platform.monotonic_ms());
    }

    pub(super) async fn refresh_cookie(
        self: &Rc<Self>,
        cookie: &Cookie,
        record: &Rc<Record>,
    ) -> Result<Rc<Record>, Refused> {
        let asked_at = self.platform.monotonic_ms();
        let expires_in = self.send_refresh(cookie).await.map_err(refusal)?;
        if let Ok(Some(Some(user))) = self.ask_who(cookie).await
            && user.subject != record.subject
        {
            // The browser has one such cookie for all its pages, and another of them has signed in.
            let task = Rc::clone(self);
            self.platform.spawn(async move {
                // Once this session is over.
                task.renewal.landed().await;
                let _ = task.look_for_session().await;
            });
            return Err(Refused::ForGood(Error::new(ErrorCode::SessionLost, "the cookie is another user's by now")));
        }
        let issued_at = self.issued_at(asked_at);
        let mut next = self.next_record(record, record.access_token.clone(), issued_at);
        next.expires_at = expires_in.map(|seconds| issued_at.plus(i64::from(seconds)));
        Ok(Rc::new(next))
    }

    async fn send_refresh(&self, cookie: &Cookie) -> Result<Option<u32>> {
        let url = cookie.refresh_url.as_ref().ok_or_else(|| login_required("refreshUrl is missing"))?;
        let answer = self.send(cookie.protect(&self.platform, post_request(url), true)).await?;
        process_cookie_refresh_response::<P::Json>(&answer)
    }

    /// Ends the session at the server, for a user who has signed out at `left_ms` by the machine's clock.
    pub(super) async fn leave_cookie(self: &Rc<Self>, cookie: &Cookie, left_ms: f64) -> Result<()> {
        let Some(url) = &cookie.logout_url else {
            self.log(Level::Warn, "there is no logoutUrl: the server still has the session", None);
            return Ok(());
        };
        // A login that is under way would set the cookie again, and a refresh too.
        self.kind.sign_in.landed().await;
        let _turn = within(&self.platform, self.config.timeout_ms, self.turn("renewal")).await;
        let mut looked_ms = left_ms;
        while !self.is_within(STOPPED_MS, looked_ms) {
            // Whoever has signed in since stores that again, if this page has just removed it.
            self.platform.sleep(ANSWER_MS).await;
            looked_ms = self.platform.wall_ms();
            if let Stored::Record(stored) = self.read_record().await
                && !self.is_disowned(&stored.family)
            {
                self.log(Level::Info, "somebody has signed in since: the server's session is not ended", None);
                return Ok(());
            }
        }
        let answer = self.send(cookie.protect(&self.platform, post_request(url), false)).await?;
        process_logout_response::<P::Json>(&answer)
    }
}

impl Cookie {
    /// Whether a refresh may come to something: the cookie that goes with it says so, if there is one that scripts can read.
    fn may_refresh<P: Platform>(&self, platform: &P) -> bool {
        let says_so = |csrf: &Csrf| csrf.refresh_cookie.as_ref().is_none_or(|name| platform.cookie(name).is_some());
        self.refresh_url.is_some() && self.csrf.as_ref().is_none_or(says_so)
    }
}
