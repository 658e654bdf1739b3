//! The FAPI 2.0 Security Profile, as far as it is a browser client's: what a server must have (§5.3.2), and what its answers must
//! be like.
//!
//! The profile's servers take confidential clients only (§5.3.2.1), and a page is a public one: all else that it asks of a client
//! is kept. How long a code is good for (60 seconds) no answer says; how long a pushed request is (less than 600) one does.

use super::metadata::Metadata;
use crate::encoding::concat;
use crate::error::{Error, ErrorCode, Result};

/// The algorithms of signatures (§5.4).
#[must_use]
pub fn algorithms() -> [String; 3] {
    ["ES256", "PS256", "EdDSA"].map(str::to_owned)
}

/// Whether a server can do what the profile asks for, by its own word.
///
/// # Errors
/// `unsupported` naming the member of the metadata that says that it cannot.
pub fn check_server(metadata: &Metadata) -> Result<()> {
    let lists = |list: &Option<Vec<String>>, wanted: &[&str]| {
        list.as_ref().is_some_and(|list| list.iter().any(|name| wanted.contains(&name.as_str())))
    };
    let demands = [
        ("issuer", metadata.issuer.is_some()),
        ("pushed_authorization_request_endpoint", metadata.pushed_authorization_request_endpoint.is_some()),
        // §5.3.2.2: S256, and RFC 8414 §2 has a list without which PKCE is not supported.
        ("code_challenge_methods_supported", lists(&metadata.code_challenge_methods, &["S256"])),
        ("dpop_signing_alg_values_supported", lists(&metadata.dpop_algorithms, &["ES256", "EdDSA"])),
        ("authorization_response_iss_parameter_supported", metadata.sends_issuer == Some(true)),
    ];
    match demands.into_iter().find(|(_, is_met)| !is_met) {
        None => Ok(()),
        Some((name, _)) => {
            let problem = concat(&["the server is not one for profile fapi2: see ", name, " in its metadata"]);
            Err(Error::new(ErrorCode::Unsupported, problem))
        }
    }
}

/// Whether a pushed request is good for no longer than it may be (§5.3.2.2).
///
/// # Errors
/// `invalid_response`
pub fn check_pushed_lifetime(expires_in: Option<f64>) -> Result<()> {
    const LONGEST: f64 = 600.0;
    if expires_in.is_some_and(|seconds| seconds > 0.0 && seconds < LONGEST) {
        return Ok(());
    }
    let problem = "the server keeps pushed requests for longer than profile fapi2 allows, or does not say how long";
    Err(Error::new(ErrorCode::InvalidResponse, problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn able() -> Metadata {
        Metadata {
            issuer: Some("https://as.test".into()),
            pushed_authorization_request_endpoint: Some("https://as.test/par".into()),
            code_challenge_methods: Some(vec!["plain".into(), "S256".into()]),
            dpop_algorithms: Some(vec!["PS256".into(), "ES256".into()]),
            sends_issuer: Some(true),
            ..Metadata::default()
        }
    }

    #[test]
    fn a_server_without_one_of_the_things_is_unsupported_by_name() {
        assert_eq!(check_server(&able()), Ok(()));
        let without: [(&str, fn(&mut Metadata)); 8] = [
            ("issuer", |server| server.issuer = None),
            ("pushed_authorization_request_endpoint", |server| server.pushed_authorization_request_endpoint = None),
            ("code_challenge_methods_supported", |server| server.code_challenge_methods = None),
            ("code_challenge_methods_supported", |server| server.code_challenge_methods = Some(vec!["plain".into()])),
            ("dpop_signing_alg_values_supported", |server| server.dpop_algorithms = None),
            ("dpop_signing_alg_values_supported", |server| server.dpop_algorithms = Some(vec!["RS256".into()])),
            ("authorization_response_iss_parameter_supported", |server| server.sends_issuer = None),
            ("authorization_response_iss_parameter_supported", |server| server.sends_issuer = Some(false)),
        ];
        for (name, take) in without {
            let mut server = able();
            take(&mut server);
            let error = check_server(&server).unwrap_err();
            assert_eq!(error.code(), ErrorCode::Unsupported);
            assert!(error.message().contains(name), "{error}");
        }
    }

    #[test]
    fn a_pushed_request_is_good_for_less_than_ten_minutes() {
        for (seconds, is_fine) in
            [(Some(1.0), true), (Some(599.0), true), (Some(600.0), false), (Some(0.0), false), (None, false)]
        {
            assert_eq!(check_pushed_lifetime(seconds).is_ok(), is_fine, "{seconds:?}");
        }
        assert!(check_pushed_lifetime(Some(f64::NAN)).is_err());
    }
}
