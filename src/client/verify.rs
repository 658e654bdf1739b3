//! Checking a JWT that somebody else gave: signature, issuer, audience, times.

use super::discovery::fetch_metadata;
use super::keys::verify_with;
use super::options::Issuer;
use super::platform::Platform;
use crate::error::{Error, ErrorCode, Result};
use crate::jwt::{Jwt, allowed_algorithm};
use crate::oauth::jwks::{jwks_request, process_jwks_response};
use crate::oauth::metadata::Metadata;
use crate::time::UnixTime;

/// Where the keys are.
#[derive(Clone, Debug)]
pub enum Keys<J> {
    /// Here: a JWK Set (RFC 7517 §5).
    Set(J),
    /// At this URL.
    At(String),
    /// Wherever the metadata of `issuer` says.
    Discovered,
}

/// What a JWT must agree with.
#[derive(Clone, Debug)]
pub struct VerifyOptions<J> {
    /// `iss`, exactly.
    pub issuer: Option<String>,
    /// The keys.
    pub keys: Keys<J>,
    /// One of them must be in `aud`; empty: not looked at.
    pub audience: Vec<String>,
    /// Names of algorithms (RFC 7518 §3.1); `None`: every asymmetric one that the key allows.
    pub algorithms: Option<Vec<String>>,
    /// `typ` of the header, such as `at+jwt`; compared without case and without `application/` (RFC 7515 §4.1.9).
    pub typ: Option<String>,
    /// Seconds by which clocks may differ.
    pub clock_tolerance: u32,
}

const TIMEOUT_MS: u32 = 10_000;

/// Checks a JWT's signature and claims, and gives it back decoded.
///
/// # Errors
/// `malformed_token`, `algorithm_not_allowed`, `key_not_found`, `signature_invalid`, `issuer_mismatch`, `claim_invalid`,
/// `token_expired`; `invalid_option` if there is neither `keys` nor `issuer`; what fetching the keys says.
pub async fn verify_jwt<'a, P: Platform>(
    platform: &P,
    token: &'a str,
    options: &VerifyOptions<P::Json>,
) -> Result<Jwt<'a, P::Json>> {
    let jwt = Jwt::<P::Json>::decode(token)?;
    let algorithm = allowed_algorithm(&jwt.header, options.algorithms.as_deref())?;
    if let Some(typ) = &options.typ {
        check_type(jwt.header.typ.as_deref(), typ)?;
    }
    let claims = jwt.claims()?;
    if let Some(issuer) = &options.issuer {
        claims.check_issuer(issuer)?;
    }
    if !options.audience.is_empty() {
        let accepted: Vec<&str> = options.audience.iter().map(String::as_str).collect();
        claims.check_audience(&accepted)?;
    }
    let keys = match &options.keys {
        Keys::Set(keys) => keys.clone(),
        Keys::At(url) => fetch_keys(platform, url.clone()).await?,
        Keys::Discovered => fetch_keys(platform, discover_keys(platform, options.issuer.as_deref()).await?).await?,
    };
    verify_with(platform, &keys, &jwt, algorithm).await?;
    claims.check_times(UnixTime::from_millis(platform.wall_ms()), i64::from(options.clock_tolerance))?;
    Ok(jwt)
}

fn check_type(found: Option<&str>, expected: &str) -> Result<()> {
    let normalized = |typ: &str| {
        let typ = typ.to_ascii_lowercase();
        typ.strip_prefix("application/").map(str::to_owned).unwrap_or(typ)
    };
    if found.map(normalized) == Some(normalized(expected)) {
        return Ok(());
    }
    Err(Error::new(ErrorCode::ClaimInvalid, "the header's typ is not the expected one"))
}

async fn fetch_keys<P: Platform>(platform: &P, url: String) -> Result<P::Json> {
    let url = P::parse_url(&url, platform.current_url().as_deref())
        .ok_or_else(|| Error::new(ErrorCode::InvalidOption, "keys is not a URL"))?
        .require_secure("keys")?;
    let metadata = Metadata { jwks_uri: Some(url.href), ..Metadata::default() };
    process_jwks_response(&platform.send(jwks_request(&metadata)?, TIMEOUT_MS).await?)
}

async fn discover_keys<P: Platform>(platform: &P, issuer: Option<&str>) -> Result<String> {
    let text = issuer
        .ok_or_else(|| Error::new(ErrorCode::InvalidOption, "keys is missing, and issuer to discover them from"))?;
    let url = P::parse_url(text, None)
        .ok_or_else(|| Error::new(ErrorCode::InvalidOption, "issuer is not a URL"))?
        .require_secure("issuer")?;
    let (metadata, _) = fetch_metadata(platform, &Issuer::from(text), &url, TIMEOUT_MS, None).await?;
    metadata.jwks_uri().map(str::to_owned)
}
