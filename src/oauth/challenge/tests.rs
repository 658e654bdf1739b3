use super::*;

fn challenge(scheme: &str, parameters: &[(&str, &str)]) -> Challenge {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Challenge { scheme: scheme.to_owned(), parameters }
}

#[test]
fn reads_the_examples_of_rfc_9110_section_11_6_1() {
    let header = r#"Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\"""#;
    let expected = [
        challenge("Basic", &[("realm", "simple")]),
        challenge("Newauth", &[("realm", "apps"), ("type", "1"), ("title", r#"Login to "apps""#)]),
    ];
    assert_eq!(parse_challenges(header), expected);
}

#[test]
fn reads_the_examples_of_rfc_6750_section_3() {
    let header = r#"Bearer realm="example", error="invalid_token", error_description="The access token expired""#;
    let [bearer] = &parse_challenges(header)[..] else { panic!("one challenge") };
    assert!(bearer.is_scheme("bearer"));
    assert_eq!(bearer.parameter("error"), Some("invalid_token"));
    assert_eq!(bearer.parameter("error_description"), Some("The access token expired"));
    assert_eq!(bearer.parameter("scope"), None);
}

#[test]
fn reads_the_examples_of_rfc_9470_section_3() {
    let header = "Bearer error=\"insufficient_user_authentication\", \
                  error_description=\"A different authentication level is required\", acr_values=\"myACR\"";
    assert_eq!(parse_challenges(header)[0].parameter("acr_values"), Some("myACR"));
    let header = "Bearer error=\"insufficient_user_authentication\", \
                  error_description=\"More recent authentication is required\", max_age=\"5\"";
    assert_eq!(parse_challenges(header)[0].parameter("max_age"), Some("5"));
}

#[test]
fn reads_the_example_of_rfc_9449_section_9() {
    let header = "DPoP error=\"use_dpop_nonce\", error_description=\"Resource server requires nonce in DPoP proof\"";
    assert_eq!(parse_challenges(header)[0].parameter("error"), Some("use_dpop_nonce"));
}

#[test]
fn a_value_without_a_name_is_no_parameter_and_no_scheme() {
    for header in
        ["Negotiate YII/abc+d==, Bearer error=x", "Negotiate YIIabc, Bearer error=x", "Negotiate ,, Bearer error = x"]
    {
        assert_eq!(
            parse_challenges(header),
            [challenge("Negotiate", &[]), challenge("Bearer", &[("error", "x")])],
            "{header}"
        );
    }
}

#[test]
fn nothing_inside_quotes_is_a_challenge() {
    let header = r#"Bearer error_description="no, DPoP error=\"x\", Basic realm=y", scope="a b""#;
    let expected =
        challenge("Bearer", &[("error_description", r#"no, DPoP error="x", Basic realm=y"#), ("scope", "a b")]);
    assert_eq!(parse_challenges(header), [expected]);
}

#[test]
fn missing_quotes_cost_the_rest_of_the_value_and_nothing_else() {
    let header = "Bearer error=invalid_token, error_description=The token expired, Scope=read,resource_metadata=https://a.test/?b=c";
    let expected = [
        ("error", "invalid_token"),
        ("error_description", "The"),
        ("scope", "read"),
        ("resource_metadata", "https://a.test/?b=c"),
    ];
    assert_eq!(parse_challenges(header), [challenge("Bearer", &expected)]);
}

#[test]
fn the_first_of_two_equal_parameters_counts() {
    assert_eq!(parse_challenges("Bearer error=a, error=b")[0].parameter("error"), Some("a"));
}

#[test]
fn junk_is_no_challenge_and_no_panic() {
    for header in
        ["", " ", ",", ",,,", "=", "==\"", "\"", "\"\\", "realm=\"x\"", "\u{e4}\u{1f600}\0", "\"Bearer error=x\""]
    {
        assert_eq!(parse_challenges(header), [], "{header}");
    }
    for header in [
        "Bearer error=\"x",
        "Bearer error=\"x\\",
        "Bearer , error=x,",
        "Bearer\terror=x",
        "Bearer \u{e4}, error=\"x\"\u{e4}",
    ] {
        assert_eq!(parse_challenges(header), [challenge("Bearer", &[("error", "x")])], "{header}");
    }
    for junk in ["\"", "a", "=", ",", "\\", "a=\"\\"] {
        assert!(parse_challenges(&junk.repeat(200_000)).len() <= 1, "{junk}");
    }
}
