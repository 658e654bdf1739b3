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
    fn perform(this: &Connections, method: &str, name: &str, text: Option<&str>, iv: &[u8])
    -> Result<Promise, JsValue>;
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
    pub(super) async fn perform(&self, operation: &Operation<'_>) -> Result<Vec<String>> {
        let (method, name, text) = match *operation {
            Operation::Read(key) => ("get", key, None),
            Operation::Write(key, value) => ("put", key, Some(Secret::expose(value))),
            Operation::Remove(key) => ("delete", key, None),
            Operation::Keys(_) => ("getAllKeys", "", None),
        };
        let iv = random::<IV_LENGTH>().map_err(|error| error.with_code(ErrorCode::StorageUnavailable))?;
        let found = settled(self.0.perform(method, name, text, &iv)).await.map_err(|thrown| {
            if thrown.is_undefined() {
                return Error::new(ErrorCode::StorageCorrupt, "the stored value does not decrypt");
            }
            let problem = thrown.as_string();
            problem.map_or_else(
                || unavailable("IndexedDB is missing or refuses"),
                |problem| Error::new(ErrorCode::StorageUnavailable, problem),
            )
        })?;
        Ok(match operation {
            Operation::Keys(prefix) => with_prefix(&found, prefix),
            Operation::Read(_) => found.as_string().into_iter().collect(),
            Operation::Write(..) | Operation::Remove(_) => Vec::new(),
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = self.0.close();
    }
}
