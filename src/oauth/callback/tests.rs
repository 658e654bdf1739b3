use super::*;
use crate::testing::TestUrl;
use crate::url::ParseUrl;

const STATE: &str = "xyz";

fn url(text: &str) -> Url {
    TestUrl::parse_url(text, Some("https://client.example.com/cb")).expect(text)
}

fn server(sends_issuer: Option<bool>) -> Metadata {
    Metadata { issuer: Some("https://honest.as.example".into()), sends_issuer, ..Metadata::default() }
}

fn process(text: &str, metadata: &Metadata) -> Result<ValidatedCallback> {
    process_callback(&Callback::find(&url(text)).expect(text), STATE, metadata)
}

fn code_of(text: &str) -> Option<ErrorCode> {
    process(text, &server(None)).err().map(|error| error.code())
}

#[test]
fn takes_the_code_of_rfc_6749_section_4_1_2_from_query_and_fragment() {
    for text in [
        "?code=SplxlOBeZQQYbYS6WxSbIA&state=xyz",
        "#code=SplxlOBeZQQYbYS6WxSbIA&state=xyz",
        "?lang=de&code=SplxlOBeZQQYbYS6WxSbIA&state=xyz&session_state=1#/home",
    ] {
        let validated = process(text, &server(None)).expect(text);
        assert_eq!(validated.code().expose(), "SplxlOBeZQQYbYS6WxSbIA");
    }
}

#[test]
fn a_url_without_an_answer_is_no_callback() {
    for text in [
        "",
        "?",
        "#",
        "?state=xyz",
        "?code=SUMMER24",
        "?error=payment_failed",
        "?errors=1&codes=2&state=xyz",
        "#/cb?code=1&state=xyz",
        "?iss=x",
    ] {
        assert_eq!(Callback::find(&url(text)), None, "{text}");
    }
}

#[test]
fn a_code_with_another_state_or_none_is_refused() {
    for text in [
        "?code=c&state=abc",
        "?code=c&state=",
        "?code=c&iss=https%3A%2F%2Fhonest.as.example",
        "?code=c&state=xyz%00",
        "?code=c&state=XYZ",
    ] {
        assert_eq!(code_of(text), Some(ErrorCode::StateMismatch), "{text}");
    }
    let callback = Callback::find(&url("?code=c&state=")).expect("a callback");
    let error = process_callback(&callback, "", &server(None)).expect_err("an empty state proves nothing");
    assert_eq!(error.code(), ErrorCode::StateMismatch);
}

#[test]
fn the_issuer_of_rfc_9207_section_2_must_be_the_server() {
    let right = "?code=x1848ZT64p4IirMPT0R-X3141MFPTuBX-VFL_cvaplMH58&state=xyz&iss=https%3A%2F%2Fhonest.as.example";
    for sends_issuer in [None, Some(false), Some(true)] {
        assert!(process(right, &server(sends_issuer)).is_ok());
        for foreign in [
            "?code=c&state=xyz&iss=https%3A%2F%2Fattacker.example",
            "?code=c&state=xyz&iss=",
            "?error=access_denied&state=xyz&iss=x",
        ] {
            let error = process(foreign, &server(sends_issuer)).expect_err(foreign);
            assert_eq!(error.code(), ErrorCode::IssuerMismatch, "{foreign}");
        }
    }
}

#[test]
fn the_issuer_must_be_there_if_the_server_says_that_it_sends_it() {
    let without = "?code=c&state=xyz";
    assert_eq!(process(without, &server(Some(true))).expect_err("no iss").code(), ErrorCode::IssuerMismatch);
    assert!(process(without, &server(Some(false))).is_ok());
    // Endpoints that the caller gave, and no issuer to compare with.
    assert!(process("?code=c&state=xyz&iss=https%3A%2F%2Fa.test", &Metadata::default()).is_ok());
}

#[test]
fn a_refusal_carries_what_the_server_said() {
    for (error, code) in [
        ("access_denied", ErrorCode::AccessDenied),
        ("login_required", ErrorCode::LoginRequired),
        ("interaction_required", ErrorCode::LoginRequired),
        ("consent_required", ErrorCode::LoginRequired),
        ("account_selection_required", ErrorCode::LoginRequired),
        ("invalid_request", ErrorCode::AuthorizationFailed),
        ("invalid_scope", ErrorCode::AuthorizationFailed),
        ("server_error", ErrorCode::AuthorizationFailed),
        ("temporarily_unavailable", ErrorCode::AuthorizationFailed),
        ("something_of_their_own", ErrorCode::AuthorizationFailed),
        ("", ErrorCode::AuthorizationFailed),
    ] {
        let text =
            ["?error=", error, "&error_description=No+luck&error_uri=https%3A%2F%2Fa.test%2Fe&state=xyz"].concat();
        let refusal = process(&text, &server(None)).expect_err(error);
        assert_eq!(refusal.code(), code, "{error}");
        assert_eq!(refusal.oauth(), Some(&OAuthError::new(error, Some("No luck"), Some("https://a.test/e"), None)));
    }
}

#[test]
fn a_refusal_may_lack_the_state_but_not_have_another() {
    let without = "?error=access_denied&error_description=No";
    assert_eq!(code_of(without), Some(ErrorCode::AccessDenied));
    assert_eq!(Callback::find(&url(without)).expect("a callback").state, "");
    assert_eq!(code_of("?error=access_denied&state=abc"), Some(ErrorCode::StateMismatch));
}

#[test]
fn an_answer_that_contradicts_itself_is_refused() {
    for text in [
        "?code=a&code=b&state=xyz",
        "?code=a&code=a&state=xyz",
        "?code=a&state=xyz&state=xyz",
        "?code=a&state=xyz&iss=https%3A%2F%2Fhonest.as.example&iss=https%3A%2F%2Fhonest.as.example",
        "?error=a&error=b&state=xyz",
        "?code=a&error=access_denied&state=xyz",
        "?code=a&error=access_denied&iss=https%3A%2F%2Fhonest.as.example",
        "?code=a&state=xyz#code=b&state=xyz",
        "?error=access_denied&state=xyz#code=b&state=xyz",
        "?code=&state=xyz",
        "?code=%0a&state=xyz",
        "?code=%ff&state=xyz",
    ] {
        assert_eq!(code_of(text), Some(ErrorCode::CallbackInvalid), "{text}");
    }
}

#[test]
fn a_megabyte_of_junk_is_refused_wherever_it_stands() {
    let junk = "A1".repeat(500_000);
    for text in [
        ["?code=", &junk, "&state=xyz"].concat(),
        ["?code=c&state=", &junk].concat(),
        ["?code=c&state=xyz&junk=", &junk].concat(),
        ["#error=", &junk, "&state=xyz"].concat(),
        ["?error=access_denied&state=xyz&error_description=", &junk].concat(),
        ["?", &"a&".repeat(500_000), "code=c&state=xyz"].concat(),
    ] {
        let error = process(&text, &server(None)).expect_err("junk");
        assert_eq!(error.code(), ErrorCode::CallbackInvalid);
        assert!(error.message().len() < 200);
        assert!(Callback::without_response(&url(&text)).len() < url(&text).href.len());
    }
}

#[test]
fn exactly_the_answer_leaves_the_url() {
    for (text, rest) in [
        ("?code=c&state=s", ""),
        ("?code=c&state=s&iss=i&session_state=x", ""),
        ("?a=%20+b&code=c&x&state=s&=y#/home?a=b", "?a=%20+b&x&=y#/home?a=b"),
        ("?error=e&error_description=d&error_uri=u&state=s&tab=1", "?tab=1"),
        ("?error=e&state=&tab=1#x", "?tab=1#x"),
        ("?state=s&code=c&scope=openid+email&authuser=0&hd=a.test&prompt=none", ""),
        ("?c%6fde=c&st%61te=s&tab=1", "?tab=1"),
        ("?code=SUMMER24&tab=1#code=c&state=s&id_token=t&access_token=u", "?code=SUMMER24&tab=1"),
        ("?code=c&state=s&code=d#code=e&state=s", ""),
        ("?&code=c&&state=s#x", "#x"),
        ("?code=SUMMER24&scope=all#state=zurich", "?code=SUMMER24&scope=all#state=zurich"),
        ("?a=b#c", "?a=b#c"),
        ("?error=payment_failed", "?error=payment_failed"),
    ] {
        let expected = ["https://client.example.com/cb", rest].concat();
        assert_eq!(Callback::without_response(&url(text)), expected, "{text}");
    }
}

#[test]
fn debug_shows_nothing_of_an_answer() {
    let callback = Callback::find(&url("?code=c0de&state=xyz")).expect("a callback");
    assert_eq!(format!("{callback:?}"), "Callback(…)");
    let validated = process_callback(&callback, STATE, &server(None)).expect("valid");
    assert!(!format!("{validated:?}").contains("c0de"));
}
