//! Whether the user is still signed in at the server: what its page in a frame is asked, and says (OpenID Connect Session Management
//! 1.0).

/// What the server's page knows (§3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionCheck {
    /// The user's state at the server is what it was when he signed in here.
    Unchanged,
    /// It is another: he may have signed out, or signed in again.
    Changed,
    /// The page does not understand the question. It is not to be asked again.
    Error,
}

/// The `session_state` of an authorization response, if it is one: it must not have a space in it (§2).
#[must_use]
pub fn session_state(given: Option<&str>) -> Option<&str> {
    given.filter(|state| !state.is_empty() && state.bytes().all(|byte| byte.is_ascii_graphic()))
}

/// The message to the page (§3.1).
#[must_use]
pub fn check_message(client_id: &str, session_state: &str) -> String {
    [client_id, " ", session_state].concat()
}

/// Reads what the page has answered; `None` for what is no answer.
#[must_use]
pub fn process_check(answer: &str) -> Option<SessionCheck> {
    match answer {
        "unchanged" => Some(SessionCheck::Unchanged),
        "changed" => Some(SessionCheck::Changed),
        "error" => Some(SessionCheck::Error),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_with_client_and_state_and_knows_three_answers() {
        assert_eq!(check_message("app", "hash.salt"), "app hash.salt");
        assert_eq!(process_check("unchanged"), Some(SessionCheck::Unchanged));
        assert_eq!(process_check("changed"), Some(SessionCheck::Changed));
        assert_eq!(process_check("error"), Some(SessionCheck::Error));
        for other in ["", "Changed", "unchanged ", "{\"changed\":true}"] {
            assert_eq!(process_check(other), None, "{other}");
        }
    }

    #[test]
    fn a_state_is_printable_and_has_no_space() {
        assert_eq!(session_state(Some("hash.salt")), Some("hash.salt"));
        for bad in [None, Some(""), Some("a b"), Some("a\nb"), Some("ä")] {
            assert_eq!(session_state(bad), None, "{bad:?}");
        }
    }
}
