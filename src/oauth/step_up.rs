//! The challenge of an API that wants its user to prove himself better, or again (RFC 9470).

use super::challenge::parse_challenges;
use crate::encoding::number;
use crate::json::Json;
use crate::time::UnixTime;

/// The `error` of such a challenge.
pub const INSUFFICIENT: &str = "insufficient_user_authentication";

/// What the API asks for (§3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Authentication context classes, separated by spaces: any of them will do.
    pub acr_values: Option<String>,
    /// Seconds since the user last authenticated, at most.
    pub max_age: Option<u32>,
}

impl Demand {
    /// What a `WWW-Authenticate` header asks for; `None` if it asks for something else.
    #[must_use]
    pub fn find(header: &str) -> Option<Self> {
        let challenges = parse_challenges(header);
        let challenge = challenges.iter().find(|challenge| {
            (challenge.is_scheme("Bearer") || challenge.is_scheme("DPoP"))
                && challenge.parameter("error") == Some(INSUFFICIENT)
        })?;
        Some(Self {
            acr_values: challenge.parameter("acr_values").map(str::to_owned),
            max_age: challenge.parameter("max_age").and_then(|seconds| seconds.parse().ok()),
        })
    }

    /// Whether the sign-in that an ID token with these claims is about is what the API asks for. One that says neither what nor
    /// when asks for a sign-in of just now.
    pub fn is_met_by<J: Json>(&self, claims: &J, now: UnixTime, tolerance: i64) -> bool {
        let acr = claims.text("acr");
        let has_class = self
            .acr_values
            .as_ref()
            .is_none_or(|asked| asked.split_ascii_whitespace().any(|class| acr.as_deref() == Some(class)));
        let max_age = self.max_age.or(self.acr_values.is_none().then_some(0));
        let auth_time = claims.get("auth_time").and_then(|claim| claim.as_f64()).map(UnixTime::from_f64);
        has_class
            && max_age.is_none_or(|max_age| {
                auth_time.is_some_and(|then| now.seconds_since(then) <= i64::from(max_age).saturating_add(tolerance))
            })
    }

    /// The same in words, for whoever looks for the reason.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut text = String::new();
        if let Some(acr_values) = &self.acr_values {
            text.push_str("acr_values: ");
            text.push_str(acr_values);
        }
        if let Some(max_age) = self.max_age {
            text.push_str(if text.is_empty() { "max_age: " } else { ", max_age: " });
            text.push_str(&number(i64::from(max_age)));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestJson;

    const NOW: UnixTime = UnixTime(10_000);

    fn demand(acr_values: Option<&str>, max_age: Option<u32>) -> Demand {
        Demand { acr_values: acr_values.map(str::to_owned), max_age }
    }

    fn is_met(demand: &Demand, claims: &str) -> bool {
        demand.is_met_by(&TestJson::parse(claims).unwrap(), NOW, 30)
    }

    #[test]
    fn reads_the_examples_of_the_specification() {
        // §3, figures 3 and 4.
        let acr = r#"Bearer error="insufficient_user_authentication", error_description="A different authentication level is required", acr_values="myACR""#;
        assert_eq!(Demand::find(acr), Some(demand(Some("myACR"), None)));
        let age = r#"Bearer error="insufficient_user_authentication", error_description="More recent authentication is required", max_age="5""#;
        assert_eq!(Demand::find(age), Some(demand(None, Some(5))));
    }

    #[test]
    fn reads_it_among_other_challenges_and_passes_others_over() {
        let many = r#"Basic realm="x", DPoP error="insufficient_user_authentication", max_age=60, Bearer error="invalid_token""#;
        assert_eq!(Demand::find(many), Some(demand(None, Some(60))));
        for other in [
            "",
            "Bearer",
            r#"Bearer error="invalid_token", max_age=5"#,
            r#"Basic error="insufficient_user_authentication""#,
        ] {
            assert_eq!(Demand::find(other), None, "{other}");
        }
        let odd = r#"Bearer error="insufficient_user_authentication", max_age="soon""#;
        assert_eq!(Demand::find(odd), Some(Demand::default()));
    }

    #[test]
    fn is_met_by_the_class_and_the_age_together() {
        let both = demand(Some("gold silver"), Some(60));
        assert!(is_met(&both, r#"{"acr":"silver","auth_time":9950}"#));
        assert!(!is_met(&both, r#"{"acr":"bronze","auth_time":9950}"#));
        assert!(!is_met(&both, r#"{"acr":"silver","auth_time":9900}"#));
        assert!(!is_met(&both, r#"{"acr":"silver"}"#));
        assert!(is_met(&demand(Some("gold"), None), r#"{"acr":"gold"}"#));
        assert!(!is_met(&demand(Some(""), None), r#"{"acr":""}"#));
    }

    #[test]
    fn without_words_it_is_met_by_a_sign_in_of_just_now() {
        assert!(is_met(&Demand::default(), r#"{"auth_time":9990}"#));
        assert!(!is_met(&Demand::default(), r#"{"auth_time":9900}"#));
        assert!(!is_met(&Demand::default(), "{}"));
    }

    #[test]
    fn says_what_was_asked() {
        assert_eq!(demand(Some("a b"), Some(5)).describe(), "acr_values: a b, max_age: 5");
        assert_eq!(demand(None, Some(5)).describe(), "max_age: 5");
    }
}
