//! The authorization response in a URL (RFC 6749 §4.1.2, RFC 9207), and the form encoding that it is written in.
//!
//! The first line is the state that is expected, the second the server's issuer, the rest the URL.

use crate::input::{self, SECRET, assert_error, is_same};
use crate::view::{PARSERS, Parse, is_secure};
use tessera_auth::ErrorCode;
use tessera_auth::encoding::{form, parse_form};
use tessera_auth::oauth::callback::{Callback, process_callback};
use tessera_auth::oauth::metadata::Metadata;
use tessera_auth::oauth::pkce::Verifier;
use tessera_auth::oauth::token::code_request;
use tessera_auth::url::Url;
use url::form_urlencoded;

type Parameters = Vec<(String, String)>;

const BASE: &str = "https://app.test/cb";

/// The target.
pub fn check(data: &[u8]) {
    let text = input::text(data);
    let ([state, issuer], address) = input::lines(&text);
    check_form(address);
    for parse in PARSERS {
        // No other page can be a redirect URI.
        let Some(url) = parse(address, Some(BASE)).filter(is_secure) else { continue };
        check_cleaned(&url, parse);
        let found = Callback::find(&url);
        let answers = [&url.query, &url.fragment].map(|part| parameters(part)).into_iter().filter(is_answer);
        let answers: Vec<Parameters> = answers.collect();
        assert_eq!(found.is_some(), !answers.is_empty(), "{}", url.href);
        if let Some(callback) = found {
            assert!(!format!("{callback:?}").contains(SECRET));
            // What is not UTF-8 is nobody's state and nobody's name.
            let is_read = |(name, value): &(String, String)| {
                !["state", "iss"].contains(&name.as_str()) || !value.contains(char::REPLACEMENT_CHARACTER)
            };
            if !answers.iter().flatten().all(is_read) {
                continue;
            }
            for expected in [state, callback.state.as_str(), ""] {
                check_answer(&callback, &answers, expected, issuer, &url);
            }
        }
    }
}

/// What the crate reads and writes is what the URL standard says.
fn check_form(text: &str) {
    let read = parse_form(text);
    let expected: Parameters = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    assert_eq!(read.len(), expected.len());
    for ((name, value), (expected_name, expected_value)) in read.iter().zip(&expected) {
        assert!(is_same(name, expected_name) && is_same(value, expected_value), "{name}={value} in {text}");
    }
    let written = form(read.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    assert_eq!(written, form_urlencoded::Serializer::new(String::new()).extend_pairs(&read).finish());
    assert_eq!(parse_form(&written), read);
}

fn check_answer(callback: &Callback, answers: &[Parameters], expected: &str, issuer: &str, url: &Url) {
    for sends_issuer in [None, Some(false), Some(true)] {
        let issuer = Some(issuer.to_owned()).filter(|issuer| !issuer.is_empty());
        let metadata = Metadata {
            issuer,
            sends_issuer,
            token_endpoint: Some("https://as.test/token".into()),
            ..Metadata::default()
        };
        let code = good_code(answers, expected, &metadata);
        match process_callback(callback, expected, &metadata) {
            Ok(validated) => {
                let code = code.unwrap_or_else(|| panic!("accepted: {}", url.href));
                let verifier = Verifier::from_random([7; 32]);
                let request = code_request(&metadata, "app", BASE, &validated, &verifier, None).expect("a request");
                let body = request.body.as_ref().expect("a body").expose().to_owned();
                assert!(parse_form(&body).contains(&("code".to_owned(), code)), "the code is not the one in the URL");
                assert!(!format!("{validated:?} {request:?}").contains(SECRET));
            }
            Err(error) => {
                assert_error(&error, &ERRORS);
                assert_eq!(code, None, "refused: {} {error}", url.href);
            }
        }
    }
}

const ERRORS: [ErrorCode; 6] = [
    ErrorCode::CallbackInvalid,
    ErrorCode::StateMismatch,
    ErrorCode::IssuerMismatch,
    ErrorCode::AccessDenied,
    ErrorCode::LoginRequired,
    ErrorCode::AuthorizationFailed,
];

/// The code of an answer that may be redeemed: it is the only answer, it says nothing twice (RFC 6749 §3.1), it belongs to the
/// state (§10.12), it comes from the issuer (RFC 9207 §2.4), and the code is one (appendix A.11).
fn good_code(answers: &[Parameters], expected: &str, metadata: &Metadata) -> Option<String> {
    let [answer] = answers else { return None };
    let all = |name: &str| answer.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect();
    let one = |name: &str| match <Vec<&str>>::as_slice(&all(name)) {
        [] => Some(None),
        [value] => Some(Some((*value).to_owned())),
        _ => None,
    };
    let (code, state, issuer, error) = (one("code")?, one("state")?, one("iss")?, one("error")?);
    let (_, _) = (one("error_description")?, one("error_uri")?);
    let is_length_sane = answer.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() < 64 * 1024;
    let is_state = !expected.is_empty() && state.as_deref() == Some(expected);
    let is_issuer = match (&issuer, &metadata.issuer) {
        (Some(named), Some(known)) => named == known,
        (Some(_), None) => true,
        (None, _) => metadata.sends_issuer != Some(true),
    };
    let is_printable = |code: &String| !code.is_empty() && code.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
    code.filter(is_printable).filter(|_| is_length_sane && is_state && is_issuer && error.is_none())
}

/// The answer leaves the address bar whole, and takes nothing else with it.
fn check_cleaned(url: &Url, parse: Parse) {
    let cleaned = Callback::without_response(url);
    let again = parse(&cleaned, None).unwrap_or_else(|| panic!("no URL: {cleaned}"));
    assert_eq!((&again.origin, &again.path, &again.host), (&url.origin, &url.path, &url.host));
    assert!(Callback::find(&again).is_none(), "{cleaned}");
    assert_eq!(Callback::without_response(&again), cleaned);
    for (before, after) in [(&url.query, &again.query), (&url.fragment, &again.fragment)] {
        let mut kept = parameters(before);
        if is_answer(&kept) {
            kept.retain(|(name, _)| !RESPONSE.contains(&name.as_str()));
            assert_eq!(parameters(after), kept, "{}", url.href);
        } else {
            assert_eq!(after, before);
        }
    }
}

/// RFC 6749 §4.1.2 and §4.2.2, RFC 9207, OpenID Connect Session Management 1.0 §3, and what Google adds.
const RESPONSE: [&str; 15] = [
    "access_token",
    "authuser",
    "code",
    "error",
    "error_description",
    "error_uri",
    "expires_in",
    "hd",
    "id_token",
    "iss",
    "prompt",
    "scope",
    "session_state",
    "state",
    "token_type",
];

fn parameters(part: &str) -> Parameters {
    form_urlencoded::parse(part.get(1..).unwrap_or_default().as_bytes()).into_owned().collect()
}

/// A code or an error, and something that shows that it is a server's: pages have parameters of these names too.
fn is_answer(parameters: &Parameters) -> bool {
    let has = |name: &str| parameters.iter().any(|(key, _)| key == name);
    let is_tied = has("state") || has("iss");
    (has("code") && is_tied) || (has("error") && (is_tied || has("error_description")))
}
