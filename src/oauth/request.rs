//! Parameters, on their way into a URL or a body. One that has no value is left out.

use crate::encoding::form;
use crate::http::HttpRequest;
use crate::secret::Secret;

/// A name, and the value that it may have.
pub(super) type Parameter<'a> = (&'a str, Option<&'a str>);

/// A POST of `parameters`.
pub(super) fn post(url: &str, parameters: &[Parameter<'_>]) -> HttpRequest {
    HttpRequest::post_form(url, encode(parameters).into())
}

/// `url` with `parameters` behind the query that it may have already (RFC 6749 §3.1).
pub(super) fn append_query(url: &str, parameters: &[Parameter<'_>]) -> String {
    let separator = if url.ends_with(['?', '&']) {
        ""
    } else if url.contains('?') {
        "&"
    } else {
        "?"
    };
    [url, separator, &encode(parameters)].concat()
}

/// The `Authorization` header of RFC 6750 §2.1.
pub(super) fn bearer(token: &Secret) -> Secret {
    ["Bearer ", token.expose()].concat().into()
}

fn encode(parameters: &[Parameter<'_>]) -> String {
    form(parameters.iter().filter_map(|(name, value)| Some((*name, (*value)?))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_is_there_already_is_kept() {
        let parameters = [("a", Some("1 2")), ("left", None), ("b", Some("&"))];
        for (url, whole) in [
            ("https://as.test/x", "https://as.test/x?a=1+2&b=%26"),
            ("https://as.test/x?", "https://as.test/x?a=1+2&b=%26"),
            ("https://as.test/x?p=q", "https://as.test/x?p=q&a=1+2&b=%26"),
            ("https://as.test/x?p=q&", "https://as.test/x?p=q&a=1+2&b=%26"),
        ] {
            assert_eq!(append_query(url, &parameters), whole);
        }
    }
}
