//! The smaller module: what it does not have is `unsupported`, before anything has begun, so that the other one can do it.

use super::*;
use crate::testing::Endpoint;

fn refused(options: ClientOptions) -> Option<ErrorCode> {
    let fixture = Fixture::with(|all| *all = options);
    fixture.try_create(&fixture.world.tab()).err().map(|error| error.code())
}

fn options() -> ClientOptions {
    Fixture::new().options.clone()
}

#[test]
fn options_for_the_other_module_are_unsupported() {
    let resource = |name: &str| crate::client::ResourceOption { audience: Some(name.into()), ..API.into() };
    assert_eq!(refused(ClientOptions { dpop: true, ..options() }), Some(ErrorCode::Unsupported));
    assert_eq!(refused(ClientOptions { par: Some(true), ..options() }), Some(ErrorCode::Unsupported));
    let resources = vec![resource("a"), resource("b")];
    assert_eq!(refused(ClientOptions { resources, ..options() }), Some(ErrorCode::Unsupported));
    let resources = vec![resource("a"), resource("a")];
    assert_eq!(refused(ClientOptions { par: Some(false), resources, ..options() }), None);
}

#[test]
fn a_sign_in_for_the_other_module_has_not_failed() {
    let details = SignInOptions { authorization_details: Some("[]".into()), ..SignInOptions::default() };
    let popup = SignInOptions { mode: crate::client::SignInMode::Popup, ..SignInOptions::default() };
    for (options, requires) in [(SignInOptions::default(), true), (details, false), (popup, false)] {
        let fixture = Fixture::new();
        fixture.server.configure(|policy| {
            policy.has_pushed_requests = requires;
            policy.requires_pushed_requests = requires;
        });
        let tab = fixture.world.tab();
        let client = fixture.create(&tab);
        let error = fixture.world.run(client.sign_in(options)).expect_err("not in this module");
        assert_eq!(error.code(), ErrorCode::Unsupported);
        assert_eq!((client.error(), tab.departure(), fixture.told()), (None, None, vec![]));
        assert_eq!(fixture.server.request_count(Endpoint::PushedRequest), 0);
        assert!(tab.stored(StorageKind::IndexedDb).keys().all(|key| !key.contains("sign-in")));
    }
}
