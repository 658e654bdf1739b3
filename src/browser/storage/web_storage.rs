//! `sessionStorage` and `localStorage`. Even looking at them can throw, and workers have neither.

use super::{Operation, unavailable, with_prefix};
use crate::browser::web;
use crate::error::Result;
use crate::secret::Secret;

pub(super) fn perform(area: &str, operation: &Operation<'_>) -> Result<Vec<String>> {
    let (method, key, value) = match *operation {
        Operation::Read(key) => (Some("getItem"), key, None),
        Operation::Write(key, value) => (Some("setItem"), key, Some(Secret::expose(value))),
        Operation::Remove(key) => (Some("removeItem"), key, None),
        Operation::Keys(_) => (None, "", None),
    };
    let found = web::web_storage(area, method, key, value)
        .map_err(|_| unavailable("web storage is missing or full, or the browser refuses it"))?;
    Ok(match operation {
        Operation::Keys(prefix) => with_prefix(&found, prefix),
        Operation::Read(_) | Operation::Write(..) | Operation::Remove(_) => found.as_string().into_iter().collect(),
    })
}
