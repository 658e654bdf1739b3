//! The authorization request: RFC 6749 §4.1.1 with PKCE (RFC 7636), state and nonce.

use super::access_token::missing_scope;
use super::config::same_origin;
use super::record::Fields;
use super::{Inner, Level, Platform};
use crate::encoding::{Form, base64url, concat, parts};
use crate::error::{Error, ErrorCode, Result};
use crate::jwt::Hash;
use crate::oauth::authorize::{AuthorizationRequest, check_parameters};
use crate::oauth::callback::Callback;
use crate::oauth::pkce::{Verifier, challenge};
use crate::secret::Secret;
use crate::time::UnixTime;
use crate::url::Url;
use std::rc::Rc;

/// How to ask the user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignInMode {
    /// Leave the page for the server's.
    #[default]
    Redirect,
    /// In a window of its own.
    Popup,
    /// In a hidden frame, without a question.
    Silent,
}

/// What to ask for, beside what the client's options say.
#[derive(Clone, Debug, Default)]
pub struct SignInOptions {
    /// Default: redirect.
    pub mode: SignInMode,
    /// Where the user is going: same-origin. Default: the current URL.
    pub return_to: Option<String>,
    /// Instead of the client's own scope; while somebody is signed in, beside what was granted to him.
    pub scope: Option<String>,
    /// What to ask for in more words than a scope has: a JSON array (RFC 9396).
    pub authorization_details: Option<String>,
    /// `login`, `consent`, `select_account`, `none`, `create` (OpenID Connect Core §3.1.2.1).
    pub prompt: Option<String>,
    /// Who probably signs in.
    pub login_hint: Option<String>,
    /// Authentication context classes, by preference; the ID token must name one of them.
    pub acr_values: Option<String>,
    /// Seconds since the user last proved who he is; the ID token must agree.
    pub max_age: Option<u32>,
    /// Languages, by preference.
    pub ui_locales: Option<String>,
    /// Parameters that this library does not know; over those of the client's options.
    pub parameters: Vec<(String, String)>,
}

/// A sign-in that waits for the user to come back, kept under its state.
pub(super) struct PendingSignIn {
    /// The client that asked, and the server that it asked: its code is for no other (RFC 9700 §4.4.2).
    pub(super) owner: String,
    pub(super) verifier: Verifier,
    pub(super) nonce: Option<String>,
    /// The thumbprint of the key that the code is bound to.
    pub(super) key: Option<String>,
    pub(super) redirect_uri: String,
    pub(super) return_to: Option<String>,
    pub(super) scope: String,
    pub(super) max_age: Option<u32>,
    pub(super) acr_values: Option<String>,
    pub(super) began_at: UnixTime,
    /// What the server calls this client, if the options do not say it.
    pub(super) client_id: Option<String>,
}

pub(super) const PENDING: &str = "sign-in ";
/// In a state.
pub(super) const BEFORE_TAG: u8 = b'~';
/// Nobody takes longer at the server's page; what is older is removed.
const KEPT_FOR: i64 = 3_600;
/// A page that begins sign-ins in a loop does not fill the store.
const MOST_PENDING: usize = 16;

/// A sign-in that the server is to be asked for.
pub(super) struct Begun {
    pub(super) url: String,
    pub(super) state: String,
}

impl<P: Platform> Inner<P> {
    /// Sends the user to the server, which the page does not outlive.
    pub(super) async fn go_to_sign_in(self: &Rc<Self>, options: SignInOptions) -> Result<()> {
        let begun = self.begin_sign_in(options, "").await.map_err(|error| self.failed(error))?;
        self.break_loop().await.map_err(|error| self.failed(error))?;
        self.platform.navigate(&begun.url)
    }

    /// Prepares a sign-in, and says where to send the user for it. `mark` begins the state of one whose answer is for another
    /// page than the one that it comes to.
    pub(super) async fn begin_sign_in(self: &Rc<Self>, options: SignInOptions, mark: &str) -> Result<Begun> {
        check_parameters(&options.parameters)?;
        let return_to = match &options.return_to {
            // Nobody has left his place.
            None if !mark.is_empty() => None,
            given => self.same_origin(given.as_deref(), "returnTo")?,
        };
        let Some(redirect_uri) = self.kind.options.redirect_uri.clone() else {
            return Err(Error::new(ErrorCode::InvalidOption, "redirectUri is missing"));
        };
        let metadata = self.metadata().await?;
        let scope = &self.scope_to_ask_for(options.scope.as_deref());
        let is_openid = parts(scope, &[' ']).any(|scope| scope == "openid");
        if is_openid && metadata.issuer.is_none() {
            let context = "issuer is missing, and scope has openid: no ID token could be checked";
            return Err(Error::new(ErrorCode::InvalidOption, context));
        }
        let verifier = Verifier::from_random(self.platform.random()?);
        let code_challenge =
            challenge(&self.platform.digest(Hash::Sha256, verifier.secret().expose().as_bytes()).await?);
        let state = concat(&[mark, &self.random_id()?, "~", &self.tag()]);
        let nonce = if is_openid { Some(self.random_id()?) } else { None };
        let mut parameters = self.kind.options.parameters.clone();
        parameters.retain(|(name, _)| options.parameters.iter().all(|(other, _)| other != name));
        parameters.extend(options.parameters);
        let key = self.bind(&metadata).await?;
        let request = AuthorizationRequest {
            client_id: &self.kind.options.client_id,
            redirect_uri: &redirect_uri,
            scope,
            state: &state,
            nonce: nonce.as_deref(),
            code_challenge: &code_challenge,
            resources: &self.config.audiences(),
            authorization_details: options.authorization_details.as_deref(),
            dpop_jkt: key.as_deref(),
            prompt: options.prompt.as_deref(),
            login_hint: options.login_hint.as_deref(),
            acr_values: options.acr_values.as_deref(),
            ui_locales: options.ui_locales.as_deref(),
            max_age: options.max_age,
            parameters: &parameters,
        };
        let asked = self.request_url(&metadata, &request).await?;
        let sign_in = PendingSignIn {
            owner: self.config.owner.clone(),
            verifier,
            nonce,
            key,
            redirect_uri,
            return_to,
            scope: scope.to_owned(),
            max_age: options.max_age,
            acr_values: options.acr_values,
            began_at: UnixTime::from_millis(self.platform.wall_ms()),
            client_id: asked.client_id,
        };
        self.remove_old_sign_ins().await;
        self.write_pending(&concat(&[PENDING, &state]), &sign_in.encode()).await?;
        self.log(Level::Info, "the user is sent to the server", None);
        Ok(Begun { url: asked.url, state })
    }

    /// What a state ends with, by which the clients of a page know whose it is. It keeps no secret and proves nothing.
    pub(super) fn tag(&self) -> String {
        let fold = |sum: u32, byte: u8| (sum ^ u32::from(byte)).wrapping_mul(16_777_619);
        base64url(&self.config.name.bytes().fold(1, fold).to_le_bytes())
    }

    /// What is asked for instead of the client's own scope. While somebody is signed in it is more than he has: what a server
    /// grants anew takes the place of what it has granted before.
    fn scope_to_ask_for(&self, asked: Option<&str>) -> String {
        let Some(asked) = asked else { return self.kind.options.scope.clone() };
        let record = self.record();
        let granted = record.as_ref().map_or("", |record| record.scope.as_str());
        match missing_scope(asked, granted) {
            Some(missing) if !granted.is_empty() => concat(&[granted, " ", &missing]),
            None => granted.to_owned(),
            Some(_) => asked.to_owned(),
        }
    }

    /// `url`, or the page's own if it is not given, as an absolute URL of the page's origin.
    pub(super) fn same_origin(&self, url: Option<&str>, name: &str) -> Result<Option<String>> {
        let Some(page) = self.platform.current_url().and_then(|page| P::parse_url(&page, None)) else {
            return Ok(None);
        };
        let Some(url) = url else {
            return Ok(Some(own_address(&page)));
        };
        same_origin::<P>(url, &page, name).map(Some)
    }

    async fn remove_old_sign_ins(&self) {
        let now = UnixTime::from_millis(self.platform.wall_ms());
        let mut kept = Vec::new();
        for state in self.pending_names(PENDING).await {
            let key = concat(&[PENDING, &state]);
            let began_at = self.read_pending(&key).await.and_then(|text| began_at(&text));
            match began_at.filter(|began_at| is_current(*began_at, now)) {
                Some(began_at) => kept.push((began_at, key)),
                None => self.remove_pending(&key).await,
            }
        }
        while kept.len() >= MOST_PENDING {
            let Some(oldest) = (0..kept.len()).min_by_key(|index| kept.get(*index).map(|(began_at, _)| *began_at))
            else {
                return;
            };
            let (_, key) = kept.swap_remove(oldest);
            self.remove_pending(&key).await;
        }
    }
}

/// The page's address without an authorization response that may still be in it.
fn own_address(page: &Url) -> String {
    Callback::without_response(page)
}

/// Whether a sign-in that began then may still be finished. A clock that was set back in between is forgiven for as long.
fn is_current(began_at: UnixTime, now: UnixTime) -> bool {
    now.seconds_since(began_at).abs() < KEPT_FOR
}

/// When the sign-in of a stored value began, be it pending or finished.
fn began_at(text: &Secret) -> Option<UnixTime> {
    Fields::parse(text).number("began_at").map(UnixTime)
}

impl PendingSignIn {
    fn encode(&self) -> Secret {
        let mut fields = Form::new();
        fields.add("owner", self.owner.as_str());
        fields.add("verifier", self.verifier.secret().expose());
        fields.add("nonce", self.nonce.as_deref());
        fields.add("key", self.key.as_deref());
        fields.add("redirect_uri", self.redirect_uri.as_str());
        fields.add("return_to", self.return_to.as_deref());
        fields.add("scope", self.scope.as_str());
        fields.add_number("max_age", self.max_age.map(i64::from));
        fields.add("acr_values", self.acr_values.as_deref());
        fields.add_number("began_at", self.began_at.0);
        fields.add("client_id", self.client_id.as_deref());
        fields.into()
    }

    /// `None` for a value that is no pending sign-in of this owner, or one that has waited too long.
    pub(super) fn decode(text: &Secret, now: UnixTime, owner: &str) -> Option<Self> {
        let fields = Fields::parse(text);
        let began_at = UnixTime(fields.number("began_at")?);
        let owner = fields.text("owner").filter(|asked| asked == owner && is_current(began_at, now))?;
        Some(Self {
            owner,
            verifier: Verifier::from_stored(fields.text("verifier")?.into())?,
            nonce: fields.text("nonce"),
            key: fields.text("key"),
            redirect_uri: fields.text("redirect_uri")?,
            return_to: fields.text("return_to"),
            scope: fields.text("scope")?,
            max_age: fields.number("max_age").and_then(|seconds| seconds.try_into().ok()),
            acr_values: fields.text("acr_values"),
            began_at,
            client_id: fields.text("client_id"),
        })
    }
}
