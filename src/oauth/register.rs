//! Becoming a client of a server that has never heard of this application (RFC 7591).

use super::metadata::Metadata;
use super::response::{invalid, read_object};
use crate::encoding::concat;
use crate::error::{Error, ErrorCode, Result};
use crate::http::{HttpRequest, HttpResponse};
use crate::json::{Json, push_text};

/// A member of the application's own choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// A string.
    Text(String),
    /// An array of strings.
    Texts(Vec<String>),
}

/// What a client says about itself (§2).
#[derive(Clone, Copy, Debug)]
pub struct ClientMetadata<'a> {
    /// Where the server sends the user back.
    pub redirect_uri: &'a str,
    /// Where it sends him after signing out (OpenID Connect RP-Initiated Logout 1.0 §3.1).
    pub post_logout_redirect_uri: Option<&'a str>,
    /// What the client will ask for; empty: whatever the server thinks right.
    pub scope: &'a str,
    /// Whether its tokens are to be bound to a key (RFC 9449 §5.2).
    pub is_bound: bool,
    /// `client_name` and whatever else is the application's to say.
    pub members: &'a [(String, Member)],
}

impl ClientMetadata<'_> {
    /// As JSON. The same text for the same registration.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = String::from("{");
        add_list(&mut json, "redirect_uris", [self.redirect_uri]);
        if let Some(uri) = self.post_logout_redirect_uri {
            add_list(&mut json, "post_logout_redirect_uris", [uri]);
        }
        add_list(&mut json, "grant_types", ["authorization_code", "refresh_token"]);
        add_list(&mut json, "response_types", ["code"]);
        // A page can keep no secret.
        add_text(&mut json, "token_endpoint_auth_method", AUTH_METHOD);
        if !self.scope.is_empty() {
            add_text(&mut json, "scope", self.scope);
        }
        if self.is_bound {
            add_name(&mut json, "dpop_bound_access_tokens");
            json.push_str("true");
        }
        for (name, member) in self.members {
            match member {
                Member::Text(text) => add_text(&mut json, name, text),
                Member::Texts(texts) => add_list(&mut json, name, texts.iter().map(String::as_str)),
            }
        }
        json.push('}');
        json
    }
}

fn add_name(json: &mut String, name: &str) {
    if json.len() > 1 {
        json.push(',');
    }
    push_text(json, name);
    json.push(':');
}

fn add_text(json: &mut String, name: &str, text: &str) {
    add_name(json, name);
    push_text(json, text);
}

fn add_list<'a>(json: &mut String, name: &str, texts: impl IntoIterator<Item = &'a str>) {
    add_name(json, name);
    json.push('[');
    for (index, text) in texts.into_iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        push_text(json, text);
    }
    json.push(']');
}

/// Whether the application may say this of itself: what the client depends on is the client's to say.
///
/// # Errors
/// `invalid_option` naming the member.
pub fn check_members(members: &[(String, Member)]) -> Result<()> {
    const OWN: [&str; 12] = [
        "redirect_uris",
        "post_logout_redirect_uris",
        "grant_types",
        "response_types",
        "token_endpoint_auth_method",
        "scope",
        "dpop_bound_access_tokens",
        "client_id",
        "client_secret",
        "jwks",
        "jwks_uri",
        "registration_access_token",
    ];
    match members.iter().find(|(name, _)| OWN.contains(&name.as_str())) {
        Some((name, _)) => {
            Err(Error::new(ErrorCode::InvalidOption, concat(&["register.", name, " is set by the client itself"])))
        }
        None => Ok(()),
    }
}

/// Asks to be registered (§3.1), with what [`ClientMetadata::to_json`] says.
///
/// # Errors
/// `unsupported` if the server registers nobody.
pub fn registration_request(metadata: &Metadata, client: &str) -> Result<HttpRequest> {
    Ok(HttpRequest::post(metadata.registration_endpoint()?, "application/json", client.into()))
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// What the server calls this client from now on.
    pub client_id: String,
    /// Whether the server gave it secrets, too. They are in nothing that is returned here.
    pub has_secrets: bool,
}

/// Reads what the server has registered (§3.2.1). Its secrets are left behind: `client_secret` is of no use to a client that shows
/// none, and whoever has `registration_access_token` could change the registration (RFC 7592).
///
/// # Errors
/// `registration_failed` with what the server said (§3.2.2), or if it wants this client to show a secret, which a page cannot keep;
/// `server_error`, `invalid_response`.
pub fn process_registration_response<J: Json>(response: &HttpResponse) -> Result<Registered> {
    const WHO: &str = "the registration endpoint";
    let json: J = read_object(response, WHO, ErrorCode::RegistrationFailed)?;
    let client_id = json.text("client_id").filter(|id| !id.is_empty() && id.len() <= LONGEST_ID);
    let client_id = client_id.ok_or_else(|| invalid(&[WHO, " answered without a client_id"]))?;
    let has_secret = json.get("client_secret").is_some();
    // §2: without the member the method is one with a secret.
    let wants_secret = match json.text("token_endpoint_auth_method") {
        Some(method) => method != AUTH_METHOD,
        None => has_secret,
    };
    if wants_secret {
        let problem = "the server has registered a client that must show a secret, which a page cannot keep";
        return Err(Error::new(ErrorCode::RegistrationFailed, problem));
    }
    Ok(Registered { client_id, has_secrets: has_secret || json.get("registration_access_token").is_some() })
}

const AUTH_METHOD: &str = "none";
/// It is a part of addresses.
const LONGEST_ID: usize = 2_000;

#[cfg(test)]
mod tests;
