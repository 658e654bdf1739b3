//! The options that every kind of client has, as they are given and as they are once they have been checked.

use super::platform::StorageKind;
use crate::encoding::{concat, number};
use crate::error::{Error, ErrorCode, Result};
use crate::url::{ParseUrl, Resource, Url};

/// What every kind of client may be told.
#[derive(Clone, Debug)]
pub struct CommonOptions {
    /// Where the credential may go. Nothing else ever gets it.
    pub resources: Vec<ResourceOption>,
    /// Where the session is kept. Default IndexedDB.
    pub storage: StorageKind,
    /// Tells apart two clients on one origin. Default: made of the options that say whose client it is.
    pub name: Option<String>,
    /// Milliseconds for one request to the server. Default 10 000.
    pub timeout_ms: u32,
    /// Allowed difference between clocks, in seconds. Default 30.
    pub clock_tolerance: u32,
    /// Signs out after this many seconds without the user touching any tab. Default: never.
    pub idle_timeout: Option<u32>,
}

impl Default for CommonOptions {
    fn default() -> Self {
        Self {
            resources: Vec::new(),
            storage: StorageKind::default(),
            name: None,
            timeout_ms: 10_000,
            clock_tolerance: 30,
            idle_timeout: None,
        }
    }
}

/// One entry of `resources`.
#[derive(Clone, Debug, Default)]
pub struct ResourceOption {
    /// The origin matches exactly, the path is a prefix by whole segments.
    pub url: String,
    /// RFC 8707 resource indicator: what the access token is asked for.
    pub audience: Option<String>,
    /// Scope that calls under this URL need beside the client's own.
    pub scope: Option<String>,
}

impl From<&str> for ResourceOption {
    fn from(url: &str) -> Self {
        Self { url: url.to_owned(), ..Self::default() }
    }
}

/// The same, checked.
#[derive(Debug)]
pub(super) struct Config {
    pub(super) name: String,
    /// The session is bound to this: a record that another client wrote under the same name is not ours.
    pub(super) owner: String,
    pub(super) resources: Vec<Resource>,
    pub(super) storage: StorageKind,
    pub(super) timeout_ms: u32,
    pub(super) clock_tolerance: u32,
    pub(super) idle_timeout: Option<u32>,
}

impl Config {
    /// Checks the options. `name` is that of a client that is given none; `page` is the page's own URL, which relative ones are
    /// resolved against.
    pub(super) fn new<U: ParseUrl>(
        options: CommonOptions,
        name: String,
        owner: String,
        page: Option<&str>,
    ) -> Result<Self> {
        let CommonOptions { storage, timeout_ms, clock_tolerance, idle_timeout, .. } = options;
        if !(1..=600_000).contains(&timeout_ms) {
            return Err(invalid("timeoutMs must be between 1 and 600000"));
        }
        if idle_timeout == Some(0) {
            return Err(invalid("idleTimeout must be at least 1"));
        }
        let mut resources = Vec::with_capacity(options.resources.len());
        for (index, option) in options.resources.into_iter().enumerate() {
            resources.push(resource::<U>(option, index, page)?);
        }
        let name = options.name.unwrap_or(name);
        Ok(Self { name, owner, resources, storage, timeout_ms, clock_tolerance, idle_timeout })
    }

    /// Seconds by which clocks may differ.
    pub(super) fn tolerance(&self) -> i64 {
        i64::from(self.clock_tolerance)
    }

    /// The audience that access tokens are asked for (RFC 8707): of several, the first.
    pub(super) fn audience(&self) -> Option<&str> {
        self.audiences().first().copied()
    }

    /// All of them.
    pub(super) fn audiences(&self) -> Vec<&str> {
        let mut audiences = Vec::new();
        for audience in self.resources.iter().filter_map(|resource| resource.audience.as_deref()) {
            if !audiences.contains(&audience) {
                audiences.push(audience);
            }
        }
        audiences
    }
}

pub(super) fn invalid(context: &'static str) -> Error {
    Error::new(ErrorCode::InvalidOption, context)
}

pub(super) fn parse<U: ParseUrl>(text: &str, base: Option<&str>, name: &str) -> Result<Url> {
    U::parse_url(text, base).ok_or_else(|| Error::new(ErrorCode::InvalidOption, concat(&[name, " is not a URL"])))
}

pub(super) fn page_url<U: ParseUrl>(text: &str, page: Option<&str>, name: &str) -> Result<String> {
    Ok(parse::<U>(text, page, name)?.require_secure(name)?.href)
}

fn resource<U: ParseUrl>(option: ResourceOption, index: usize, page: Option<&str>) -> Result<Resource> {
    let name = concat(&["resources[", &number(index as i64), "]"]);
    let mut resource = Resource::new(parse::<U>(&option.url, page, &name)?, &name)?;
    resource.audience = option.audience;
    resource.scope = option.scope;
    Ok(resource)
}

/// `url` as an absolute URL of the page's origin.
pub(super) fn same_origin<U: ParseUrl>(url: &str, page: &Url, name: &str) -> Result<String> {
    match U::parse_url(url, Some(&page.href)) {
        Some(url) if url.origin == page.origin && url.scheme == page.scheme && !url.has_credentials => Ok(url.href),
        _ => Err(Error::new(ErrorCode::InvalidOption, [name, " must be a URL of this origin"].concat())),
    }
}
