//! URLs by the `url` crate, which follows the same standard as browsers.

use super::Tab;
use crate::url::{ParseUrl, Url};

/// A URL parser without a browser.
#[derive(Clone, Copy, Debug)]
pub struct TestUrl;

impl ParseUrl for TestUrl {
    fn parse_url(text: &str, base: Option<&str>) -> Option<Url> {
        let base = match base {
            Some(base) => Some(::url::Url::parse(base).ok()?),
            None => None,
        };
        let url = ::url::Url::options().base_url(base.as_ref()).parse(text).ok()?;
        Some(Url {
            origin: url.origin().ascii_serialization(),
            scheme: [url.scheme(), ":"].concat(),
            host: url.host_str().unwrap_or_default().to_owned(),
            path: url.path().to_owned(),
            query: url.query().filter(|query| !query.is_empty()).map(|query| ["?", query].concat()).unwrap_or_default(),
            fragment: url
                .fragment()
                .filter(|text| !text.is_empty())
                .map(|text| ["#", text].concat())
                .unwrap_or_default(),
            has_credentials: !url.username().is_empty() || url.password().is_some(),
            href: url.into(),
        })
    }
}

impl ParseUrl for Tab {
    fn parse_url(text: &str, base: Option<&str>) -> Option<Url> {
        TestUrl::parse_url(text, base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_browsers_read() {
        type Read = Option<([&'static str; 7], bool)>;
        let vectors: &[(&str, bool, Read)] = &include!("../../tests/vectors/urls.rs");
        for (text, has_base, expected) in vectors {
            let url = TestUrl::parse_url(text, has_base.then_some("https://app.example.com/a/?b#c"));
            let parts = url.as_ref().map(|url| {
                let parts = [&url.href, &url.origin, &url.scheme, &url.host, &url.path, &url.query, &url.fragment];
                (parts.map(String::as_str), url.has_credentials)
            });
            assert_eq!(parts, *expected, "{text}");
        }
    }
}
