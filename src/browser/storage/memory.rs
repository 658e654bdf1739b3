//! The module's own memory: one for the whole page or worker, until it is left.

use crate::secret::Secret;
use std::cell::RefCell;

thread_local! {
    /// A handful, so a list will do.
    static VALUES: RefCell<Vec<(String, Secret)>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn read(key: &str) -> Option<Secret> {
    VALUES.with_borrow(|values| values.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone()))
}

pub(super) fn write(key: &str, value: &Secret) {
    remove(key);
    VALUES.with_borrow_mut(|values| values.push((key.to_owned(), value.clone())));
}

pub(super) fn remove(key: &str) {
    VALUES.with_borrow_mut(|values| values.retain(|(name, _)| name != key));
}

pub(super) fn keys(prefix: &str) -> Vec<String> {
    VALUES.with_borrow(|values| {
        values.iter().map(|(name, _)| name).filter(|name| name.starts_with(prefix)).cloned().collect()
    })
}
