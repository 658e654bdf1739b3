//! Parsed URLs, and which of them may have a credential.
//!
//! Parsing itself is the platform's: the browser's own `URL` in a page, so that what is compared here is what `fetch` will use.

use crate::encoding::{concat, parts, percent_decode};
use crate::error::{Error, ErrorCode, Result};

/// A URL as the WHATWG URL standard parses and serializes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// The whole, normalized.
    pub href: String,
    /// Scheme, host and port as one text, `https://example.com:8443`; default ports left out. `null` for schemes without.
    pub origin: String,
    /// With its colon, `https:`.
    pub scheme: String,
    /// Without port, in lower case; IPv6 in brackets.
    pub host: String,
    /// Begins with `/`; dot segments are resolved.
    pub path: String,
    /// With its `?`, or empty.
    pub query: String,
    /// With its `#`, or empty.
    pub fragment: String,
    /// Whether a user name or a password stands before the host.
    pub has_credentials: bool,
}

/// The platform's URL parser.
pub trait ParseUrl {
    /// Parses `text`, relative to `base` if that is given; `None` if it is no URL.
    fn parse_url(text: &str, base: Option<&str>) -> Option<Url>;
}

impl Url {
    /// The URL without query and fragment.
    #[must_use]
    pub fn without_query(&self) -> String {
        parts(&self.href, &['?', '#']).next().unwrap_or_default().to_owned()
    }

    /// Whether nobody on the way can read or change what is sent: https, or http to this very machine (RFC 8252 §8.3).
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.scheme == "https:" || (self.scheme == "http:" && self.is_loopback())
    }

    fn is_loopback(&self) -> bool {
        let is_ipv4 = || {
            let mut numbers = parts(&self.host, &['.']);
            numbers.next() == Some("127") && numbers.clone().count() == 3 && numbers.all(|n| n.parse::<u8>().is_ok())
        };
        self.host == "localhost" || self.host.ends_with(".localhost") || self.host == "[::1]" || is_ipv4()
    }

    /// This URL, if credentials may travel to it at all.
    ///
    /// # Errors
    /// `insecure_url` if it is neither https nor loopback; `invalid_option` if it names a user. `name` says which option it is.
    pub fn require_secure(self, name: &str) -> Result<Self> {
        if !self.is_secure() {
            return Err(Error::new(
                ErrorCode::InsecureUrl,
                format_context(name, "must be https, or http on a loopback address"),
            ));
        }
        if self.has_credentials {
            return Err(Error::new(
                ErrorCode::InvalidOption,
                format_context(name, "must not name a user or a password"),
            ));
        }
        Ok(self)
    }
}

fn format_context(name: &str, rule: &str) -> String {
    concat(&[name, " ", rule])
}

/// Where a credential may go: an origin, and a path under which it may go there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    origin: String,
    /// Without the slash at its end: empty for the whole origin.
    path: String,
    /// RFC 8707 resource indicator: what the access token for this resource is asked for.
    pub audience: Option<String>,
    /// Scope that calls under this resource need beside the client's own.
    pub scope: Option<String>,
}

impl Resource {
    /// A resource from its parsed URL. `name` is the option's path, for the error.
    ///
    /// # Errors
    /// `insecure_url`; `invalid_option` for a URL with a user, a query or a fragment, none of which could be matched.
    pub fn new(url: Url, name: &str) -> Result<Self> {
        let url = url.require_secure(name)?;
        if !url.query.is_empty() || !url.fragment.is_empty() {
            return Err(Error::new(
                ErrorCode::InvalidOption,
                format_context(name, "must not have a query or a fragment"),
            ));
        }
        if leaves_its_segments(&url.path) {
            return Err(Error::new(
                ErrorCode::InvalidOption,
                format_context(name, "must not have encoded dot segments"),
            ));
        }
        let path = url.path.trim_end_matches('/').to_owned();
        Ok(Self { origin: url.origin, path, audience: None, scope: None })
    }

    /// Of two resources that cover a URL, the one with the longer path is meant.
    #[must_use]
    pub fn path_length(&self) -> usize {
        self.path.len()
    }

    /// What every URL that this covers begins with, with a slash at its end.
    pub(crate) fn prefix(&self) -> String {
        [self.origin.as_str(), &self.path, "/"].concat()
    }

    /// Whether a call to `url` may have the credential: scheme, host and port equal, and the path a prefix by whole segments.
    #[must_use]
    pub fn covers(&self, url: &Url) -> bool {
        let is_under_path = || {
            let rest = url.path.strip_prefix(self.path.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) && !leaves_its_segments(&url.path)
        };
        url.is_secure()
            && !url.has_credentials
            && url.origin == self.origin
            && (self.path.is_empty() || is_under_path())
    }
}

/// Whether a server that decodes the path once more, or strips path parameters, would see a dot segment in it that the URL
/// parser did not: `/v1/..%2fadmin`, `/v1/%252e%252e/admin`, `/v1/..;/admin`.
fn leaves_its_segments(path: &str) -> bool {
    /// Nobody encodes more often, and to follow whoever does would take the square of the path's length.
    const DEEPEST: usize = 8;
    let mut path = path.to_owned();
    for _ in 0..DEEPEST {
        let is_dots = |segment: &str| matches!(parts(segment, &[';']).next(), Some("." | ".."));
        if parts(&path, &['/', '\\']).any(is_dots) {
            return true;
        }
        let decoded = percent_decode(&path);
        if decoded == path {
            return false;
        }
        path = decoded;
    }
    true
}

#[cfg(test)]
mod tests;
