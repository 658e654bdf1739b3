//! Servers that go by a name for each tenant: what they may call themselves, and what their tokens must.

use crate::encoding::cut;

/// A name with one `{claim}` in it, which stands for one segment of the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuerTemplate<'a> {
    before: &'a str,
    /// The claim of an ID token that says what stands in its place.
    pub claim: &'a str,
    after: &'a str,
}

impl<'a> IssuerTemplate<'a> {
    /// `None` if there is no `{claim}` in it.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let (before, rest) = cut(text, b'{')?;
        let (claim, after) = cut(rest, b'}')?;
        Some(Self { before, claim, after })
    }

    /// What stands in `issuer` in the place of the claim; `None` if this is not its form.
    #[must_use]
    pub fn segment<'i>(&self, issuer: &'i str) -> Option<&'i str> {
        let segment = issuer.strip_prefix(self.before)?.strip_suffix(self.after)?;
        Some(segment).filter(|segment| is_segment(segment))
    }

    /// The name of the issuer whose tokens have this claim.
    #[must_use]
    pub fn fill(&self, value: &str) -> Option<String> {
        is_segment(value).then(|| [self.before, value, self.after].concat())
    }
}

fn is_segment(text: &str) -> bool {
    !text.is_empty() && !text.contains(['/', '?', '#'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "https://login.example.com/{tid}/v2.0";

    #[test]
    fn knows_its_form_and_nothing_else() {
        let template = IssuerTemplate::parse(TEMPLATE).unwrap();
        assert_eq!(template.claim, "tid");
        assert_eq!(template.segment("https://login.example.com/1a/v2.0"), Some("1a"));
        assert_eq!(template.segment("https://login.example.com/{tenantid}/v2.0"), Some("{tenantid}"));
        for other in [
            "https://login.example.com//v2.0",
            "https://login.example.com/a/b/v2.0",
            "https://login.example.com.evil.test/a/v2.0",
            "https://evil.test/a/v2.0",
            "https://login.example.com/a/v2.0/",
        ] {
            assert_eq!(template.segment(other), None, "{other}");
        }
        assert_eq!(template.fill("1a").as_deref(), Some("https://login.example.com/1a/v2.0"));
        assert_eq!((template.fill(""), template.fill("a/b")), (None, None));
        assert_eq!(IssuerTemplate::parse("https://login.example.com/"), None);
    }
}
