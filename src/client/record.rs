//! The session as it is stored: one versioned record per client name.
//!
//! A record is form-encoded, the one encoding that this crate must have anyway, so that a page with a good session needs no
//! other reader. What this version does not understand is dropped by [`Record::decode`], never half used.

use super::audience::{Audience, Others};
use super::session::TokenType;
use crate::encoding::{Form, parse_form};
use crate::oauth::token;
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
    /// The families that this session took the place of, a space after each: whoever began it may not have come to mark them as over.
    pub(super) replaced: Option<String>,
    /// Grows by one with every write.
    pub(super) generation: i64,
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
    /// The server's clock minus this machine's, in milliseconds.
    pub(super) clock_offset: i64,
    /// The thumbprint of the key that the tokens are bound to (RFC 9449); `None`: they are not.
    pub(super) key: Option<String>,
    /// What was granted in more words than a scope has, as JSON text (RFC 9396).
    pub(super) authorization_details: Option<String>,
    /// Access tokens for other audiences than the first.
    pub(super) others: Others,
    /// Whose access token this is: not stored, where it is always the first's.
    pub(super) audience: Audience,
    /// Whether it was stored again by a page that found it gone: another page may know a later write.
    pub(super) is_restored: bool,
}

impl Record {
    /// Whether the two are the same write of the same session.
    pub(super) fn is_same_write(&self, other: &Self) -> bool {
        // Two tabs that lost sight of each other can come to the same generation.
        self.family == other.family && self.generation == other.generation && self.access_token == other.access_token
    }

    /// Whether this is of a sign-in after that of `other`.
    pub(super) fn is_later_sign_in_than(&self, other: &Self) -> bool {
        self.family != other.family && self.signed_in_at > other.signed_in_at
    }

    /// Whether this is what became of `other`.
    pub(super) fn is_later_write_than(&self, other: &Self) -> bool {
        self.family == other.family && self.generation > other.generation
    }

    /// Whether what is done in the name of the one may be done with the tokens of the other.
    pub(super) fn is_same_user(&self, other: &Self) -> bool {
        self.is_of(&other.family, other.subject.as_deref())
    }

    /// The same about a session of which no more is known.
    pub(super) fn is_of(&self, family: &str, subject: Option<&str>) -> bool {
        self.family == family || (subject.is_some() && self.subject.as_deref() == subject)
    }

    /// The type of its tokens: with a key they are bound to it.
    pub(super) fn key_type(&self) -> token::TokenType {
        token::TokenType::bound_to(self.key.as_deref())
    }

    pub(super) fn encode(&self) -> Secret {
        let mut fields = Form::new();
        fields.add("v", VERSION);
        fields.add("owner", self.owner.as_str());
        fields.add("family", self.family.as_str());
        fields.add("replaced", self.replaced.as_deref());
        fields.add_number("generation", self.generation);
        fields.add("access_token", self.access_token.expose());
        fields.add("token_type", self.token_type.name());
        fields.add("scope", self.scope.as_str());
        fields.add_number("issued_at", self.issued_at.0);
        fields.add_number("expires_at", self.expires_at.map(|time| time.0));
        fields.add("refresh_token", self.refresh_token.as_ref().map(Secret::expose));
        fields.add("id_token", self.id_token.as_ref().map(Secret::expose));
        fields.add("claims", self.claims.as_deref());
        fields.add("subject", self.subject.as_deref());
        fields.add_number("signed_in_at", self.signed_in_at.0);
        fields.add("key", self.key.as_deref());
        fields.add("authorization_details", self.authorization_details.as_deref());
        self.others.encode_into(&mut fields);
        fields.add_number("restored", self.is_restored.then_some(1));
        fields.add_number("clock_offset", self.clock_offset);
        fields.into()
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
            replaced: fields.text("replaced"),
            generation: fields.number("generation")?,
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
            key: fields.text("key"),
            authorization_details: fields.text("authorization_details"),
            others: Others::decode(&fields),
            audience: Audience::default(),
            is_restored: fields.number("restored").is_some(),
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

    /// All values of this name.
    pub(super) fn texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All numbers of this name.
    pub(super) fn numbers(&self, name: &str) -> Vec<f64> {
        let values = self.texts(name);
        #[expect(clippy::cast_precision_loss, reason = "exact for 285 000 years of milliseconds")]
        values.filter_map(|value| value.parse::<i64>().ok()).map(|number| number as f64).collect()
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
            replaced: Some("d e ".into()),
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
            key: Some("thumbprint".into()),
            authorization_details: Some("[{\"type\":\"a&b\"}]".into()),
            others: Others::none(Some("first")),
            audience: Audience::default(),
            is_restored: true,
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
