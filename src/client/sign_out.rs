//! The end of a session: here, by revocation (RFC 7009), and at the server (OpenID Connect RP-Initiated Logout 1.0).

use super::part::boxed;
use super::platform::Part;
use super::record::Record;
use super::stored::Stored;
use super::{Client, Inner, Level, Platform, SignedOutReason, login_required};
use crate::error::Result;
use crate::oauth::logout::{EndSession, end_session_url, end_session_url_with};
use crate::oauth::metadata::Metadata;
use crate::oauth::revoke::{process_revocation_response, revocation_request};
use crate::secret::Secret;
use std::future::pending;
use std::rc::Rc;

/// How far signing out goes.
#[derive(Clone, Debug, Default)]
pub struct SignOutOptions {
    /// Forget the tokens here and stay. Default: end the session at the server too, when it can.
    pub local: bool,
    /// Where the server sends the user afterwards: same-origin, and registered with it.
    pub return_to: Option<String>,
    /// Send no ID token along. It is in the address otherwise, for the server to know whose session it is to end without asking.
    pub without_hint: bool,
}

/// A kind of token (RFC 7009 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// `access_token`
    AccessToken,
    /// `refresh_token`
    RefreshToken,
}

impl TokenKind {
    const fn hint(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
        }
    }
}

/// Signing out does not wait long for a courtesy to the server.
const REVOCATION_TIMEOUT_MS: u32 = 3_000;

impl<P: Platform> Client<P> {
    /// Signs out: here and in every tab at once, whatever the network says; then, unless `local`, at the server: the refresh
    /// token is revoked, and the user is sent to its end-session page, so that this ends only if there is none.
    ///
    /// # Errors
    /// `invalid_option` for a `return_to` of another origin: nothing has happened. `network`, `discovery_failed` and the like:
    /// the user is signed out here, and not at the server.
    pub async fn sign_out(&self, options: SignOutOptions) -> Result<()> {
        let inner = &self.0;
        match inner.platform.part(Part::Flows).await {
            Ok(()) => boxed(inner.end_everywhere(options)).await,
            Err(error) => {
                inner.end_hastily().await;
                Err(error)
            }
        }
    }

    /// Revokes one token, or by default what there is: the refresh token ends the session here too, and the access token is
    /// renewed when it is next needed.
    ///
    /// # Errors
    /// `login_required` if there is no such token; `unsupported` if the server cannot revoke; what the request says.
    pub async fn revoke(&self, kind: Option<TokenKind>) -> Result<()> {
        let inner = &self.0;
        inner.check_open()?;
        let metadata = inner.metadata().await?;
        // Not before: it may have been renewed meanwhile.
        let record = inner.record().ok_or_else(|| login_required("nobody is signed in"))?;
        let timeout_ms = inner.config.timeout_ms;
        let kind = kind.unwrap_or(if record.refresh_token.is_some() {
            TokenKind::RefreshToken
        } else {
            TokenKind::AccessToken
        });
        let token = match kind {
            TokenKind::AccessToken => Some(&record.access_token),
            TokenKind::RefreshToken => record.refresh_token.as_ref(),
        };
        let token = token.ok_or_else(|| login_required("the server gave no refresh token"))?;
        inner.revoke_token(&metadata, &record, token, kind, timeout_ms).await?;
        match kind {
            // Whoever has signed in meanwhile has others.
            _ if !inner.is_of_family(&record) => {}
            TokenKind::AccessToken => inner.expire_now(&record).await,
            TokenKind::RefreshToken => match inner.read_record().await {
                // This page has not heard of him.
                Stored::Record(stored) if stored.family != record.family => {
                    let _ = inner.adopt_stored(SignedOutReason::Revoked).await;
                }
                Stored::Record(_) | Stored::Nothing | Stored::Unreadable => {
                    inner.end_session(SignedOutReason::Revoked).await;
                }
            },
        }
        Ok(())
    }
}

impl<P: Platform> Inner<P> {
    async fn end_everywhere(self: &Rc<Self>, options: SignOutOptions) -> Result<()> {
        let return_to = match &options.return_to {
            Some(url) => self.same_origin(Some(url), "returnTo")?,
            None => self.kind.options.post_logout_redirect_uri.clone(),
        };
        let record = self.record();
        self.end_session(SignedOutReason::User).await;
        self.forget_loop().await;
        self.succeeded();
        if options.local {
            return Ok(());
        }
        let record = record.as_deref();
        let metadata = self.metadata().await?;
        if let Some(record) = record {
            self.revoke_as_a_courtesy(&metadata, record).await;
        }
        let own_word = self.kind.options.provider.as_ref().and_then(|provider| provider.sign_out_parameter.as_deref());
        let state = if own_word.is_none() { self.sign_out_state(return_to.as_deref()).await } else { None };
        let end = EndSession {
            id_token_hint: record.and_then(|record| record.id_token.as_ref()).filter(|_| !options.without_hint),
            client_id: record.map_or(&self.kind.options.client_id, |record| self.client_of(record)),
            post_logout_redirect_uri: return_to.as_deref(),
            state: state.as_deref(),
        };
        let url = match own_word {
            Some(own_word) => end_session_url_with(&metadata, &end, own_word),
            None => end_session_url(&metadata, &end),
        };
        match url {
            Some(url) => {
                self.platform.navigate(&url)?;
                pending().await
            }
            None => Ok(()),
        }
    }

    async fn revoke_token(
        self: &Rc<Self>,
        metadata: &Metadata,
        record: &Record,
        token: &Secret,
        kind: TokenKind,
        timeout_ms: u32,
    ) -> Result<()> {
        let request = revocation_request(metadata, self.client_of(record), token, kind.hint())?;
        let answer = self.send_proven(request, record.key.as_deref(), None, timeout_ms).await?;
        process_revocation_response::<P::Json>(&answer.without(token))
    }

    pub(super) async fn revoke_as_a_courtesy(self: &Rc<Self>, metadata: &Metadata, record: &Record) {
        let Some(token) = record.refresh_token.as_ref().filter(|_| metadata.revocation_endpoint.is_some()) else {
            return;
        };
        let timeout_ms = REVOCATION_TIMEOUT_MS.min(self.config.timeout_ms);
        if let Err(error) = self.revoke_token(metadata, record, token, TokenKind::RefreshToken, timeout_ms).await {
            self.log(Level::Warn, "the refresh token could not be revoked", Some(error.message()));
        }
    }

    /// The access token is no good any more; one that cannot be renewed was the session.
    async fn expire_now(self: &Rc<Self>, record: &Rc<Record>) {
        if record.refresh_token.is_none() {
            return self.end_session(SignedOutReason::Revoked).await;
        }
        let mut expired = Record::clone(record);
        expired.generation += 1;
        expired.expires_at = Some(self.now());
        if self.replace_record(record, &expired).await {
            self.adopt(Some(Rc::new(expired)), SignedOutReason::OtherTab);
            self.tell_tabs();
        }
    }
}
