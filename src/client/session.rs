//! What the application sees of a session.

use super::record::Record;
use crate::oauth::token;
use crate::time::UnixTime;

/// How a credential is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenType {
    /// An access token: whoever has it may use it (RFC 6750).
    Bearer,
    /// An access token that needs a proof of the key that it is bound to (RFC 9449).
    DPoP,
    /// A key in a header.
    ApiKey,
    /// A cookie that the browser keeps.
    Cookie,
}

impl TokenType {
    const ALL: [Self; 4] = [Self::Bearer, Self::DPoP, Self::ApiKey, Self::Cookie];

    /// The name that JavaScript uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bearer => token::TokenType::Bearer.name(),
            Self::DPoP => token::TokenType::DPoP.name(),
            Self::ApiKey => "ApiKey",
            Self::Cookie => "Cookie",
        }
    }

    /// From its name, exactly.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|token_type| token_type.name() == name)
    }
}

impl From<token::TokenType> for TokenType {
    fn from(token_type: token::TokenType) -> Self {
        match token_type {
            token::TokenType::Bearer => Self::Bearer,
            token::TokenType::DPoP => Self::DPoP,
        }
    }
}

/// An immutable snapshot of who is signed in. It holds no token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// `sub` of the ID token; `None` for plain OAuth. Of other credentials, what the login or the session endpoint says.
    pub subject: Option<String>,
    /// The validated claims of the ID token as JSON text.
    pub claims: Option<String>,
    /// Scopes that were granted, separated by spaces.
    pub scope: String,
    /// What was granted in more words than a scope has, as JSON text: an array (RFC 9396).
    pub authorization_details: Option<String>,
    /// How the credential is presented.
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
