//! Presets of well-known providers: data that stand under the application's own options. What each quirk means is said here,
//! once; no provider is known by name.

use super::config::invalid;
use super::options::ClientOptions;
use crate::encoding::concat;
use crate::error::{Error, ErrorCode, Result};
use crate::oauth::metadata::Metadata;

/// What a provider is like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provider {
    /// For errors.
    pub name: String,
    /// Its issuer, if all its customers have the same one.
    pub issuer: Option<String>,
    /// What a customer's own issuer looks like, for whoever has left it out.
    pub issuer_form: Option<String>,
    /// The form of its names, if a server of many tenants calls itself by a placeholder: `{claim}` stands for what that claim of
    /// an ID token says.
    pub issuer_template: Option<String>,
    /// Endpoints that cannot be discovered.
    pub metadata: Option<Metadata>,
    /// In the place of the default scope.
    pub scope: Option<String>,
    /// Authorization request parameters, under those of the application.
    pub parameters: Vec<(String, String)>,
    /// What the authorization request calls the audience, where that is not `resource` (RFC 8707) but the provider's own word;
    /// empty: an audience cannot be asked for.
    pub audience_parameter: Option<String>,
    /// What its sign-out page calls `post_logout_redirect_uri`.
    pub sign_out_parameter: Option<String>,
    /// Why a browser alone cannot use its token endpoint.
    pub needs_server: Option<String>,
}

const WAY_OUT: &str = "; sign in on a server of yours and use createCookieClient, or let metadata.token_endpoint be one \
                       of yours that adds what is missing";

impl Provider {
    /// Puts this under the options of an application.
    pub(super) fn put_under(&self, options: &mut ClientOptions) -> Result<()> {
        let given = options.metadata.take().unwrap_or_default();
        if let Some(reason) = self.needs_server.as_ref().filter(|_| given.token_endpoint.is_none()) {
            return Err(Error::new(ErrorCode::Unsupported, concat(&[&self.name, ": ", reason, WAY_OUT])));
        }
        let metadata = self.metadata.clone().unwrap_or_default().overlay(&given);
        options.metadata = Some(metadata).filter(|metadata| *metadata != Metadata::default());
        options.issuer = options.issuer.take().or_else(|| self.issuer.as_deref().map(Into::into));
        if let (None, Some(form)) = (&options.issuer, &self.issuer_form) {
            let problem = concat(&["issuer is missing; for ", &self.name, " it is ", form]);
            return Err(Error::new(ErrorCode::InvalidOption, problem));
        }
        if let Some(scope) = self.scope.as_ref().filter(|_| options.scope == ClientOptions::default().scope) {
            options.scope.clone_from(scope);
        }
        self.rename_audience(options)?;
        for (name, value) in &self.parameters {
            if options.parameters.iter().all(|(given, _)| given != name) {
                options.parameters.push((name.clone(), value.clone()));
            }
        }
        Ok(())
    }

    fn rename_audience(&self, options: &mut ClientOptions) -> Result<()> {
        let Some(name) = &self.audience_parameter else { return Ok(()) };
        let mut audiences = options.resources.iter_mut().filter_map(|resource| resource.audience.take());
        let Some(audience) = audiences.next() else { return Ok(()) };
        if audiences.any(|other| other != audience) {
            return Err(invalid("resources name several audiences, and this provider has tokens for one"));
        }
        if name.is_empty() {
            return Err(invalid("this provider takes no audience: ask for a scope of the API instead"));
        }
        options.parameters.retain(|(given, _)| given != name);
        options.parameters.push((name.clone(), audience));
        Ok(())
    }
}
