use super::super::Provider;
use super::*;
use crate::oauth::metadata::Metadata;
use crate::testing::Endpoint;

fn provider() -> Provider {
    Provider { name: "Shop".to_owned(), ..Provider::default() }
}

/// The options of an application that gives nothing but its preset and its name.
fn fixture(provider: Provider) -> Fixture {
    Fixture::with(|options| {
        options.issuer = None;
        options.resources = Vec::new();
        options.provider = Some(provider);
    })
}

fn refused(provider: Provider, change: impl FnOnce(&mut ClientOptions)) -> Option<Error> {
    let mut fixture = fixture(provider);
    change(&mut fixture.options);
    fixture.try_create(&fixture.world.tab()).err()
}

fn departure(fixture: &Fixture) -> String {
    let tab = fixture.world.tab();
    let client = fixture.create(&tab);
    let _leaving = tab.start(async move { client.sign_in(SignInOptions::default()).await });
    fixture.world.run(tab.departed())
}

#[test]
fn a_preset_stands_under_the_options() {
    let parameters = vec![("access_type".to_owned(), "offline".to_owned()), ("hd".to_owned(), "preset".to_owned())];
    let preset =
        Provider { issuer: Some(ISSUER.to_owned()), scope: Some("openid email".to_owned()), parameters, ..provider() };
    let url = departure(&fixture(preset.clone()));
    for part in ["https://as.example.com/authorize?", "scope=openid%20email", "access_type=offline", "hd=preset"] {
        assert!(url.replace('+', "%20").contains(part), "{part}: {url}");
    }
    let mut fixture = fixture(preset);
    fixture.options.scope = "openid address".to_owned();
    fixture.options.parameters = vec![("hd".to_owned(), "own".to_owned())];
    let url = departure(&fixture);
    for part in ["scope=openid%20address", "access_type=offline", "hd=own"] {
        assert!(url.replace('+', "%20").contains(part), "{part}: {url}");
    }
    assert!(!url.contains("preset"), "{url}");
}

#[test]
fn what_a_browser_alone_cannot_do_is_refused_at_once_with_the_reason_and_the_way_out() {
    let preset =
        Provider { issuer: Some(ISSUER.to_owned()), needs_server: Some("it wants a secret".to_owned()), ..provider() };
    let error = refused(preset.clone(), |_| {}).unwrap();
    assert_eq!(error.code(), ErrorCode::Unsupported);
    let message = error.message();
    assert!(message.starts_with("Shop: it wants a secret; ") && message.contains("createCookieClient"), "{message}");
    let own = Metadata { token_endpoint: Some("https://app.example.com/token".to_owned()), ..Metadata::default() };
    assert_eq!(refused(preset, |options| options.metadata = Some(own)), None);
}

#[test]
fn a_missing_issuer_is_told_with_what_it_looks_like() {
    let preset = Provider { issuer_form: Some("https://TENANT.shop.example/".to_owned()), ..provider() };
    let error = refused(preset.clone(), |_| {}).unwrap();
    assert_eq!(error.code(), ErrorCode::InvalidOption);
    assert!(error.message().contains("for Shop it is https://TENANT.shop.example/"), "{error}");
    assert_eq!(refused(preset, |options| options.issuer = Some(ISSUER.into())), None);
}

#[test]
fn an_audience_is_asked_for_by_the_providers_word_or_not_at_all() {
    let preset = |word: &str| Provider {
        issuer: Some(ISSUER.to_owned()),
        audience_parameter: Some(word.to_owned()),
        ..provider()
    };
    let resources = |audiences: &[&str]| {
        let resource = |(index, audience): (usize, &&str)| super::super::ResourceOption {
            url: format!("https://api{index}.example.com"),
            audience: Some((*audience).to_owned()),
            scope: None,
        };
        audiences.iter().enumerate().map(resource).collect::<Vec<_>>()
    };
    let mut fixture = fixture(preset("audience"));
    fixture.options.resources = resources(&["urn:api", "urn:api"]);
    let url = departure(&fixture);
    assert!(url.contains("audience=urn%3Aapi") && !url.contains("resource="), "{url}");
    for (word, audiences) in [("audience", ["urn:a", "urn:b"]), ("", ["urn:a", "urn:a"])] {
        let error = refused(preset(word), |options| options.resources = resources(&audiences)).unwrap();
        assert_eq!(error.code(), ErrorCode::InvalidOption);
    }
}

#[test]
fn a_server_of_many_tenants_is_known_by_the_tenant_in_its_tokens() {
    let template = "https://as.example.com/{tid}/v2.0";
    for (named, issuer, expected) in [
        ("https://as.example.com/a/v2.0", "https://as.example.com/a/v2.0", None),
        ("https://as.example.com/a/v2.0", "https://as.example.com/b/v2.0", Some(ErrorCode::ClaimInvalid)),
        ("https://evil.test/a/v2.0", "https://evil.test/a/v2.0", Some(ErrorCode::ClaimInvalid)),
    ] {
        let fixture = fixture(Provider {
            issuer: Some(ISSUER.to_owned()),
            issuer_template: Some(template.to_owned()),
            ..provider()
        });
        fixture.server.configure(|policy| policy.sends_issuer = false);
        fixture.server.rewrite_json(Endpoint::Metadata, |metadata| {
            metadata["issuer"] = "https://as.example.com/{tenantid}/v2.0".into();
        });
        let (named, issuer) = (named.to_owned(), issuer.to_owned());
        fixture.server.rewrite_id_token(move |draft| {
            draft.claims["iss"] = issuer.clone().into();
            draft.claims["tid"] = named.rsplit('/').nth(1).unwrap_or_default().into();
        });
        let tab = fixture.visit_server(&fixture.world.tab(), SignInOptions::default());
        let client = fixture.create(&tab);
        assert_eq!(client.error().map(|error| error.code()), expected);
        assert_eq!(client.session().is_some(), expected.is_none());
    }
}

#[test]
fn another_form_than_the_templates_is_another_issuer() {
    let fixture = fixture(Provider {
        issuer: Some(ISSUER.to_owned()),
        issuer_template: Some("https://as.example.com/{tid}/v2.0".to_owned()),
        ..provider()
    });
    fixture.server.rewrite_json(Endpoint::Metadata, |metadata| {
        metadata["issuer"] = "https://evil.test/{tenantid}/v2.0".into();
    });
    let tab = fixture.world.tab();
    let client = fixture.create(&tab);
    let error = fixture.world.run(client.sign_in(SignInOptions::default())).unwrap_err();
    assert_eq!(error.code(), ErrorCode::IssuerMismatch);
}

#[test]
fn a_sign_out_goes_by_the_providers_word() {
    let mut fixture = Fixture::new();
    fixture.options.provider = Some(Provider { sign_out_parameter: Some("logout_uri".to_owned()), ..provider() });
    fixture.options.post_logout_redirect_uri = Some("https://app.example.com/bye".to_owned());
    let (tab, client) = fixture.sign_in();
    let _leaving = tab.start(async move { client.sign_out(Default::default()).await });
    let url = fixture.world.run(tab.departed());
    assert!(url.contains("logout_uri=https%3A%2F%2Fapp.example.com%2Fbye"), "{url}");
    assert!(!url.contains("post_logout_redirect_uri"), "{url}");
}
