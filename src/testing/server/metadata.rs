//! What the server says about itself (OpenID Connect Discovery 1.0 §3, RFC 8414 §2).

use super::{Endpoint, State};
use crate::time::UnixTime;
use serde_json::{Value, json};

impl State {
    pub(super) fn metadata(&self) -> Value {
        let policy = self.policy.borrow();
        let mut metadata = json!({
            "issuer": self.issuer,
            "authorization_endpoint": self.url(Endpoint::Authorization),
            "token_endpoint": self.url(Endpoint::Token),
            "jwks_uri": self.url(Endpoint::Jwks),
            "scopes_supported": ["openid", "profile", "offline_access"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "fragment"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["EdDSA"],
            "authorization_response_iss_parameter_supported": policy.sends_issuer,
        });
        if let Some(metadata) = metadata.as_object_mut() {
            if policy.requires_pushed_requests {
                metadata.insert("require_pushed_authorization_requests".to_owned(), true.into());
            }
            if policy.has_session_page {
                let url = [self.base.as_str(), "/check-session"].concat();
                metadata.insert("check_session_iframe".to_owned(), url.into());
            }
            if policy.binds_tokens {
                metadata.insert("dpop_signing_alg_values_supported".to_owned(), json!(["EdDSA"]));
            }
        }
        for (name, endpoint, exists) in [
            ("pushed_authorization_request_endpoint", Endpoint::PushedRequest, policy.has_pushed_requests),
            ("registration_endpoint", Endpoint::Registration, policy.has_registration),
            ("userinfo_endpoint", Endpoint::UserInfo, policy.has_userinfo),
            ("revocation_endpoint", Endpoint::Revocation, policy.has_revocation),
            ("end_session_endpoint", Endpoint::EndSession, policy.has_end_session),
        ] {
            if exists && let Some(metadata) = metadata.as_object_mut() {
                metadata.insert(name.to_owned(), self.url(endpoint).into());
            }
        }
        metadata
    }

    /// RFC 8414 §3.1: between the origin and the issuer's path.
    pub(super) fn oauth_metadata_url(&self) -> String {
        let host = self.base.find("://").map_or(0, |scheme| scheme + 3);
        let after_origin =
            self.base.get(host..).and_then(|rest| rest.find('/')).map_or(self.base.len(), |path| host + path);
        let (origin, path) = self.base.split_at(after_origin);
        [origin, "/.well-known/oauth-authorization-server", path].concat()
    }
}

/// `IMF-fixdate` (RFC 9110 §5.6.7).
pub(super) fn http_date(time: UnixTime) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb"];
    let (days, seconds) = (time.0.div_euclid(86_400), time.0.rem_euclid(86_400));
    // Years are counted from March, in eras of 400, so that the leap day is a year's last.
    let since_era_0 = days + 719_468;
    let (era, day_of_era) = (since_era_0.div_euclid(146_097), since_era_0.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year_of_era + i64::from(month >= 10);
    let name =
        |names: &[&'static str], index: i64| usize::try_from(index).ok().and_then(|index| names.get(index).copied());
    format!(
        "{}, {day:02} {} {year} {:02}:{:02}:{:02} GMT",
        name(&DAYS, days.rem_euclid(7)).unwrap_or_default(),
        name(&MONTHS, month).unwrap_or_default(),
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_http_date;

    #[test]
    fn dates_are_written_as_they_are_read() {
        assert_eq!(http_date(UnixTime(784_111_777)), "Sun, 06 Nov 1994 08:49:37 GMT");
        for days in 0..40_000 {
            let time = UnixTime(days * 86_400 + 3_661);
            assert_eq!(parse_http_date(&http_date(time)), Some(time));
        }
    }
}
