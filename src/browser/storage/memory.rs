//! The module's own memory: one for the whole page or worker, until it is left.

use super::Operation;
use crate::secret::Secret;
use std::cell::RefCell;

thread_local! {
    /// A handful, so a list will do.
    static VALUES: RefCell<Vec<(String, Secret)>> = const { RefCell::new(Vec::new()) };
}

fn put(values: &mut Vec<(String, Secret)>, key: &str, value: Option<&Secret>) {
    values.retain(|(name, _)| name != key);
    values.extend(value.map(|value| (key.to_owned(), value.clone())));
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
            Operation::Write(key, value) => put(values, key, Some(*value)),
            Operation::Remove(key) => put(values, key, None),
            Operation::Swap(key, seen, next) => {
                let found = values.iter().find(|(name, _)| name == key).map(|(_, value)| value);
                if found == *seen {
                    put(values, key, *next);
                    return vec![String::new()];
                }
            }
        }
        Vec::new()
    })
}
