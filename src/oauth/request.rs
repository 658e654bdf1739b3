//! Parameters, on their way into a URL or a body.

use super::token::TokenType;
use crate::encoding::{Form, concat, cut};
use crate::http::HttpRequest;
use crate::secret::Secret;

/// A POST of `parameters`.
pub(super) fn post(url: &str, parameters: Form) -> HttpRequest {
    HttpRequest::post_form(url, parameters.into())
}

/// `url` with `parameters` behind the query that it may have already (RFC 6749 §3.1).
pub(super) fn append_query(url: &str, parameters: &Form) -> String {
    let separator = match cut(url, b'?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    concat(&[url, separator, parameters.as_str()])
}

/// The `Authorization` header of RFC 6750 §2.1 and RFC 9449 §7.1.
pub(super) fn authorization(token_type: TokenType, token: &Secret) -> Secret {
    concat(&[token_type.name(), " ", token.expose()]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_is_there_already_is_kept() {
        let mut parameters = Form::new();
        parameters.add("a", "1 2");
        parameters.add("left", None);
        parameters.add("b", "&");
        for (url, whole) in [
            ("https://as.test/x", "https://as.test/x?a=1+2&b=%26"),
            ("https://as.test/x?", "https://as.test/x?a=1+2&b=%26"),
            ("https://as.test/x?p=q", "https://as.test/x?p=q&a=1+2&b=%26"),
            ("https://as.test/x?p=q&", "https://as.test/x?p=q&a=1+2&b=%26"),
            ("https://as.test/x?p=q?", "https://as.test/x?p=q?&a=1+2&b=%26"),
        ] {
            assert_eq!(append_query(url, &parameters), whole);
        }
    }
}
