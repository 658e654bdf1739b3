//! Every secret that was ever issued, under a short name that traces can show.

use std::collections::HashMap;

/// What a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Access,
    Refresh,
    Id,
    Code,
    Verifier,
    Proof,
}

impl Sort {
    const fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
            Self::Id => "id",
            Self::Code => "code",
            Self::Verifier => "verifier",
            Self::Proof => "proof",
        }
    }
}

/// Which secret of its sort this is, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Secret {
    pub(crate) sort: Sort,
    pub(crate) number: u32,
    /// The sign-in that it is of, if it is a token.
    pub(crate) grant: Option<usize>,
    /// The API that an access token is for, if each has tokens of its own.
    pub(crate) api: Option<usize>,
}

impl std::fmt::Display for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}#{}", self.sort.name(), self.number)
    }
}

/// So long is every secret in this world, or the part of it that nobody else has: 32 bytes in base64url.
const LENGTH: usize = 43;

#[derive(Debug, Default)]
pub(crate) struct Secrets {
    known: HashMap<String, Secret>,
    counts: [u32; 6],
}

impl Secrets {
    pub(crate) fn add(&mut self, sort: Sort, text: &str, grant: Option<usize>, api: Option<usize>) {
        // Of a JWT the signature is the secret part: the header is in every one of them.
        let text = text.rsplit('.').next().unwrap_or(text);
        if text.len() >= LENGTH && !self.known.contains_key(text) {
            let count = self.counts.get_mut(sort as usize);
            let number = count.map_or(0, |count| {
                *count += 1;
                *count
            });
            self.known.insert(text.to_owned(), Secret { sort, number, grant, api });
        }
    }

    pub(crate) fn get(&self, text: &str) -> Option<Secret> {
        self.known.get(text.rsplit('.').next()?).copied()
    }

    /// Every secret in a text, wherever it stands.
    pub(crate) fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Secret> + 'a {
        words(text).filter_map(|word| self.known.get(word).copied())
    }

    /// A text with names in place of secrets, and without the rest of what nobody can read.
    pub(crate) fn hide(&self, text: &str) -> String {
        let mut shown = String::new();
        let mut rest = text;
        for word in words(text) {
            let Some((before, after)) = rest.split_once(word) else { break };
            shown.push_str(before);
            match self.known.get(word) {
                Some(secret) => shown.push_str(&secret.to_string()),
                None => shown.extend(word.chars().take(6).chain(['…'])),
            }
            rest = after;
        }
        shown.push_str(rest);
        shown
    }
}

/// The runs of base64url that are long enough to be a secret.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').filter(|word| word.len() >= LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    #[test]
    fn finds_a_secret_wherever_it_stands() {
        let mut secrets = Secrets::default();
        secrets.add(Sort::Refresh, TOKEN, None, None);
        assert_eq!(secrets.find(&format!("a=1&token={TOKEN}&b")).count(), 1);
        assert_eq!(secrets.hide(&format!("Bearer {TOKEN}!")), "Bearer refresh#1!");
        assert_eq!(secrets.find("nothing").count(), 0);
    }
}
