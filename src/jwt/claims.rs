//! The registered claims (RFC 7519 §4.1), and whether they hold.

use crate::encoding::concat;
use crate::error::{Error, ErrorCode, Result};
use crate::json::Json;
use crate::time::UnixTime;
use chrono::{DateTime, TimeDelta};
use jwt_compact::{TimeOptions, ValidationError};

/// Seconds: the year 255,000 or so, within what `chrono` can say with room for every tolerance.
const FARTHEST: i64 = 8_000_000_000_000;

/// The registered claims of a token. A claim that is missing or `null` is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// `iss`
    pub issuer: Option<String>,
    /// `sub`
    pub subject: Option<String>,
    /// `aud`, be it one text or several; empty if the token has none.
    pub audience: Vec<String>,
    /// `exp`
    pub expires_at: Option<UnixTime>,
    /// `nbf`
    pub not_before: Option<UnixTime>,
    /// `iat`
    pub issued_at: Option<UnixTime>,
}

impl Claims {
    /// Reads the registered claims of a claims set.
    ///
    /// # Errors
    /// `claim_invalid` naming the claim that has the wrong type.
    pub fn from_json<J: Json>(json: &J) -> Result<Self> {
        Ok(Self {
            issuer: text(json, "iss")?,
            subject: text(json, "sub")?,
            audience: audience(json)?,
            expires_at: date(json, "exp")?,
            not_before: date(json, "nbf")?,
            issued_at: date(json, "iat")?,
        })
    }

    /// Whether the token comes from `issuer`, compared character by character (RFC 7519 §4.1.1).
    ///
    /// # Errors
    /// `claim_invalid`
    pub fn check_issuer(&self, issuer: &str) -> Result<()> {
        if self.issuer.as_deref() == Some(issuer) { Ok(()) } else { Err(invalid("iss is not the expected issuer")) }
    }

    /// Whether the token is meant for one of `accepted` (RFC 7519 §4.1.3).
    ///
    /// # Errors
    /// `claim_invalid`
    pub fn check_audience(&self, accepted: &[&str]) -> Result<()> {
        let is_accepted = |audience: &String| accepted.contains(&audience.as_str());
        if self.audience.iter().any(is_accepted) { Ok(()) } else { Err(invalid("aud names no expected audience")) }
    }

    /// Whether `now` lies between `nbf` and `exp`, as far as the token has them (RFC 7519 §4.1.4, §4.1.5), give or take
    /// `tolerance` seconds.
    ///
    /// # Errors
    /// `token_expired`; `claim_invalid` if it is not good yet.
    pub fn check_times(&self, now: UnixTime, tolerance: i64) -> Result<()> {
        let at = |time: UnixTime| DateTime::from_timestamp(time.0.clamp(-FARTHEST, FARTHEST), 0).unwrap_or_default();
        let mut times = jwt_compact::Claims::empty();
        times.expiration = self.expires_at.map(at);
        times.not_before = self.not_before.map(at);
        let within = |leeway| TimeOptions::new(TimeDelta::try_seconds(leeway).unwrap_or_default(), || at(now));
        // On the second of its expiry the token has expired.
        if matches!(times.validate_expiration(&within(tolerance - 1)), Err(ValidationError::Expired)) {
            return Err(Error::new(ErrorCode::TokenExpired, "exp has passed"));
        }
        if matches!(times.validate_maturity(&within(tolerance)), Err(ValidationError::NotMature)) {
            return Err(invalid("nbf has not come yet"));
        }
        Ok(())
    }
}

fn text<J: Json>(json: &J, name: &str) -> Result<Option<String>> {
    let Some(claim) = json.get(name) else { return Ok(None) };
    claim.as_str().map(Some).ok_or_else(|| invalid(concat(&[name, " is not a string"])))
}

fn audience<J: Json>(json: &J) -> Result<Vec<String>> {
    let Some(claim) = json.get("aud") else { return Ok(Vec::new()) };
    claim
        .as_str()
        .map(|one| vec![one])
        .or_else(|| claim.items()?.iter().map(J::as_str).collect())
        .ok_or_else(|| invalid("aud is neither a string nor an array of strings"))
}

/// A `NumericDate` (RFC 7519 §2), which may have a fraction. Infinity is what `JSON.parse` makes of `1e999`.
fn date<J: Json>(json: &J, name: &str) -> Result<Option<UnixTime>> {
    let Some(claim) = json.get(name) else { return Ok(None) };
    let seconds = claim.as_f64().filter(|seconds| seconds.is_finite());
    seconds.map(|seconds| Some(UnixTime::from_f64(seconds))).ok_or_else(|| invalid(concat(&[name, " is not a date"])))
}

fn invalid(what: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorCode::ClaimInvalid, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestJson;

    fn claims(text: &str) -> Result<Claims> {
        Claims::from_json(&TestJson::parse(text).expect(text))
    }

    fn code<T>(result: Result<T>) -> Option<ErrorCode> {
        result.err().map(|error| error.code())
    }

    #[test]
    fn reads_the_claims_of_rfc_7519_section_3_1() {
        let read = claims(r#"{"iss":"joe","exp":1300819380,"http://example.com/is_root":true}"#).expect("claims");
        let expires_at = Some(UnixTime(1_300_819_380));
        assert_eq!(read, Claims { issuer: Some("joe".into()), expires_at, ..Claims::default() });
    }

    #[test]
    fn an_audience_is_one_text_or_several() {
        for (text, audience) in [
            (r"{}", &[][..]),
            (r#"{"aud":null}"#, &[]),
            (r#"{"aud":"a"}"#, &["a"]),
            (r#"{"aud":[]}"#, &[]),
            (r#"{"aud":["a","b"]}"#, &["a", "b"]),
        ] {
            assert_eq!(claims(text).expect(text).audience, audience, "{text}");
        }
    }

    #[test]
    fn dates_may_have_fractions_and_absurd_ones_do_not_overflow() {
        let read = claims(r#"{"exp":1300819380.9,"nbf":-1e300,"iat":1e300}"#).expect("claims");
        assert_eq!(read.expires_at, Some(UnixTime(1_300_819_380)));
        assert_eq!((read.not_before, read.issued_at), (Some(UnixTime(i64::MIN)), Some(UnixTime(i64::MAX))));
        assert_eq!(read.check_times(UnixTime(0), 30), Ok(()));
    }

    #[test]
    fn a_claim_of_the_wrong_type_is_named() {
        for text in [
            r#"{"iss":1}"#,
            r#"{"sub":["a"]}"#,
            r#"{"aud":7}"#,
            r#"{"aud":{"a":"b"}}"#,
            r#"{"aud":["a",1]}"#,
            r#"{"exp":"1300819380"}"#,
            r#"{"nbf":true}"#,
            r#"{"iat":[]}"#,
        ] {
            let error = claims(text).expect_err(text);
            assert_eq!(error.code(), ErrorCode::ClaimInvalid, "{text}");
            assert!(error.message().starts_with(text.get(2..5).expect("a name")), "{text}: {error}");
        }
    }

    #[test]
    fn the_issuer_is_compared_exactly() {
        let read = claims(r#"{"iss":"https://as.example.com"}"#).expect("claims");
        assert_eq!(read.check_issuer("https://as.example.com"), Ok(()));
        for other in ["https://as.example.com/", "https://AS.example.com", ""] {
            assert_eq!(code(read.check_issuer(other)), Some(ErrorCode::ClaimInvalid), "{other}");
        }
        assert_eq!(code(Claims::default().check_issuer("")), Some(ErrorCode::ClaimInvalid));
    }

    #[test]
    fn one_accepted_audience_is_enough_and_none_is_not() {
        let read = claims(r#"{"aud":["a","b"]}"#).expect("claims");
        assert_eq!(read.check_audience(&["x", "b"]), Ok(()));
        assert_eq!(code(read.check_audience(&["x", ""])), Some(ErrorCode::ClaimInvalid));
        assert_eq!(code(read.check_audience(&[])), Some(ErrorCode::ClaimInvalid));
        assert_eq!(code(Claims::default().check_audience(&["a"])), Some(ErrorCode::ClaimInvalid));
    }

    #[test]
    fn times_hold_up_to_the_tolerance_and_no_further() {
        let read = claims(r#"{"nbf":1000,"exp":2000}"#).expect("claims");
        for (now, expected) in [
            (969, Some(ErrorCode::ClaimInvalid)),
            (970, None),
            (2029, None),
            (2030, Some(ErrorCode::TokenExpired)),
            (i64::MAX, Some(ErrorCode::TokenExpired)),
            (i64::MIN, Some(ErrorCode::ClaimInvalid)),
        ] {
            assert_eq!(code(read.check_times(UnixTime(now), 30)), expected, "{now}");
        }
        assert_eq!(code(read.check_times(UnixTime(2000), 0)), Some(ErrorCode::TokenExpired));
    }
}
