//! The way back: the authorization response (RFC 6749 §4.1.2), the code exchange (§4.1.3, §4.1.4) and the ID token.

use super::audience::{Audience, Others};
use super::id_token::Expected;
use super::platform::StorageKind;
use super::record::{Fields, Record};
use super::sign_in::{BEFORE_TAG, PENDING, PendingSignIn};
use super::{Client, Inner, Level, Platform, Session, SignedOutReason};
use crate::encoding::{Form, concat, cut, parts};
use crate::error::{Error, ErrorCode, Result};
use crate::oauth::callback::{Callback, ValidatedCallback, process_callback};
use crate::oauth::id_token::IdToken;
use crate::oauth::metadata::Metadata;
use crate::oauth::token::{TokenResponse, TokenType, code_request, process_token_response};
use crate::secret::Secret;
use crate::time::UnixTime;
use crate::url::Url;
use futures_util::future::join;
use std::rc::Rc;

/// Where this tab keeps the address of a redirect until it is answered: of several clients any can be the first that sees it.
pub(super) const TAKEN: &str = "*taken";

/// What came of a redirect: where the user was going, or why he did not get there.
pub(super) type Outcome = Result<Option<String>>;

impl<P: Platform> Client<P> {
    /// Finishes the redirect in `url`, or in the page's own. Without one, this is who is signed in.
    ///
    /// A redirect is answered once, and what came of it is remembered: a second call, also at the same time, in another tab,
    /// after a reload or after Back, gives the same session. One that this browser knows nothing of is no error while a user
    /// is signed in.
    ///
    /// # Errors
    /// `state_mismatch`, `callback_invalid`, `issuer_mismatch`, `access_denied`, `login_required`, `authorization_failed`: the
    /// response. `invalid_grant`, `token_request_failed`, `invalid_response`, `network`, `timeout`, `server_error`: the code
    /// exchange. `claim_invalid`, `token_expired`, `signature_invalid` and the other codes of tokens: the ID token.
    pub async fn handle_redirect(&self, url: Option<&str>) -> Result<Option<Rc<Session>>> {
        self.0.check_open()?;
        let page = self.0.platform.current_url();
        let callback = match url {
            None => self.0.callback_to_finish().await,
            Some(url) => {
                let url = P::parse_url(url, page.as_deref())
                    .ok_or_else(|| Error::new(ErrorCode::InvalidOption, "url is not a URL"))?;
                let callback = Callback::find(&url);
                if callback.is_some() && page.as_ref() == Some(&url.href) {
                    self.0.platform.replace_url(&Callback::without_response(&url));
                }
                self.0.hand_over(callback, &url.href).await
            }
        };
        if let Some(callback) = callback {
            self.0.finish_redirect_here(callback).await?;
        }
        Ok(self.session())
    }
}

impl<P: Platform> Inner<P> {
    /// Takes the authorization response out of the page's URL, before anything else can read it there. What looks like one
    /// on a page that is not the redirect URI is the application's own.
    fn take_callback(&self, page: &Url) -> Option<Callback> {
        let redirect_uri = P::parse_url(self.kind.options.redirect_uri.as_deref()?, None)?;
        let is_redirect_uri = page.origin == redirect_uri.origin
            && page.path.trim_end_matches('/') == redirect_uri.path.trim_end_matches('/');
        let callback = Callback::find(page).filter(|_| is_redirect_uri)?;
        self.platform.replace_url(&Callback::without_response(page));
        Some(callback)
    }

    /// Whether the page's URL may have a redirect to finish, or had one when the page was loaded before. It does not tell what is none.
    pub(super) async fn may_have_callback(&self, page: Option<&str>) -> bool {
        let has_parameters = |page: &str| {
            parts(page, &['?', '&', '#']).any(|part| part.starts_with("state=") || part.starts_with("error="))
        };
        page.is_some_and(has_parameters) || self.note(StorageKind::Session, TAKEN).await.is_some()
    }

    pub(super) async fn find_callback(&self) -> Result<Option<Callback>> {
        Ok(self.callback_to_finish().await)
    }

    /// The redirect that is in the page's URL, or was, when the page was loaded again in the middle of answering it. Its
    /// address is kept until it is answered, for this tab only: the code in it is worth nothing without the verifier.
    pub(super) async fn callback_to_finish(&self) -> Option<Callback> {
        // As it is now: while this client was made another may have answered it, and the page gone on.
        let mut page = P::parse_url(&self.platform.current_url()?, None)?;
        match self.take_callback(&page) {
            Some(_) => self.take_note(StorageKind::Session, TAKEN, &page.href.as_str().into()).await,
            None => page = P::parse_url(self.note(StorageKind::Session, TAKEN).await?.expose(), None)?,
        }
        let callback = self.hand_over(Callback::find(&page), &page.href).await?;
        // Another client that the page makes finds it there.
        if cut(&callback.state, BEFORE_TAG).is_some_and(|(_, tag)| tag != self.tag()) {
            return None;
        }
        self.kind.has_taken.set(true);
        Some(callback)
    }

    /// Finishes a redirect in the page that it has come to.
    pub(super) async fn finish_redirect_here(self: &Rc<Self>, callback: Callback) -> Outcome {
        self.has_left.set(false);
        let is_for_another = super::window::is_for_another(&callback);
        let outcome = self.finish_redirect(callback).await;
        if is_for_another && outcome.is_ok() {
            self.leave_window().await;
        }
        outcome
    }

    /// Finishes a redirect, once for all who ask.
    pub(super) async fn finish_redirect(self: &Rc<Self>, callback: Callback) -> Outcome {
        let state = callback.state.clone();
        // Other calls may have one in hand, this one or another.
        while self.kind.redirect.is_under_way() {
            self.kind.redirect.landed().await;
        }
        if let Some((finished, outcome)) = self.kind.finished.borrow().as_ref()
            && *finished == state
            && !state.is_empty()
        {
            return outcome.clone();
        }
        self.kind.redirect.join(&self.platform, || Rc::clone(self).answer(callback)).await
    }

    async fn answer(self: Rc<Self>, callback: Callback) -> Outcome {
        let outcome = self.answer_under_lock(&callback).await;
        match &outcome {
            Ok(return_to) => {
                self.kind.return_to.replace(return_to.clone());
                self.succeeded();
            }
            Err(error) => {
                self.failed(error.clone());
            }
        }
        if is_over(&outcome) {
            // Not what another client is to find there.
            if self.kind.has_taken.get() {
                self.drop_note(StorageKind::Session, TAKEN).await;
            }
            self.kind.finished.replace(Some((callback.state, outcome.clone())));
        }
        outcome
    }

    async fn answer_under_lock(self: &Rc<Self>, callback: &Callback) -> Outcome {
        // A duplicated tab may be answering the same redirect. Its lock is let go when it is done, or dead.
        let _turn = self.turn("redirect").await;
        if callback.state.is_empty() {
            return self.answer_without_state(callback).await;
        }
        let key = concat(&[PENDING, &callback.state]);
        let stored = self.read_pending(&key).await;
        if let Some(answered) = stored.as_ref().and_then(|text| Answered::decode(&Fields::parse(text))) {
            self.adopt_stored(SignedOutReason::OtherTab).await;
            return if self.record().is_some() { Ok(answered.return_to) } else { answered.outcome() };
        }
        let now = UnixTime::from_millis(self.platform.wall_ms());
        let Some(pending) = stored.and_then(|text| PendingSignIn::decode(&text, now, &self.config.owner)) else {
            return self.answer_unknown().await;
        };
        let outcome = self.exchange(callback, &pending).await;
        if let Err(error) = &outcome {
            self.forget_registration(error, pending.client_id.as_deref()).await;
        }
        let answered = Answered {
            began_at: pending.began_at,
            return_to: pending.return_to,
            failed: outcome.as_ref().err().map(Error::code),
        };
        if is_over(&outcome) {
            // Over the verifier, which is worth nothing any more.
            let _ = self.write_pending(&key, &answered.encode()).await;
        }
        outcome.map(|()| answered.return_to)
    }

    /// A refusal from a server that leaves out the state: all that it can do is say why, while an answer is awaited.
    async fn answer_without_state(self: &Rc<Self>, callback: &Callback) -> Outcome {
        let is_awaited = !self.pending_names(PENDING).await.is_empty();
        if !is_awaited || self.record().is_some() {
            return self.answer_unknown().await;
        }
        let metadata = self.metadata_for(callback).await?;
        process_callback(callback, "", &metadata).map(|_| None)
    }

    /// The metadata that a response is checked against. A refusal is told also when there is none to be had: it grants nothing.
    async fn metadata_for(self: &Rc<Self>, callback: &Callback) -> Result<Rc<Metadata>> {
        match self.metadata().await {
            Err(_) if callback.is_refusal() => Ok(Rc::default()),
            metadata => metadata,
        }
    }

    /// A response to a request that this browser did not send, or has forgotten. While somebody is signed in that is what Back
    /// and old bookmarks look like.
    async fn answer_unknown(self: &Rc<Self>) -> Outcome {
        self.adopt_stored(SignedOutReason::OtherTab).await;
        if self.record().is_some() {
            self.log(Level::Info, "a redirect of no known sign-in was passed over", None);
            return Ok(None);
        }
        Err(Error::new(ErrorCode::StateMismatch, "this redirect belongs to no sign-in that began here within the hour"))
    }

    /// Trades the code for tokens, and the tokens for a session.
    async fn exchange(self: &Rc<Self>, callback: &Callback, pending: &PendingSignIn) -> Result<()> {
        let metadata = self.metadata_for(callback).await?;
        let answered = callback;
        let callback = process_callback(callback, &callback.state, &metadata)?;
        let asked_ms = self.platform.wall_ms();
        let (token, ()) =
            join(self.redeem(&metadata, &callback, pending), self.prefetch_keys_for_openid(&metadata)).await;
        let (response, sent_at, asked_at) = token?;
        let id_token = match &response.id_token {
            Some(id_token) => {
                let expected = Expected {
                    client_id: self.client_of_pending(pending),
                    nonce: pending.nonce.as_deref(),
                    max_age: pending.max_age,
                    acr_values: pending.acr_values.as_deref(),
                    sent_at,
                    asked_ms,
                };
                Some(self.check_id_token(&metadata, id_token, &response.access_token, &expected).await?)
            }
            None if pending.nonce.is_some() => {
                return Err(Error::new(
                    ErrorCode::InvalidResponse,
                    "scope has openid, and the token answer has no id_token",
                ));
            }
            None => None,
        };
        let record = Rc::new(self.first_record(response, id_token, pending, asked_at)?);
        self.check_subject(&answered.state, record.subject.as_deref())?;
        self.keep_session_state(&record.family, answered.session_state.as_deref()).await;
        self.begin_session(Rc::clone(&record)).await;
        if !self.is_of_family(&record) {
            // The user has signed out meanwhile: nobody will use what the server takes for a session.
            self.revoke_as_a_courtesy(&metadata, &record).await;
        }
        Ok(())
    }

    /// RFC 6749 §4.1.3. Beside the answer: the server's `Date`, and when the request left by our clock.
    async fn redeem(
        self: &Rc<Self>,
        metadata: &Metadata,
        callback: &ValidatedCallback,
        pending: &PendingSignIn,
    ) -> Result<(TokenResponse, Option<UnixTime>, f64)> {
        let request = code_request(
            metadata,
            self.client_of_pending(pending),
            &pending.redirect_uri,
            callback,
            &pending.verifier,
            self.config.audience(),
        )?;
        let asked_at = self.platform.monotonic_ms();
        let answer = self.send_proven(request, pending.key.as_deref(), None, self.config.timeout_ms).await?;
        let answer = answer.without(callback.code()).without(pending.verifier.secret());
        let response = process_token_response::<P::Json>(&answer)?;
        response.require_type(TokenType::bound_to(pending.key.as_deref()))?;
        Ok((response, answer.date(), asked_at))
    }

    async fn prefetch_keys_for_openid(self: &Rc<Self>, metadata: &Rc<Metadata>) {
        if self.kind.options.verify_signature && self.kind.options.is_openid() {
            self.prefetch_keys(metadata).await;
        }
    }

    fn first_record(
        &self,
        response: TokenResponse,
        id_token: Option<Box<IdToken>>,
        pending: &PendingSignIn,
        asked_at: f64,
    ) -> Result<Record> {
        let issued_at = self.issued_at(asked_at);
        Ok(Record {
            owner: self.config.owner.clone(),
            family: self.random_id()?,
            replaced: None,
            generation: 1,
            expires_at: response.expires_in.map(|seconds| issued_at.plus(i64::from(seconds))),
            access_token: response.access_token,
            token_type: response.token_type.into(),
            // RFC 6749 §5.1: omitted if it is what was asked for.
            scope: response.scope.unwrap_or_else(|| pending.scope.clone()),
            issued_at,
            refresh_token: response.refresh_token,
            id_token: response.id_token,
            subject: id_token.as_ref().map(|token| token.subject.clone()),
            claims: id_token.map(|token| token.claims),
            signed_in_at: issued_at,
            clock_offset: self.clock.offset_ms(&self.platform),
            key: pending.key.clone(),
            authorization_details: response.authorization_details,
            others: Others::first(self.config.audience(), pending),
            audience: Audience::default(),
            is_restored: false,
        })
    }
}

/// Whether asking again would give the same.
fn is_over<T>(outcome: &Result<T>) -> bool {
    outcome.as_ref().err().is_none_or(|error| !error.is_retryable())
}

/// What is kept of a sign-in once it is over: the same answer for whoever comes again.
struct Answered {
    began_at: UnixTime,
    return_to: Option<String>,
    failed: Option<ErrorCode>,
}

impl Answered {
    fn encode(&self) -> Secret {
        let mut fields = Form::new();
        fields.add("answered", self.failed.map_or("ok", ErrorCode::as_str));
        fields.add_number("began_at", self.began_at.0);
        fields.add("return_to", self.return_to.as_deref());
        fields.into()
    }

    fn decode(fields: &Fields) -> Option<Self> {
        let answered = fields.text("answered")?;
        Some(Self {
            began_at: UnixTime(fields.number("began_at")?),
            return_to: fields.text("return_to"),
            failed: ErrorCode::from_name(&answered),
        })
    }

    fn outcome(self) -> Outcome {
        match self.failed {
            Some(code) => Err(Error::new(code, "this sign-in has failed before")),
            None => Ok(self.return_to),
        }
    }
}
