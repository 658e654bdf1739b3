//! URLs: the browser's own parser.

use super::Browser;
use crate::url::{ParseUrl, Url};

impl ParseUrl for Browser {
    fn parse_url(text: &str, base: Option<&str>) -> Option<Url> {
        let url = match base {
            Some(base) => web_sys::Url::new_with_base(text, base),
            None => web_sys::Url::new(text),
        };
        let url = url.ok()?;
        Some(Url {
            href: url.href(),
            origin: url.origin(),
            scheme: url.protocol(),
            host: url.hostname(),
            path: url.pathname(),
            query: url.search(),
            fragment: url.hash(),
            has_credentials: !url.username().is_empty() || !url.password().is_empty(),
        })
    }
}
