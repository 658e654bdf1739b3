//! Options as JavaScript gives them. An unknown or mistyped one is `invalid_option` with its path.

use super::given;
use crate::client::{ClientOptions, Issuer, ResourceOption, SignInMode, SignInOptions, SignOutOptions, StorageKind};
use crate::client::{Profile, Provider, StepUp};
use crate::encoding::{concat, join, number};
use crate::error::{Error, ErrorCode, Result};
use crate::oauth::metadata::Metadata;
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
        let index = self.nested(name, |value, path| word(&value, path, &words))?;
        choices.get(index).map(|(_, choice)| *choice)
    }
}

pub(super) const STORAGE: [(&str, StorageKind); 4] = [
    ("indexeddb", StorageKind::IndexedDb),
    ("memory", StorageKind::Memory),
    ("session", StorageKind::Session),
    ("local", StorageKind::Local),
];

/// What few applications give: it is read by [`rare`], which few pages load.
const RARE: [&str; 3] = ["register", "profile", "provider"];

/// As it was given.
pub(super) type Rare = [Option<JsValue>; RARE.len()];

/// Options of `createClient`, and the logger among them. Member by member into what is there: a struct in one go would be each
/// of its members twice.
pub(super) fn client_options(options: JsValue) -> Result<(ClientOptions, Option<Function>, Rare)> {
    let mut options = Reader::new(options);
    let mut read = ClientOptions::default();
    let rare = RARE.map(|name| options.read(name, "", Some));
    for (name, issuer_option) in [("issuer", &mut read.issuer), ("resource", &mut read.resource)] {
        *issuer_option = options.nested(name, issuer);
    }
    if read.resource.is_some() {
        // An API that is asked for its server says what scope it wants, too.
        read.scope = String::new();
    }
    for (name, text) in [("clientId", &mut read.client_id), ("scope", &mut read.scope)] {
        if let Some(given) = options.text(name) {
            *text = given;
        }
    }
    read.name = options.text("name");
    for (name, url) in
        [("redirectUri", &mut read.redirect_uri), ("postLogoutRedirectUri", &mut read.post_logout_redirect_uri)]
    {
        *url = options.url(name);
    }
    for (name, choice) in [
        ("handleRedirect", &mut read.handle_redirect),
        ("verifySignature", &mut read.verify_signature),
        ("dpop", &mut read.dpop),
        ("checkSession", &mut read.check_session),
        ("frontchannelLogout", &mut read.frontchannel_logout),
    ] {
        *choice = options.boolean(name).unwrap_or(*choice);
    }
    read.par = options.boolean("par");
    for (name, number) in [("timeoutMs", &mut read.timeout_ms), ("clockTolerance", &mut read.clock_tolerance)] {
        *number = options.integer(name).unwrap_or(*number);
    }
    read.idle_timeout = options.integer("idleTimeout");
    let step_ups = [("none", StepUp::None), ("popup", StepUp::Popup), ("redirect", StepUp::Redirect)];
    read.step_up = options.choice("stepUp", &step_ups).unwrap_or_default();
    read.storage = options.choice("storage", &STORAGE).unwrap_or_default();
    read.metadata = options.nested("metadata", metadata);
    read.parameters = options.nested("parameters", parameters).unwrap_or_default();
    read.resources = options.nested("resources", resources).unwrap_or_default();
    let logger = options.read("logger", "a function", |value| value.dyn_into().ok());
    options.done().map(|()| (read, logger, rare))
}

/// Reads what few applications give.
pub(super) async fn rare(rare: Rare, options: &mut ClientOptions) -> Result<()> {
    let [register, profile, given_provider] = rare;
    options.register = register.map(|value| members(value, "register")).transpose()?;
    if let Some(profile) = profile {
        word(&profile, "profile", &["fapi2"])?;
        options.profile = Some(Profile::Fapi2);
    }
    options.provider = given_provider.map(provider).transpose()?;
    Ok(())
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

/// Which of a few words it is.
fn word(value: &JsValue, name: &str, words: &[&str]) -> Result<usize> {
    let given = value.as_string();
    let is_given = |word: &&str| given.as_deref() == Some(*word);
    words.iter().position(is_given).ok_or_else(|| mistyped(name, &join(words, " or ")))
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
        check_session_iframe: members.text("check_session_iframe"),
        pushed_authorization_request_endpoint: members.text("pushed_authorization_request_endpoint"),
        requires_pushed_requests: members.boolean("require_pushed_authorization_requests"),
        dpop_algorithms: members.texts("dpop_signing_alg_values_supported"),
        jwks_uri: members.text("jwks_uri"),
        code_challenge_methods: members.texts("code_challenge_methods_supported"),
        sends_issuer: members.boolean("authorization_response_iss_parameter_supported"),
        registration_endpoint: members.text("registration_endpoint"),
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
fn provider(value: JsValue) -> Result<Provider> {
    let path = "provider";
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
    let item = |(index, item): (usize, _)| resource(item, &concat(&[path, "[", &number(index as i64), "]"]));
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
