//! IndexedDB, encrypted: see `Database` in `web.js`.

use super::{Operation, unavailable, with_prefix};
use crate::browser::random::random;
use crate::browser::web::settled;
use crate::error::{Error, ErrorCode, Result};
use crate::secret::Secret;
use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/browser/web.js")]
extern "C" {
    #[wasm_bindgen(js_name = Database)]
    #[derive(Debug)]
    type Connections;
    #[wasm_bindgen(constructor, js_class = Database)]
    fn new() -> Connections;
    #[wasm_bindgen(catch, method)]
    fn perform(
        this: &Connections,
        method: &str,
        name: &str,
        text: Option<&str>,
        iv: &[u8],
        seen: Option<&str>,
    ) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_name = signingKey)]
    fn signing_key(connections: &Connections, name: &str, algorithm: Option<&str>) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, method)]
    fn close(this: &Connections) -> Result<(), JsValue>;
}

/// NIST SP 800-38D §5.2.1.1: 96 bits, and a random one for each encryption.
const IV_LENGTH: usize = 12;

/// The database, closed when this is dropped.
#[derive(Debug)]
pub(crate) struct Database(Connections);

impl Default for Database {
    fn default() -> Self {
        Self(Connections::new())
    }
}

impl Database {
    /// For a pair of keys and the public one as a JWK, or for nothing.
    pub(crate) fn signing_key(&self, name: &str, algorithm: Option<&str>) -> Result<Promise, JsValue> {
        signing_key(&self.0, name, algorithm)
    }

    pub(super) async fn perform(&self, operation: &Operation<'_>) -> Result<Vec<String>> {
        let (method, name, text, seen) = match *operation {
            Operation::Read(key) => ("get", key, None, None),
            Operation::Write(key, value) => ("put", key, Some(value), None),
            Operation::Remove(key) => ("delete", key, None, None),
            Operation::Swap(key, seen, next) => ("swap", key, next, seen),
            Operation::Keys(_) => ("getAllKeys", "", None, None),
        };
        let (text, seen) = (text.map(Secret::expose), seen.map(Secret::expose));
        let iv = random::<IV_LENGTH>().map_err(|error| error.with_code(ErrorCode::StorageUnavailable))?;
        let found = settled(self.0.perform(method, name, text, &iv, seen)).await.map_err(|thrown| {
            if thrown.is_undefined() {
                return Error::new(ErrorCode::StorageCorrupt, "the stored value does not decrypt");
            }
            let problem = thrown.as_string();
            problem.map_or_else(
                || unavailable("IndexedDB is missing or refuses"),
                |problem| Error::new(ErrorCode::StorageUnavailable, problem),
            )
        })?;
        let Operation::Keys(prefix) = operation else { return Ok(found.as_string().into_iter().collect()) };
        Ok(with_prefix(&found, prefix))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = self.0.close();
    }
}
