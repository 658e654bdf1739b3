//! The `WWW-Authenticate` header (RFC 9110 §11.6.1), in which an API says what it wants (RFC 6750 §3, RFC 9449 §7.1, RFC 9470).

/// One challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// `Bearer`, `DPoP` and so on, as the server writes it; upper and lower case mean the same.
    pub scheme: String,
    /// Names in lower case, values without their quotes, in the server's order.
    pub parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Whether this is a challenge of `scheme`.
    #[must_use]
    pub fn is_scheme(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The value of a parameter, whose name is given in lower case.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The challenges of a header, or of several that were joined by commas. What is not a challenge is passed over, and so are
/// the values of schemes that have one value without a name (`token68`).
#[must_use]
pub fn parse_challenges(header: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut rest = header;
    // A scheme stands at the beginning or behind a comma, where a parameter may stand too.
    let mut may_be_scheme = true;
    while let Some(first) = rest.chars().next() {
        if first == '"' {
            rest = read_quoted(rest).1;
        } else if !is_token_char(first) {
            may_be_scheme |= first == ',';
            rest = rest.split_at(first.len_utf8()).1;
        } else {
            let (word, after) = split_where(rest, |c| !is_token_char(c));
            rest = after;
            if let Some(assigned) = after.trim_ascii_start().strip_prefix('=') {
                let (value, after) = read_value(assigned);
                rest = after;
                if let Some(challenge) = challenges.last_mut().filter(|_| !value.is_empty()) {
                    challenge.parameters.push((word.to_ascii_lowercase(), value));
                }
            } else if may_be_scheme {
                challenges.push(Challenge { scheme: word.to_owned(), parameters: Vec::new() });
            }
            may_be_scheme = false;
        }
    }
    challenges
}

/// What stands behind a `=`, and what follows it. Sloppy servers leave the quotes away where there should be some.
fn read_value(text: &str) -> (String, &str) {
    // More of `=` is the padding of a token68, which then has no value.
    let text = text.trim_start_matches('=').trim_ascii_start();
    if text.starts_with('"') {
        return read_quoted(text);
    }
    let (value, rest) = split_where(text, |c| c == ',' || c.is_ascii_whitespace());
    (value.to_owned(), rest)
}

/// A quoted string without its quotes and backslashes (RFC 9110 §5.6.4), and what follows it. One that does not end is taken
/// as it is.
fn read_quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.chars();
    chars.next();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => value.extend(chars.next()),
            _ => value.push(c),
        }
    }
    (value, chars.as_str())
}

fn split_where(text: &str, is_end: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(is_end).unwrap_or(text.len()))
}

/// RFC 9110 §5.6.2
fn is_token_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests;
