//! Options as JavaScript gives them. An unknown or mistyped one is `invalid_option` with its path.

use super::given;
use crate::client::{ClientOptions, Issuer, ResourceOption, SignInMode, SignInOptions, SignOutOptions, StorageKind};
#[cfg(feature = "full")]
use crate::client::{Profile, Provider, StepUp};
use crate::encoding::{concat, join};
use crate::error::{Error, ErrorCode, Result};
use crate::oauth::metadata::Metadata;
#[cfg(feature = "full")]
use crate::oauth::register::Member;
use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortSignal, Url};

/// An options object, read member by member. What cannot be read counts as left out, and the first such problem is told by
/// [`done`](Self::done), so that one struct of options is read in one go.
pub(super) struct Reader {
    /// `None`: nothing was given.
    object: Option<JsValue>,
    /// Put before a member's name in errors.
    path: String,
    /// The object's own members.
    names: Vec<String>,
    /// What was asked for: everything else is no option.
    known: Vec<&'static str>,
    problem: Option<Error>,
}

impl Reader {
    /// The options of a method; `undefined` is none of them.
    pub(super) fn new(options: JsValue) -> Self {
        if options.is_undefined() {
            return Self { object: None, path: String::new(), names: Vec::new(), known: Vec::new(), problem: None };
        }
        Self::within(options, "options", String::new())
    }

    /// `name` is what the whole is called in errors.
    pub(super) fn within(object: JsValue, name: &str, path: String) -> Self {
        let (names, problem) = match given::names(&object) {
            Ok(Some(names)) => (names, None),
            Ok(None) => (Vec::new(), Some(mistyped(name, "an object"))),
            Err(_) => (Vec::new(), Some(unreadable(name))),
        };
        Self { object: Some(object), path, names, known: Vec::new(), problem }
    }

    /// The first problem, if there was one, or that there is a member that nobody asked for.
    pub(super) fn done(self) -> Result<()> {
        let Self { path, names, known, problem, .. } = self;
        let unknown = || {
            let name = names.into_iter().find(|name| !known.contains(&name.as_str()))?;
            let meant = known.iter().find(|known| known.eq_ignore_ascii_case(&name));
            let hint = meant.map_or_else(String::new, |known| concat(&["; did you mean ", known, "?"]));
            Some(Error::new(ErrorCode::InvalidOption, concat(&[&path, &name, " is no option", &hint])))
        };
        problem.or_else(unknown).map_or(Ok(()), Err)
    }

    pub(super) fn fail<T>(&mut self, problem: Error) -> Option<T> {
        self.problem.get_or_insert(problem);
        None
    }

    /// A member that is there, and what it is called in errors.
    fn value(&mut self, name: &'static str) -> Option<(JsValue, String)> {
        self.known.push(name);
        let object = self.object.as_ref()?;
        let path = concat(&[&self.path, name]);
        match given::member(object, name) {
            Ok(value) if value.is_undefined() => None,
            Ok(value) => Some((value, path)),
            Err(_) => self.fail(unreadable(&path)),
        }
    }

    pub(super) fn nested<T>(&mut self, name: &'static str, read: impl FnOnce(JsValue, &str) -> Result<T>) -> Option<T> {
        let (value, path) = self.value(name)?;
        read(value, &path).map_or_else(|problem| self.fail(problem), Some)
    }

    pub(super) fn read<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        read: impl FnOnce(JsValue) -> Option<T>,
    ) -> Option<T> {
        self.nested(name, |value, path| read(value).ok_or_else(|| mistyped(path, expected)))
    }

    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        self.read(name, "a string", |value| value.as_string())
    }

    pub(super) fn texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        self.read(name, "an array of strings", |value| strings(&value))
    }

    pub(super) fn boolean(&mut self, name: &'static str) -> Option<bool> {
        self.read(name, "true or false", |value| value.as_bool())
    }

    pub(super) fn integer(&mut self, name: &'static str) -> Option<u32> {
        self.read(name, "a whole number, not negative", |value| {
            let number = value.as_f64()?;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "compared right away")]
            let whole = number as u32;
            (f64::from(whole) == number).then_some(whole)
        })
    }

    pub(super) fn url(&mut self, name: &'static str) -> Option<String> {
        self.nested(name, |value, path| url(&value, path))
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        self.read(name, &join(&words, " or "), |value| {
            let word = value.as_string()?;
            choices.iter().find(|(known, _)| *known == word).map(|(_, choice)| *choice)
        })
    }

    /// Options that mean something only in the module that has everything: what they are by default is accepted.
    #[cfg(not(feature = "full"))]
    fn refuse_others(&mut self) {
        let mut is_asked_for = [
            self.choice("stepUp", &[("none", false), ("popup", true), ("redirect", true)]).unwrap_or_default(),
            self.boolean("checkSession").unwrap_or_default(),
            self.boolean("frontchannelLogout").unwrap_or_default(),
        ]
        .contains(&true);
        for name in ["provider", "resource", "register", "profile"] {
            is_asked_for |= self.value(name).is_some();
        }
        if is_asked_for {
            let problem = "this option is for the module that has everything";
            self.fail(Error::new(ErrorCode::Unsupported, problem)).unwrap_or_default()
        }
    }
}

pub(super) const STORAGE: [(&str, StorageKind); 4] = [
    ("indexeddb", StorageKind::IndexedDb),
    ("memory", StorageKind::Memory),
    ("session", StorageKind::Session),
    ("local", StorageKind::Local),
];

/// Options of `createClient`, and the logger among them.
pub(super) fn client_options(options: JsValue) -> Result<(ClientOptions, Option<Function>)> {
    let mut options = Reader::new(options);
    let defaults = ClientOptions::default();
    #[cfg(feature = "full")]
    let resource = options.nested("resource", issuer);
    // An API that is asked for its server says what scope it wants, too.
    #[cfg(feature = "full")]
    let defaults = ClientOptions { scope: if resource.is_some() { String::new() } else { defaults.scope }, ..defaults };
    let client_options = ClientOptions {
        issuer: options.nested("issuer", issuer),
        metadata: options.nested("metadata", metadata),
        client_id: options.text("clientId").unwrap_or_default(),
        redirect_uri: options.url("redirectUri"),
        post_logout_redirect_uri: options.url("postLogoutRedirectUri"),
        scope: options.text("scope").unwrap_or(defaults.scope),
        parameters: options.nested("parameters", parameters).unwrap_or_default(),
        handle_redirect: options.boolean("handleRedirect").unwrap_or(true),
        verify_signature: options.boolean("verifySignature").unwrap_or(true),
        dpop: options.boolean("dpop").unwrap_or_default(),
        par: options.boolean("par"),
        #[cfg(feature = "full")]
        resource,
        #[cfg(feature = "full")]
        register: options.nested("register", members),
        #[cfg(feature = "full")]
        profile: options.choice("profile", &[("fapi2", Profile::Fapi2)]),
        #[cfg(feature = "full")]
        provider: options.nested("provider", provider),
        #[cfg(feature = "full")]
        step_up: options
            .choice("stepUp", &[("none", StepUp::None), ("popup", StepUp::Popup), ("redirect", StepUp::Redirect)])
            .unwrap_or_default(),
        #[cfg(feature = "full")]
        check_session: options.boolean("checkSession").unwrap_or_default(),
        #[cfg(feature = "full")]
        frontchannel_logout: options.boolean("frontchannelLogout").unwrap_or_default(),
        resources: options.nested("resources", resources).unwrap_or_default(),
        storage: options.choice("storage", &STORAGE).unwrap_or_default(),
        name: options.text("name"),
        timeout_ms: options.integer("timeoutMs").unwrap_or(defaults.timeout_ms),
        clock_tolerance: options.integer("clockTolerance").unwrap_or(defaults.clock_tolerance),
        idle_timeout: options.integer("idleTimeout"),
    };
    let logger = options.read("logger", "a function", |value| value.dyn_into().ok());
    #[cfg(not(feature = "full"))]
    options.refuse_others();
    options.done().map(|()| (client_options, logger))
}

/// Options of `signIn`, and the signal among them.
pub(super) fn sign_in_options(options: JsValue) -> Result<(SignInOptions, Option<AbortSignal>)> {
    let mut options = Reader::new(options);
    let modes = [("redirect", SignInMode::Redirect), ("popup", SignInMode::Popup), ("silent", SignInMode::Silent)];
    let sign_in_options = SignInOptions {
        mode: options.choice("mode", &modes).unwrap_or_default(),
        return_to: options.url("returnTo"),
        scope: options.text("scope"),
        authorization_details: options.nested("authorizationDetails", details),
        prompt: options.text("prompt"),
        login_hint: options.text("loginHint"),
        acr_values: options.text("acrValues"),
        max_age: options.integer("maxAge"),
        ui_locales: options.text("uiLocales"),
        parameters: options.nested("parameters", parameters).unwrap_or_default(),
    };
    let signal = options.read("signal", "an AbortSignal", signal);
    options.done().map(|()| (sign_in_options, signal))
}

/// Options of `signOut`.
pub(super) fn sign_out_options(options: JsValue) -> Result<SignOutOptions> {
    let mut options = Reader::new(options);
    let sign_out_options = SignOutOptions {
        local: options.boolean("local").unwrap_or_default(),
        return_to: options.url("returnTo"),
        without_hint: options.boolean("idTokenHint") == Some(false),
    };
    options.done().map(|()| sign_out_options)
}

/// One that works: an object can look like a signal to `instanceof` and throw when it is asked.
fn signal(value: JsValue) -> Option<AbortSignal> {
    Reflect::get(&value, &"aborted".into()).ok()?.as_bool()?;
    value.dyn_into().ok()
}

/// A string, or a `URL`.
pub(super) fn url(value: &JsValue, name: &str) -> Result<String> {
    let href = || Reflect::get(value.dyn_ref::<Url>()?, &"href".into()).ok()?.as_string();
    value.as_string().or_else(href).ok_or_else(|| mistyped(name, "a string or a URL"))
}

/// The strings of an array.
pub(super) fn strings(value: &JsValue) -> Option<Vec<String>> {
    given::items(value).ok()??.iter().map(JsValue::as_string).collect()
}

fn issuer(value: JsValue, path: &str) -> Result<Issuer> {
    let text = url(&value, path)?;
    Ok(if value.is_string() { Issuer::from(text.as_str()) } else { Issuer::from_parsed(text) })
}

/// What is read of the metadata, under the names that it has there (RFC 8414 §2). The rest may be anything.
fn metadata(value: JsValue, path: &str) -> Result<Metadata> {
    let mut members = Reader::within(value, path, concat(&[path, "."]));
    let metadata = Metadata {
        issuer: members.text("issuer"),
        authorization_endpoint: members.text("authorization_endpoint"),
        token_endpoint: members.text("token_endpoint"),
        userinfo_endpoint: members.text("userinfo_endpoint"),
        revocation_endpoint: members.text("revocation_endpoint"),
        end_session_endpoint: members.text("end_session_endpoint"),
        #[cfg(feature = "full")]
        check_session_iframe: members.text("check_session_iframe"),
        pushed_authorization_request_endpoint: members.text("pushed_authorization_request_endpoint"),
        requires_pushed_requests: members.boolean("require_pushed_authorization_requests"),
        dpop_algorithms: members.texts("dpop_signing_alg_values_supported"),
        jwks_uri: members.text("jwks_uri"),
        code_challenge_methods: members.texts("code_challenge_methods_supported"),
        sends_issuer: members.boolean("authorization_response_iss_parameter_supported"),
        #[cfg(feature = "full")]
        registration_endpoint: members.text("registration_endpoint"),
        #[cfg(feature = "full")]
        protected_resources: members.texts("protected_resources"),
    };
    members.problem.map_or(Ok(metadata), Err)
}

/// Objects that have a type (RFC 9396 §2), as JSON text.
fn details(value: JsValue, path: &str) -> Result<String> {
    let items = given::items(&value).map_err(|_| unreadable(path))?.unwrap_or_default();
    let has_type = |item: &JsValue| given::member(item, "type").is_ok_and(|kind| kind.is_string());
    let text = if items.iter().all(has_type) { js_sys::JSON::stringify(&value).ok() } else { None };
    let text = text.and_then(|text| text.as_string()).filter(|text| text.starts_with('['));
    text.ok_or_else(|| mistyped(path, "an array of objects with a type"))
}

/// What an application says of itself: strings, and lists of them.
#[cfg(feature = "full")]
fn members(value: JsValue, path: &str) -> Result<Vec<(String, Member)>> {
    let names = given::names(&value).map_err(|_| unreadable(path))?;
    let names = names.ok_or_else(|| mistyped(path, "an object of strings and lists of strings"))?;
    let mut members = Vec::with_capacity(names.len());
    for name in names {
        let path = concat(&[path, ".", &name]);
        let value = given::member(&value, &name).map_err(|_| unreadable(&path))?;
        let member = value.as_string().map(Member::Text).or_else(|| strings(&value).map(Member::Texts));
        match member {
            Some(member) => members.push((name, member)),
            None if value.is_undefined() => {}
            None => return Err(mistyped(&path, "a string or an array of strings")),
        }
    }
    Ok(members)
}

/// A preset of `tessera-auth/providers`.
#[cfg(feature = "full")]
fn provider(value: JsValue, path: &str) -> Result<Provider> {
    if value.is_string() {
        let problem = [path, " is the name of no preset: give one of tessera-auth/providers"].concat();
        return Err(Error::new(ErrorCode::InvalidOption, problem));
    }
    let mut members = Reader::within(value, path, [path, "."].concat());
    let Some(name) = members.text("name") else {
        return Err(members.problem.unwrap_or_else(|| mistyped(&[path, ".name"].concat(), "a string")));
    };
    let provider = Provider {
        name,
        issuer: members.text("issuer"),
        issuer_form: members.text("issuerForm"),
        issuer_template: members.text("issuerTemplate"),
        metadata: members.nested("metadata", metadata),
        scope: members.text("scope"),
        parameters: members.nested("parameters", parameters).unwrap_or_default(),
        audience_parameter: members.text("audienceParameter"),
        sign_out_parameter: members.text("signOutParameter"),
        needs_server: members.text("needsServer"),
    };
    members.done().map(|()| provider)
}

/// Names and values, all of them strings.
pub(super) fn parameters(value: JsValue, path: &str) -> Result<Vec<(String, String)>> {
    let names = given::names(&value).map_err(|_| unreadable(path))?;
    let names = names.ok_or_else(|| mistyped(path, "an object of strings"))?;
    let mut parameters = Vec::with_capacity(names.len());
    for name in names {
        let value = given::member(&value, &name).map_err(|_| unreadable(&concat(&[path, ".", &name])))?;
        match value.as_string() {
            Some(value) => parameters.push((name, value)),
            None if value.is_undefined() => {}
            None => return Err(mistyped(&concat(&[path, ".", &name]), "a string")),
        }
    }
    Ok(parameters)
}

pub(super) fn resources(value: JsValue, path: &str) -> Result<Vec<ResourceOption>> {
    let items = given::items(&value).map_err(|_| unreadable(path))?;
    let items = items.ok_or_else(|| mistyped(path, "an array"))?;
    let item = |(index, item): (usize, _)| resource(item, &concat(&[path, "[", &index.to_string(), "]"]));
    items.into_iter().enumerate().map(item).collect()
}

fn resource(item: JsValue, path: &str) -> Result<ResourceOption> {
    if let Ok(url) = url(&item, path) {
        return Ok(ResourceOption { url, ..ResourceOption::default() });
    }
    if !item.is_object() {
        return Err(mistyped(path, "a string, a URL or an object"));
    }
    let mut members = Reader::within(item, path, concat(&[path, "."]));
    let (url, audience, scope) = (members.url("url"), members.text("audience"), members.text("scope"));
    members.done()?;
    let url = url.ok_or_else(|| mistyped(&concat(&[path, ".url"]), "a string or a URL"))?;
    Ok(ResourceOption { url, audience, scope })
}

fn unreadable(name: &str) -> Error {
    Error::new(ErrorCode::InvalidOption, concat(&[name, " cannot be read: it throws"]))
}

pub(super) fn mistyped(name: &str, expected: &str) -> Error {
    Error::new(ErrorCode::InvalidOption, concat(&[name, " must be ", expected]))
}
