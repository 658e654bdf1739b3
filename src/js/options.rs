//! Options as JavaScript gives them. An unknown or mistyped one is `invalid_option` with its path.

use crate::browser::BrowserJson;
use crate::client::{ClientOptions, Issuer, ResourceOption, SignInMode, SignInOptions, StorageKind};
use crate::error::{Error, ErrorCode, Result};
use crate::oauth::metadata::Metadata;
use js_sys::{Array, Function, Object, Reflect};
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
        Self::within(object, name, String::new(), known)
    }

    fn within(object: JsValue, name: &str, path: String, known: &[&str]) -> Result<Self> {
        if object.is_undefined() {
            return Ok(Self { object, path });
        }
        if !object.is_object() || Array::is_array(&object) {
            return Err(mistyped(name, "an object"));
        }
        for key in Object::keys(object.unchecked_ref::<Object>()).iter().filter_map(|key| key.as_string()) {
            if !known.contains(&key.as_str()) {
                let meant = known.iter().find(|name| name.eq_ignore_ascii_case(&key));
                let hint = meant.map_or_else(String::new, |name| ["; did you mean ", name, "?"].concat());
                return Err(Error::new(
                    ErrorCode::InvalidOption,
                    [&path, key.as_str(), " is no option", &hint].concat(),
                ));
            }
        }
        Ok(Self { object, path })
    }

    /// A member that is there. One whose getter throws is not.
    pub(super) fn value(&self, name: &str) -> Option<JsValue> {
        if self.object.is_undefined() {
            return None;
        }
        Reflect::get(&self.object, &name.into()).ok().filter(|value| !value.is_undefined())
    }

    fn read<T>(&self, name: &str, expected: &str, read: impl FnOnce(JsValue) -> Option<T>) -> Result<Option<T>> {
        match self.value(name) {
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
        self.value(name).map(|value| url(&value, &self.path_of(name))).transpose()
    }

    fn issuer(&self) -> Result<Option<Issuer>> {
        Ok(self.url("issuer")?.map(|text| match self.value("issuer") {
            Some(value) if value.is_string() => Issuer::from(text.as_str()),
            _ => Issuer::from_parsed(text),
        }))
    }

    fn function(&self, name: &str) -> Result<Option<Function>> {
        self.read(name, "a function", |value| value.dyn_into().ok())
    }

    /// Names and values, all of them strings.
    fn parameters(&self, name: &str) -> Result<Vec<(String, String)>> {
        let read = |object: JsValue| {
            let names = Object::keys(object.dyn_ref::<Object>()?);
            names.iter().map(|name| Some((name.as_string()?, Reflect::get(&object, &name).ok()?.as_string()?))).collect()
        };
        Ok(self.read(name, "an object of strings", read)?.unwrap_or_default())
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
    let metadata = options
        .read("metadata", "an object", |value| value.is_object().then(|| Metadata::from_json(&BrowserJson(value))))?;
    let client_options = ClientOptions {
        issuer: options.issuer()?,
        metadata,
        client_id: options.text("clientId")?.unwrap_or_default(),
        redirect_uri: options.url("redirectUri")?,
        post_logout_redirect_uri: options.url("postLogoutRedirectUri")?,
        scope: options.text("scope")?.unwrap_or(defaults.scope),
        parameters: options.parameters("parameters")?,
        handle_redirect: options.boolean("handleRedirect")?.unwrap_or(true),
        verify_signature: options.boolean("verifySignature")?.unwrap_or(true),
        resources: resources(options.value("resources"))?,
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
    Ok((sign_in_options, options.read("signal", "an AbortSignal", |value| value.dyn_into().ok())?))
}

/// A string, or a `URL`.
pub(super) fn url(value: &JsValue, name: &str) -> Result<String> {
    let text = value.as_string().or_else(|| value.dyn_ref::<Url>().map(Url::href));
    text.ok_or_else(|| mistyped(name, "a string or a URL"))
}

fn resources(value: Option<JsValue>) -> Result<Vec<ResourceOption>> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let list: &Array = value.dyn_ref().ok_or_else(|| mistyped("resources", "an array"))?;
    let mut resources = Vec::new();
    for (index, item) in list.iter().enumerate() {
        let name = ["resources[", &index.to_string(), "]"].concat();
        resources.push(match url(&item, &name) {
            Ok(url) => ResourceOption { url, ..ResourceOption::default() },
            Err(_) => resource(item, &name)?,
        });
    }
    Ok(resources)
}

fn resource(item: JsValue, name: &str) -> Result<ResourceOption> {
    if item.is_undefined() {
        return Err(mistyped(name, "a string, a URL or an object"));
    }
    let reader = Reader::within(item, name, [name, "."].concat(), &["url", "audience", "scope"])?;
    let url = reader.url("url")?.ok_or_else(|| mistyped(&reader.path_of("url"), "a string or a URL"))?;
    Ok(ResourceOption { url, audience: reader.text("audience")?, scope: reader.text("scope")? })
}

fn mistyped(name: &str, expected: &str) -> Error {
    Error::new(ErrorCode::InvalidOption, [name, " must be ", expected].concat())
}
