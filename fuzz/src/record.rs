//! The stored session: whatever is in the store, a client starts, and if it finds a session there, it is the one that was
//! written. Nothing else in the store ends a session or keeps it from being renewed, but for the mark that it has ended.
//!
//! The first line of an input is a key, the rest is the value under it; behind a zero byte, an input is changes to the session
//! that a client has written.

use crate::input::{self, SECRET, is_same};
use arbitrary::{Arbitrary, Unstructured};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::OnceLock;
use tessera_auth::client::TokenType;
use tessera_auth::client::platform::Crypto;
use tessera_auth::client::{Client, ClientOptions, Event, Session, StorageKind};
use tessera_auth::encoding::base64url;
use tessera_auth::http::HttpResponse;
use tessera_auth::jwt::Hash;
use tessera_auth::oauth::metadata::Metadata;
use tessera_auth::testing::{AuthorizationServer, Call, StorageFault, Tab, World};
use url::form_urlencoded;

const ISSUER: &str = "https://as.test";
const API: &str = "https://api.test";
const PAGE: &str = "https://app.example.com/";
const PREFIX: &str = "tessera app ";
const KEY: &str = "tessera app session";
const STORE: StorageKind = StorageKind::Local;

type Fields = BTreeMap<String, String>;

/// The target.
pub fn check(data: &[u8]) {
    match data {
        [0, rest @ ..] => {
            if let Ok(changes) = Vec::arbitrary(&mut Unstructured::new(rest)) {
                check_changed(&changes);
            }
        }
        _ => {
            let text = input::text(data);
            match input::lines(&text) {
                (["session"], value) => check_stored(value),
                ([key], value) => check_beside(key, value),
            }
        }
    }
}

/// What happens to one field of a record.
#[derive(Arbitrary, Debug)]
struct Change {
    field: u8,
    to: Value,
}

#[derive(Arbitrary, Debug)]
enum Value {
    Missing,
    Number(i64),
    Text(String),
    Secret,
}

/// A record of this very client, some of its fields changed: it is read as it is written.
fn check_changed(changes: &[Change]) {
    let mut fields: Vec<(String, String)> = form_urlencoded::parse(record().as_bytes()).into_owned().collect();
    for Change { field, to } in changes.iter().take(8) {
        let index = usize::from(*field) % fields.len();
        match to {
            Value::Missing if fields.len() > 1 => drop(fields.remove(index)),
            Value::Missing => {}
            Value::Number(number) => fields[index].1 = number.to_string(),
            Value::Text(text) => fields[index].1.clone_from(text),
            Value::Secret => fields[index].1 = SECRET.to_owned(),
        }
    }
    check_stored(&form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish());
}

/// What a client writes when a user signs in.
fn record() -> &'static str {
    static RECORD: OnceLock<String> = OnceLock::new();
    RECORD.get_or_init(|| {
        let world = World::new(1);
        let server = AuthorizationServer::start(&world, ISSUER);
        let options = ClientOptions { metadata: None, verify_signature: false, ..options() };
        let tab = world.tab();
        let client = world.run(Client::create(tab.clone(), options.clone())).expect("a client");
        let _leaving = tab.start(async move { client.sign_in(Default::default()).await });
        world.run(tab.departed());
        let tab = tab.follow(&server);
        let client = world.run(Client::create(tab.clone(), options)).expect("a client");
        assert!(client.session().is_some(), "{:?}", client.error());
        tab.stored(STORE).remove(KEY).expect("a record")
    })
}

/// Gives a browser a session.
pub(crate) fn plant(tab: &Tab) {
    let mut fields: Vec<(String, String)> = form_urlencoded::parse(record().as_bytes()).into_owned().collect();
    // One that lasts: who uses it is not about renewal.
    fields.retain(|(name, _)| name != "expires_at");
    tab.plant(STORE, KEY, &form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish());
}

/// What the clients here are told.
pub(crate) fn options() -> ClientOptions {
    let at = |path: &str| Some([ISSUER, path].concat());
    ClientOptions {
        issuer: Some(ISSUER.into()),
        metadata: Some(Metadata {
            authorization_endpoint: at("/authorize"),
            token_endpoint: at("/token"),
            jwks_uri: at("/jwks"),
            ..Metadata::default()
        }),
        client_id: "app".to_owned(),
        resources: vec![API.into()],
        storage: STORE,
        name: Some("app".to_owned()),
        ..ClientOptions::default()
    }
}

/// A browser with this value in its store.
struct Browser {
    world: World,
    tab: Tab,
    told: Rc<RefCell<String>>,
}

impl Browser {
    fn new(text: &str, page: &str) -> Self {
        let world = World::new(1);
        world.serve(API, |_| HttpResponse::new(200, "{}"));
        world.serve(ISSUER, |_| HttpResponse::new(503, ""));
        // A secret goes to the one who made it or to the one it was made for.
        world.plan_faults(|request| {
            let authorization = request.header("authorization");
            assert!(authorization.is_none() || request.url.origin == API, "{}", request.url.href);
            assert!(!request.body.contains(SECRET) || request.url.origin == ISSUER, "{}", request.url.href);
            assert!(!request.url.href.contains(SECRET), "{}", request.url.href);
            None
        });
        let tab = world.tab_at(page);
        tab.plant(STORE, KEY, text);
        Self { world, tab, told: Rc::default() }
    }

    fn open(&self) -> Client<Tab> {
        let told = Rc::clone(&self.told);
        let listener = Rc::new(move |event: &Event| {
            if !matches!(event, Event::SignedIn(_) | Event::Refreshed(_)) {
                told.borrow_mut().push_str(&format!("{event:?}"));
            }
        });
        let tab = self.tab.reload();
        self.world.run(Client::create_with_listener(tab, options(), Some(listener))).expect("a client")
    }

    fn stored(&self) -> Option<String> {
        self.tab.stored(STORE).remove(KEY)
    }

    /// What a client writes that finds its record unreadable: what it has itself.
    fn rewritten(&self, client: &Client<Tab>) -> Option<String> {
        self.world.break_storage(STORE, Some(StorageFault::Corrupt));
        client.platform().show();
        self.world.settle();
        self.world.break_storage(STORE, None);
        self.stored()
    }
}

fn check_stored(text: &str) {
    let browser = Browser::new(text, PAGE);
    let client = browser.open();
    match client.session() {
        Some(session) => check_session(&browser, &client, &session, &fields(text)),
        None => {
            assert_eq!(browser.stored(), None, "what is no use is not kept");
            let answer = browser.world.run(client.fetch(Call::get(API)));
            assert!(answer.is_err(), "nobody is signed in");
        }
    }
    browser.world.advance(2_000);
    assert!(!browser.told.borrow().contains(SECRET), "{}", browser.told.borrow());
}

/// A session whose access token has just expired, and any value under another key.
fn check_beside(key: &str, value: &str) {
    /// No pause is longer.
    const HOURS: u64 = 3;
    let mut fields = fields(record());
    let now = World::new(1).now().0;
    fields.insert("issued_at".to_owned(), (now - 3_600).to_string());
    fields.insert("expires_at".to_owned(), now.to_string());
    fields.insert("refresh_token".to_owned(), SECRET.to_owned());
    let stored = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    // A sign-in that is under way is read when its answer comes.
    let state = key.strip_prefix("sign-in ");
    let page = state.map_or(PAGE.to_owned(), |state| {
        form_urlencoded::Serializer::for_suffix([PAGE, "?"].concat(), PAGE.len() + 1)
            .extend_pairs([("code", SECRET), ("state", state), ("iss", ISSUER)])
            .finish()
    });
    let browser = Browser::new(&stored, &page);
    let digest = browser.world.run(browser.tab.digest(Hash::Sha256, SECRET.as_bytes())).expect("a digest");
    let value = value.replace("$DIGEST", &base64url(&digest)).replace("$FAMILY", &fields["family"]);
    let has_ended = key == "ended" && value.split(' ').any(|ended| ended == fields["family"]);
    for kind in [STORE, StorageKind::Session] {
        browser.tab.plant(kind, &[PREFIX, key].concat(), &value);
    }
    browser.world.serve(ISSUER, |_| HttpResponse::new(200, r#"{"access_token":"next","expires_in":86400}"#));
    let client = browser.open();
    assert!(!client.platform().url().contains(SECRET), "{}", client.platform().url());
    let is_answered = || browser.world.run(client.fetch(Call::get(API))).is_ok();
    for _ in 0..HOURS * 6 {
        if has_ended || is_answered() {
            break;
        }
        browser.world.advance(600_000);
    }
    assert!(has_ended || client.session().is_some(), "{key} {value}");
    assert!(has_ended || is_answered(), "{key} {value}");
    assert!(!browser.told.borrow().contains(SECRET), "{}", browser.told.borrow());
}

fn check_session(browser: &Browser, client: &Client<Tab>, session: &Session, fields: &Fields) {
    let text = |name: &str| fields.get(name).map(String::as_str);
    let number = |name: &str| fields.get(name).and_then(|value| value.parse::<i64>().ok());
    for (read, name) in
        [(&session.subject, "subject"), (&session.claims, "claims"), (&Some(session.scope.clone()), "scope")]
    {
        assert_eq!(read.is_some(), text(name).is_some(), "{name}");
        assert!(is_same(read.as_deref().unwrap_or_default(), text(name).unwrap_or_default()), "{name} is {read:?}");
    }
    assert_eq!(Some(session.token_type), text("token_type").and_then(TokenType::from_name));
    assert_eq!(session.expires_at.map(|time| time.0), number("expires_at"));
    assert_eq!(session.can_refresh, fields.contains_key("refresh_token"));
    assert_eq!(Some(session.signed_in_at.0), number("signed_in_at"));
    assert_eq!(text("owner"), Some("https://as.test app"));
    assert!(!format!("{client:?}").contains(SECRET));

    let Some(written) = browser.rewritten(client) else { return };
    let pairs: Vec<(String, String)> = form_urlencoded::parse(written.as_bytes()).into_owned().collect();
    assert_eq!(form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish(), written);
    assert_eq!(self::fields(&written).len(), pairs.len(), "a field is written twice");
    // Only that it was stored again is new.
    for (name, value) in pairs.into_iter().filter(|(name, _)| name != "restored") {
        let is_kept = text(&name).is_some_and(|text| is_same(&value, text))
            || number(&name).is_some_and(|number| value.parse() == Ok(number))
            || (name == "token_type" && text(&name).is_some_and(|other| other.eq_ignore_ascii_case(&value)));
        assert!(is_kept, "{name} was {:?} and is {value:?}", text(&name));
    }
    let next = browser.open();
    if let Some(again) = next.session() {
        assert_eq!(*again, *session);
        assert_eq!(browser.rewritten(&next).as_deref(), Some(written.as_str()));
    }
}

/// The fields of a form; of one given twice the first counts.
fn fields(text: &str) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()).into_owned() {
        fields.entry(name).or_insert(value);
    }
    fields
}
