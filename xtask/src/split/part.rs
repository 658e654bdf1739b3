//! One part, written as a module of its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use super::plan::Plan;
use super::shared::{Shared, between_parts};
use super::whole::{FUNCTION, GLOBAL, MEMORY, TABLE, Whole};
use crate::code::{self, Named, signed};
use crate::shrink::{number, sized};
use crate::wasm::{MAGIC_AND_VERSION, section};

/// The first has the memory, the tables and the globals, the others have what they use of them from it.
pub(super) struct Part<'a> {
    pub(super) number: usize,
    pub(super) plan: &'a Plan,
    /// In which part each function is.
    pub(super) parts: &'a BTreeMap<u64, usize>,
    pub(super) shared: &'a Shared,
    pub(super) whole: &'a Whole<'a>,
}

/// What is in a part, in the order of its numbers there.
struct Contents {
    /// Functions of other parts and of JavaScript.
    foreign: Vec<u64>,
    own: Vec<u64>,
    globals: Vec<u64>,
    types: BTreeSet<u64>,
}

/// The numbers that things have in a part.
struct Numbers {
    functions: HashMap<u64, u64>,
    globals: HashMap<u64, u64>,
    types: HashMap<u64, u64>,
}

impl Contents {
    fn numbers(&self) -> Numbers {
        Numbers {
            functions: self.foreign.iter().chain(&self.own).copied().zip(0..).collect(),
            globals: self.globals.iter().copied().zip(0..).collect(),
            types: self.types.iter().copied().zip(0..).collect(),
        }
    }
}

impl Part<'_> {
    pub(super) fn written(&self) -> Option<Vec<u8>> {
        let Self { whole, shared, .. } = self;
        let contents = self.contents()?;
        let numbers = contents.numbers();
        let type_number = |function: &u64| numbers.types.get(&whole.type_of(*function)?).copied().map(number);
        let kinds = contents.types.iter().map(|kind| Some(whole.types.get(usize::try_from(*kind).ok()?)?.to_vec()));
        let tables: Vec<&[u8]> = std::iter::once(&*shared.table).chain(whole.tables.iter().skip(1).copied()).collect();

        let mut module = MAGIC_AND_VERSION.to_vec();
        let mut add = |id: u8, entries: Vec<Vec<u8>>| {
            if !entries.is_empty() {
                module.push(id);
                module.extend(sized(&[number(entries.len() as u64), entries.concat()].concat()));
            }
        };
        add(section::TYPE, kinds.collect::<Option<_>>()?);
        add(section::IMPORT, self.imports(&contents, &tables, type_number)?);
        add(section::FUNCTION, contents.own.iter().map(type_number).collect::<Option<_>>()?);
        if self.number == 0 {
            add(section::TABLE, tables.iter().map(|table| table.to_vec()).collect());
            add(section::MEMORY, vec![whole.memory.to_vec()]);
            add(section::GLOBAL, whole.globals.iter().map(|(kind, first)| [*kind, first].concat()).collect());
            add(section::EXPORT, self.exports(&numbers)?);
        }
        add(section::ELEMENT, runs(&self.table(&numbers)?));
        add(section::CODE, self.bodies(&contents, &numbers)?);
        add(section::DATA, self.data());
        let mut names: Vec<(u64, &String)> =
            numbers.functions.iter().filter_map(|(old, new)| Some((*new, whole.names.get(old)?))).collect();
        names.sort_unstable();
        module.push(section::CUSTOM);
        module.extend(sized(&name_section(&names)));
        Some(module)
    }

    fn contents(&self) -> Option<Contents> {
        let Self { whole, parts, .. } = self;
        let is_own = |function: &u64| parts.get(function) == Some(&self.number);
        let own: Vec<u64> = parts.keys().filter(|function| is_own(function)).copied().collect();
        let mut used = BTreeSet::new();
        for function in &own {
            used.extend(whole.named(*function)?);
        }
        if self.number == 0 {
            // What is imported can be exported again, and stand in the table.
            let exported = whole.exports.iter().filter(|export| export.1 == FUNCTION).map(|export| export.2);
            let in_table = whole.elements.iter().map(|(_, function)| *function);
            let imported = exported.chain(in_table).filter(|function| *function < whole.imported());
            used.extend(imported.map(Named::Function));
            used.extend((0..whole.globals.len() as u64).map(Named::Global));
        }
        let (mut foreign, mut globals, mut types) = (Vec::new(), Vec::new(), BTreeSet::new());
        for named in used {
            match named {
                Named::Function(callee) if is_own(&callee) => {}
                Named::Function(callee) => foreign.push(callee),
                Named::Global(global) => globals.push(global),
                Named::Type(kind) => {
                    types.insert(kind);
                }
            }
        }
        // The loader counts.
        foreign.sort_by_key(|callee| (self.shared.called.get(callee).map(|called| called.place), *callee));
        for function in foreign.iter().chain(&own) {
            types.insert(whole.type_of(*function)?);
        }
        Some(Contents { foreign, own, globals, types })
    }

    fn imports(
        &self,
        contents: &Contents,
        tables: &[&[u8]],
        type_number: impl Fn(&u64) -> Option<Vec<u8>>,
    ) -> Option<Vec<Vec<u8>>> {
        let Self { whole, shared, .. } = self;
        let mut imports = Vec::new();
        for function in &contents.foreign {
            let named = match whole.imports.get(usize::try_from(*function).ok()?) {
                Some((name, _)) => name.to_vec(),
                None => [sized(b"c"), sized(shared.called.get(function)?.first.to_string().as_bytes())].concat(),
            };
            imports.push([named, vec![FUNCTION], type_number(function)?].concat());
        }
        if self.number > 0 {
            for (table, kind) in (0..).zip(tables) {
                imports.push([&shared.imported(TABLE, table)?, &[TABLE][..], kind].concat());
            }
            imports.push([&between_parts(&whole.build), &[MEMORY][..], whole.memory].concat());
            for global in &contents.globals {
                let (kind, _) = whole.globals.get(usize::try_from(*global).ok()?)?;
                imports.push([&shared.imported(GLOBAL, *global)?, &[GLOBAL][..], kind].concat());
            }
        }
        Some(imports)
    }

    fn exports(&self, numbers: &Numbers) -> Option<Vec<Vec<u8>>> {
        let Self { whole, shared, .. } = self;
        let mut exports = Vec::new();
        for (name, kind, index) in &whole.exports {
            let index = if *kind == FUNCTION { *numbers.functions.get(index)? } else { *index };
            exports.push([sized(name), vec![*kind], number(index)].concat());
        }
        exports.push([sized(whole.build.as_bytes()), vec![MEMORY], number(0)].concat());
        for ((kind, index), name) in &shared.names {
            if whole.exports.iter().all(|(exported, ..)| *exported != name.as_bytes()) {
                exports.push([sized(name.as_bytes()), vec![*kind], number(*index)].concat());
            }
        }
        Some(exports)
    }

    /// Which functions of the part are in the table, by place.
    fn table(&self, numbers: &Numbers) -> Option<BTreeMap<u64, u64>> {
        let called = self.shared.called.iter().map(|(function, called)| (called.place, *function));
        let all = self.whole.elements.iter().copied().chain(called);
        // What is imported is in the first.
        let is_here = |function: &u64| self.parts.get(function).copied().unwrap_or_default() == self.number;
        let here = all.filter(|(_, function)| is_here(function));
        here.map(|(place, function)| Some((place, *numbers.functions.get(&function)?))).collect()
    }

    /// What the functions do, to what has these numbers.
    fn bodies(&self, contents: &Contents, numbers: &Numbers) -> Option<Vec<Vec<u8>>> {
        let renumbered = |named| {
            let (numbers, old) = match named {
                Named::Function(function) => (&numbers.functions, function),
                Named::Global(global) => (&numbers.globals, global),
                Named::Type(kind) => (&numbers.types, kind),
            };
            numbers.get(&old).copied().unwrap_or(u64::from(u32::MAX))
        };
        let body = |function: &u64| Some(sized(&code::renamed(self.whole.body(*function)?, renumbered)?));
        contents.own.iter().map(body).collect()
    }

    /// The segments. What a later part brings along is zeros before.
    fn data(&self) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        for (address, bytes) in &self.whole.data {
            let mut first = bytes.to_vec();
            for (range, of) in &self.plan.data {
                let start = range.start.saturating_sub(*address).min(bytes.len());
                let end = range.end.saturating_sub(*address).min(bytes.len());
                if let Some(late) = first.get_mut(start..end).filter(|late| !late.is_empty()) {
                    if *of == self.number {
                        all.extend(segments_of(address + start, late));
                    }
                    late.fill(0);
                }
            }
            if self.number == 0 {
                all.extend(segments_of(*address, &first));
            }
        }
        all
    }
}

/// Segments of elements, one for each run of places.
fn runs(in_table: &BTreeMap<u64, u64>) -> Vec<Vec<u8>> {
    let mut runs: Vec<(u64, Vec<u64>)> = Vec::new();
    for (place, function) in in_table {
        match runs.last_mut().filter(|(start, functions)| start + functions.len() as u64 == *place) {
            Some((_, functions)) => functions.push(*function),
            None => runs.push((*place, vec![*function])),
        }
    }
    let segment = |(start, functions): (u64, Vec<u64>)| {
        let count = number(functions.len() as u64);
        [vec![0, 0x41], signed(start), vec![0x0b], count, functions.into_iter().flat_map(number).collect()].concat()
    };
    runs.into_iter().map(segment).collect()
}

/// The memory is zeros at first; a segment more is some seven bytes.
fn segments_of(address: usize, bytes: &[u8]) -> Vec<Vec<u8>> {
    const WORTH: usize = 8;
    let mut kept: Vec<Range<usize>> = Vec::new();
    for (index, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte != 0) {
        match kept.last_mut().filter(|last| index - last.end < WORTH) {
            Some(last) => last.end = index + 1,
            None => kept.push(index..index + 1),
        }
    }
    kept.into_iter().filter_map(|range| Some(segment(address + range.start, bytes.get(range)?))).collect()
}

/// §5.5.14
fn segment(address: usize, bytes: &[u8]) -> Vec<u8> {
    [vec![0, 0x41], signed(address as u64), vec![0x0b], sized(bytes)].concat()
}

/// Appendix A.4
pub(super) fn name_section(names: &[(u64, &String)]) -> Vec<u8> {
    const FUNCTIONS: u8 = 1;
    let entries: Vec<u8> =
        names.iter().flat_map(|(index, name)| [number(*index), sized(name.as_bytes())].concat()).collect();
    let functions = [number(names.len() as u64), entries].concat();
    [sized(b"name"), vec![FUNCTIONS], sized(&functions)].concat()
}
