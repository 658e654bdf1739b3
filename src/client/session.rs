//! What the application sees of a session.

use super::record::Record;
use crate::oauth::token::TokenType;
use crate::time::UnixTime;

/// An immutable snapshot of who is signed in. It holds no token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// `sub` of the ID token; `None` for plain OAuth.
    pub subject: Option<String>,
    /// The validated claims of the ID token as JSON text.
    pub claims: Option<String>,
    /// Scopes that were granted, separated by spaces.
    pub scope: String,
    /// What was granted in more words than a scope has, as JSON text: an array (RFC 9396).
    pub authorization_details: Option<String>,
    /// How the access token is presented.
    pub token_type: TokenType,
    /// When the access token stops being good, by the server's clock; `None`: the server did not say.
    pub expires_at: Option<UnixTime>,
    /// Whether tokens can be renewed without the user.
    pub can_refresh: bool,
    /// When the user signed in.
    pub signed_in_at: UnixTime,
}

impl From<&Record> for Session {
    fn from(record: &Record) -> Self {
        Self {
            subject: record.subject.clone(),
            claims: record.claims.clone(),
            scope: record.scope.clone(),
            authorization_details: record.authorization_details.clone(),
            token_type: record.token_type,
            expires_at: record.expires_at,
            can_refresh: record.refresh_token.is_some(),
            signed_in_at: record.signed_in_at,
        }
    }
}
