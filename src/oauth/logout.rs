//! Ending the session at the server (OpenID Connect RP-Initiated Logout 1.0).

use super::metadata::Metadata;
use super::request::append_query;
use crate::encoding::Form;
use crate::secret::Secret;

/// What the server is told (§2).
#[derive(Clone, Copy, Debug)]
pub struct EndSession<'a> {
    /// The ID token of the session: with it, most servers do not ask the user whether he means it.
    pub id_token_hint: Option<&'a Secret>,
    /// The public client's identifier; empty if it is not known.
    pub client_id: &'a str,
    /// Where the user goes afterwards; must be registered with the server.
    pub post_logout_redirect_uri: Option<&'a str>,
    /// Comes back with the user.
    pub state: Option<&'a str>,
}

/// Where to send the user; `None` if the server has no such endpoint.
#[must_use]
pub fn end_session_url(metadata: &Metadata, request: &EndSession<'_>) -> Option<String> {
    end_session_url_with(metadata, request, "post_logout_redirect_uri")
}

/// The same for a server that has a name of its own for where the user goes afterwards.
#[must_use]
pub fn end_session_url_with(metadata: &Metadata, request: &EndSession<'_>, uri_parameter: &str) -> Option<String> {
    let mut parameters = Form::new();
    parameters.add("id_token_hint", request.id_token_hint.map(Secret::expose));
    parameters.add("client_id", Some(request.client_id).filter(|id| !id.is_empty()));
    parameters.add(uri_parameter, request.post_logout_redirect_uri);
    // §2: it goes with the URI that it is passed to.
    parameters.add("state", request.post_logout_redirect_uri.and(request.state));
    Some(append_query(metadata.end_session_endpoint.as_deref()?, &parameters))
}
