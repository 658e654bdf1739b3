//! Options as JavaScript gives them. An unknown or mistyped one is `invalid_option` with its path.

use super::given;
use crate::client::{ClientOptions, Issuer, ResourceOption, SignInMode, SignInOptions, StorageKind};
use crate::error::{Error, ErrorCode, Result};
use crate::oauth::metadata::Metadata;
use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortSignal, Url};

/// An options object whose members are all known.
pub(super) struct Reader {
    object: JsValue,
    /// Put before a member's name in errors.
    path: String,
}

impl Reader {
    /// `undefined` has no members. `name` is what the whole is called in errors.
    pub(super) fn new(object: JsValue, name: &str, known: &[&str]) -> Result<Self> {
        if object.is_undefined() {
            return Ok(Self { object, path: String::new() });
        }
        Self::within(object, name, String::new(), Some(known))
    }

    /// Without `known` any member may be there.
    fn within(object: JsValue, name: &str, path: String, known: Option<&[&str]>) -> Result<Self> {
        let keys = given::names(&object).map_err(|_| unreadable(name))?;
        let keys = keys.ok_or_else(|| mistyped(name, "an object"))?;
        let Some(known) = known else { return Ok(Self { object, path }) };
        if let Some(key) = keys.iter().find(|key| !known.contains(&key.as_str())) {
            let meant = known.iter().find(|name| name.eq_ignore_ascii_case(key));
            let hint = meant.map_or_else(String::new, |name| ["; did you mean ", name, "?"].concat());
            return Err(Error::new(ErrorCode::InvalidOption, [&path, key.as_str(), " is no option", &hint].concat()));
        }
        Ok(Self { object, path })
    }

    /// A member that is there.
    pub(super) fn value(&self, name: &str) -> Result<Option<JsValue>> {
        if self.object.is_undefined() {
            return Ok(None);
        }
        let value = given::member(&self.object, name).map_err(|_| unreadable(&self.path_of(name)))?;
        Ok(Some(value).filter(|value| !value.is_undefined()))
    }

    pub(super) fn read<T>(
        &self,
        name: &str,
        expected: &str,
        read: impl FnOnce(JsValue) -> Option<T>,
    ) -> Result<Option<T>> {
        match self.value(name)? {
            None => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| mistyped(&self.path_of(name), expected)),
        }
    }

    fn path_of(&self, name: &str) -> String {
        [&self.path, name].concat()
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>> {
        self.read(name, "a string", |value| value.as_string())
    }

    pub(super) fn texts(&self, name: &str) -> Result<Option<Vec<String>>> {
        self.read(name, "an array of strings", |value| strings(&value))
    }

    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>> {
        self.read(name, "true or false", |value| value.as_bool())
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<u32>> {
        self.read(name, "a whole number, not negative", |value| {
            let number = value.as_f64()?;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "compared right away")]
            let whole = number as u32;
            (f64::from(whole) == number).then_some(whole)
        })
    }

    pub(super) fn url(&self, name: &str) -> Result<Option<String>> {
        self.value(name)?.map(|value| url(&value, &self.path_of(name))).transpose()
    }

    fn issuer(&self) -> Result<Option<Issuer>> {
        let Some(value) = self.value("issuer")? else { return Ok(None) };
        let text = url(&value, "issuer")?;
        Ok(Some(if value.is_string() { Issuer::from(text.as_str()) } else { Issuer::from_parsed(text) }))
    }

    fn function(&self, name: &str) -> Result<Option<Function>> {
        self.read(name, "a function", |value| value.dyn_into().ok())
    }

    /// Names and values, all of them strings.
    fn parameters(&self, name: &str) -> Result<Vec<(String, String)>> {
        let path = self.path_of(name);
        let Some(value) = self.value(name)? else { return Ok(Vec::new()) };
        let names = given::names(&value).map_err(|_| unreadable(&path))?;
        let names = names.ok_or_else(|| mistyped(&path, "an object of strings"))?;
        let parameters = Self { object: value, path: [&path, "."].concat() };
        let read = |name: String| Ok(parameters.text(&name)?.map(|value| (name, value)));
        names.into_iter().filter_map(|name| read(name).transpose()).collect()
    }

    /// What is read of the metadata, under the names that it has there (RFC 8414 §2). The rest may be anything.
    fn metadata(&self) -> Result<Option<Metadata>> {
        let Some(value) = self.value("metadata")? else { return Ok(None) };
        let metadata = Self::within(value, "metadata", "metadata.".to_owned(), None)?;
        Ok(Some(Metadata {
            issuer: metadata.text("issuer")?,
            authorization_endpoint: metadata.text("authorization_endpoint")?,
            token_endpoint: metadata.text("token_endpoint")?,
            userinfo_endpoint: metadata.text("userinfo_endpoint")?,
            revocation_endpoint: metadata.text("revocation_endpoint")?,
            end_session_endpoint: metadata.text("end_session_endpoint")?,
            jwks_uri: metadata.text("jwks_uri")?,
            code_challenge_methods: metadata.texts("code_challenge_methods_supported")?,
            sends_issuer: metadata.boolean("authorization_response_iss_parameter_supported")?,
        }))
    }

    /// One of a few words.
    fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<Option<T>> {
        let expected = choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" or ");
        self.read(name, &expected, |value| {
            let word = value.as_string()?;
            choices.iter().find(|(known, _)| *known == word).map(|(_, choice)| *choice)
        })
    }

    /// Options that mean something only in a later version: what they are by default is accepted.
    fn refuse_later_ones(&self) -> Result<()> {
        let is_asked_for = self.boolean("dpop")?.unwrap_or_default()
            || self.boolean("par")?.unwrap_or_default()
            || self.text("provider")?.is_some()
            || self.choice("stepUp", &[("none", false), ("popup", true), ("redirect", true)])?.unwrap_or_default();
        if is_asked_for {
            return Err(Error::new(ErrorCode::Unsupported, "dpop, par, provider and stepUp come in a later version"));
        }
        Ok(())
    }
}

/// Options of `createClient`, and the logger among them.
pub(super) fn client_options(options: &JsValue) -> Result<(ClientOptions, Option<Function>)> {
    let known = [
        "issuer",
        "metadata",
        "provider",
        "clientId",
        "redirectUri",
        "postLogoutRedirectUri",
        "scope",
        "parameters",
        "handleRedirect",
        "dpop",
        "par",
        "verifySignature",
        "stepUp",
        "resources",
        "storage",
        "name",
        "timeoutMs",
        "clockTolerance",
        "idleTimeout",
        "logger",
    ];
    let options = Reader::new(options.clone(), "options", &known)?;
    options.refuse_later_ones()?;
    let kinds = [
        ("indexeddb", StorageKind::IndexedDb),
        ("memory", StorageKind::Memory),
        ("session", StorageKind::Session),
        ("local", StorageKind::Local),
    ];
    let defaults = ClientOptions::default();
    let client_options = ClientOptions {
        issuer: options.issuer()?,
        metadata: options.metadata()?,
        client_id: options.text("clientId")?.unwrap_or_default(),
        redirect_uri: options.url("redirectUri")?,
        post_logout_redirect_uri: options.url("postLogoutRedirectUri")?,
        scope: options.text("scope")?.unwrap_or(defaults.scope),
        parameters: options.parameters("parameters")?,
        handle_redirect: options.boolean("handleRedirect")?.unwrap_or(true),
        verify_signature: options.boolean("verifySignature")?.unwrap_or(true),
        resources: resources(options.value("resources")?)?,
        storage: options.choice("storage", &kinds)?.unwrap_or_default(),
        name: options.text("name")?,
        timeout_ms: options.integer("timeoutMs")?.unwrap_or(defaults.timeout_ms),
        clock_tolerance: options.integer("clockTolerance")?.unwrap_or(defaults.clock_tolerance),
        idle_timeout: options.integer("idleTimeout")?,
    };
    Ok((client_options, options.function("logger")?))
}

/// Options of `signIn`, and the signal among them.
pub(super) fn sign_in_options(options: &JsValue) -> Result<(SignInOptions, Option<AbortSignal>)> {
    let known = [
        "mode",
        "returnTo",
        "scope",
        "prompt",
        "loginHint",
        "acrValues",
        "maxAge",
        "uiLocales",
        "parameters",
        "signal",
    ];
    let options = Reader::new(options.clone(), "options", &known)?;
    let modes = [("redirect", SignInMode::Redirect), ("popup", SignInMode::Popup), ("silent", SignInMode::Silent)];
    let sign_in_options = SignInOptions {
        mode: options.choice("mode", &modes)?.unwrap_or_default(),
        return_to: options.url("returnTo")?,
        scope: options.text("scope")?,
        prompt: options.text("prompt")?,
        login_hint: options.text("loginHint")?,
        acr_values: options.text("acrValues")?,
        max_age: options.integer("maxAge")?,
        ui_locales: options.text("uiLocales")?,
        parameters: options.parameters("parameters")?,
    };
    Ok((sign_in_options, options.read("signal", "an AbortSignal", signal)?))
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

fn resources(value: Option<JsValue>) -> Result<Vec<ResourceOption>> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let items = given::items(&value).map_err(|_| unreadable("resources"))?;
    let items = items.ok_or_else(|| mistyped("resources", "an array"))?;
    items.into_iter().enumerate().map(|(index, item)| resource(item, index)).collect()
}

fn resource(item: JsValue, index: usize) -> Result<ResourceOption> {
    let name = ["resources[", &index.to_string(), "]"].concat();
    if let Ok(url) = url(&item, &name) {
        return Ok(ResourceOption { url, ..ResourceOption::default() });
    }
    if !item.is_object() {
        return Err(mistyped(&name, "a string, a URL or an object"));
    }
    let path = [&name, "."].concat();
    let reader = Reader::within(item, &name, path, Some(&["url", "audience", "scope"]))?;
    let url = reader.url("url")?.ok_or_else(|| mistyped(&reader.path_of("url"), "a string or a URL"))?;
    Ok(ResourceOption { url, audience: reader.text("audience")?, scope: reader.text("scope")? })
}

fn unreadable(name: &str) -> Error {
    Error::new(ErrorCode::InvalidOption, [name, " cannot be read: it throws"].concat())
}

fn mistyped(name: &str, expected: &str) -> Error {
    Error::new(ErrorCode::InvalidOption, [name, " must be ", expected].concat())
}
