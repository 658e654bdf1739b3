//! What the server's page loads in a frame when the user signs out there (OpenID Connect Front-Channel Logout 1.0).

use crate::encoding::parse_form;
use crate::json::Json;
use crate::url::Url;

/// Whose session is over (§2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontchannelLogout {
    issuer: String,
    session_id: String,
}

impl FrontchannelLogout {
    /// What a `frontchannel_logout_uri` is loaded with. `None` unless both `iss` and `sid` are there, once: without them anybody
    /// could sign anybody out.
    #[must_use]
    pub fn find(url: &Url) -> Option<Self> {
        let parameters = parse_form(url.query.trim_start_matches('?'));
        let only = |name: &str| {
            let mut values = parameters.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone());
            values.next().filter(|value| !value.is_empty() && values.next().is_none())
        };
        Some(Self { issuer: only("iss")?, session_id: only("sid")? })
    }

    /// Whether the ID token with these claims is of that session.
    pub fn is_about<J: Json>(&self, claims: &J) -> bool {
        claims.text("iss").as_ref() == Some(&self.issuer) && claims.text("sid").as_ref() == Some(&self.session_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{TestJson, TestUrl};
    use crate::url::ParseUrl;

    fn find(query: &str) -> Option<FrontchannelLogout> {
        FrontchannelLogout::find(&TestUrl::parse_url(&["https://app.test/out", query].concat(), None).unwrap())
    }

    #[test]
    fn is_about_the_session_that_it_names() {
        // The example of §2.
        let logout = find("?iss=https://server.example.com&sid=08a5019c-17e1-4977-8f42-65a12843ea02").unwrap();
        let is_about = |claims: &str| logout.is_about(&TestJson::parse(claims).unwrap());
        let sid = "08a5019c-17e1-4977-8f42-65a12843ea02";
        assert!(is_about(&format!(r#"{{"iss":"https://server.example.com","sid":"{sid}"}}"#)));
        assert!(!is_about(&format!(r#"{{"iss":"https://server.example.com/","sid":"{sid}"}}"#)));
        assert!(!is_about(r#"{"iss":"https://server.example.com","sid":"other"}"#));
        assert!(!is_about(r#"{"iss":"https://server.example.com"}"#));
    }

    #[test]
    fn says_nothing_without_both_or_with_either_twice() {
        for query in ["", "?iss=x", "?sid=y", "?iss=x&sid=", "?iss=x&sid=y&sid=z", "?iss=x&iss=x&sid=y", "#iss=x&sid=y"]
        {
            assert_eq!(find(query), None, "{query}");
        }
    }
}
