//! A server of the application's own: a login that answers with tokens or sets cookies, and an API that wants either, or a key.

use crate::encoding::{base64url, parse_form};
use crate::http::HttpResponse;
use crate::testing::{Request, World};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

pub(super) const BACKEND: &str = "https://app.example.com";

/// Clones are the same server.
#[derive(Clone)]
pub(super) struct Backend(Rc<State>);

#[derive(Default)]
pub(super) struct State {
    /// Access tokens are JWTs unless they are to be opaque.
    pub(super) is_opaque: Cell<bool>,
    pub(super) says_expires_in: Cell<bool>,
    pub(super) has_refresh_tokens: Cell<bool>,
    pub(super) rotates: Cell<bool>,
    pub(super) lifetime: Cell<i64>,
    /// Whose tokens a refresh gives, if not the same user's.
    pub(super) next_user: RefCell<Option<String>>,
    /// Tokens and cookies that are good, each with a space and its user.
    good: RefCell<BTreeSet<String>>,
    pub(super) keys: RefCell<BTreeSet<String>>,
    pub(super) requests: RefCell<Vec<Request>>,
    secrets: RefCell<Vec<String>>,
    last: Cell<u32>,
    now: RefCell<Option<Box<dyn Fn() -> i64>>>,
}

impl std::ops::Deref for Backend {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}

impl Backend {
    pub(super) fn start(world: &World) -> Self {
        let state = State::default();
        state.lifetime.set(900);
        state.has_refresh_tokens.set(true);
        let clock = world.clock();
        state.now.replace(Some(Box::new(move || clock().0)));
        let backend = Self(Rc::new(state));
        let service = backend.clone();
        world.serve(BACKEND, move |request| service.answer(request));
        backend
    }

    /// Everything that it has given out, and the password.
    pub(super) fn secrets(&self) -> Vec<String> {
        let mut secrets = self.secrets.borrow().clone();
        secrets.push("engine-1843".to_owned());
        secrets
    }

    /// Nothing that was given out is good any more, but for what begins with this.
    pub(super) fn revoke_all_but(&self, kept: &str) {
        self.good.borrow_mut().retain(|token| !kept.is_empty() && token.starts_with(kept));
    }

    pub(super) fn count(&self, path: &str) -> usize {
        self.requests.borrow().iter().filter(|request| request.url.path == path).count()
    }

    pub(super) fn last_request(&self, path: &str) -> Request {
        let requests = self.requests.borrow();
        requests.iter().rev().find(|request| request.url.path == path).cloned().expect("such a request")
    }

    fn answer(&self, request: &Request) -> HttpResponse {
        self.requests.borrow_mut().push(request.clone());
        match request.url.path.as_str() {
            "/login" => self.login(request, |user| self.grant(user)),
            "/refresh" => self.refresh(request),
            "/logout" => self.logout(request),
            "/cookie/login" => self.login(request, |user| self.set_cookies(user)),
            "/cookie/refresh" => match self.user_of_cookie(request, "refresh", true) {
                Some(user) => self.set_cookies(&user),
                None => said(401, json!({ "msg": "Missing cookie" })),
            },
            "/cookie/logout" => {
                self.revoke_all_but("");
                let mut response = said(200, json!({}));
                for name in ["access=", "refresh=", "csrf_access=", "csrf_refresh="] {
                    response.headers.push(("set-cookie".to_owned(), name.to_owned()));
                }
                response
            }
            "/cookie/session" => match self.user_of_cookie(request, "access", false) {
                Some(user) => said(200, json!({ "sub": user, "name": "Someone" })),
                None => said(401, json!({ "msg": "nobody" })),
            },
            "/cookie/api" => match self.user_of_cookie(request, "access", request.method != "GET") {
                Some(user) => said(200, json!({ "user": user })),
                None => said(401, json!({ "msg": "Missing cookie" })),
            },
            "/key/api" => {
                let keys = self.keys.borrow();
                let key =
                    request.header("x-api-key").or_else(|| request.header("authorization")?.strip_prefix("ApiKey "));
                said(if key.is_some_and(|key| keys.contains(key)) { 200 } else { 401 }, json!({}))
            }
            "/api/redirect" => HttpResponse::new(307, ""),
            _ => match request.bearer().and_then(|token| self.user_of("access", token)) {
                Some(user) => said(200, json!({ "user": user })),
                None => said(401, json!({ "msg": "Token has expired" })),
            },
        }
    }

    fn login(&self, request: &Request, grant: impl FnOnce(&str) -> HttpResponse) -> HttpResponse {
        let (user, password) = match serde_json::from_str::<Value>(&request.body) {
            Ok(json) => (text(&json["username"]), text(&json["password"])),
            Err(_) => (field(request, "username"), field(request, "password")),
        };
        if password == "engine-1843" { grant(&user) } else { said(401, json!({ "msg": "Bad username or password" })) }
    }

    fn refresh(&self, request: &Request) -> HttpResponse {
        let in_body = serde_json::from_str::<Value>(&request.body).ok().map(|json| text(&json["refresh"]));
        let token = in_body.or_else(|| request.bearer().map(str::to_owned)).unwrap_or_default();
        let Some(user) = self.user_of("refresh", &token) else {
            return said(401, json!({ "msg": "Token has been revoked" }));
        };
        if self.rotates.get() {
            self.good.borrow_mut().remove(&good("refresh", &token, &user));
        }
        let user = self.next_user.borrow().clone().unwrap_or(user);
        let mut granted = self.tokens(&user);
        if !self.rotates.get() {
            granted.as_object_mut().expect("an object").remove("refresh_token");
        }
        said(200, granted)
    }

    fn logout(&self, request: &Request) -> HttpResponse {
        let token = request.bearer().unwrap_or_default().to_owned();
        self.good.borrow_mut().retain(|good| !good.contains(&token));
        said(200, json!({ "msg": "revoked" }))
    }

    fn grant(&self, user: &str) -> HttpResponse {
        said(200, self.tokens(user))
    }

    fn tokens(&self, user: &str) -> Value {
        let mut tokens = json!({ "access_token": self.access_token(user) });
        if self.has_refresh_tokens.get() {
            tokens["refresh_token"] = json!(self.issue("refresh", user));
        }
        if self.says_expires_in.get() {
            tokens["expires_in"] = json!(self.lifetime.get());
        }
        // As Simple JWT and others call them.
        tokens["data"] = json!({ "access": tokens["access_token"] });
        tokens
    }

    fn access_token(&self, user: &str) -> String {
        if self.is_opaque.get() {
            return self.issue("access", user);
        }
        self.last.set(self.last.get() + 1);
        let now = self.now.borrow().as_ref().map_or(0, |now| now());
        let claims = json!({ "sub": user, "iat": now, "exp": now + self.lifetime.get(), "jti": self.last.get() });
        let part = |json: Value| base64url(json.to_string().as_bytes());
        let jwt = [part(json!({ "alg": "HS256", "typ": "JWT" })), part(claims), base64url(b"not checked")].join(".");
        self.secrets.borrow_mut().push(jwt.clone());
        self.good.borrow_mut().insert(good("access", &jwt, user));
        jwt
    }

    fn set_cookies(&self, user: &str) -> HttpResponse {
        let mut response = said(200, json!({ "msg": "login successful" }));
        for kind in ["access", "refresh"] {
            let token = self.issue(kind, user);
            let csrf = ["csrf_", kind, "=", &token, "-csrf"].concat();
            let cookies = [[kind, "=", &token, "; HttpOnly"].concat(), csrf];
            response.headers.extend(cookies.map(|cookie| ("set-cookie".to_owned(), cookie)));
        }
        response
    }

    fn issue(&self, kind: &str, user: &str) -> String {
        self.last.set(self.last.get() + 1);
        let token = format!("{kind}-{user}-{:08}", self.last.get());
        self.secrets.borrow_mut().push(token.clone());
        self.good.borrow_mut().insert(good(kind, &token, user));
        token
    }

    fn user_of(&self, kind: &str, token: &str) -> Option<String> {
        let begin = good(kind, token, "");
        self.good.borrow().iter().find_map(|good| good.strip_prefix(&begin).map(str::to_owned))
    }

    fn user_of_cookie(&self, request: &Request, kind: &str, needs_csrf: bool) -> Option<String> {
        let cookies = request.header("cookie")?;
        let token = cookies.split("; ").find_map(|pair| pair.strip_prefix(&[kind, "="].concat()))?;
        let has_csrf = request.header("x-csrf-token") == Some(&[token, "-csrf"].concat());
        if needs_csrf && !has_csrf { None } else { self.user_of(kind, token) }
    }
}

fn good(kind: &str, token: &str, user: &str) -> String {
    [kind, token, user].join(" ")
}

fn said(status: u16, json: Value) -> HttpResponse {
    HttpResponse::new(status, json.to_string())
}

fn text(json: &Value) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

fn field(request: &Request, name: &str) -> String {
    parse_form(&request.body).into_iter().find(|(key, _)| key == name).map(|(_, value)| value).unwrap_or_default()
}
