//! Closed clients of the other kinds.

use super::super::super::{ApiKeyClient, ApiKeyOptions, CookieClient, CookieOptions, PasswordClient, PasswordOptions};
use super::*;

fn code_of<T>(result: Result<T>) -> Option<ErrorCode> {
    result.err().map(|error| error.code())
}

#[test]
fn nothing_begins_in_a_closed_client_of_any_kind() {
    let scene = Scene::new();
    let (world, aborted) = (&scene.world, Some(ErrorCode::Aborted));
    let mut options = PasswordOptions { login_url: at("/login"), ..PasswordOptions::default() };
    options.common.resources = vec![at("/api").as_str().into()];
    let client = world.run(PasswordClient::create(world.tab(), options)).expect("options that work");
    world.run(client.sign_in(ada())).expect("a session");
    client.close();
    let sent = world.transmitted(BACKEND);
    assert_eq!(scene.call(client.fetch(me())), Err(ErrorCode::Aborted));
    assert_eq!(code_of(world.run(client.sign_in(ada()))), aborted);
    assert_eq!(code_of(world.run(client.access_token(None, false))), aborted);

    let key = ApiKeyOptions { key: Some("key-given".into()), ..ApiKeyOptions::default() };
    let client = world.run(ApiKeyClient::create(world.tab(), key)).expect("options that work");
    client.close();
    assert_eq!(code_of(client.set_key("key-next".into())), aborted);
    assert_eq!(scene.call(client.fetch(me())), Err(ErrorCode::Aborted));

    let cookie = CookieOptions { login_url: Some(at("/cookie/login")), ..CookieOptions::default() };
    let tab = world.tab();
    let client = world.run(CookieClient::create(tab.clone(), cookie)).expect("options that work");
    client.close();
    assert_eq!(code_of(world.run(client.sign_in(Some(ada())))), aborted);
    assert_eq!(code_of(world.run(client.sign_in(None))), aborted);
    assert_eq!(code_of(world.run(client.refresh())), aborted);
    assert_eq!((world.transmitted(BACKEND), tab.departure()), (sent, None));
}

#[test]
fn a_login_that_is_under_way_ends_as_it_would() {
    let scene = Scene::new();
    let tab = scene.world.tab();
    let options = PasswordOptions { login_url: at("/login"), ..PasswordOptions::default() };
    let client = scene.world.run(PasswordClient::create(tab.clone(), options.clone())).expect("options that work");
    scene.world.fail_next("/login", crate::testing::Fault::AnswerLate(300));
    let beginning = client.clone();
    let begun = tab.start(async move { beginning.sign_in(ada()).await.is_ok() });
    scene.world.advance(100);
    client.close();
    assert_eq!(scene.world.run(begun), Some(true));
    let next = scene.world.run(PasswordClient::create(tab.reload(), options)).expect("options that work");
    assert!(next.session().is_some());
}
