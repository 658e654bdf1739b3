//! A client that the server has never heard of registers itself: RFC 7591.
//!
//! Once for all tabs, when somebody first signs in. The identifier stands with whatever was asked for under it, a sign-in that is
//! under way and the session, so that a later registration changes nothing about them.

use super::config::invalid;
use super::options::ClientOptions;
use super::part::boxed;
use super::platform::Part;
use super::record::{Fields, Record};
use super::sign_in::PendingSignIn;
use super::{Inner, Level, Platform};
use crate::encoding::Form;
use crate::error::{Error, Result};
use crate::oauth::metadata::Metadata;
use crate::oauth::register::{ClientMetadata, check_members, process_registration_response, registration_request};
use std::rc::Rc;

/// Where the registration is kept.
const REGISTRATION: &str = "registration";

/// Whether the options say either what the server calls this client, or how it is to be told of it.
///
/// # Errors
/// `invalid_option`
pub(super) fn check_options(options: &ClientOptions) -> Result<()> {
    let Some(members) = &options.register else { return Ok(()) };
    check_members(members)?;
    if options.client_id.is_empty() { Ok(()) } else { Err(invalid("register and clientId exclude each other")) }
}

impl<P: Platform> Inner<P> {
    /// What the server calls this client, if the options do not say it: registered now, or before for the same.
    pub(super) async fn registered(self: &Rc<Self>, metadata: &Metadata, redirect_uri: &str) -> Result<Option<String>> {
        if self.kind.options.register.is_none() {
            return Ok(None);
        }
        self.later(Part::More, || boxed(self.register(metadata, redirect_uri))).await
    }

    async fn register(self: &Rc<Self>, metadata: &Metadata, redirect_uri: &str) -> Result<Option<String>> {
        let options = &self.kind.options;
        let Some(members) = &options.register else { return Ok(None) };
        let client = ClientMetadata {
            redirect_uri,
            post_logout_redirect_uri: options.post_logout_redirect_uri.as_deref(),
            scope: &options.scope,
            is_bound: options.dpop,
            members,
        }
        .to_json();
        let endpoint = metadata.registration_endpoint()?;
        if let Some(known) = self.registration_of(&client, endpoint).await {
            return Ok(Some(known));
        }
        let _turn = self.turn(REGISTRATION).await;
        // Another tab may have done it meanwhile.
        if let Some(known) = self.registration_of(&client, endpoint).await {
            return Ok(Some(known));
        }
        let answer = self.platform.send(registration_request(metadata, &client)?, self.config.timeout_ms).await?;
        let registered = process_registration_response::<P::Json>(&answer)?;
        self.log(Level::Info, "the server has registered this client", None);
        if registered.has_secrets {
            self.log(Level::Warn, "the registration came with a secret, which was thrown away", None);
        }
        let mut fields = Form::new();
        fields.add("client", client.as_str());
        fields.add("endpoint", endpoint);
        fields.add("client_id", registered.client_id.as_str());
        // One that cannot be kept is made anew by the next page.
        let _ = self.write_pending(REGISTRATION, &fields.into()).await;
        Ok(Some(registered.client_id))
    }

    async fn registration_of(&self, client: &str, endpoint: &str) -> Option<String> {
        let fields = Fields::parse(&self.read_pending(REGISTRATION).await?);
        let is_same = fields.text("client")? == client && fields.text("endpoint")? == endpoint;
        is_same.then_some(())?;
        fields.text("client_id")
    }

    /// Forgets the registration, if `error` says that the server has forgotten it. `true`: the next sign-in makes another one.
    pub(super) async fn forget_registration(&self, error: &Error, client_id: Option<&str>) -> bool {
        let is_unknown = error.oauth().is_some_and(|said| said.error == "invalid_client");
        let Some(client_id) = client_id.filter(|_| is_unknown) else { return false };
        let kept = self.read_pending(REGISTRATION).await;
        // Not the one that another tab has made since.
        if kept.is_some_and(|kept| Fields::parse(&kept).text("client_id").as_deref() == Some(client_id)) {
            self.remove_pending(REGISTRATION).await;
        }
        self.log(Level::Warn, "the server does not know this client any more: it is registered anew", None);
        true
    }

    /// What the server calls the client that this session is of.
    pub(super) fn client_of<'a>(&'a self, record: &'a Record) -> &'a str {
        record.others.client_id().unwrap_or(&self.kind.options.client_id)
    }

    /// What it calls the client that is signing in.
    pub(super) fn client_of_pending<'a>(&'a self, pending: &'a PendingSignIn) -> &'a str {
        pending.client_id.as_deref().unwrap_or(&self.kind.options.client_id)
    }
}
