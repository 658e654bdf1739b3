//! Other views of a URL than the one that the crate's native tests have.

use tessera_auth::testing::TestUrl;
use tessera_auth::url::{ParseUrl, Url};

/// The parser of Node.js: the WHATWG URL standard again, by other people in another language.
pub(crate) struct Ada;

impl ParseUrl for Ada {
    fn parse_url(text: &str, base: Option<&str>) -> Option<Url> {
        let url = ada_url::Url::parse(text, base).ok()?;
        Some(Url {
            href: url.href().to_owned(),
            origin: url.origin(),
            scheme: url.protocol().to_owned(),
            host: url.hostname().to_owned(),
            path: url.pathname().to_owned(),
            query: url.search().to_owned(),
            fragment: url.hash().to_owned(),
            has_credentials: url.has_credentials(),
        })
    }
}

/// [`ParseUrl::parse_url`] of one of them.
pub(crate) type Parse = fn(&str, Option<&str>) -> Option<Url>;

/// The parsers of the WHATWG URL standard.
pub(crate) const PARSERS: [Parse; 2] = [TestUrl::parse_url, Ada::parse_url];

/// Scheme, authority and path by the regular expression of RFC 3986 appendix B: what older programs on the way, such as proxies
/// and servers, make of a URL.
pub(crate) fn rfc_3986(text: &str) -> (&str, &str, &str) {
    let (scheme, rest) = match text.split_once(':') {
        Some((scheme, rest)) if !scheme.is_empty() && !scheme.contains(['/', '?', '#']) => (scheme, rest),
        _ => ("", text),
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let Some(rest) = rest.strip_prefix("//") else { return (scheme, "", rest) };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    (scheme, authority, path)
}

/// `https` to anywhere, or `http` to this machine (RFC 8252 §8.3), by the standard library's IP addresses.
pub(crate) fn is_secure(url: &Url) -> bool {
    let is_loopback_address = || {
        let host = url.host.trim_start_matches('[').trim_end_matches(']');
        host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    };
    let is_local_name = || url.host == "localhost" || url.host.ends_with(".localhost");
    url.scheme == "https:" || url.scheme == "http:" && (is_local_name() || is_loopback_address())
}
