//! The module's own memory: one for the whole page or worker, until it is left.

use super::Operation;
use crate::secret::Secret;
use std::cell::RefCell;

thread_local! {
    /// A handful, so a list will do.
    static VALUES: RefCell<Vec<(String, Secret)>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn perform(operation: &Operation<'_>) -> Vec<String> {
    VALUES.with_borrow_mut(|values| {
        match operation {
            Operation::Read(key) => {
                let found = values.iter().find(|(name, _)| name == key);
                return found.map(|(_, value)| value.expose().to_owned()).into_iter().collect();
            }
            Operation::Keys(prefix) => {
                let names = values.iter().map(|(name, _)| name);
                return names.filter(|name| name.starts_with(prefix)).cloned().collect();
            }
            Operation::Write(key, value) => {
                values.retain(|(name, _)| name != key);
                values.push(((*key).to_owned(), (*value).clone()));
            }
            Operation::Remove(key) => values.retain(|(name, _)| name != key),
        }
        Vec::new()
    })
}
