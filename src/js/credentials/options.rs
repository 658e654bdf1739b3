//! The options of these clients as JavaScript gives them.

use crate::client::{ApiKeyOptions, CommonOptions, CookieOptions, PasswordOptions, Renew};
use crate::credential::Encoding;
use crate::credential::cookie::Csrf;
use crate::credential::login::{Fields, RefreshWith};
use crate::error::{Error, ErrorCode, Result};
use crate::js::options::{Reader, STORAGE, mistyped, resources};
use crate::secret::Secret;
use js_sys::{Function, Promise, Reflect};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// What every kind of client may be told, and the logger.
fn common_options(options: &mut Reader) -> (CommonOptions, Option<Function>) {
    let defaults = CommonOptions::default();
    let common = CommonOptions {
        resources: options.nested("resources", resources).unwrap_or_default(),
        storage: options.choice("storage", &STORAGE).unwrap_or_default(),
        name: options.text("name"),
        timeout_ms: options.integer("timeoutMs").unwrap_or(defaults.timeout_ms),
        clock_tolerance: options.integer("clockTolerance").unwrap_or(defaults.clock_tolerance),
        idle_timeout: options.integer("idleTimeout"),
    };
    (common, options.read("logger", "a function", |value| value.dyn_into().ok()))
}

/// Options of `createPasswordClient`, and the logger among them.
pub(super) fn password_options(options: JsValue) -> Result<(PasswordOptions, Option<Function>)> {
    let mut options = Reader::new(options);
    let login_url = options.url("loginUrl");
    let is_missing = login_url.is_none();
    let (common, logger) = common_options(&mut options);
    let password_options = PasswordOptions {
        login_url: login_url.unwrap_or_default(),
        refresh_url: options.url("refreshUrl"),
        logout_url: options.url("logoutUrl"),
        encoding: options.choice("encoding", &[("json", Encoding::Json), ("form", Encoding::Form)]).unwrap_or_default(),
        refresh_with: options.nested("refreshWith", refresh_with).unwrap_or_default(),
        fields: options.nested("fields", fields).unwrap_or_default(),
        common,
    };
    options.done()?;
    if is_missing { Err(super::super::invalid("loginUrl is missing")) } else { Ok((password_options, logger)) }
}

fn refresh_with(value: JsValue, path: &str) -> Result<RefreshWith> {
    if value.as_string().as_deref() == Some("bearer") {
        return Ok(RefreshWith::Bearer);
    }
    if !value.is_object() {
        return Err(mistyped(path, "\"bearer\" or { field }"));
    }
    let mut members = Reader::within(value, path, [path, "."].concat());
    let field = members.text("field");
    members.done()?;
    field.map(RefreshWith::Field).ok_or_else(|| mistyped(&[path, ".field"].concat(), "a string"))
}

fn fields(value: JsValue, path: &str) -> Result<Fields> {
    let mut members = Reader::within(value, path, [path, "."].concat());
    let defaults = Fields::default();
    let fields = Fields {
        access_token: members.text("accessToken").unwrap_or(defaults.access_token),
        refresh_token: members.text("refreshToken").unwrap_or(defaults.refresh_token),
        expires_in: members.text("expiresIn").unwrap_or(defaults.expires_in),
    };
    members.done().map(|()| fields)
}

/// Options of `createApiKeyClient`, and the logger among them.
pub(super) fn api_key_options(options: JsValue) -> Result<(ApiKeyOptions, Option<Function>)> {
    let mut options = Reader::new(options);
    let (common, logger) = common_options(&mut options);
    let defaults = ApiKeyOptions::default();
    let renew = options.read("renew", "a function", |value| value.dyn_into::<Function>().ok());
    let api_key_options = ApiKeyOptions {
        key: options.text("key").map(Secret::from),
        header: options.text("header").unwrap_or(defaults.header),
        prefix: options.text("prefix").unwrap_or(defaults.prefix),
        renew: renew.map(|renew| -> Renew { Rc::new(move || Box::pin(call_renew(renew.clone()))) }),
        common,
    };
    options.done().map(|()| (api_key_options, logger))
}

/// What the application's own function comes to. What it throws may hold anything, so that only a code of ours is taken over.
async fn call_renew(renew: Function) -> Result<Secret> {
    let given = match renew.call0(&JsValue::UNDEFINED) {
        Ok(promise) => JsFuture::from(Promise::resolve(&promise)).await,
        Err(thrown) => Err(thrown),
    };
    let key = given.map_err(|thrown| {
        let code = Reflect::get(&thrown, &"code".into()).ok().and_then(|code| code.as_string());
        let code = code.and_then(|code| ErrorCode::from_name(&code));
        Error::new(code.unwrap_or(ErrorCode::ServerError), "renew failed")
    })?;
    let key = key.as_string().ok_or_else(|| Error::new(ErrorCode::InvalidResponse, "renew must give a string"))?;
    Ok(key.into())
}

/// Options of `createCookieClient`, and the logger among them.
pub(super) fn cookie_options(options: JsValue) -> Result<(CookieOptions, Option<Function>)> {
    let mut options = Reader::new(options);
    let (common, logger) = common_options(&mut options);
    let cookie_options = CookieOptions {
        session_url: options.url("sessionUrl"),
        login_url: options.url("loginUrl"),
        refresh_url: options.url("refreshUrl"),
        logout_url: options.url("logoutUrl"),
        csrf: options.nested("csrf", csrf),
        common,
    };
    options.done().map(|()| (cookie_options, logger))
}

fn csrf(value: JsValue, path: &str) -> Result<Csrf> {
    let mut members = Reader::within(value, path, [path, "."].concat());
    let (cookie, header, refresh_cookie) =
        (members.text("cookie"), members.text("header"), members.text("refreshCookie"));
    members.done()?;
    let missing = |name| mistyped(&[path, ".", name].concat(), "a string");
    Ok(Csrf {
        cookie: cookie.ok_or_else(|| missing("cookie"))?,
        header: header.ok_or_else(|| missing("header"))?,
        refresh_cookie,
    })
}
