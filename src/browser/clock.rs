//! Time: `Date`, `performance`, timers and tasks.

use super::abort::AbortOnDrop;
use super::{Browser, web};
use crate::client::platform::Clock;
use crate::time::parse_http_date;
use futures_util::future::LocalBoxFuture;
use js_sys::Array;
use std::future::Future;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = performance, js_name = now)]
    fn performance_now() -> Result<f64, JsValue>;
}

/// A witness that takes longer is no help.
const WITNESS_TIMEOUT_MS: u32 = 2_000;

impl Clock for Browser {
    #[allow(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn wall_ms(&self) -> f64 {
        js_sys::Date::now()
    }

    fn monotonic_ms(&self) -> f64 {
        performance_now().unwrap_or_else(|_| self.wall_ms())
    }

    async fn sleep(&self, ms: u32) {
        if let Ok(abort) = AbortOnDrop::new() {
            let _ = web::settled(web::sleep(ms, &abort.signal())).await;
        }
    }

    /// The `Date` of a HEAD of this very page, or of the worker's script. What a cache answers is as old as its `Age` says
    /// (RFC 9111 §4.2.3).
    async fn witness_ms(&self) -> Option<f64> {
        let abort = AbortOnDrop::new().ok()?;
        let answer = web::settled(web::own_servers_date(&abort.signal(), WITNESS_TIMEOUT_MS)).await.ok()?;
        let headers = Array::from(&answer);
        let age = headers.get(1).as_string().and_then(|age| age.trim_ascii().parse().ok()).unwrap_or(0);
        #[expect(clippy::cast_precision_loss, reason = "seconds of years until 9999 are exact")]
        let seconds = parse_http_date(&headers.get(0).as_string()?)?.plus(age).0 as f64;
        Some(seconds * 1000.0)
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        // Boxed, so that there is one kind of task and not one for each future.
        let task: LocalBoxFuture<'static, ()> = Box::pin(task);
        wasm_bindgen_futures::spawn_local(task);
    }
}
