//! The server's keys, and how it signs.

use super::super::crypto::hmac_sha256;
use super::super::random::Generator;
use super::{AuthorizationServer, State};
use crate::encoding::base64url;
use ed25519_compact::{KeyPair, Seed};
use serde_json::{Value, json};
use std::cell::RefCell;

/// An ID token before it is signed, for [`AuthorizationServer::rewrite_id_token`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IdTokenDraft {
    /// The header; its `alg` and `kid` are those of the server's newest key.
    pub header: Value,
    /// The claims.
    pub claims: Value,
    /// How it will be signed; the header says what it says.
    pub signing: Signing,
}

/// How a token is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signing {
    /// With the server's newest key.
    Genuine,
    /// With a key that the server has not published.
    Foreign,
    /// By HMAC with SHA-256 under this key.
    Hmac(Vec<u8>),
    /// Not at all.
    Unsigned,
}

/// Changes every ID token before it is signed.
type RewriteIdToken = Box<dyn FnMut(&mut IdTokenDraft)>;

pub(super) struct Keys {
    /// With its `kid`; the last one signs.
    published: RefCell<Vec<(String, KeyPair)>>,
    foreign: KeyPair,
    rewrite: RefCell<Option<RewriteIdToken>>,
}

impl Keys {
    pub(super) fn new(random: &Generator) -> Self {
        let first = ("key-1".to_owned(), generate(random));
        Self { published: RefCell::new(vec![first]), foreign: generate(random), rewrite: RefCell::default() }
    }

    /// As a JWK Set.
    pub(super) fn public(&self) -> Value {
        let keys: Vec<Value> = self.published.borrow().iter().map(|(kid, pair)| public_jwk(kid, pair)).collect();
        json!({ "keys": keys })
    }

    pub(super) fn forget_rewrite(&self) {
        self.rewrite.take();
    }

    fn header(&self, typ: &str) -> Value {
        let kid = self.published.borrow().last().map(|(kid, _)| kid.clone());
        json!({ "alg": "EdDSA", "typ": typ, "kid": kid })
    }

    fn sign(&self, draft: &IdTokenDraft) -> String {
        let encode = |json: &Value| base64url(json.to_string().as_bytes());
        let signed = [encode(&draft.header), encode(&draft.claims)].join(".");
        let sign_with = |pair: &KeyPair| pair.sk.sign(&signed, None).to_vec();
        let signature = match &draft.signing {
            Signing::Genuine => self.published.borrow().last().map(|(_, pair)| sign_with(pair)).unwrap_or_default(),
            Signing::Foreign => sign_with(&self.foreign),
            Signing::Hmac(key) => hmac_sha256(key, signed.as_bytes()),
            Signing::Unsigned => Vec::new(),
        };
        [signed, base64url(&signature)].join(".")
    }
}

impl AuthorizationServer {
    /// The keys that the server publishes, as a JWK Set.
    #[must_use]
    pub fn jwks(&self) -> Value {
        self.state.keys.public()
    }

    /// Signs with a new key from now on, and returns its `kid`. The old ones stay published.
    pub fn rotate_key(&self) -> String {
        let mut published = self.state.keys.published.borrow_mut();
        let kid = format!("key-{}", published.len() + 1);
        published.push((kid.clone(), generate(&self.state.random)));
        kid
    }

    /// Changes header, claims or signature of every ID token from now on.
    pub fn rewrite_id_token(&self, rewrite: impl FnMut(&mut IdTokenDraft) + 'static) {
        self.state.keys.rewrite.replace(Some(Box::new(rewrite)));
    }

    /// A JWT of your own, signed by this server.
    #[must_use]
    pub fn sign(&self, typ: &str, claims: Value) -> String {
        self.state.sign(typ, claims)
    }
}

impl State {
    pub(super) fn sign_id_token(&self, claims: Value) -> String {
        let mut draft = IdTokenDraft { header: self.keys.header("JWT"), claims, signing: Signing::Genuine };
        if let Some(rewrite) = self.keys.rewrite.borrow_mut().as_mut() {
            rewrite(&mut draft);
        }
        self.remember(self.keys.sign(&draft))
    }

    pub(super) fn sign(&self, typ: &str, claims: Value) -> String {
        let draft = IdTokenDraft { header: self.keys.header(typ), claims, signing: Signing::Genuine };
        self.remember(self.keys.sign(&draft))
    }
}

fn generate(random: &Generator) -> KeyPair {
    KeyPair::from_seed(Seed::new(random.bytes()))
}

fn public_jwk(kid: &str, pair: &KeyPair) -> Value {
    let x = base64url(pair.pk.as_ref());
    json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": x })
}
