//! Where a credential may go: what [`Resource::covers`] accepts has the allowed origin, and a path under the allowed one, whoever
//! parses it.
//!
//! The parser that ships is the browser's; what is the crate's own is which parts it compares, and how it reads a path. So every
//! input goes through two parsers of the URL standard, and what is accepted with the parts of the one is looked at with the other,
//! with the older grammar of RFC 3986, and with the eyes of servers that decode paths in ways of their own.
//!
//! The first line is a resource, the rest is the URL of a call; behind a zero byte, both are made of parts that are apt to be
//! misread.

mod draft;

use crate::input;
use crate::record;
use crate::view::{Ada, PARSERS, Parse, is_secure, rfc_3986};
use arbitrary::{Arbitrary, Unstructured};
use draft::Draft;
use percent_encoding::percent_decode_str;
use std::cell::RefCell;
use std::rc::Rc;
use tessera_auth::ErrorCode;
use tessera_auth::client::{Client, ClientOptions, Failure};
use tessera_auth::http::HttpResponse;
use tessera_auth::testing::{Call, Tab, World};
use tessera_auth::url::{ParseUrl, Resource, Url};

/// The page that relative URLs begin at.
const PAGE: &str = "https://app.example.com/a/";

/// The target.
pub fn check(data: &[u8]) {
    match data {
        [0, rest @ ..] => {
            if let Ok(draft) = Draft::arbitrary(&mut Unstructured::new(rest)) {
                check_pair(&draft.resource(), &draft.call());
            }
        }
        _ => {
            let text = input::text(data);
            let ([resource], call) = input::lines(&text);
            check_pair(resource, call);
        }
    }
}

fn check_pair(resource: &str, call: &str) {
    let answers = PARSERS.map(|parse| {
        let listed = Listed::new(parse(resource, Some(PAGE))?, parse)?;
        // What is compared is the URL of the request that the call has become, not what the caller has written.
        let sent = parse(&parse(call, Some(PAGE))?.href, None)?;
        let is_covered = listed.resource.covers(&sent);
        if is_covered {
            listed.check_sent(&sent);
            assert_eq!(parse(&sent.href, None).as_ref(), Some(&sent), "the URL changes when it is parsed again");
        }
        Some(is_covered)
    });
    // A parser that knows a host name which the other one does not know is no finding.
    if let [Some(one), Some(other)] = answers {
        assert_eq!(one, other, "{resource} {call}");
    }
    Sender::with(|sender| sender.check(call));
}

/// An entry of the allowlist, and its URL.
struct Listed {
    url: Url,
    resource: Resource,
}

impl Listed {
    fn new(url: Url, parse: Parse) -> Option<Self> {
        match Resource::new(url.clone(), "resources[0]") {
            Ok(resource) => {
                assert!(is_secure(&url) && !url.has_credentials, "{}", url.href);
                let listed = Self { url, resource };
                listed.check_itself(parse);
                Some(listed)
            }
            Err(error) => {
                input::assert_error(&error, &[ErrorCode::InsecureUrl, ErrorCode::InvalidOption]);
                None
            }
        }
    }

    /// What is listed is covered, and what is below it.
    fn check_itself(&self, parse: Parse) {
        for below in ["", "/", "/x", "/x/../y?z#q"] {
            let text = [self.url.href.trim_end_matches('/'), below].concat();
            let url = parse(&text, None).expect("a URL");
            assert!(self.resource.covers(&url), "{text}");
        }
    }

    /// Scheme, host, port and path are the allowed ones, whoever looks.
    fn check_sent(&self, sent: &Url) {
        for parse in PARSERS {
            // Who does not know the host of the allowed URL cannot say what else is there.
            let Some(listed) = parse(&self.url.href, None) else { continue };
            let seen = parse(&sent.href, None).unwrap_or_else(|| panic!("no URL: {}", sent.href));
            assert_eq!(seen.origin, listed.origin, "{}", sent.href);
            assert!(seen.origin != "null" && is_secure(&seen) && !seen.has_credentials, "{}", sent.href);
            assert!(is_below(&seen.path, &listed.path), "{}", sent.href);
        }
        let ((scheme, authority, path), listed) = (rfc_3986(&sent.href), rfc_3986(&self.url.href));
        assert_eq!((scheme, authority), (listed.0, listed.1), "{}", sent.href);
        assert!(!authority.contains('@') && is_below(path, listed.2), "{}", sent.href);
        // The whole origin is the whole origin.
        if !self.url.path.trim_end_matches('/').is_empty() {
            let decoded = (0..8).fold(path.to_owned(), |path, _| percent_decode(&path));
            assert_eq!(percent_decode(&decoded), decoded, "nobody knows what this is: {}", sent.href);
            for read in SERVERS {
                assert!(is_below(&read(path), &read(&self.url.path)), "{} may be read as {}", sent.href, read(path));
            }
        }
    }
}

/// Whether a path lies under another by whole segments.
fn is_below(path: &str, prefix: &str) -> bool {
    let segments: Vec<&str> = path.split('/').collect();
    let prefix: Vec<&str> = prefix.trim_end_matches('/').split('/').collect();
    segments.starts_with(&prefix)
}

/// What servers are known to make of a path before they look at it.
const SERVERS: [fn(&str) -> String; 6] = [
    |path| without_dots(path),
    |path| without_dots(&percent_decode(path)),
    |path| without_dots(&percent_decode(&percent_decode(path))),
    |path| without_dots(&percent_decode(path).replace('\\', "/")),
    |path| without_dots(&without_parameters(path)),
    |path| without_dots(&percent_decode(&without_parameters(&percent_decode(path)))),
];

fn percent_decode(path: &str) -> String {
    percent_decode_str(path).decode_utf8_lossy().into_owned()
}

/// `/v1;a=b/x;c` as `/v1/x` (RFC 3986 §3.3).
fn without_parameters(path: &str) -> String {
    let segments: Vec<&str> = path.split('/').map(|segment| segment.split(';').next().unwrap_or_default()).collect();
    segments.join("/")
}

/// RFC 3986 §5.2.4.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "." => {}
            ".." => drop((kept.len() > 1).then(|| kept.pop())),
            _ => kept.push(segment),
        }
    }
    kept.join("/")
}

/// What a client with a session sends, as the network sees it.
struct Sender {
    world: World,
    client: Client<Tab>,
    sent: Rc<RefCell<Vec<String>>>,
}

/// A path, a whole origin, a port, an address, and a name that is not ASCII.
const LISTED: [&str; 5] = [
    "https://api.example.com/v1",
    "https://files.example.com",
    "https://api.example.com:8443/v2/",
    "http://[::1]:3000/api",
    "https://b\u{fc}cher.example/v1",
];

impl Sender {
    /// One for all inputs: what a call leaves behind in it is nothing that another call sees.
    fn with(look: impl FnOnce(&Self)) {
        thread_local!(static SENDER: Sender = Sender::new());
        SENDER.with(look);
    }

    fn new() -> Self {
        let world = World::new(1);
        world.set_latency(0);
        let sent = Rc::<RefCell<Vec<String>>>::default();
        let seen = Rc::clone(&sent);
        world.plan_faults(move |request| {
            seen.borrow_mut().extend(request.header("authorization").map(|_| request.url.href.clone()));
            None
        });
        for listed in LISTED {
            world.serve(listed, |_| HttpResponse::new(200, "{}"));
        }
        let tab = world.tab_at(PAGE);
        record::plant(&tab);
        let options = ClientOptions { resources: LISTED.map(Into::into).to_vec(), ..record::options() };
        let client = world.run(Client::create(tab, options)).expect("a client");
        Self { world, client, sent }
    }

    fn check(&self, call: &str) {
        let outcome = self.world.run(self.client.fetch(Call::get(call)));
        let sent = self.sent.take();
        let is_listed = |url: &str| {
            let sent = Ada::parse_url(url, None).expect("a URL");
            LISTED.iter().any(|listed| {
                let listed = Ada::parse_url(listed, None).expect("a URL");
                sent.origin == listed.origin && is_below(&sent.path, &listed.path) && !sent.has_credentials
            })
        };
        assert!(sent.iter().all(|url| is_listed(url)), "{sent:?}");
        match outcome {
            Ok(_) => assert_eq!(sent.len(), 1),
            Err(Failure::Error(error)) => {
                input::assert_error(&error, &[ErrorCode::UnlistedResource]);
                assert!(sent.is_empty(), "{sent:?}");
            }
            Err(Failure::GivenUp(reason)) => panic!("given up: {reason}"),
        }
    }
}
