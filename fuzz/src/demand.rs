//! An API that asks for a stronger sign-in (RFC 9470), and whether a sign-in is one.
//!
//! The first line is `WWW-Authenticate`, the second the time; the rest are claims.

use crate::input;
use serde_json::Value;
use tessera_auth::json::Json;
use tessera_auth::oauth::challenge::parse_challenges;
use tessera_auth::oauth::step_up::{Demand, INSUFFICIENT};
use tessera_auth::testing::TestJson;
use tessera_auth::time::UnixTime;

const TOLERANCE: i64 = 30;

/// The target.
pub fn check(data: &[u8]) {
    let text = input::text(data);
    let ([header, now], body) = input::lines(&text);
    let Some(demand) = Demand::find(header) else {
        assert!(!is_asked(header));
        return;
    };
    assert!(is_asked(header));
    assert!(demand.acr_values.as_ref().is_none_or(|values| values.len() < header.len()));
    assert!(demand.describe().len() <= header.len() + 40);
    let now = UnixTime(now.parse().unwrap_or(1_767_225_600));
    let (Some(claims), Ok(value)) = (TestJson::parse(body), serde_json::from_str::<Value>(body)) else { return };
    let is_met = demand.is_met_by(&claims, now, TOLERANCE);
    if is_met {
        check_met(&demand, &value, now);
    }
    // Time only makes a sign-in older.
    if !is_met && value["auth_time"].as_f64().is_some_and(|then| then <= 1e15) && now.0 < i64::MAX / 2 {
        let later = UnixTime(now.0.saturating_add(1_000));
        assert!(!demand.is_met_by(&claims, later, TOLERANCE));
    }
}

fn is_asked(header: &str) -> bool {
    parse_challenges(header).iter().any(|challenge| {
        ["bearer", "dpop"].contains(&challenge.scheme.to_ascii_lowercase().as_str())
            && challenge.parameter("error") == Some(INSUFFICIENT)
    })
}

/// §4: by the class and by the age that were asked for, or just now where neither was.
fn check_met(demand: &Demand, claims: &Value, now: UnixTime) {
    if let Some(asked) = &demand.acr_values {
        let acr = claims["acr"].as_str().expect("a class");
        assert!(asked.split_ascii_whitespace().any(|class| class == acr));
    }
    if demand.max_age.is_some() || demand.acr_values.is_none() {
        let then = claims["auth_time"].as_f64().expect("a time");
        let age = i128::from(now.0) - then as i128;
        let longest = i128::from(demand.max_age.unwrap_or_default()) + i128::from(TOLERANCE);
        assert!(age <= longest + 1, "{age} > {longest}");
    }
}
