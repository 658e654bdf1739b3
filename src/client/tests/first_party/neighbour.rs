use super::super::super::{ApiKeyClient, ApiKeyOptions, Client, ClientOptions, PasswordClient, PasswordOptions};
use super::*;

fn key(resource: &str) -> ApiKeyOptions {
    let mut options = ApiKeyOptions { key: Some("key-given".into()), ..ApiKeyOptions::default() };
    options.common.resources = vec![resource.into()];
    options
}

fn oauth(resource: &str) -> ClientOptions {
    ClientOptions {
        issuer: Some("https://as.example.com".into()),
        client_id: "app".to_owned(),
        resources: vec![resource.into()],
        ..ClientOptions::default()
    }
}

#[test]
fn clients_of_one_page_have_places_of_their_own() {
    let scene = Scene::new();
    let tab = scene.world.tab();
    let client = scene.world.run(Client::create(tab.clone(), oauth("https://api.example.com/v1"))).unwrap();
    for (resource, is_free) in [
        ("https://api.example.com/v1", false),
        ("https://api.example.com/v1/", false),
        ("https://api.example.com/v1/orders", false),
        ("https://api.example.com", false),
        ("https://api.example.com/v10", true),
        ("https://api.example.com/v2", true),
        ("https://api.example.com:8443/v1", true),
    ] {
        let created = scene.world.run(ApiKeyClient::create(tab.clone(), key(resource)));
        match created {
            Ok(neighbour) => {
                assert!(is_free, "{resource}");
                neighbour.close();
            }
            Err(error) => {
                assert_eq!((error.code(), is_free), (ErrorCode::InvalidOption, false), "{resource}");
            }
        }
    }
    // In another tab, and once the first is closed, the place is free.
    scene.world.run(ApiKeyClient::create(scene.world.tab(), key("https://api.example.com/v1"))).unwrap();
    client.close();
    scene.world.run(ApiKeyClient::create(tab, key("https://api.example.com/v1"))).unwrap();
}

#[test]
fn two_clients_of_one_name_are_the_same_client_twice() {
    let scene = Scene::new();
    let tab = scene.world.tab();
    let first = scene.world.run(Client::create(tab.clone(), oauth("https://api.example.com/v1"))).unwrap();
    scene.world.run(Client::create(tab, oauth("https://api.example.com/"))).unwrap();
    assert!(first.session().is_none());
}

#[test]
fn several_clients_of_one_page_keep_out_of_each_others_way() {
    let scene = Scene::new();
    scene.backend.keys.replace(["key-given".to_owned()].into());
    let tab = scene.world.tab();
    let api_key = scene.world.run(ApiKeyClient::create(tab.clone(), key(&at("/key")))).unwrap();
    let mut options = PasswordOptions { login_url: at("/login"), ..PasswordOptions::default() };
    options.common.resources = vec![at("/api").as_str().into()];
    let password = scene.world.run(PasswordClient::create(tab.clone(), options)).unwrap();
    let oauth = scene.world.run(Client::create(tab, oauth("https://api.example.com/"))).unwrap();
    scene.world.run(password.sign_in(ada())).unwrap();
    scene.world.settle();
    assert_eq!(scene.call(api_key.fetch(Call::get(&at("/key/api")))), Ok(200));
    assert_eq!(scene.call(password.fetch(me())), Ok(200));
    assert_eq!(scene.call(api_key.fetch(me())), Err(ErrorCode::UnlistedResource));
    assert_eq!(scene.backend.last_request("/api/me").header("x-api-key"), None);
    assert_eq!(scene.backend.last_request("/key/api").header("authorization"), None);
    assert!(oauth.session().is_none());
    scene.world.run(password.sign_out(super::super::super::SignOutOptions::default())).unwrap();
    assert!(api_key.session().is_some());
}
