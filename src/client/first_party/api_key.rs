//! An API key, static or renewed by the application.

use super::{Credential, FirstParty, FirstPartyClient};
use crate::client::attempt::PROMPT_MS;
use crate::client::audience::Audience;
use crate::client::config::{CommonOptions, Config};
use crate::client::flight::within;
use crate::client::kind::{NOBODY, Refused};
use crate::client::record::Record;
use crate::client::session::TokenType;
use crate::client::stored::Stored;
use crate::client::{Inner, Listener, Platform, SignedOutReason, login_required};
use crate::credential::key::{check_header, check_key, check_value};
use crate::encoding::base64url;
use crate::error::{Error, ErrorCode, Result};
use crate::jwt::Hash;
use crate::secret::Secret;
use crate::time::UnixTime;
use std::cell::Cell;
use std::fmt;
use std::future::poll_fn;
use std::ops::Deref;
use std::pin::Pin;
use std::rc::Rc;

/// Gets a new key, from wherever the application has it.
pub type Renew = Rc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<Secret>>>>>;

/// How to make an [`ApiKeyClient`]. Without `key` and `renew` it waits for [`ApiKeyClient::set_key`].
#[derive(Clone)]
pub struct ApiKeyOptions {
    /// The key to begin with. One that came after it, by renewal or `set_key`, outlives the page.
    pub key: Option<Secret>,
    /// Default `X-API-Key`.
    pub header: String,
    /// Put before the key.
    pub prefix: String,
    /// Called, once at a time, when there is no key, or when a 401 says that it is no longer good.
    pub renew: Option<Renew>,
    /// What every client may be told.
    pub common: CommonOptions,
}

impl Default for ApiKeyOptions {
    fn default() -> Self {
        let (header, prefix) = ("X-API-Key".to_owned(), String::new());
        Self { key: None, header, prefix, renew: None, common: CommonOptions::default() }
    }
}

impl fmt::Debug for ApiKeyOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeyOptions").field("header", &self.header).finish_non_exhaustive()
    }
}

/// Sends an API key with the calls to its resources.
#[derive(Debug)]
pub struct ApiKeyClient<P: Platform>(FirstPartyClient<P>);

impl<P: Platform> Clone for ApiKeyClient<P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<P: Platform> Deref for ApiKeyClient<P> {
    type Target = FirstPartyClient<P>;

    fn deref(&self) -> &FirstPartyClient<P> {
        &self.0
    }
}

/// Options that have been checked.
pub(super) struct ApiKey {
    /// In lower case.
    pub(super) header: String,
    pub(super) prefix: String,
    renew: Option<Renew>,
    /// How often a key was set: the last one counts.
    times_set: Cell<u32>,
    /// Whether `renew` is being called: what it calls meanwhile must not wait for it.
    pub(super) is_calling: Cell<bool>,
}

/// Bytes of a digest: enough that no two keys share a name.
const NAME_BYTES: usize = 12;

impl<P: Platform> ApiKeyClient<P> {
    /// Makes a client: takes over the stored key, or else the given one. Does no network.
    ///
    /// # Errors
    /// `invalid_option`, `insecure_url`: the options cannot work.
    pub async fn create(platform: P, options: ApiKeyOptions) -> Result<Self> {
        Self::create_with_listener(platform, options, None).await
    }

    /// [`create`](Self::create) with a listener that hears everything from the first moment.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub async fn create_with_listener(platform: P, options: ApiKeyOptions, listener: Option<Listener>) -> Result<Self> {
        let header = check_header(&options.header, "header")?;
        check_value(&options.prefix, "prefix")?;
        // A key that was deployed anew is not overruled by what came of the one before it.
        let given = match &options.key {
            Some(key) => {
                check_key(key, "key")?;
                let mut digest = platform.digest(Hash::Sha256, key.expose().as_bytes()).await?;
                digest.truncate(NAME_BYTES);
                base64url(&digest)
            }
            None => String::new(),
        };
        let page = platform.current_url();
        let mut name = ["api-key ", &header].concat();
        for resource in &options.common.resources {
            name = [name.as_str(), " ", &resource.url].concat();
        }
        let owner = [name.as_str(), " ", &given].concat();
        let config = Config::new::<P>(options.common, name, owner, page.as_deref())?;
        let (prefix, renew) = (options.prefix, options.renew);
        let key = ApiKey { header, prefix, renew, times_set: Cell::new(0), is_calling: Cell::new(false) };
        let client = FirstPartyClient::new(platform, config, Credential::ApiKey(key), listener)?;
        let inner = &client.0;
        inner.resume().await;
        if let (Some(key), None) = (options.key, inner.record()) {
            inner.begin_with_key(key).await?;
        }
        inner.start();
        Ok(Self(client))
    }

    /// Replaces the key, in all tabs.
    ///
    /// # Errors
    /// `invalid_option` for what cannot be a key; never with it in the error.
    pub fn set_key(&self, key: Secret) -> Result<()> {
        self.0.set_key(key)
    }
}

impl<P: Platform> FirstPartyClient<P> {
    pub(crate) fn set_key(&self, key: Secret) -> Result<()> {
        check_key(&key, "key")?;
        let inner = &self.0;
        inner.check_open()?;
        let Credential::ApiKey(own) = &inner.kind.credential else { return Err(login_required(NOBODY)) };
        let times_set = own.times_set.get().wrapping_add(1);
        own.times_set.set(times_set);
        // An API that refuses this one has said nothing about it yet.
        inner.audiences.convince(&Audience::default(), f64::NEG_INFINITY);
        let set_ms = inner.platform.wall_ms();
        let next = match inner.record() {
            Some(before) => inner.next_record(&before, key, inner.now()),
            None => inner.record_of_key(key)?,
        };
        let next = Rc::new(next);
        inner.adopt(Some(Rc::clone(&next)), SignedOutReason::UserChanged);
        let task = Rc::clone(inner);
        inner.platform.spawn(async move {
            // Not between another tab's last look at the key that this one replaces, and its write.
            let _turn = task.turn("renewal").await;
            let is_last = matches!(&task.kind.credential, Credential::ApiKey(own) if own.times_set.get() == times_set);
            if !is_last {
                return;
            }
            let next = match task.read_record().await {
                Stored::Record(stored) if task.is_overtaken(&next, set_ms, &stored) => {
                    task.adopt_stored(SignedOutReason::UserChanged).await;
                    return;
                }
                // A renewal that was under way has written what this one takes the place of.
                Stored::Record(stored) if stored.generation >= next.generation => {
                    Rc::new(Record { generation: stored.generation + 1, ..Record::clone(&next) })
                }
                Stored::Record(_) | Stored::Nothing | Stored::Unreadable => next,
            };
            if task.write_record(&next).await {
                task.adopt(Some(next), SignedOutReason::UserChanged);
                task.tell_tabs();
            }
        });
        Ok(())
    }
}

impl<P: Platform> Inner<P, FirstParty> {
    fn record_of_key(&self, key: Secret) -> Result<Record> {
        let record = self.new_record(TokenType::ApiKey, key, self.now())?;
        let can_renew = matches!(&self.kind.credential, Credential::ApiKey(key) if key.renew.is_some());
        let refresh_token = can_renew.then(|| Secret::from(record.family.as_str()));
        Ok(Record { refresh_token, ..record })
    }

    /// Whether another page has come by the stored key since this one was set, of which this page, stopped, knows nothing. What a
    /// renewal gives that was under way then comes within `timeout_ms`.
    fn is_overtaken(&self, set: &Record, set_ms: f64, stored: &Record) -> bool {
        let patience_ms = f64::from(self.config.timeout_ms) + PROMPT_MS;
        let is_another = stored.family != set.family || stored.generation >= set.generation;
        let later_by = stored.issued_at.seconds_since(set.issued_at);
        is_another && !self.is_within(patience_ms, set_ms) && later_by > UnixTime::from_millis(patience_ms).0
    }

    async fn begin_with_key(self: &Rc<Self>, key: Secret) -> Result<()> {
        let record = self.record_of_key(key)?;
        self.begin_session(Rc::new(record)).await;
        Ok(())
    }

    /// The key of a client that has none yet: another tab's, or a new one.
    pub(super) async fn first_key(self: &Rc<Self>, key: &ApiKey) -> Result<Rc<Record>> {
        if key.renew.is_none() {
            return Err(login_required("there is no key: give one to setKey"));
        }
        let is_first = !self.kind.sign_in.is_under_way();
        if let Err(error) = self.kind.sign_in.join(&self.platform, || Rc::clone(self).ask_for_first_key()).await {
            return Err(if is_first { self.failed(error) } else { error });
        }
        self.record().ok_or_else(|| login_required("there is no key any more"))
    }

    async fn ask_for_first_key(self: Rc<Self>) -> Result<()> {
        self.has_left.set(false);
        let _turn = self.turn("key").await;
        self.adopt_stored(SignedOutReason::OtherTab).await;
        if self.record().is_some() {
            return Ok(());
        }
        let key = self.ask_for_key().await?;
        // One that was set meanwhile, here or in another tab, is the later one.
        self.adopt_stored(SignedOutReason::OtherTab).await;
        if self.record().is_some() { Ok(()) } else { self.begin_with_key(key).await }
    }

    pub(super) async fn renew_key(self: &Rc<Self>, record: &Rc<Record>) -> Result<Rc<Record>, Refused> {
        let next = self.ask_for_key().await.map_err(Refused::ForNow)?;
        Ok(Rc::new(self.next_record(record, next, self.now())))
    }

    /// Asks the application for a key, for no longer than a request may take.
    async fn ask_for_key(&self) -> Result<Secret> {
        let Credential::ApiKey(own) = &self.kind.credential else { return Err(login_required(NOBODY)) };
        let renew = own.renew.as_ref().ok_or_else(|| Error::new(ErrorCode::InvalidOption, "renew is missing"))?;
        // What it calls before it first waits is told by this from what waits for it.
        let mut asking = renew();
        let asking = poll_fn(|context| {
            own.is_calling.set(true);
            let polled = asking.as_mut().poll(context);
            own.is_calling.set(false);
            polled
        });
        let given = within(&self.platform, self.config.timeout_ms, asking).await;
        let key = given.ok_or_else(|| {
            let context = "renew did not settle in time; it must not wait for calls of its own client";
            Error::new(ErrorCode::Timeout, context)
        })??;
        match check_key(&key, "what renew gave") {
            Ok(()) => Ok(key),
            Err(error) => Err(error.with_code(ErrorCode::InvalidResponse)),
        }
    }
}
