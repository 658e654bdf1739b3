//! What a server does as a rule.

use super::Rotation;

/// What the server does as a rule. Change it with [`AuthorizationServer::configure`](super::AuthorizationServer::configure).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Policy {
    /// What becomes of a refresh token that was used. At first [`Rotation::ReuseDetection`].
    pub rotation: Rotation,
    /// Seconds; 300 at first.
    pub access_token_lifetime: u32,
    /// Seconds; 300 at first.
    pub id_token_lifetime: u32,
    /// Seconds; 60 at first.
    pub code_lifetime: u32,
    /// Seconds from the sign-in; no end at first.
    pub refresh_token_lifetime: Option<u32>,
    /// Seconds without use; no end at first.
    pub refresh_token_idle: Option<u32>,
    /// A resource that there are no tokens for, although it may be asked for at the sign-in (RFC 8707 §2: `invalid_target`).
    pub refused_resource: Option<String>,
    /// Whether there are refresh tokens at all.
    pub issues_refresh_tokens: bool,
    /// Whether there are ID tokens, where `openid` is in the scope.
    pub issues_id_tokens: bool,
    /// Whether there is a new ID token with every renewal.
    pub renews_id_tokens: bool,
    /// Whether access tokens are JWTs (RFC 9068) and not just random text, as they are at first.
    pub issues_jwt_access_tokens: bool,
    /// Whether the answer at the redirect URI says `iss`, and the metadata that it does (RFC 9207).
    pub sends_issuer: bool,
    /// Whether metadata can be had by OpenID Connect Discovery.
    pub has_openid_configuration: bool,
    /// Whether metadata can be had by RFC 8414. Not at first.
    pub has_oauth_metadata: bool,
    /// Whether there is a userinfo endpoint.
    pub has_userinfo: bool,
    /// Whether there is a revocation endpoint.
    pub has_revocation: bool,
    /// Whether there is an end-session endpoint.
    pub has_end_session: bool,
    /// Whether the server says how its session is by `session_state`, and has a page that is asked about it (OpenID Connect Session
    /// Management 1.0). Not at first.
    pub has_session_page: bool,
    /// Whether authorization requests can be pushed (RFC 9126). Not at first.
    pub has_pushed_requests: bool,
    /// Whether they must be.
    pub requires_pushed_requests: bool,
    /// Whether clients can register themselves (RFC 7591). Not at first.
    pub has_registration: bool,
    /// Whether the server knows DPoP (RFC 9449): a token that is asked for with a proof is bound to its key. Not at first.
    pub binds_tokens: bool,
    /// Whether CORS lets the page see the `Date` of answers. Not at first, as nearly everywhere.
    pub exposes_date: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            rotation: Rotation::ReuseDetection,
            access_token_lifetime: 300,
            id_token_lifetime: 300,
            code_lifetime: 60,
            refresh_token_lifetime: None,
            refresh_token_idle: None,
            refused_resource: None,
            issues_refresh_tokens: true,
            issues_id_tokens: true,
            renews_id_tokens: true,
            issues_jwt_access_tokens: false,
            sends_issuer: true,
            has_openid_configuration: true,
            has_oauth_metadata: false,
            has_userinfo: true,
            has_revocation: true,
            has_end_session: true,
            has_session_page: false,
            has_pushed_requests: false,
            requires_pushed_requests: false,
            has_registration: false,
            binds_tokens: false,
            exposes_date: false,
        }
    }
}
