//! What an API says about itself: which authorization servers its tokens come from (RFC 9728).

use super::challenge::parse_challenges;
use super::response::read_object;
use crate::encoding::concat;
use crate::error::{Error, ErrorCode, Result};
use crate::http::{HttpRequest, HttpResponse};
use crate::json::Json;
use crate::url::{ParseUrl, Url};

/// The members that matter here (§2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceMetadata {
    /// `resource`: what the API calls itself, and what its tokens are asked for as (RFC 8707).
    pub resource: String,
    /// `authorization_servers`: the names of those that it takes tokens of; at least one.
    pub authorization_servers: Vec<String>,
    /// `scopes_supported`, separated by spaces.
    pub scopes: Option<String>,
}

/// Where the metadata of a resource is (§3.1): the well-known path stands between its host and its own path.
#[must_use]
pub fn resource_metadata_url(resource: &Url) -> String {
    let path = if resource.path == "/" { "" } else { &resource.path };
    concat(&[&resource.origin, "/.well-known/oauth-protected-resource", path])
}

/// Asks for metadata (§3.1).
#[must_use]
pub fn resource_metadata_request(url: &str) -> HttpRequest {
    HttpRequest::get(url)
}

/// Reads the metadata of `resource`. Signed metadata is passed over, as §3.2 allows.
///
/// # Errors
/// `resource_mismatch` if the document is another resource's (§3.3: compared character by character), naming that;
/// `discovery_failed` if there is none, or none that names a server; `unsupported` if the API takes tokens in no header;
/// `invalid_response`, `server_error`.
pub fn process_resource_metadata_response<J: Json>(
    response: &HttpResponse,
    resource: &str,
) -> Result<ResourceMetadata> {
    const WHO: &str = "the API's metadata URL";
    let json: J = read_object(response, WHO, ErrorCode::DiscoveryFailed)?;
    let named = json.text("resource").unwrap_or_default();
    if named != resource {
        let named: String = named.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
        return Err(Error::new(ErrorCode::ResourceMismatch, concat(&["the API calls itself ", &named])));
    }
    // §2: without the member nothing is said. An empty list means that there is no way at all.
    let methods = json.texts("bearer_methods_supported");
    if methods.is_some_and(|methods| !methods.iter().any(|method| method == "header")) {
        return Err(Error::new(ErrorCode::Unsupported, "the API takes no token in the Authorization header"));
    }
    let authorization_servers = json.texts("authorization_servers").unwrap_or_default();
    if authorization_servers.is_empty() {
        return Err(Error::new(ErrorCode::DiscoveryFailed, "the API's metadata names no authorization server"));
    }
    let scopes = json.words("scopes_supported").filter(|scopes| !scopes.is_empty());
    Ok(ResourceMetadata { resource: named, authorization_servers, scopes })
}

/// What an API says to whoever has no token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hint {
    /// `resource_metadata`: where its metadata is (§5.1).
    pub metadata_url: Option<String>,
    /// `scope`: what a call needs (RFC 6750 §3).
    pub scope: Option<String>,
}

/// Reads the challenge of a 401. An address on another origin than the API's is none: what the API says of itself comes from
/// itself.
///
/// # Errors
/// `discovery_failed` naming what is wrong with the address.
pub fn find_hint<U: ParseUrl>(header: &str, resource: &Url) -> Result<Hint> {
    let challenges = parse_challenges(header);
    let of_tokens = || challenges.iter().filter(|each| each.is_scheme("Bearer") || each.is_scheme("DPoP"));
    let parameter = |name| of_tokens().find_map(|challenge| challenge.parameter(name));
    let scope = parameter("scope").map(str::to_owned);
    let Some(address) = parameter("resource_metadata") else { return Ok(Hint { metadata_url: None, scope }) };
    // §5.1 has an absolute one.
    let url = U::parse_url(address, None).filter(|url| url.is_secure() && !url.has_credentials);
    match url {
        Some(url) if url.origin == resource.origin => Ok(Hint { metadata_url: Some(url.href), scope }),
        _ => {
            let problem = "resource_metadata of the API's 401 is no URL of the API's own origin";
            Err(Error::new(ErrorCode::DiscoveryFailed, problem))
        }
    }
}

/// A name that is longer is cut off in an error.
const LONGEST_NAME: usize = 200;

#[cfg(test)]
mod tests;
