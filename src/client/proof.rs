//! Tokens that are bound to a key which nobody can read, and the proofs that a request comes from its holder: RFC 9449.
//!
//! A client has one key, kept under its name for all tabs, and the thumbprint of it stands with whatever is bound to it: the
//! session, and a sign-in that is under way. It stays when a user signs out: a sign-in in another tab may be bound to it.

use super::access_token::missing_scope;
use super::attempt::{PROMPT_MS, stopped};
use super::part::boxed;
use super::platform::Part;
use super::record::Record;
use super::{Failure, Inner, Level, Platform, SignedOutReason};
use crate::encoding::base64url;
use crate::error::{Error, ErrorCode, Result};
use crate::http::{HttpRequest, HttpResponse};
use crate::jwt::{Algorithm, Hash};
use crate::oauth::challenge::parse_challenges;
use crate::oauth::dpop::{
    Proof, PublicKey, choose_algorithm, has_challenge, is_proof_refused, method_name, next_nonce,
};
use crate::oauth::metadata::Metadata;
use crate::secret::Secret;
use crate::time::UnixTime;
use std::cell::RefCell;
use std::rc::Rc;

const NONCE_WANTED: &str = "use_dpop_nonce";
const PROOF_REFUSED: &str = "invalid_dpop_proof";

/// What a page remembers of its proofs.
pub(super) struct Proofs<P: Platform> {
    held: RefCell<Option<Rc<Held<P>>>>,
    /// By origin, the last that its server has given.
    nonces: RefCell<Vec<(String, String)>>,
    /// The access token of the last call, and its digest.
    hashed: RefCell<Option<(Secret, Vec<u8>)>>,
}

impl<P: Platform> Default for Proofs<P> {
    fn default() -> Self {
        Self { held: RefCell::default(), nonces: RefCell::default(), hashed: RefCell::default() }
    }
}

impl<P: Platform> Proofs<P> {
    fn nonce(&self, origin: &str) -> Option<String> {
        let nonces = self.nonces.borrow();
        nonces.iter().find(|(each, _)| each == origin).map(|(_, nonce)| nonce.clone())
    }

    /// `true`: it is another than before.
    fn remember(&self, origin: &str, nonce: &str) -> bool {
        let mut nonces = self.nonces.borrow_mut();
        match nonces.iter_mut().find(|(each, _)| each == origin) {
            Some((_, known)) if known == nonce => return false,
            Some((_, known)) => nonce.clone_into(known),
            None => nonces.push((origin.to_owned(), nonce.to_owned())),
        }
        true
    }
}

/// The client's key.
struct Held<P: Platform> {
    key: P::Key,
    public: PublicKey,
    /// RFC 7638 with SHA-256
    thumbprint: String,
}

/// What a proof is made for.
struct Target<'a> {
    method: &'a str,
    url: &'a str,
    origin: String,
    access_token: Option<&'a Secret>,
}

impl<P: Platform> Inner<P> {
    /// What a sign-in is to be bound to: the thumbprint of the client's key, which is made if there is none; `None` without `dpop`.
    pub(super) async fn bind(self: &Rc<Self>, metadata: &Metadata) -> Result<Option<String>> {
        if !self.kind.options.dpop {
            return Ok(None);
        }
        self.later(Part::More, || boxed(self.bind_key(metadata))).await
    }

    async fn bind_key(&self, metadata: &Metadata) -> Result<Option<String>> {
        let algorithm = choose_algorithm(metadata.dpop_algorithms.as_deref())?;
        // Anew, in case the browser has lost it since.
        let held = self.find_key(Some(algorithm)).await?.ok_or_else(|| key_is_gone("and no other can be made"))?;
        Ok(Some(held.thumbprint.clone()))
    }

    /// Sends a request to the server, with a proof if it is about something that is bound to a key, and once more if the server wants
    /// to see its nonce in it. With an `access_token` it is a call that the token goes along with.
    ///
    /// # Errors
    /// `storage_corrupt` if the key is gone; what the request says.
    pub(super) async fn send_proven(
        self: &Rc<Self>,
        request: HttpRequest,
        bound_to: Option<&str>,
        access_token: Option<&Secret>,
        timeout_ms: u32,
    ) -> Result<HttpResponse> {
        match bound_to {
            None => self.platform.send(request, timeout_ms).await,
            Some(thumbprint) => {
                let send = || boxed(self.send_with_proof(request, thumbprint, access_token, timeout_ms));
                self.later(Part::More, send).await
            }
        }
    }

    async fn send_with_proof(
        &self,
        request: HttpRequest,
        thumbprint: &str,
        access_token: Option<&Secret>,
        timeout_ms: u32,
    ) -> Result<HttpResponse> {
        let (began, mut patience_ms) = (self.platform.wall_ms(), PROMPT_MS);
        let held = self.held(thumbprint).await?;
        let url = request.url.clone();
        let origin = self.origin(&url);
        let target = Target { method: method_name(request.method), url: &url, origin, access_token };
        let (mut has_new_nonce, mut has_new_clock) = (false, false);
        loop {
            let proof = self.prove(&held, &target).await?;
            // While it signs and waits a page can be stopped, and others go on with the refresh token.
            if self.is_sending.get() && !self.is_within(patience_ms, began) {
                return Err(stopped());
            }
            let answer = self.platform.send(request.clone().with_header("dpop", proof), timeout_ms).await?;
            patience_ms = f64::from(timeout_ms);
            if let Some(nonce) = next_nonce(&answer) {
                self.kind.proofs.remember(&target.origin, nonce);
                if !has_new_nonce && is_proof_refused::<P::Json>(&answer, NONCE_WANTED) {
                    has_new_nonce = true;
                    continue;
                }
            }
            // By this machine's clock it may be made too early or too late (§11.1).
            if !has_new_clock
                && is_proof_refused::<P::Json>(&answer, PROOF_REFUSED)
                && self.is_clock_mended(answer.date()).await
            {
                has_new_clock = true;
                continue;
            }
            return Ok(answer);
        }
    }

    /// Sends a call of the caller's, with a proof if the token of this record is bound to a key.
    pub(super) async fn send_call_proven(
        self: &Rc<Self>,
        call: &P::Call,
        record: &Record,
        credential: &Secret,
    ) -> Result<P::Answer, Failure<P::Reason>> {
        match &record.key {
            None => self.platform.send_call(call, ("authorization", credential), None).await,
            Some(thumbprint) => {
                let send = || boxed(self.send_bound_call(call, record, credential, thumbprint));
                self.later(Part::More, send).await
            }
        }
    }

    /// An API that answers 403 may say that the token lacks a scope.
    pub(super) fn look_for_missing_scope(self: &Rc<Self>, record: &Record, answer: &P::Answer) {
        let header = self.platform.answer_header(answer, "www-authenticate").unwrap_or_default();
        let (inner, granted) = (Rc::clone(self), record.scope.clone());
        self.platform.spawn(async move {
            // Without a word about it if nobody can read it.
            let _ = inner.later(Part::More, || boxed(inner.note_missing_scope(&header, &granted))).await;
        });
    }

    async fn send_bound_call(
        self: &Rc<Self>,
        call: &P::Call,
        record: &Record,
        credential: &Secret,
        thumbprint: &str,
    ) -> Result<P::Answer, Failure<P::Reason>> {
        let held = match self.held(thumbprint).await {
            Ok(held) => held,
            Err(error) => return Err(self.end_if_key_is_gone(record, error).await.into()),
        };
        let (method, url) = (self.platform.call_method(call), self.platform.call_url(call));
        let origin = self.origin(&url);
        let target = Target { method: &method, url: &url, origin, access_token: Some(&record.access_token) };
        let mut has_new_nonce = false;
        loop {
            let proof = self.prove(&held, &target).await?;
            let answer = self.platform.send_call(call, ("authorization", credential), Some(&proof)).await?;
            let header = |name| self.platform.answer_header(&answer, name);
            let Some(nonce) = header("dpop-nonce").filter(|nonce| !nonce.is_empty()) else { return Ok(answer) };
            let is_news = self.kind.proofs.remember(&target.origin, &nonce);
            let is_wanted = match header("www-authenticate") {
                Some(challenges) => has_challenge(Some(&challenges), NONCE_WANTED),
                // CORS hides what it wants.
                None => is_news,
            };
            let is_refused = self.platform.status(&answer) == 401 && is_wanted;
            if has_new_nonce || !is_refused || !self.platform.may_send_again(call) {
                return Ok(answer);
            }
            has_new_nonce = true;
        }
    }

    /// Ends the session of `record`, if `error` says that its key is gone: nothing can be done with its tokens any more.
    pub(super) async fn end_if_key_is_gone(self: &Rc<Self>, record: &Record, error: Error) -> Error {
        if error.code() != ErrorCode::StorageCorrupt {
            return error;
        }
        if self.record().is_some_and(|current| current.key == record.key) {
            self.end_session(SignedOutReason::Expired).await;
        }
        error.with_code(ErrorCode::SessionLost)
    }

    async fn prove(&self, held: &Held<P>, target: &Target<'_>) -> Result<Secret> {
        let token_hash = match target.access_token {
            None => None,
            Some(token) => Some(self.hash_of(token).await?),
        };
        let nonce = self.kind.proofs.nonce(&target.origin);
        let input = Proof {
            jti: &self.random_id()?,
            method: target.method,
            url: target.url,
            issued_at: self.now(),
            nonce: nonce.as_deref(),
            token_hash: token_hash.as_deref(),
        }
        .signing_input(&held.public);
        let signature = self.platform.sign(&held.key, input.as_bytes()).await?;
        Ok([input.as_str(), ".", &base64url(&signature)].concat().into())
    }

    async fn hash_of(&self, token: &Secret) -> Result<Vec<u8>> {
        if let Some((hashed, hash)) = self.kind.proofs.hashed.borrow().as_ref()
            && hashed == token
        {
            return Ok(hash.clone());
        }
        let hash = self.platform.digest(Hash::Sha256, token.expose().as_bytes()).await?;
        self.kind.proofs.hashed.replace(Some((token.clone(), hash.clone())));
        Ok(hash)
    }

    /// The key of this thumbprint.
    async fn held(&self, thumbprint: &str) -> Result<Rc<Held<P>>> {
        let is_it = |held: &Rc<Held<P>>| held.thumbprint == thumbprint;
        let held = self.kind.proofs.held.borrow().clone().filter(is_it);
        let held = match held {
            Some(held) => Some(held),
            // Another tab may have made another since: this page looks again.
            None => self.find_key(None).await?.filter(is_it),
        };
        held.ok_or_else(|| key_is_gone("that it is bound to"))
    }

    async fn find_key(&self, make: Option<Algorithm>) -> Result<Option<Rc<Held<P>>>> {
        let Some(key) = self.platform.signing_key(&self.config.name, make).await? else { return Ok(None) };
        let public = PublicKey::from_jwk(&self.platform.public_key(&key)).ok_or_else(|| key_is_gone("that is kept"))?;
        let thumbprint = base64url(&self.platform.digest(Hash::Sha256, public.thumbprint_input()).await?);
        let held = Rc::new(Held { key, public, thumbprint });
        self.kind.proofs.held.replace(Some(Rc::clone(&held)));
        Ok(Some(held))
    }

    fn origin(&self, url: &str) -> String {
        P::parse_url(url, None).map_or_else(String::new, |url| url.origin)
    }

    /// Sets the clock by whoever knows better. `true` if it was wrong.
    async fn is_clock_mended(&self, date: Option<UnixTime>) -> bool {
        let witness = match date {
            None => self.platform.witness_ms().await.map(UnixTime::from_millis),
            date => date,
        };
        let Some(server) = witness.filter(|time| time.seconds_since(self.now()).abs() > self.config.tolerance()) else {
            return false;
        };
        self.set_clock(server);
        true
    }

    /// RFC 6750 §3.1: an API that lacks a scope in the token says which.
    async fn note_missing_scope(&self, header: &str, granted: &str) -> Result<()> {
        let challenges = parse_challenges(header);
        let lacks_scope = |name| Some("insufficient_scope") == name;
        let Some(challenge) = challenges.iter().find(|challenge| lacks_scope(challenge.parameter("error"))) else {
            return Ok(());
        };
        let missing = challenge.parameter("scope").and_then(|wanted| missing_scope(wanted, granted));
        self.log(Level::Warn, "an API wants a scope that was not granted: signIn({ scope }) can ask for it", missing);
        Ok(())
    }
}

fn key_is_gone(which: &'static str) -> Error {
    Error::new(ErrorCode::StorageCorrupt, ["the browser has lost the DPoP key ", which].concat())
}
