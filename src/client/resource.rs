//! Knowing only an API: its metadata says which server its tokens come from (RFC 9728).
//!
//! This comes before everything else, because a client is one of a server. What an API has said is kept, so that only the first page
//! waits for it; once it is a day old it is read again beside the page, for the next one.

use super::config::{ResourceOption, parse};
use super::discovery::fetch_metadata;
use super::options::{ClientOptions, Issuer, issuer_url};
use super::platform::StorageKind;
use super::record::Fields;
use super::redirect::TAKEN;
use super::store::{SHARED, Store};
use super::tabs::spawn_with;
use super::{Inner, Level, Platform};
use crate::encoding::{Form, concat};
use crate::error::{Error, ErrorCode, Result};
use crate::http::HttpRequest;
use crate::oauth::callback::Callback;
use crate::oauth::fapi::check_server;
use crate::oauth::resource_metadata::{
    Hint, ResourceMetadata, find_hint, process_resource_metadata_response, resource_metadata_request,
    resource_metadata_url,
};
use crate::secret::Secret;
use crate::time::UnixTime;
use crate::url::{Resource, Url};
use std::rc::Rc;

const KEY: &str = "resource";
const FRESH_FOR: i64 = 86_400;
/// Of the servers that an API names, as many are looked at.
const MOST_SERVERS: usize = 4;

/// An API that the options name, before it is known whose it is.
#[derive(Debug)]
struct Api {
    /// What it calls itself.
    name: Issuer,
    url: Url,
    /// The server that the application wants.
    wanted: Option<Issuer>,
    has_profile: bool,
    timeout_ms: u32,
}

/// What an API has said, as far as it is needed.
#[derive(Debug)]
struct Said {
    resource: String,
    issuer: String,
    scope: Option<String>,
}

/// What is still to be done once the client is there.
#[derive(Default)]
pub(super) struct Introduction {
    /// The metadata of the server that was picked just now, and its name.
    found: Option<(String, String)>,
    /// Who is to be asked again, about what was kept.
    stale: Option<(Api, StorageKind, String)>,
}

impl<P: Platform> Inner<P> {
    /// Fills in what the options leave to the API: its server, its audience, and the scope if they name none.
    pub(super) async fn introduce(
        platform: &P,
        mut options: ClientOptions,
        page: Option<&str>,
    ) -> Result<(Introduction, ClientOptions)> {
        let Some(name) = options.resource.clone() else { return Ok((Introduction::default(), options)) };
        let url = parse::<P>(name.as_str(), None, "resource")?;
        Resource::new(url.clone(), "resource")?;
        let api = Api {
            name,
            url,
            wanted: options.issuer.clone().or_else(|| Some(options.provider.as_ref()?.issuer.as_deref()?.into())),
            has_profile: options.profile.is_some(),
            timeout_ms: options.timeout_ms,
        };
        // What others could read in the address is taken out of it before anything is waited for.
        // It is kept where every client of the page looks for it, also after the page has been loaded again.
        let clean = without_response::<P>(&options, page);
        if let (Some(clean), Some(page)) = (&clean, page)
            && platform.write(StorageKind::Session, &concat(&[SHARED, TAKEN]), &page.into()).await.is_ok()
        {
            platform.replace_url(clean);
        }
        let introduced = learn(platform, &api, &options).await;
        if introduced.is_err()
            && let Some(page) = page.filter(|_| clean.is_some())
        {
            platform.replace_url(page);
        }
        let (said, introduction) = introduced?;
        options.issuer = Some(said.issuer.as_str().into());
        if options.scope.is_empty() {
            options.scope = said.scope.unwrap_or_default();
        }
        let resource = ResourceOption { url: api.url.href, audience: Some(said.resource), scope: None };
        options.resources.insert(0, resource);
        Ok((introduction, options))
    }

    /// Keeps the server's metadata where discovery looks for it, and asks again about what is old.
    pub(super) async fn settle_introduction(self: &Rc<Self>, introduction: Introduction) {
        if let Some((issuer, text)) = introduction.found {
            self.log(Level::Info, "the API has named its authorization server", Some(issuer.clone()));
            self.keep_document(super::discovery::KEY, &issuer, &text).await;
        }
        if let Some((api, kind, key)) = introduction.stale {
            spawn_with(&Rc::downgrade(self), move |inner| async move {
                let before = inner.kind.options.issuer.as_ref().map(|issuer| issuer.as_str().to_owned());
                match ask(&inner.platform, &api, before.as_deref()).await {
                    Ok((said, _)) => keep(&inner.platform, kind, &key, &said).await,
                    Err(error) => {
                        let detail = Some(error.message());
                        inner.log(Level::Warn, "the API's metadata could not be read again", detail);
                    }
                }
            });
        }
    }
}

/// The name of a client that knows only an API: which server is its, the API says, and it may say another one tomorrow.
pub(super) fn name_of(options: &mut ClientOptions, name: &str) {
    if let Some(resource) = &options.resource {
        let own = options.name.take().unwrap_or_else(|| resource.as_str().to_owned());
        options.name = Some(concat(&[&own, " ", name]));
    }
}

/// The page's address without the authorization response in it, if there is one, as `take_callback` finds it for a client that is
/// there already.
fn without_response<P: Platform>(options: &ClientOptions, page: Option<&str>) -> Option<String> {
    let page = P::parse_url(page?, None).filter(|_| options.handle_redirect)?;
    Callback::find(&page)?;
    if let Some(uri) = &options.redirect_uri {
        let uri = P::parse_url(uri, Some(&page.href))?;
        let is_it = uri.origin == page.origin && uri.path.trim_end_matches('/') == page.path.trim_end_matches('/');
        is_it.then_some(())?;
    }
    Some(Callback::without_response(&page))
}

/// Where it is kept what an API has said: for the page after a redirect, too.
fn place(api: &Api, options: &ClientOptions) -> (StorageKind, String) {
    let kind = if options.storage == StorageKind::Memory { StorageKind::Session } else { options.storage };
    let wanted = api.wanted.as_ref().map_or("", Issuer::as_str);
    let own = options.name.as_deref().unwrap_or_default();
    (kind, Store::new(&concat(&[own, " ", api.name.as_str(), " ", wanted]), kind).scoped(KEY))
}

async fn learn<P: Platform>(platform: &P, api: &Api, options: &ClientOptions) -> Result<(Said, Introduction)> {
    let (kind, key) = place(api, options);
    let kept = platform.read(kind, &key).await.ok().flatten();
    if let Some((said, at)) = kept.and_then(|kept| Said::decode(&kept)) {
        let age = UnixTime::from_millis(platform.wall_ms()).seconds_since(at);
        let is_fresh = (0..FRESH_FOR).contains(&age);
        let stale = (!is_fresh).then(|| (api.again(), kind, key));
        return Ok((said, Introduction { found: None, stale }));
    }
    let (said, found) = ask(platform, api, None).await?;
    keep(platform, kind, &key, &said).await;
    Ok((said, Introduction { found, stale: None }))
}

/// What is not kept is asked for again.
async fn keep<P: Platform>(platform: &P, kind: StorageKind, key: &str, said: &Said) {
    let now = UnixTime::from_millis(platform.wall_ms());
    let _ = platform.write(kind, key, &said.encode(now)).await;
}

/// Asks the API which servers are its, and picks one: that of before, if it is still named, or else the first that says itself who it
/// is.
async fn ask<P: Platform>(platform: &P, api: &Api, before: Option<&str>) -> Result<(Said, Option<(String, String)>)> {
    let (metadata, hint) = fetch_resource_metadata(platform, api).await?;
    // What a call needs is said by the challenge of one, and all that there is by the metadata.
    let scope = hint.scope.or(metadata.scopes);
    let said =
        |issuer: &str| Said { resource: metadata.resource.clone(), issuer: issuer.to_owned(), scope: scope.clone() };
    let servers = &metadata.authorization_servers;
    if let Some(before) = before.filter(|before| servers.iter().any(|server| server == before)) {
        return Ok((said(before), None));
    }
    let mut problem = None;
    for server in servers.iter().filter(|server| api.wants(server)).take(MOST_SERVERS) {
        match meet(platform, api, server, &metadata.resource).await {
            Ok(text) => return Ok((said(server), Some((server.clone(), text)))),
            // One that fails for now is one that may be it.
            Err(error) => problem = problem.filter(Error::is_retryable).or(Some(error)),
        }
    }
    Err(problem
        .unwrap_or_else(|| Error::new(ErrorCode::IssuerMismatch, "the API's metadata does not name this issuer")))
}

/// The metadata of a server that an API names.
async fn meet<P: Platform>(platform: &P, api: &Api, server: &str, resource: &str) -> Result<String> {
    let issuer = Issuer::from(server);
    // What is wrong with its name is not the caller's option.
    let url = issuer_url::<P>(&issuer).map_err(|error| {
        if error.code() == ErrorCode::InvalidOption { error.with_code(ErrorCode::InvalidResponse) } else { error }
    })?;
    let (metadata, text) = fetch_metadata(platform, &issuer, &url, api.timeout_ms, None).await?;
    // RFC 9728 §4
    if metadata.protected_resources.as_ref().is_some_and(|listed| listed.iter().all(|listed| listed != resource)) {
        let problem = "the authorization server that the API names does not have it among its protected_resources";
        return Err(Error::new(ErrorCode::ResourceMismatch, problem));
    }
    if api.has_profile {
        check_server(&metadata)?;
    }
    Ok(text)
}

async fn fetch_resource_metadata<P: Platform>(platform: &P, api: &Api) -> Result<(ResourceMetadata, Hint)> {
    let well_known = resource_metadata_url(&api.url);
    let problem = match api.read_metadata(platform, &well_known).await {
        Ok(metadata) => return Ok((metadata, Hint::default())),
        // It may only be elsewhere, or lack CORS on its 404.
        Err(error)
            if matches!(error.code(), ErrorCode::DiscoveryFailed | ErrorCode::InvalidResponse | ErrorCode::Network) =>
        {
            error
        }
        Err(error) => return Err(error),
    };
    // §5.1: a call without a token is told where.
    let answer = platform.send(HttpRequest::get(api.url.href.as_str()), api.timeout_ms).await;
    let header = answer.ok().filter(|answer| answer.status == 401);
    let header = header.as_ref().and_then(|answer| answer.header("www-authenticate"));
    let hint = header.map_or_else(|| Ok(Hint::default()), |header| find_hint::<P>(header, &api.url))?;
    match &hint.metadata_url {
        Some(url) if *url != well_known => Ok((api.read_metadata(platform, url).await?, hint)),
        _ if problem.is_retryable() => Err(problem),
        _ => Err(problem.with_code(ErrorCode::DiscoveryFailed)),
    }
}

impl Api {
    async fn read_metadata<P: Platform>(&self, platform: &P, url: &str) -> Result<ResourceMetadata> {
        let answer = platform.send(resource_metadata_request(url), self.timeout_ms).await?;
        let read = |name| process_resource_metadata_response::<P::Json>(&answer, name);
        match (read(self.name.as_str()), self.name.other_spelling()) {
            (Err(error), Some(other)) if error.code() == ErrorCode::ResourceMismatch => read(other),
            (read, _) => read,
        }
    }

    /// Whether the application would have this server.
    fn wants(&self, server: &str) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted.as_str() == server || wanted.other_spelling() == Some(server))
    }

    fn again(&self) -> Self {
        Self { name: self.name.clone(), url: self.url.clone(), wanted: self.wanted.clone(), ..*self }
    }
}

impl Said {
    fn encode(&self, now: UnixTime) -> Secret {
        let mut fields = Form::new();
        fields.add_number("at", now.0);
        fields.add("resource", self.resource.as_str());
        fields.add("issuer", self.issuer.as_str());
        fields.add("scope", self.scope.as_deref());
        fields.into()
    }

    fn decode(text: &Secret) -> Option<(Self, UnixTime)> {
        let fields = Fields::parse(text);
        let said =
            Self { resource: fields.text("resource")?, issuer: fields.text("issuer")?, scope: fields.text("scope") };
        Some((said, UnixTime(fields.number("at")?)))
    }
}
