//! The session as it is stored: one versioned record per client name.
//!
//! A record is form-encoded, the one encoding that this crate must have anyway, so that a page with a good session needs no
//! other reader. What this version does not understand is dropped by [`Record::decode`], never half used.

use crate::encoding::{form, parse_form};
use crate::oauth::token::TokenType;
use crate::secret::Secret;
use crate::time::UnixTime;

const VERSION: &str = "1";

/// Tokens and what is known about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// Issuer and client id: whose session this is.
    pub(super) owner: String,
    /// Random, the same for all tokens that descend from one sign-in.
    pub(super) family: String,
    /// Grows by one with every write.
    pub(super) generation: u64,
    pub(super) access_token: Secret,
    pub(super) token_type: TokenType,
    pub(super) scope: String,
    /// When the access token was issued, by the server's clock.
    pub(super) issued_at: UnixTime,
    /// When it stops being good, by the server's clock; `None`: the server did not say.
    pub(super) expires_at: Option<UnixTime>,
    pub(super) refresh_token: Option<Secret>,
    pub(super) id_token: Option<Secret>,
    /// The ID token's claims as JSON text.
    pub(super) claims: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) signed_in_at: UnixTime,
    /// The server's clock minus this machine's, in seconds.
    pub(super) clock_offset: i64,
}

impl Record {
    /// Whether the two are the same write of the same session.
    pub(super) fn is_same_write(&self, other: &Self) -> bool {
        self.family == other.family && self.generation == other.generation
    }

    /// Whether what is done in the name of the one may be done with the tokens of the other.
    pub(super) fn is_same_user(&self, other: &Self) -> bool {
        self.family == other.family || (self.subject.is_some() && self.subject == other.subject)
    }

    pub(super) fn encode(&self) -> Secret {
        let generation = self.generation.to_string();
        let issued_at = self.issued_at.0.to_string();
        let expires_at = self.expires_at.map(|time| time.0.to_string());
        let signed_in_at = self.signed_in_at.0.to_string();
        let clock_offset = self.clock_offset.to_string();
        let fields = [
            ("v", Some(VERSION)),
            ("owner", Some(self.owner.as_str())),
            ("family", Some(&self.family)),
            ("generation", Some(&generation)),
            ("access_token", Some(self.access_token.expose())),
            ("token_type", Some(self.token_type.name())),
            ("scope", Some(&self.scope)),
            ("issued_at", Some(&issued_at)),
            ("expires_at", expires_at.as_deref()),
            ("refresh_token", self.refresh_token.as_ref().map(Secret::expose)),
            ("id_token", self.id_token.as_ref().map(Secret::expose)),
            ("claims", self.claims.as_deref()),
            ("subject", self.subject.as_deref()),
            ("signed_in_at", Some(&signed_in_at)),
            ("clock_offset", Some(&clock_offset)),
        ];
        form(fields.into_iter().filter_map(|(name, value)| Some((name, value?)))).into()
    }

    /// `None` for a record that is not whole, of another version, or of another owner.
    pub(super) fn decode(text: &Secret, owner: &str) -> Option<Self> {
        let fields = Fields::parse(text);
        if fields.text("v")? != VERSION || fields.text("owner")? != owner {
            return None;
        }
        Some(Self {
            owner: owner.to_owned(),
            family: fields.text("family")?,
            generation: fields.number("generation")?.try_into().ok()?,
            access_token: fields.text("access_token")?.into(),
            token_type: TokenType::from_name(&fields.text("token_type")?)?,
            scope: fields.text("scope")?,
            issued_at: UnixTime(fields.number("issued_at")?),
            expires_at: fields.number("expires_at").map(UnixTime),
            refresh_token: fields.text("refresh_token").map(Secret::from),
            id_token: fields.text("id_token").map(Secret::from),
            claims: fields.text("claims"),
            subject: fields.text("subject"),
            signed_in_at: UnixTime(fields.number("signed_in_at")?),
            // The last field: a record that was cut off does not have it.
            clock_offset: fields.number("clock_offset")?,
        })
    }
}

/// The fields of a stored value.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn parse(text: &Secret) -> Self {
        Self(parse_form(text.expose()))
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            owner: "https://as.test spa".into(),
            family: "f".into(),
            generation: 7,
            access_token: "a&b=c".into(),
            token_type: TokenType::Bearer,
            scope: "openid email".into(),
            issued_at: UnixTime(100),
            expires_at: Some(UnixTime(160)),
            refresh_token: Some("r".into()),
            id_token: None,
            claims: Some("{\"name\":\"Zoë & co\"}".into()),
            subject: Some("u".into()),
            signed_in_at: UnixTime(90),
            clock_offset: -3,
        }
    }

    #[test]
    fn decodes_what_it_encodes() {
        assert_eq!(Record::decode(&record().encode(), "https://as.test spa"), Some(record()));
    }

    #[test]
    fn drops_a_record_of_another_owner() {
        assert_eq!(Record::decode(&record().encode(), "https://as.test other"), None);
    }

    #[test]
    fn drops_a_record_of_a_future_version() {
        let text = record().encode().expose().replacen("v=1", "v=2", 1);
        assert_eq!(Record::decode(&text.into(), "https://as.test spa"), None);
    }

    #[test]
    fn drops_a_record_that_is_cut_off_anywhere() {
        let whole = record().encode();
        // Cut inside the last number, the offset is still a number: a record is written whole or not at all, and the
        // encrypted store notices; what is shown here is that nothing shorter than that passes.
        let last = whole.expose().rfind('=').unwrap() + 2;
        for length in 0..last {
            let cut = Secret::from(whole.expose().split_at(length).0);
            assert_eq!(Record::decode(&cut, "https://as.test spa"), None, "{length}");
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let shown = format!("{:?}", Record { access_token: "SECRET".into(), ..record() });
        assert!(!shown.contains("SECRET"));
    }
}
