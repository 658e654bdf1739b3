//! URLs: the browser's own parser.

use super::{Browser, web};
use crate::encoding;
use crate::url::{ParseUrl, Url};

impl ParseUrl for Browser {
    fn parse_url(text: &str, base: Option<&str>) -> Option<Url> {
        let parts = web::parse_url(text, base).ok()?;
        // No part has a line break in it: the parser takes them out.
        let mut parts = encoding::parts(&parts, &['\n']).map(str::to_owned);
        Some(Url {
            href: parts.next()?,
            origin: parts.next()?,
            scheme: parts.next()?,
            host: parts.next()?,
            path: parts.next()?,
            query: parts.next()?,
            fragment: parts.next()?,
            has_credentials: !parts.next()?.is_empty(),
        })
    }
}
