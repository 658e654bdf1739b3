//! Claims, read out of the parsed JSON once more.

use crate::input::assert_error;
use serde_json::Value;
use tessera_auth::jwt::Claims;
use tessera_auth::time::UnixTime;
use tessera_auth::{ErrorCode, Result};

/// The registered claims are those of `json`, and hold when RFC 7519 §4.1 says so.
pub(crate) fn check(json: &Value, read: &Result<Claims>) {
    let claims = match read {
        Ok(claims) => claims,
        Err(error) => {
            assert_error(error, &[ErrorCode::ClaimInvalid]);
            assert!(!is_well_typed(json), "{json}: {error}");
            return;
        }
    };
    assert!(is_well_typed(json), "{json}");
    assert_eq!(claims.issuer.as_deref(), json["iss"].as_str());
    assert_eq!(claims.subject.as_deref(), json["sub"].as_str());
    assert_eq!(claims.audience, audience(json));
    assert_eq!(claims.expires_at, date(json, "exp"));
    assert_eq!(claims.not_before, date(json, "nbf"));
    assert_eq!(claims.issued_at, date(json, "iat"));
    for name in ["https://as.test", "app", ""] {
        assert_eq!(claims.check_issuer(name).is_ok(), json["iss"] == name);
        assert_eq!(claims.check_audience(&[name]).is_ok(), audience(json).iter().any(|audience| audience == name));
    }
    for tolerance in [0, 30] {
        for now in moments(json) {
            let outcome = claims.check_times(now, tolerance);
            assert_eq!(outcome.is_ok(), are_times_good(json, now, tolerance), "{now:?}");
            if let Err(error) = outcome {
                assert_error(&error, &[ErrorCode::TokenExpired, ErrorCode::ClaimInvalid]);
            }
        }
    }
}

/// RFC 7519 §4.1.4 and §4.1.5, in numbers that cannot overflow.
pub(crate) fn are_times_good(json: &Value, now: UnixTime, tolerance: i64) -> bool {
    let (now, tolerance) = (i128::from(now.0), i128::from(tolerance));
    let time = |name| date(json, name).map(|time| i128::from(time.0));
    time("exp").is_none_or(|exp| now < exp + tolerance) && time("nbf").is_none_or(|nbf| nbf <= now + tolerance)
}

/// Seconds: the year 250,000 or so.
const FARTHEST: i64 = 7_900_000_000_000;

/// The moments at which something changes, within the times that anybody could mean.
pub(crate) fn moments(json: &Value) -> Vec<UnixTime> {
    let times = ["exp", "nbf", "iat", "auth_time"].into_iter().filter_map(|name| date(json, name));
    let near = times.flat_map(|time| [-31, -30, -1, 0, 1, 29, 30, 31].map(|seconds| time.plus(seconds)));
    near.chain([-FARTHEST, 0, FARTHEST].map(UnixTime)).filter(|time| (-FARTHEST..=FARTHEST).contains(&time.0)).collect()
}

pub(crate) fn audience(json: &Value) -> Vec<String> {
    let one = json["aud"].as_str().map(str::to_owned);
    let several = json["aud"].as_array().into_iter().flatten();
    one.into_iter().chain(several.filter_map(Value::as_str).map(str::to_owned)).collect()
}

/// A `NumericDate`, rounded down.
pub(crate) fn date(json: &Value, name: &str) -> Option<UnixTime> {
    json[name].as_f64().map(|seconds| UnixTime(seconds.floor() as i64))
}

fn is_well_typed(json: &Value) -> bool {
    let is_text = |name: &str| json[name].is_null() || json[name].is_string();
    let is_date = |name: &str| json[name].is_null() || json[name].is_number();
    let is_texts = |value: &Value| value.as_array().is_some_and(|items| items.iter().all(Value::is_string));
    is_text("iss")
        && is_text("sub")
        && (is_text("aud") || is_texts(&json["aud"]))
        && ["exp", "nbf", "iat"].into_iter().all(is_date)
}
