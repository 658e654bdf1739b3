use super::*;
use crate::testing::Endpoint;
use crate::url::ParseUrl;

fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Tab::parse_url(url, None).expect("a URL");
    let query = url.query.trim_start_matches('?').to_owned();
    crate::encoding::parse_form(&query).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

fn departure(fixture: &Fixture, options: SignInOptions) -> String {
    let tab = fixture.world.tab_at("https://app.example.com/deep/page?x=1#here");
    let client = fixture.create(&tab);
    let _leaving = tab.start(async move { client.sign_in(options).await });
    fixture.world.run(tab.departed())
}

#[test]
fn sends_the_user_with_everything_that_the_way_back_needs() {
    let fixture = Fixture::new();
    let url = departure(&fixture, SignInOptions::default());
    assert!(url.starts_with("https://as.example.com/authorize?"));
    assert_eq!(parameter(&url, "response_type").as_deref(), Some("code"));
    assert_eq!(parameter(&url, "code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(parameter(&url, "redirect_uri").as_deref(), Some("https://app.example.com/deep/page"));
    // The state ends with a word of six letters that says which client it is for.
    for (name, length) in [("state", 43 + "~".len() + 6), ("nonce", 43), ("code_challenge", 43)] {
        assert_eq!(parameter(&url, name).map(|value| value.len()), Some(length), "{name}");
    }
}

#[test]
fn two_sign_ins_share_nothing_that_could_be_guessed() {
    let fixture = Fixture::new();
    let (one, other) = (departure(&fixture, SignInOptions::default()), departure(&fixture, SignInOptions::default()));
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(parameter(&one, name), parameter(&other, name), "{name}");
    }
}

#[test]
fn asks_for_what_the_options_say() {
    let mut fixture = Fixture::with(|options| {
        options.scope = "openid email".to_owned();
        options.parameters = vec![("kc_idp_hint".into(), "x".into()), ("both".into(), "client".into())];
    });
    fixture.options.resources[0].audience = Some("https://api.example.com/".into());
    let url = departure(
        &fixture,
        SignInOptions {
            prompt: Some("login".into()),
            login_hint: Some("a@b.test".into()),
            acr_values: Some("gold silver".into()),
            max_age: Some(60),
            ui_locales: Some("de en".into()),
            parameters: vec![("both".into(), "call".into())],
            ..SignInOptions::default()
        },
    );
    for (name, value) in [
        ("scope", "openid email"),
        ("resource", "https://api.example.com/"),
        ("prompt", "login"),
        ("login_hint", "a@b.test"),
        ("acr_values", "gold silver"),
        ("max_age", "60"),
        ("ui_locales", "de en"),
        ("kc_idp_hint", "x"),
        ("both", "call"),
    ] {
        assert_eq!(parameter(&url, name).as_deref(), Some(value), "{name}");
    }
}

#[test]
fn comes_back_to_where_the_user_was_going() {
    let fixture = Fixture::new();
    let tab = fixture.world.tab_at("https://app.example.com/");
    let options = SignInOptions { return_to: Some("/orders?page=2#last".into()), ..SignInOptions::default() };
    let tab = fixture.visit_server(&tab, options);
    let client = fixture.create(&tab);
    assert_eq!(client.return_to().as_deref(), Some("https://app.example.com/orders?page=2#last"));
    assert_eq!(tab.url(), "https://app.example.com/");
}

#[test]
fn refuses_to_return_to_another_origin() {
    for url in [
        "https://evil.test/",
        "//evil.test/",
        "javascript:alert(1)",
        "https://app.example.com.evil.test/",
        "https://user@app.example.com/",
        "http://app.example.com/",
        "https://app.example.com:444/",
        "data:text/html,x",
        "blob:https://app.example.com/1",
        "\\\\evil.test",
    ] {
        let fixture = Fixture::new();
        let tab = fixture.world.tab();
        let client = fixture.create(&tab);
        let options = SignInOptions { return_to: Some(url.into()), ..SignInOptions::default() };
        let error = fixture.world.run(client.sign_in(options)).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidOption, "{url}");
        assert_eq!(tab.departure(), None);
    }
}

#[test]
fn parameters_that_the_client_owns_cannot_be_overridden() {
    for name in
        ["state", "nonce", "redirect_uri", "client_id", "code_challenge", "code_challenge_method", "response_type"]
    {
        let fixture = Fixture::with(|options| options.parameters = vec![(name.into(), "evil".into())]);
        assert_eq!(
            fixture.try_create(&fixture.world.tab()).map(|_| ()).map_err(|error| error.code()),
            Err(ErrorCode::InvalidOption),
            "{name}"
        );
        let fixture = Fixture::new();
        let client = fixture.create(&fixture.world.tab());
        let options = SignInOptions { parameters: vec![(name.into(), "evil".into())], ..SignInOptions::default() };
        assert_eq!(fixture.world.run(client.sign_in(options)).unwrap_err().code(), ErrorCode::InvalidOption, "{name}");
    }
}

#[test]
fn two_sign_ins_in_two_tabs_finish_in_either_order() {
    for first_comes_first in [true, false] {
        let fixture = Fixture::new();
        let one = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
        let other = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
        let (first, second) = if first_comes_first { (one, other) } else { (other, one) };
        for tab in [first, second] {
            let client = fixture.create(&tab);
            assert_eq!(client.error(), None);
            assert_eq!(fixture.call(&client), Ok(200));
        }
    }
}

#[test]
fn at_most_sixteen_sign_ins_wait_and_none_for_longer_than_an_hour() {
    let fixture = Fixture::new();
    let first = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    for _ in 0..20 {
        fixture.world.advance(1_000);
        fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    }
    let probe = fixture.world.tab();
    let waiting = || probe.stored(StorageKind::IndexedDb).keys().filter(|key| key.contains("sign-in")).count();
    assert_eq!(waiting(), 16);
    assert_eq!(fixture.create(&first).error().map(|error| error.code()), Some(ErrorCode::StateMismatch));
    fixture.world.advance(3_600_000);
    let late = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
    assert_eq!(waiting(), 1);
    fixture.world.advance(3_600_000);
    assert_eq!(fixture.create(&late).error().map(|error| error.code()), Some(ErrorCode::StateMismatch));
}

#[test]
fn discovers_once_a_day() {
    let fixture = Fixture::new();
    fixture.sign_in();
    fixture.sign_in();
    assert_eq!(fixture.server.request_count(Endpoint::Metadata), 1);
    fixture.world.advance(86_400_000);
    fixture.sign_in();
    assert_eq!(fixture.server.request_count(Endpoint::Metadata), 2);
}

#[test]
fn stale_metadata_serves_while_the_server_is_down() {
    let fixture = Fixture::new();
    fixture.sign_in();
    fixture.world.advance(86_400_000);
    fixture.server.answer_next(Endpoint::Metadata, crate::http::HttpResponse::new(503, ""));
    fixture.sign_in();
}

#[test]
fn given_metadata_needs_no_discovery() {
    for (issuer, named) in [(None, Some(ISSUER.to_owned())), (Some(ISSUER.into()), None)] {
        let fixture = Fixture::with(|options| {
            options.issuer = issuer;
            options.metadata = Some(crate::oauth::metadata::Metadata {
                issuer: named,
                authorization_endpoint: Some("https://as.example.com/authorize".into()),
                token_endpoint: Some("https://as.example.com/token".into()),
                jwks_uri: Some("https://as.example.com/jwks".into()),
                ..Default::default()
            });
        });
        fixture.sign_in();
        assert_eq!(fixture.server.request_count(Endpoint::Metadata), 0);
    }
}

#[test]
fn finds_metadata_by_rfc_8414_alone() {
    let fixture = Fixture::new();
    fixture.server.configure(|policy| {
        policy.has_openid_configuration = false;
        policy.has_oauth_metadata = true;
    });
    fixture.sign_in();
}

#[test]
fn the_way_back_costs_one_request_when_the_keys_are_remembered() {
    let fixture = Fixture::new();
    fixture.sign_in();
    let requests = || [Endpoint::Metadata, Endpoint::Jwks].map(|endpoint| fixture.server.request_count(endpoint));
    let before = requests();
    fixture.sign_in();
    assert_eq!(requests(), before);
}

#[test]
fn works_without_openid() {
    let fixture = Fixture::with(|options| options.scope = "api".to_owned());
    let (_, client) = fixture.sign_in();
    let session = client.session().unwrap();
    assert_eq!((&session.subject, &session.claims), (&None, &None));
    assert_eq!(fixture.server.request_count(Endpoint::Jwks), 0);
    assert_eq!(fixture.call(&client), Ok(200));
}
