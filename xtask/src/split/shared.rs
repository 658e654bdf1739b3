//! What parts use of each other, and by which names.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::whole::{GLOBAL, TABLE, Whole};
use crate::code::Named;
use crate::shrink::{number, short_name, sized};
use crate::wasm::Reader;

/// What modules use of each other.
#[derive(Default)]
pub(super) struct Shared {
    /// Tables and globals, and what they are exported as.
    pub(super) names: BTreeMap<(u8, u64), String>,
    /// Functions. They stand in the table behind all others, and have no names: the loader hands out one after the other
    /// (`loader.js`).
    pub(super) called: BTreeMap<u64, Called>,
    /// The type of the table with room for them.
    pub(super) table: Vec<u8>,
}

pub(super) struct Called {
    pub(super) place: u64,
    /// The first place of those that the same parts call. It stands where an import has its name.
    pub(super) first: u64,
}

impl Shared {
    /// Of a module whose functions are in these parts.
    pub(super) fn between(parts: &BTreeMap<u64, usize>, whole: &Whole<'_>) -> Option<Self> {
        let mut names: BTreeSet<(u8, u64)> = (0..whole.tables.len() as u64).map(|table| (TABLE, table)).collect();
        let mut callers: BTreeMap<u64, BTreeSet<usize>> = BTreeMap::new();
        for (function, part) in parts.iter().filter(|(_, part)| **part > 0) {
            for named in whole.named(*function)? {
                match named {
                    Named::Function(callee) if parts.get(&callee).is_some_and(|callee| callee < part) => {
                        callers.entry(callee).or_default().insert(*part);
                    }
                    Named::Global(global) => {
                        names.insert((GLOBAL, global));
                    }
                    Named::Function(_) | Named::Type(_) => {}
                }
            }
        }
        let mut alike: BTreeMap<(usize, Vec<usize>), Vec<u64>> = BTreeMap::new();
        for (function, callers) in callers {
            let of = *parts.get(&function)?;
            alike.entry((of, callers.into_iter().collect())).or_default().push(function);
        }
        let (free, table) = table_with_room(whole.tables.first()?, alike.values().map(Vec::len).sum())?;
        Some(Self { names: named(names, whole), called: placed(alike.into_values(), free), table })
    }

    /// The name of something in the modules before.
    pub(super) fn imported(&self, kind: u8, index: u64) -> Option<Vec<u8>> {
        Some(between_parts(self.names.get(&(kind, index))?))
    }
}

/// Under the names that they have already, or under new ones.
fn named(things: BTreeSet<(u8, u64)>, whole: &Whole<'_>) -> BTreeMap<(u8, u64), String> {
    let known: HashMap<(u8, u64), &[u8]> =
        whole.exports.iter().map(|(name, kind, index)| ((*kind, *index), *name)).collect();
    let mut free = whole.exports.len()..;
    let mut name = |thing| match known.get(&thing) {
        _ if thing == (TABLE, 0) => FUNCTIONS.to_owned(),
        Some(name) => String::from_utf8_lossy(name).into_owned(),
        None => free.next().map(short_name).unwrap_or_default(),
    };
    things.into_iter().map(|thing| (thing, name(thing))).collect()
}

/// One behind the other, from the first place that is free.
fn placed(alike: impl Iterator<Item = Vec<u64>>, mut free: u64) -> BTreeMap<u64, Called> {
    let mut called = BTreeMap::new();
    for functions in alike {
        let first = free;
        for function in functions {
            called.insert(function, Called { place: free, first });
            free += 1;
        }
    }
    called
}

/// What the loader knows the table of functions by: no short name is it.
const FUNCTIONS: &str = "0";

/// The first place behind a table, and the type of one with so many places more (§5.3.11).
pub(super) fn table_with_room(table: &[u8], more: usize) -> Option<(u64, Vec<u8>)> {
    let mut reader = Reader(table);
    let kind = reader.taken(Reader::value_type)?;
    let flags = reader.byte()?;
    let size = reader.number()?;
    let most = if flags & 1 == 1 { number(reader.number()? + more as u64) } else { Vec::new() };
    Some((size, [kind, &[flags], &number(size + more as u64), &most].concat()))
}

/// Module and name of what one part has of another.
pub(super) fn between_parts(name: &str) -> Vec<u8> {
    [sized(b"b"), sized(name.as_bytes())].concat()
}
