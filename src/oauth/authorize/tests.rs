use super::*;
use crate::encoding::parse_form;

fn metadata(endpoint: &str) -> Metadata {
    Metadata { authorization_endpoint: Some(endpoint.to_owned()), ..Metadata::default() }
}

/// The example of RFC 6749 §4.1.1, with the challenge of RFC 7636 appendix B.
const REQUEST: AuthorizationRequest<'_> = AuthorizationRequest {
    client_id: "s6BhdRkqt3",
    redirect_uri: "https://client.example.com/cb",
    scope: "",
    state: "xyz",
    nonce: None,
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    resources: &[],
    authorization_details: None,
    dpop_jkt: None,
    prompt: None,
    login_hint: None,
    acr_values: None,
    ui_locales: None,
    max_age: None,
    parameters: &[],
};

fn extra(name: &str, value: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), value.to_owned())]
}

#[test]
fn the_request_of_rfc_6749_section_4_1_1_has_a_challenge_too() {
    assert_eq!(
        authorization_url(&metadata("https://server.example.com/authorize"), &REQUEST).expect("a URL"),
        "https://server.example.com/authorize?response_type=code&client_id=s6BhdRkqt3\
         &redirect_uri=https%3A%2F%2Fclient.example.com%2Fcb&state=xyz\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    );
}

#[test]
fn everything_that_is_given_is_sent_and_nothing_else() {
    let parameters = extra("audience", "https://api.example.com/?a=b&c");
    let request = AuthorizationRequest {
        scope: "openid profile",
        nonce: Some("n-0S6_WzA2Mj"),
        resources: &["https://api.example.com"],
        prompt: Some("login"),
        login_hint: Some("jane+doe@example.com"),
        acr_values: Some("gold silver"),
        ui_locales: Some("de-CH fr"),
        max_age: Some(0),
        parameters: &parameters,
        ..REQUEST
    };
    let url = authorization_url(&metadata("https://server.example.com/authorize"), &request).expect("a URL");
    let sent = parse_form(url.split_once('?').expect("a query").1);
    let expected = [
        ("response_type", "code"),
        ("client_id", "s6BhdRkqt3"),
        ("redirect_uri", "https://client.example.com/cb"),
        ("scope", "openid profile"),
        ("state", "xyz"),
        ("nonce", "n-0S6_WzA2Mj"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("resource", "https://api.example.com"),
        ("prompt", "login"),
        ("login_hint", "jane+doe@example.com"),
        ("acr_values", "gold silver"),
        ("ui_locales", "de-CH fr"),
        ("max_age", "0"),
        ("audience", "https://api.example.com/?a=b&c"),
    ];
    assert_eq!(sent, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn a_query_of_the_endpoint_is_kept() {
    let url =
        authorization_url(&metadata("https://server.example.com/authorize?p=b2c_1_signin"), &REQUEST).expect("a URL");
    assert!(url.starts_with("https://server.example.com/authorize?p=b2c_1_signin&response_type=code&"), "{url}");
}

#[test]
fn no_parameter_is_sent_twice() {
    let parameters = extra("prompt", "consent");
    let endpoint = metadata("https://server.example.com/authorize");
    let general = authorization_url(&endpoint, &AuthorizationRequest { parameters: &parameters, ..REQUEST });
    assert!(general.expect("a URL").ends_with("&prompt=consent"));
    let special = AuthorizationRequest { prompt: Some("none"), parameters: &parameters, ..REQUEST };
    assert!(authorization_url(&endpoint, &special).expect("a URL").ends_with("&prompt=none"));
}

#[test]
fn parameters_that_a_check_depends_on_cannot_be_overridden() {
    for name in OWN_PARAMETERS {
        let parameters = extra(name, "x");
        let error = check_parameters(&parameters).expect_err(name);
        assert_eq!(error.code(), ErrorCode::InvalidOption);
        assert!(error.message().starts_with(&["parameters.", name, " "].concat()), "{error}");
        let request = AuthorizationRequest { parameters: &parameters, ..REQUEST };
        assert_eq!(authorization_url(&metadata("https://server.example.com/authorize"), &request), Err(error));
    }
    for name in ["audience", "prompt", "kc_idp_hint", "display", "State"] {
        assert_eq!(check_parameters(&extra(name, "x")), Ok(()), "{name}");
    }
}

#[test]
fn without_an_authorization_endpoint_there_is_nowhere_to_go() {
    let error = authorization_url(&Metadata::default(), &REQUEST).expect_err("no endpoint");
    assert_eq!(error.code(), ErrorCode::DiscoveryFailed);
}
