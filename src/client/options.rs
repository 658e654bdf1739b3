//! The options of an OAuth client as they are given, and what they are once every one of them has been checked.

use super::config::{CommonOptions, Config, ResourceOption, invalid, page_url, parse};
use super::part::boxed;
use super::platform::StorageKind;
use super::resource::Introduction;
use super::{Inner, Platform, register, resource};
use crate::encoding::{concat, join, parts};
use crate::error::Result;
use crate::oauth::authorize::check_parameters;
use crate::oauth::metadata::Metadata;
use crate::url::{ParseUrl, Resource, Url};
use std::mem::take;
use std::ops::Deref;

/// How to make a [`Client`](super::Client). Only `client_id` and one of `issuer` and `metadata` are needed; or `resource` and one of `client_id` and
/// `register`.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// The authorization server, exactly as it names itself. Endpoints are discovered from it and cached for a day.
    pub issuer: Option<Issuer>,
    /// Known endpoints: instead of discovery if they are all that is needed, or over it.
    pub metadata: Option<Metadata>,
    /// The public client's identifier at the server.
    pub client_id: String,
    /// Where the server sends the user back. Default: the page's own URL without query and fragment.
    pub redirect_uri: Option<String>,
    /// Where the server sends the user after signing out there. Must be registered with it.
    pub post_logout_redirect_uri: Option<String>,
    /// Scopes, separated by spaces. Default `openid`.
    pub scope: String,
    /// Authorization request parameters that this library does not know.
    pub parameters: Vec<(String, String)>,
    /// Finish a redirect that is in the page's URL while creating the client. Default true.
    pub handle_redirect: bool,
    /// Check the ID token's signature beside its claims. Default true.
    pub verify_signature: bool,
    /// Tokens that are bound to a key which cannot be read out (RFC 9449). Default false.
    pub dpop: bool,
    /// Push authorization requests (RFC 9126). Default: when the server requires it.
    pub par: Option<bool>,
    /// The API, exactly as it names itself: which server its tokens come from, it says itself (RFC 9728). It is then the first of
    /// `resources`, and its own audience. With an empty `scope` it says that, too. An `issuer` beside it must be one that it names.
    pub resource: Option<Issuer>,
    /// Registers this client where it has no `client_id` (RFC 7591), with `client_name` and whatever else it says of itself.
    pub register: Option<Vec<(String, crate::oauth::register::Member)>>,
    /// One switch for all that a profile asks for.
    pub profile: Option<super::Profile>,
    /// A preset, under everything else in here.
    pub provider: Option<super::Provider>,
    /// What to do when an API asks for a stronger sign-in (RFC 9470). Default: hand out its answer.
    pub step_up: super::StepUp,
    /// Watch the session at the server in a frame (OpenID Connect Session Management 1.0). Default false.
    pub check_session: bool,
    /// This page is the client's `frontchannel_logout_uri`: what its URL says is over, ends (OpenID Connect Front-Channel Logout 1.0).
    /// Default false.
    pub frontchannel_logout: bool,
    /// Where the credential may go. Nothing else ever gets it.
    pub resources: Vec<ResourceOption>,
    /// Where the session is kept. Default IndexedDB.
    pub storage: StorageKind,
    /// Tells apart two clients on one origin. Default: made of issuer and client id.
    pub name: Option<String>,
    /// Milliseconds for one request to the authorization server. Default 10 000.
    pub timeout_ms: u32,
    /// Allowed difference between clocks, in seconds. Default 30.
    pub clock_tolerance: u32,
    /// Signs out after this many seconds without the user touching any tab. Default: never.
    pub idle_timeout: Option<u32>,
}

async fn settle_rare<P: Platform>(
    platform: &P,
    options: ClientOptions,
    page: Option<&str>,
) -> Result<(Introduction, ClientOptions)> {
    let (introduction, mut options) = Inner::introduce(platform, options, page).await?;
    if let Some(provider) = options.provider.clone() {
        provider.put_under(&mut options)?;
    }
    register::check_options(&options)?;
    if let Some(profile) = options.profile {
        profile.put_over(&mut options)?;
    }
    Ok((introduction, options))
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            issuer: None,
            metadata: None,
            client_id: String::new(),
            redirect_uri: None,
            post_logout_redirect_uri: None,
            scope: "openid".to_owned(),
            parameters: Vec::new(),
            handle_redirect: true,
            verify_signature: true,
            dpop: false,
            par: None,
            resource: None,
            register: None,
            profile: None,
            provider: None,
            step_up: super::StepUp::default(),
            check_session: false,
            frontchannel_logout: false,
            resources: Vec::new(),
            storage: StorageKind::default(),
            name: None,
            timeout_ms: 10_000,
            clock_tolerance: 30,
            idle_timeout: None,
        }
    }
}

impl ClientOptions {
    /// Whether a client with these cannot be made without what few applications use.
    pub(super) fn need_more(&self) -> bool {
        let (is_idle_watched, is_session_watched) = (self.idle_timeout.is_some(), self.check_session);
        self.have_rare() || is_idle_watched || is_session_watched || self.frontchannel_logout
    }

    fn have_rare(&self) -> bool {
        let is_introduced = self.resource.is_some() || self.register.is_some() || self.profile.is_some();
        is_introduced || self.provider.is_some()
    }

    /// The options with what an API, a preset or a profile says in its place, and what few applications give checked.
    pub(super) async fn settled<P: Platform>(self, platform: &P, page: Option<&str>) -> Result<(Introduction, Self)> {
        match self.have_rare() {
            true => boxed(settle_rare(platform, self, page)).await,
            false => Ok((Introduction::default(), self)),
        }
    }
}

/// The authorization server's name for itself, which is a URL and compared character by character (RFC 8414 §3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    /// Whether this was a parsed URL, which has a slash after its host whether the server writes one or not.
    is_parsed: bool,
}

impl Issuer {
    /// The name as a URL parser serialized it: a slash that is all of its path may or may not be part of the name.
    #[must_use]
    pub const fn from_parsed(href: String) -> Self {
        Self { text: href, is_parsed: true }
    }

    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What else it may stand for.
    pub(super) fn other_spelling(&self) -> Option<&str> {
        let host = self.text.strip_suffix('/').filter(|_| self.is_parsed)?;
        (host.matches('/').count() == 2).then_some(host)
    }
}

impl From<&str> for Issuer {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), is_parsed: false }
    }
}

/// Options that have passed every check: their URLs are absolute, and their scope is that of all resources.
#[derive(Debug)]
pub(super) struct Settings {
    options: ClientOptions,
    /// The URL that the issuer's name is.
    pub(super) issuer_url: Option<Url>,
}

impl Deref for Settings {
    type Target = ClientOptions;

    fn deref(&self) -> &ClientOptions {
        &self.options
    }
}

impl Settings {
    /// Checks the rest of the options. `page` is the page's own URL, which relative ones are resolved against.
    pub(super) fn new<U: ParseUrl>(mut options: ClientOptions, page: Option<&str>) -> Result<(Config, Self)> {
        if options.client_id.is_empty() && options.register.is_none() {
            return Err(invalid("clientId is missing"));
        }
        let issuer_url = options.issuer.as_ref().map(issuer_url::<U>).transpose()?;
        if let Some(metadata) = &options.metadata {
            metadata.check::<U>()?;
        }
        check_parameters(&options.parameters)?;
        options.redirect_uri = match &options.redirect_uri {
            Some(text) => Some(without_fragment(page_url::<U>(text, page, "redirectUri")?)?),
            None => page.and_then(|page| U::parse_url(page, None)).map(|page| page.without_query()),
        };
        if let Some(uri) = &mut options.post_logout_redirect_uri {
            *uri = page_url::<U>(uri, page, "postLogoutRedirectUri")?;
        }
        let issuer = options.issuer.as_ref().map(Issuer::as_str);
        let endpoint = || options.metadata.as_ref()?.authorization_endpoint.as_deref();
        let Some(server) = issuer.or_else(endpoint) else {
            return Err(invalid("issuer is missing, and metadata has no authorization_endpoint"));
        };
        // Bound sessions are others than those that are not: a page of yesterday does not take one for its own.
        let bound = if options.dpop { " dpop" } else { "" };
        let name = concat(&[server, " ", &options.client_id, bound]);
        let owner = concat(&[issuer.unwrap_or_default(), " ", &options.client_id, bound]);
        resource::name_of(&mut options, &name);
        let common = CommonOptions {
            resources: take(&mut options.resources),
            storage: options.storage,
            name: options.name.take(),
            timeout_ms: options.timeout_ms,
            clock_tolerance: options.clock_tolerance,
            idle_timeout: options.idle_timeout,
        };
        let config = Config::new::<U>(common, name, owner, page)?;
        config.check_audiences()?;
        options.scope = whole_scope(&options.scope, &config.resources);
        Ok((config, Self { options, issuer_url }))
    }

    /// The given metadata, if it is all that is needed.
    pub(super) fn complete_metadata(&self) -> Option<Metadata> {
        let mut given = self.metadata.clone()?;
        let needs_keys = self.is_openid() && self.verify_signature;
        let is_complete = given.authorization_endpoint.is_some()
            && given.token_endpoint.is_some()
            && (given.jwks_uri.is_some() || !needs_keys);
        if let Some(name) = &self.issuer {
            given.issuer.get_or_insert_with(|| name.as_str().to_owned());
        }
        (is_complete || self.issuer.is_none()).then_some(given)
    }

    /// The form of the server's names, if it has many.
    pub(super) fn issuer_template(&self) -> Option<crate::oauth::issuer::IssuerTemplate<'_>> {
        crate::oauth::issuer::IssuerTemplate::parse(self.provider.as_ref()?.issuer_template.as_deref()?)
    }

    /// Whether an ID token is to be expected.
    pub(super) fn is_openid(&self) -> bool {
        parts(&self.scope, &[' ']).any(|scope| scope == "openid")
    }
}

/// RFC 6749 §3.1.2
fn without_fragment(redirect_uri: String) -> Result<String> {
    if redirect_uri.bytes().any(|byte| byte == b'#') {
        Err(invalid("redirectUri must not have a fragment"))
    } else {
        Ok(redirect_uri)
    }
}

/// RFC 8414 §2
pub(super) fn issuer_url<U: ParseUrl>(name: &Issuer) -> Result<Url> {
    let url = parse::<U>(name.as_str(), None, "issuer")?.require_secure("issuer")?;
    if name.as_str().bytes().any(|byte| byte == b'?' || byte == b'#') {
        Err(invalid("issuer must not have a query or a fragment"))
    } else {
        Ok(url)
    }
}

fn whole_scope(scope: &str, resources: &[Resource]) -> String {
    let mut scopes: Vec<&str> = Vec::new();
    let wanted = resources.iter().filter_map(|resource| resource.scope.as_deref());
    for name in std::iter::once(scope).chain(wanted).flat_map(str::split_ascii_whitespace) {
        if !scopes.contains(&name) {
            scopes.push(name);
        }
    }
    join(&scopes, " ")
}
