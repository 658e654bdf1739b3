//! `WWW-Authenticate` (RFC 9110 §11.6.1).
//!
//! The input is a header as it is, or, behind a zero byte, the making of one that keeps to the grammar.

use crate::input;
use arbitrary::{Arbitrary, Unstructured};
use tessera_auth::oauth::challenge::{Challenge, parse_challenges};

/// The target.
pub fn check(data: &[u8]) {
    match data {
        [0, rest @ ..] => {
            if let Ok(draft) = Vec::arbitrary(&mut Unstructured::new(rest)) {
                check_well_formed(&draft);
            }
        }
        _ => check_any(&input::text(data)),
    }
}

/// Whatever a server sends, what comes out of it is tokens and texts that were in it.
fn check_any(header: &str) {
    let challenges = parse_challenges(header);
    let mut size = 0;
    for challenge in &challenges {
        assert!(is_token(&challenge.scheme), "{challenge:?}");
        assert!(challenge.is_scheme(&challenge.scheme.to_ascii_uppercase()));
        size += challenge.scheme.len();
        for (name, value) in &challenge.parameters {
            assert!(is_token(name) && !name.contains(|c: char| c.is_ascii_uppercase()), "{challenge:?}");
            assert!(!value.is_empty() && challenge.parameter(name).is_some(), "{challenge:?}");
            size += name.len() + value.len();
        }
    }
    assert!(size <= header.len(), "{size} bytes out of {}", header.len());
    // A header that is sent twice is a header whose values are joined (RFC 9110 §5.3).
    if header.is_ascii() && !header.contains(['"', '=']) {
        let twice = parse_challenges(&[header, ", ", header].concat());
        assert_eq!(twice, [challenges.clone(), challenges].concat());
    }
}

/// A challenge in the making.
#[derive(Arbitrary, Debug)]
struct Draft {
    scheme: Token,
    rest: Rest,
    separator: Separator,
}

#[derive(Arbitrary, Debug)]
enum Rest {
    Nothing,
    Token68 { text: Vec<u8>, padding: u8 },
    Parameters { first: Parameter, others: Vec<(Separator, Parameter)> },
}

#[derive(Arbitrary, Debug)]
struct Parameter {
    name: Token,
    value: String,
    is_quoted: bool,
    space: (Space, Space),
}

#[derive(Arbitrary, Debug)]
struct Token(u8, Vec<u8>);

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Space {
    Nothing,
    One,
    Tabs,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Separator {
    Comma,
    CommaSpace,
    EmptyElements,
}

impl Token {
    fn text(&self) -> String {
        const CHARS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
        let char_of = |byte: &u8| char::from(CHARS[usize::from(*byte) % CHARS.len()]);
        std::iter::once(&self.0).chain(&self.1).map(char_of).collect()
    }
}

impl Space {
    fn text(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::One => " ",
            Self::Tabs => "\t \t",
        }
    }
}

impl Separator {
    fn text(self) -> &'static str {
        match self {
            Self::Comma => ",",
            Self::CommaSpace => ", ",
            Self::EmptyElements => " ,, \t, ",
        }
    }
}

impl Parameter {
    /// As it is written, and as it is meant. A value that is no token is quoted whether it was to be or not.
    fn write(&self, header: &mut String) -> Option<(String, String)> {
        let value: String = self.value.chars().filter(|c| !c.is_control() || *c == '\t').collect();
        header.push_str(&self.name.text());
        header.push_str(self.space.0.text());
        header.push('=');
        header.push_str(self.space.1.text());
        if self.is_quoted || !is_token(&value) {
            header.push('"');
            for c in value.chars() {
                header.extend(matches!(c, '"' | '\\').then_some('\\'));
                header.push(c);
            }
            header.push('"');
        } else {
            header.push_str(&value);
        }
        // An empty value says nothing.
        (!value.is_empty()).then(|| (self.name.text().to_ascii_lowercase(), value))
    }
}

/// A header that keeps to the grammar is understood.
fn check_well_formed(drafts: &[Draft]) {
    let mut header = String::new();
    let mut meant = Vec::new();
    for (index, draft) in drafts.iter().enumerate() {
        if index > 0 {
            header.push_str(draft.separator.text());
        }
        header.push_str(&draft.scheme.text());
        let mut challenge = Challenge { scheme: draft.scheme.text(), parameters: Vec::new() };
        match &draft.rest {
            Rest::Nothing => {}
            Rest::Token68 { text, padding } => {
                const CHARS: &[u8] = b"abcXYZ019-._~+/";
                header.push(' ');
                header.push('a');
                header.extend(text.iter().map(|byte| char::from(CHARS[usize::from(*byte) % CHARS.len()])));
                header.push_str(&"==="[..usize::from(padding % 4)]);
            }
            Rest::Parameters { first, others } => {
                header.push(' ');
                challenge.parameters.extend(first.write(&mut header));
                for (separator, parameter) in others {
                    header.push_str(separator.text());
                    challenge.parameters.extend(parameter.write(&mut header));
                }
            }
        }
        meant.push(challenge);
    }
    assert_eq!(parse_challenges(&header), meant, "{header}");
    check_any(&header);
}

/// RFC 9110 §5.6.2
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
