//! Time: `Date`, `performance`, timers and tasks.

use super::Browser;
use super::event::AbortOnDrop;
use super::http::fetch;
use super::object::{global, invoke, member, record, text};
use super::promise::Deadline;
use crate::client::platform::Clock;
use crate::time::parse_http_date;
use futures_util::future::LocalBoxFuture;
use std::future::Future;

/// A witness that takes longer is no help.
const WITNESS_TIMEOUT_MS: u32 = 2_000;

impl Clock for Browser {
    #[allow(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn wall_ms(&self) -> f64 {
        js_sys::Date::now()
    }

    fn monotonic_ms(&self) -> f64 {
        let now = global("performance").and_then(|performance| invoke(&performance, "now", &[]).ok()?.as_f64());
        now.unwrap_or_else(|| self.wall_ms())
    }

    async fn sleep(&self, ms: u32) {
        let _ = Deadline::after(ms).passed().await;
    }

    async fn witness_ms(&self) -> Option<f64> {
        ask_own_server().await
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        // Boxed, so that there is one kind of task and not one for each future.
        let task: LocalBoxFuture<'static, ()> = Box::pin(task);
        wasm_bindgen_futures::spawn_local(task);
    }
}

/// The `Date` of a HEAD of this very page, or of the worker's script. What a cache answers is as old as its `Age` says
/// (RFC 9111 §4.2.3).
async fn ask_own_server() -> Option<f64> {
    let address = text(&global("location")?, "href")?;
    let abort = AbortOnDrop::new().ok()?;
    let init = record([
        ("method", "HEAD".into()),
        ("cache", "no-store".into()),
        ("redirect", "manual".into()),
        ("signal", abort.signal()),
    ]);
    let url = address.split(['?', '#']).next()?;
    let response = Deadline::after(WITNESS_TIMEOUT_MS).settled(fetch(&url.into(), &init)).await.ok()?;
    let headers = member(&response, "headers")?;
    let header = |name: &str| invoke(&headers, "get", &[name.into()]).ok()?.as_string();
    let age = header("age").and_then(|age| age.trim().parse().ok()).unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "seconds of years until 9999 are exact")]
    let seconds = parse_http_date(&header("date")?)?.plus(age).0 as f64;
    Some(seconds * 1000.0)
}
