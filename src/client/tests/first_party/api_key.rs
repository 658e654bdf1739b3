mod stopped;

use super::super::super::{ApiKeyClient, ApiKeyOptions, Renew, SignOutOptions, StorageKind, TokenType};
use super::*;
use crate::error::Error;
use crate::testing::Fault;
use std::cell::Cell;

/// Where new keys come from.
#[derive(Clone, Default)]
struct Vendor {
    calls: Rc<Cell<u32>>,
    under_way: Rc<Cell<u32>>,
    most: Rc<Cell<u32>>,
    fails: Rc<Cell<bool>>,
}

impl Vendor {
    fn renew(&self, scene: &Scene, tab: &Tab) -> Renew {
        let (vendor, backend, tab) = (self.clone(), scene.backend.clone(), tab.clone());
        Rc::new(move || {
            let (vendor, backend, tab) = (vendor.clone(), backend.clone(), tab.clone());
            Box::pin(async move {
                use crate::client::platform::Clock;
                vendor.calls.set(vendor.calls.get() + 1);
                vendor.under_way.set(vendor.under_way.get() + 1);
                vendor.most.set(vendor.most.get().max(vendor.under_way.get()));
                tab.sleep(300).await;
                vendor.under_way.set(vendor.under_way.get() - 1);
                if vendor.fails.get() {
                    return Err(Error::new(ErrorCode::Network, "renew failed"));
                }
                let key = format!("key-number-{}", vendor.calls.get());
                backend.keys.replace([key.clone()].into());
                Ok(key.into())
            })
        })
    }
}

fn options() -> ApiKeyOptions {
    let mut options = ApiKeyOptions { key: Some("key-given".into()), ..ApiKeyOptions::default() };
    options.common.resources = vec![at("/key").as_str().into()];
    options
}

fn api() -> Call {
    Call::get(&at("/key/api"))
}

impl Scene {
    fn try_with_key(&self, tab: &Tab, options: ApiKeyOptions) -> Result<ApiKeyClient<Tab>> {
        self.world.run(ApiKeyClient::create_with_listener(tab.clone(), options, self.listener()))
    }

    /// Pages that ask this vendor for keys.
    fn with_vendor(&self, tabs: &[Tab; 2], vendor: &Vendor, options: ApiKeyOptions) -> [ApiKeyClient<Tab>; 2] {
        tabs.each_ref().map(|tab| {
            let renew = Some(vendor.renew(self, tab));
            self.with_key(tab, ApiKeyOptions { renew, ..options.clone() })
        })
    }

    fn with_key(&self, tab: &Tab, options: ApiKeyOptions) -> ApiKeyClient<Tab> {
        self.try_with_key(tab, options).expect("options that work")
    }

    fn accept(&self, key: &str) {
        self.backend.keys.replace([key.to_owned()].into());
    }
}

#[test]
fn a_given_key_is_a_session_and_goes_with_calls() {
    let scene = Scene::new();
    scene.accept("key-given");
    let client = scene.with_key(&scene.world.tab(), options());
    let session = client.session().unwrap();
    assert_eq!((session.token_type, session.expires_at, session.can_refresh), (TokenType::ApiKey, None, false));
    assert_eq!(scene.call(client.fetch(api())), Ok(200));
    assert_eq!(scene.backend.last_request("/key/api").header("x-api-key"), Some("key-given"));
    assert_eq!(scene.call(client.fetch(me())), Err(ErrorCode::UnlistedResource));
    assert_eq!(scene.told(), ["signedin"]);
}

#[test]
fn header_and_prefix_are_the_apis() {
    let scene = Scene::new();
    scene.accept("key-given");
    let mut options = options();
    (options.header, options.prefix) = ("Authorization".to_owned(), "ApiKey ".to_owned());
    let client = scene.with_key(&scene.world.tab(), options.clone());
    assert_eq!(scene.call(client.fetch(api())), Ok(200));
    assert_eq!(scene.backend.last_request("/key/api").header("authorization"), Some("ApiKey key-given"));
    for header in ["", "X API", "Cookie", "X-Key\n"] {
        let bad = ApiKeyOptions { header: header.to_owned(), ..options.clone() };
        let error = scene.try_with_key(&scene.world.tab(), bad).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidOption, "{header}");
    }
    for key in ["", " ", "key\nkey-secret", "schlüssel"] {
        let bad = ApiKeyOptions { key: Some(key.into()), ..options.clone() };
        let error = scene.try_with_key(&scene.world.tab(), bad).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidOption, "{key}");
        assert!(!error.message().contains("key-secret"));
    }
}

#[test]
fn any_number_of_refused_calls_in_any_tab_renews_once_and_all_are_repeated() {
    let scene = Scene::new();
    let vendor = Vendor::default();
    let tabs = [scene.world.tab(), scene.world.tab()];
    let clients = scene.with_vendor(&tabs, &vendor, options());
    scene.world.settle();
    let calls = clients.iter().flat_map(|client| (0..10).map(|_| client.fetch(api())));
    let answers = scene.world.run(futures_util::future::join_all(calls));
    assert!(answers.into_iter().all(|answer| answer.is_ok_and(|answer| answer.status == 200)));
    assert_eq!((vendor.calls.get(), vendor.most.get()), (1, 1));
    assert_eq!(scene.backend.last_request("/key/api").header("x-api-key"), Some("key-number-1"));
    assert!(scene.told().contains(&"refreshed"));
    // And it is the key of the next page, whatever the options still say.
    let next = scene.with_key(&tabs[0].reload(), options());
    assert_eq!(scene.call(next.fetch(api())), Ok(200));
}

#[test]
fn a_client_without_a_key_asks_for_one_when_it_needs_it() {
    let scene = Scene::new();
    let vendor = Vendor::default();
    let tab = scene.world.tab();
    let options = ApiKeyOptions { key: None, renew: Some(vendor.renew(&scene, &tab)), ..options() };
    let client = scene.with_key(&tab, options.clone());
    assert_eq!((client.session(), vendor.calls.get()), (None, 0));
    let calls = (0..5).map(|_| client.fetch(api()));
    let answers = scene.world.run(futures_util::future::join_all(calls));
    assert!(answers.into_iter().all(|answer| answer.is_ok_and(|answer| answer.status == 200)));
    assert_eq!(vendor.calls.get(), 1);
    // Signed out it stays, until there is another page or another key.
    scene.world.run(client.sign_out(SignOutOptions::default())).unwrap();
    assert_eq!(scene.call(client.fetch(api())), Err(ErrorCode::LoginRequired));
    assert_eq!(vendor.calls.get(), 1);
    let tab = tab.reload();
    let options = ApiKeyOptions { renew: Some(vendor.renew(&scene, &tab)), ..options };
    let next = scene.with_key(&tab, options);
    assert_eq!(scene.call(next.fetch(api())), Ok(200));
}

#[test]
fn tabs_without_a_key_ask_for_one_together() {
    let scene = Scene::new();
    let vendor = Vendor::default();
    let tabs = [scene.world.tab(), scene.world.tab()];
    let clients = scene.with_vendor(&tabs, &vendor, ApiKeyOptions { key: None, ..options() });
    let calls = clients.iter().flat_map(|client| (0..3).map(|_| client.fetch(api())));
    let answers = scene.world.run(futures_util::future::join_all(calls));
    assert!(answers.into_iter().all(|answer| answer.is_ok_and(|answer| answer.status == 200)));
    assert_eq!((vendor.calls.get(), vendor.most.get()), (1, 1));
}

#[test]
fn a_renew_that_fails_is_told_and_ends_nothing() {
    let scene = Scene::new();
    let vendor = Vendor::default();
    let tab = scene.world.tab();
    vendor.fails.set(true);
    let client = scene.with_key(&tab, ApiKeyOptions { renew: Some(vendor.renew(&scene, &tab)), ..options() });
    assert_eq!(scene.call(client.fetch(api())), Ok(401));
    assert!(client.session().is_some());
    assert_eq!(scene.told(), ["signedin", "refresherror"]);
    vendor.fails.set(false);
    scene.world.advance(10_000);
    assert_eq!(scene.call(client.fetch(api())), Ok(200));
    assert_eq!(client.error(), None);
}

#[test]
fn what_renew_gives_must_be_a_key() {
    let scene = Scene::new();
    let renew: Renew = Rc::new(|| Box::pin(async { Ok(" ".into()) }));
    let client = scene.with_key(&scene.world.tab(), ApiKeyOptions { key: None, renew: Some(renew), ..options() });
    assert_eq!(scene.call(client.fetch(api())), Err(ErrorCode::InvalidResponse));
}

#[test]
fn set_key_is_there_at_once_and_in_all_tabs() {
    let scene = Scene::new();
    let tabs = [scene.world.tab(), scene.world.tab()];
    let [client, other] = tabs.clone().map(|tab| scene.with_key(&tab, ApiKeyOptions { key: None, ..options() }));
    assert_eq!(scene.call(client.fetch(api())), Err(ErrorCode::LoginRequired));
    for key in ["key-first", "key-second"] {
        scene.accept(key);
        client.set_key(key.into()).unwrap();
        assert!(client.session().is_some());
        assert_eq!(scene.call(client.fetch(api())), Ok(200));
        scene.world.settle();
        assert_eq!(scene.call(other.fetch(api())), Ok(200), "{key}");
    }
    assert_eq!(client.set_key("a\nb".into()).unwrap_err().code(), ErrorCode::InvalidOption);
    assert!(stored(&tabs[0]).contains("key-second"));
    scene.world.run(client.sign_out(SignOutOptions::default())).unwrap();
    scene.world.settle();
    assert!(other.session().is_none() && !stored(&tabs[0]).contains("key-second"));
}

#[test]
fn a_key_that_was_deployed_anew_is_not_overruled_by_an_old_one() {
    let scene = Scene::new();
    let tab = scene.world.tab();
    scene.with_key(&tab, options()).set_key("key-of-before".into()).unwrap();
    scene.world.settle();
    scene.accept("key-deployed");
    let client = scene.with_key(&tab.reload(), ApiKeyOptions { key: Some("key-deployed".into()), ..options() });
    assert_eq!(scene.call(client.fetch(api())), Ok(200));
}

#[test]
fn with_memory_no_key_is_stored() {
    let scene = Scene::new();
    let tab = scene.world.tab();
    let mut options = options();
    options.common.storage = StorageKind::Memory;
    let client = scene.with_key(&tab, options);
    client.set_key("key-typed".into()).unwrap();
    scene.world.settle();
    assert!(!stored(&tab).contains("key-"));
}

#[test]
fn a_key_in_a_header_of_its_own_follows_no_redirect() {
    let scene = Scene::new();
    let mut options = options();
    options.common.resources = vec![BACKEND.into()];
    let client = scene.with_key(&scene.world.tab(), options);
    let call = Call::get(&at("/api/redirect"));
    assert_eq!(scene.call(client.fetch(call)), Err(ErrorCode::InvalidResponse));
}

#[test]
fn a_renewal_that_never_settles_is_not_waited_for() {
    let scene = Scene::new();
    let tab = scene.world.tab();
    let renew: Renew = Rc::new(|| Box::pin(std::future::pending()));
    for key in [Some("key-given".into()), None] {
        let client =
            scene.with_key(&tab, ApiKeyOptions { key: key.clone(), renew: Some(Rc::clone(&renew)), ..options() });
        let began = scene.world.now_ms();
        let answers = scene.world.run(futures_util::future::join_all((0..5).map(|_| client.fetch(api()))));
        assert!((9_000..12_000).contains(&(scene.world.now_ms() - began)));
        for answer in answers {
            // A key that was refused has an answer to hand out.
            let answer = answer.map(|answer| answer.status).map_err(code);
            assert_eq!(answer, if key.is_some() { Ok(401) } else { Err(ErrorCode::Timeout) });
        }
        assert_eq!(scene.told().iter().filter(|told| **told == "timeout").count(), usize::from(key.is_none()));
        client.close();
    }
}

#[test]
fn a_renewal_may_call_with_the_key_that_there_is_and_waits_for_none() {
    let scene = Scene::new();
    let tab = scene.world.tab();
    let own: Rc<std::cell::RefCell<Option<ApiKeyClient<Tab>>>> = Rc::default();
    let (client, backend) = (Rc::clone(&own), scene.backend.clone());
    let renew: Renew = Rc::new(move || {
        let (client, backend) = (Rc::clone(&client), backend.clone());
        Box::pin(async move {
            let call = client.borrow().as_ref().map(|client| client.fetch(api()));
            let status = match call {
                Some(call) => call
                    .await
                    .map_or_else(|failure| code(failure).as_str().to_owned(), |answer| answer.status.to_string()),
                None => String::new(),
            };
            backend.keys.replace(["key-next".to_owned()].into());
            if status == "401" {
                Ok("key-next".into())
            } else {
                Err(Error::new(ErrorCode::Internal, "the call waited"))
            }
        })
    });
    own.replace(Some(scene.with_key(&tab, ApiKeyOptions { renew: Some(renew), ..options() })));
    let client = own.borrow().clone().expect("a client");
    let began = scene.world.now_ms();
    assert_eq!(scene.call(client.fetch(api())), Ok(200));
    assert!(scene.world.now_ms() - began < 5_000);
    own.take();
}

#[test]
fn a_key_that_is_set_while_another_is_fetched_is_the_later_one() {
    let scene = Scene::new();
    let vendor = Vendor::default();
    let tabs = [scene.world.tab(), scene.world.tab()];
    let clients = scene.with_vendor(&tabs, &vendor, options());
    for (setting, key) in [(&clients[0], "key-set-here"), (&clients[1], "key-set-elsewhere")] {
        scene.accept("none");
        scene.world.advance(20_000);
        let client = clients[0].clone();
        let call = tabs[0].start(async move { client.fetch(api()).await.map(|answer| answer.status).map_err(code) });
        scene.world.advance(100);
        setting.set_key(key.into()).expect("a key");
        let _ = scene.world.run(call);
        scene.world.advance(1_000);
        scene.accept(key);
        for client in &clients {
            assert_eq!(scene.call(client.fetch(api())), Ok(200), "{key}");
            assert_eq!(scene.backend.last_request("/key/api").header("x-api-key"), Some(key));
        }
    }
}

#[test]
fn signing_out_while_the_first_key_is_fetched_holds() {
    let scene = Scene::new();
    let vendor = Vendor::default();
    let tab = scene.world.tab();
    let renew = Some(vendor.renew(&scene, &tab));
    let client = scene.with_key(&tab, ApiKeyOptions { key: None, renew, ..options() });
    let calling = client.clone();
    let call = tab.start(async move { calling.fetch(api()).await.map(|answer| answer.status).map_err(code) });
    scene.world.advance(100);
    scene.world.run(client.sign_out(SignOutOptions::default())).expect("signed out");
    let _ = scene.world.run(call);
    scene.world.advance(1_000);
    assert_eq!(client.session(), None);
    assert!(!stored(&tab).contains("key-number"));
}

#[test]
fn an_api_that_takes_what_was_renewed_for_it_is_served_again_at_once() {
    let scene = Scene::new();
    let vendor = Vendor::default();
    let tab = scene.world.tab();
    let client = scene.with_key(&tab, ApiKeyOptions { renew: Some(vendor.renew(&scene, &tab)), ..options() });
    for renewals in 1..4 {
        scene.accept("no key at all");
        assert_eq!((scene.call(client.fetch(api())), vendor.calls.get()), (Ok(200), renewals));
    }
}

#[test]
fn a_refused_key_is_renewed_once_in_ten_seconds_and_one_that_was_set_since_once_more() {
    let scene = Scene::new();
    let vendor = Vendor::default();
    let tab = scene.world.tab();
    let client = scene.with_key(&tab, ApiKeyOptions { renew: Some(vendor.renew(&scene, &tab)), ..options() });
    let refuse = |times| (0..times).for_each(|_| scene.world.fail_next("/key/api", Fault::status(401, None)));
    refuse(3);
    assert_eq!((scene.call(client.fetch(api())), vendor.calls.get()), (Ok(401), 1));
    assert_eq!((scene.call(client.fetch(api())), vendor.calls.get()), (Ok(401), 1));
    // It is not the renewed key that the API refuses now.
    client.set_key("key-mistyped".into()).expect("a key");
    refuse(2);
    assert_eq!((scene.call(client.fetch(api())), vendor.calls.get()), (Ok(401), 2));
    scene.world.advance(10_000);
    refuse(1);
    assert_eq!((scene.call(client.fetch(api())), vendor.calls.get()), (Ok(200), 3));
}

#[test]
fn a_key_that_is_set_while_the_first_is_fetched_is_the_later_one() {
    for is_elsewhere in [false, true] {
        let scene = Scene::new();
        let vendor = Vendor::default();
        let tabs = [scene.world.tab(), scene.world.tab()];
        let [client, other] = scene.with_vendor(&tabs, &vendor, ApiKeyOptions { key: None, ..options() });
        scene.world.fail_next("/key/api", crate::testing::Fault::status(200, None));
        let calling = client.clone();
        let call = tabs[0].start(async move { calling.fetch(api()).await.map(|answer| answer.status).map_err(code) });
        scene.world.advance(100);
        (if is_elsewhere { &other } else { &client }).set_key("key-set".into()).expect("a key");
        let _ = scene.world.run(call);
        scene.world.advance(1_000);
        scene.accept("key-set");
        for client in [&client, &other] {
            assert_eq!(scene.call(client.fetch(api())), Ok(200));
            assert_eq!(scene.backend.last_request("/key/api").header("x-api-key"), Some("key-set"));
        }
    }
}
