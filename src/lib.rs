//! Sign in, stay signed in, call the API: the browser side of OAuth 2.0 and OpenID Connect.
//!
//! In a Rust frontend, make a [`client::Client`] on the `browser::Browser` that this crate has for wasm32:
//! `Client::create(Browser::new(), options)`. [`client::ClientOptions`] says what it wants to know, the methods of the client
//! what it does: [`sign_in`](client::Client::sign_in), [`session`](client::Client::session),
//! [`fetch`](client::Client::fetch), [`access_token`](client::Client::access_token),
//! [`sign_out`](client::Client::sign_out). Every failure is an [`Error`] whose [`ErrorCode`] is stable and whose
//! [`message`](Error::message) says what to do.
//!
//! # The rows
//!
//! Dependencies point one way: a module uses those above it and none below.
//!
//! | module | what it is |
//! |---|---|
//! | [`error`], [`secret`], [`time`], [`url`], [`encoding`], [`http`], [`json`] | the vocabulary: what everything else is said in |
//! | [`jwt`] | tokens as data: decode, claims, which key |
//! | [`oauth`] | the protocol as pure functions: one step of a specification, a pair of request and response |
//! | [`credential`] | the same for what is not OAuth: a first party's login, a cookie, a key |
//! | [`client`] | the flows, generic over a [`client::Platform`]; the one module that most applications need |
//! | `testing` | a platform for tests: a browser, a network and a server in a box (feature `testing`) |
//! | `browser` | the platform on web APIs (wasm32 only) |
//! | `js` | the exports of the npm package (wasm32, features `js` and `credentials`) |
//!
//! [`jwt`] and [`oauth`] can be used by themselves. They wait for nothing, and time, randomness and parsed JSON are arguments:
//!
//! ```
//! use tessera_auth::oauth::challenge::parse_challenges;
//! use tessera_auth::oauth::pkce::{Verifier, challenge};
//!
//! let verifier = Verifier::from_random([7; 32]); // 32 bytes that nobody can guess
//! assert_eq!(verifier.secret().expose().len(), 43);
//! # let sha256 = [0; 32];
//! let _sent_to_the_server = challenge(&sha256); // of the verifier, by whatever SHA-256 you have
//!
//! let header = r#"Bearer realm="api", error="invalid_token""#;
//! let refusals = parse_challenges(header);
//! assert_eq!(refusals[0].parameter("error"), Some("invalid_token"));
//! ```
//!
//! # A session, in a world in a box
//!
//! What a client does in a browser it does in `testing::World` too: with virtual time, and with a server that does what it is
//! told. This is how this crate is tested, and how what you build on it can be.
//!
//! ```
//! use tessera_auth::ErrorCode;
//! use tessera_auth::client::{Client, ClientOptions, Failure, SignInOptions, SignOutOptions};
//! use tessera_auth::testing::{Api, AuthorizationServer, Call, World};
//!
//! let world = World::new(1);
//! let server = AuthorizationServer::start(&world, "https://id.example.com");
//! let api = Api::start(&world, &server, "https://api.example.com");
//! let options = ClientOptions {
//!     issuer: Some("https://id.example.com".into()),
//!     client_id: "app".to_owned(),
//!     resources: vec!["https://api.example.com/v1".into()],
//!     ..ClientOptions::default()
//! };
//!
//! // Nobody is signed in yet. The page is left for the server's, and the user comes back with an answer in the URL.
//! let tab = world.tab();
//! let client = world.run(Client::create(tab.clone(), options.clone()))?;
//! assert!(client.session().is_none());
//! let _leaving = tab.start(async move { client.sign_in(SignInOptions::default()).await });
//! world.run(tab.departed());
//! let tab = tab.follow(&server);
//! let client = world.run(Client::create(tab.clone(), options.clone()))?;
//! assert_eq!(tab.url(), "https://app.example.com/");
//! assert_eq!(client.session().and_then(|session| session.subject.clone()).as_deref(), Some("alice"));
//!
//! // The credential goes where it was allowed to go, and nowhere else.
//! assert!(world.run(client.fetch(Call::get("https://api.example.com/v1/me"))).is_ok());
//! let refused = world.run(client.fetch(Call::get("https://api.example.com/v10/me")));
//! assert!(matches!(refused, Err(Failure::Error(error)) if error.code() == ErrorCode::UnlistedResource));
//! assert_eq!(api.request_count(), 1);
//!
//! // A second tab has the session, and hears when it ends.
//! let other = world.run(Client::create(world.tab(), options))?;
//! assert!(other.session().is_some());
//! world.run(client.sign_out(SignOutOptions { local: true, ..Default::default() }))?;
//! world.settle();
//! assert!(other.session().is_none());
//! # Ok::<(), tessera_auth::Error>(())
//! ```
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | none | what a Rust frontend needs |
//! | `js` | the exports of the npm package's core |
//! | `credentials` | the exports of its second module: clients for passwords, API keys and cookies |
//! | `testing` | the module `testing`, and what it stands on; for `[dev-dependencies]` |
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod encoding;
pub mod error;
pub mod http;
pub mod json;
pub mod secret;
pub mod time;
pub mod url;

pub mod jwt;
pub mod oauth;

pub mod credential;

pub mod client;

#[cfg(any(feature = "testing", test))]
pub mod testing;

#[cfg(target_arch = "wasm32")]
pub mod browser;

#[cfg(all(target_arch = "wasm32", any(feature = "js", feature = "credentials")))]
mod js;

pub use error::{Error, ErrorCode, OAuthError, Result};

/// The examples of README.md that need no browser.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
