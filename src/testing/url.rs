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
