//! A module cut into what every page loads and what is loaded behind it, on the same memory and the same table.
//!
//! A chunk is reached through gates alone: futures that are in boxes, so that whoever runs one calls it by the table. As long as
//! the chunk is not there, its places in the table are empty, and a call would trap; `Platform::part` is awaited before. What a
//! gate reaches, and nothing else does, is the chunk. Who reaches what is the linker's word (`links.rs`), given before the
//! optimiser runs; it changes what functions are and do, but no place in the table and no address.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;

use crate::code::{self, Named, signed};
use crate::failure::Result;
use crate::futures;
use crate::links::{Links, Symbol};
use crate::shrink::{is_about_panics, number, short_name, sized};
use crate::wasm::{MAGIC_AND_VERSION, Module, Reader, UNREADABLE, demangled, elements, section, segments};
use crate::workspace;

/// What is loaded behind the first module, in this order: each chunk may use those before it.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// Its file is `NAME.wasm`.
    pub(crate) name: &'static str,
    /// The futures that lead into it, by module and name.
    pub(crate) gates: &'static [(&'static str, &'static str)],
}

/// What only a chunk uses.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    chunks: usize,
    /// By its place in the table: from which chunk on a function is there. The first module is 0.
    places: HashMap<u64, usize>,
    /// Ranges of the memory, in their order, that later chunks bring along.
    data: Vec<(Range<usize>, usize)>,
}

/// Of the module as the linker has left it.
pub(crate) fn plan(module: &[u8], chunks: &[Chunk]) -> Result<Plan> {
    let Linked { names, links, traps } = Linked::read(module)?;
    let in_table: HashSet<u64> = links.table().iter().map(|(_, function)| *function).collect();
    let mut gates = Vec::new();
    for chunk in chunks {
        let mut of_chunk = HashSet::new();
        for gate in chunk.gates {
            let found = names.iter().filter(|(function, name)| in_table.contains(function) && is_gate(gate, name));
            let before = of_chunk.len();
            of_chunk.extend(found.map(|(function, _)| *function));
            if of_chunk.len() == before {
                let (module, name) = gate;
                return Err(format!("the table has no future of `{module}::{name}`, which xtask/src/package.rs says leads into {}.wasm: it must be in a box, and awaited behind `later`.", chunk.name).into());
            }
        }
        gates.push(of_chunk);
    }
    let parts = links.reached_by_parts(&gates, &traps);
    let part_of = |symbol: &Symbol| parts.iter().position(|reached| reached.contains(symbol));
    let places = links.table().iter().map(|(place, function)| {
        // Nobody calls what nobody reaches.
        (*place, part_of(&Symbol::Function(*function)).unwrap_or(chunks.len()))
    });
    Ok(Plan { chunks: chunks.len(), places: places.collect(), data: late_data(&links, part_of) })
}

/// A module as the linker has left it.
struct Linked<'a> {
    names: HashMap<u64, String>,
    links: Links<'a>,
    /// Functions of which nothing is left once it is shrunk.
    traps: HashSet<u64>,
}

impl<'a> Linked<'a> {
    fn read(module: &'a [u8]) -> Result<Self> {
        let Module { names, .. } = Module::read(module)?;
        let links = Links::read(module)?;
        let mut traps: HashSet<u64> =
            names.iter().filter(|(_, name)| is_about_panics(name)).map(|(function, _)| *function).collect();
        traps.extend(futures::needless_drops(&names, &links)?);
        Ok(Self { names, links, traps })
    }
}

/// What is behind the gates of one module of the crate, and behind no other: their names, and the part of all code that it is.
pub(crate) fn costs(module: &[u8], chunks: &[Chunk]) -> Result<Vec<(String, f64)>> {
    let Linked { names, links, traps } = Linked::read(module)?;
    let mut by_module: BTreeMap<&str, Vec<&(&str, &str)>> = BTreeMap::new();
    for gate in chunks.iter().flat_map(|chunk| chunk.gates) {
        by_module.entry(gate.0).or_default().push(gate);
    }
    let found = |gates: &Vec<&(&str, &str)>| -> HashSet<u64> {
        let found = names.iter().filter(|(_, name)| gates.iter().any(|gate| is_gate(gate, name)));
        found.map(|(function, _)| *function).collect()
    };
    let gates: Vec<HashSet<u64>> = by_module.values().map(found).collect();
    let (whole, sizes) = links.sizes_behind(&gates, &traps);
    let cost = |((module, gates), size): ((&str, Vec<&(&str, &str)>), usize)| {
        let flows: Vec<&str> = gates.iter().map(|(_, flow)| *flow).collect();
        #[expect(clippy::cast_precision_loss, reason = "bytes of a module")]
        let part = size as f64 / whole.max(1) as f64;
        (format!("{module}: {}", flows.join(", ")), part)
    };
    Ok(by_module.into_iter().zip(sizes).map(cost).collect())
}

/// Whether a function is this future, or what drops it.
fn is_gate((module, name): &(&str, &str), of: &str) -> bool {
    let of = demangled(of);
    let (module, name) = (format!("tessera_auth::{module}::"), format!("::{name}::{{{{closure}}}}"));
    of.contains(&module) && (of.ends_with(&name) || of.ends_with(&[&name, ">"].concat()))
}

fn late_data(links: &Links<'_>, part_of: impl Fn(&Symbol) -> Option<usize>) -> Vec<(Range<usize>, usize)> {
    let mut parts: BTreeMap<usize, usize> = BTreeMap::new();
    for (symbol, memory) in links.data() {
        let part = part_of(&symbol).unwrap_or_default();
        for address in memory {
            parts.entry(address).and_modify(|before| *before = part.min(*before)).or_insert(part);
        }
    }
    let mut late: Vec<(Range<usize>, usize)> = Vec::new();
    for (address, part) in parts.into_iter().filter(|(_, part)| *part > 0) {
        match late.last_mut().filter(|(range, before)| range.end == address && *before == part) {
            Some((range, _)) => range.end += 1,
            None => late.push((address..address + 1, part)),
        }
    }
    late
}

/// The first module and the chunks, each with the names of its functions. `module` is optimised, and its exports have short names.
pub(crate) fn split(module: &[u8], plan: &Plan) -> Result<Vec<Vec<u8>>> {
    let names = Module::read(module)?.names;
    let mut whole = Whole::read(module, names).ok_or(UNREADABLE)?;
    whole.build = workspace::fingerprint(&[module]).chars().take(BUILD_LETTERS).collect();
    if plan.chunks == 0 {
        return Ok(vec![module.to_vec()]);
    }
    let parts = whole.parts(plan).ok_or(UNREADABLE)?;
    let shared = whole.shared(&parts).ok_or(UNREADABLE)?;
    (0..=plan.chunks).map(|part| whole.part(part, plan, &parts, &shared).ok_or_else(|| UNREADABLE.into())).collect()
}

/// A module with one memory, whose imports are functions.
#[derive(Default)]
struct Whole<'a> {
    types: Vec<&'a [u8]>,
    /// Module and name, and the type.
    imports: Vec<(&'a [u8], u64)>,
    /// The types of the functions that it defines.
    functions: Vec<u64>,
    tables: Vec<&'a [u8]>,
    memory: &'a [u8],
    /// Type, and what it is at first.
    globals: Vec<(&'a [u8], &'a [u8])>,
    exports: Vec<(&'a [u8], u8, u64)>,
    elements: Vec<(u64, u64)>,
    bodies: Vec<&'a [u8]>,
    data: Vec<(usize, &'a [u8])>,
    names: HashMap<u64, String>,
    /// What the memory is called between its parts. A part of another build, as a page may load it after a new version was put in place,
    /// finds no such memory, and is refused before anything of it runs.
    build: String,
}

const BUILD_LETTERS: usize = 8;

/// Kinds of imports and exports (§5.5.5).
const FUNCTION: u8 = 0;
const TABLE: u8 = 1;
const MEMORY: u8 = 2;
const GLOBAL: u8 = 3;

/// What modules use of each other.
#[derive(Default)]
struct Shared {
    /// Tables and globals, and what they are exported as.
    names: BTreeMap<(u8, u64), String>,
    /// Functions. They stand in the table behind all others, and have no names: the loader hands out one after the other
    /// (`loader.js`).
    called: BTreeMap<u64, Called>,
    /// The type of the table with room for them.
    table: Vec<u8>,
}

struct Called {
    place: u64,
    /// The first place of those that the same parts call. It stands where an import has its name.
    first: u64,
}

impl<'a> Whole<'a> {
    fn read(module: &'a [u8], names: HashMap<u64, String>) -> Option<Self> {
        let mut whole = Self { names, ..Self::default() };
        let mut reader = Reader(module.strip_prefix(MAGIC_AND_VERSION)?);
        while !reader.0.is_empty() {
            let id = reader.byte()?;
            let mut content = reader.sized()?;
            let content = &mut content;
            match id {
                // The number of segments says nothing here: nobody names one.
                section::CUSTOM | section::DATA_COUNT => {}
                section::TYPE => whole.types = list(content, |content| content.taken(function_type))?,
                section::IMPORT => {
                    whole.imports = list(content, |content| {
                        let name = content.taken(|content| {
                            content.sized()?;
                            content.sized().map(drop)
                        })?;
                        (content.byte()? == FUNCTION).then_some((name, content.number()?))
                    })?;
                }
                section::FUNCTION => whole.functions = list(content, Reader::number)?,
                section::TABLE => {
                    whole.tables = list(content, |content| {
                        content.taken(|content| {
                            content.value_type()?;
                            content.limits()
                        })
                    })?;
                }
                section::MEMORY => {
                    let memories = list(content, |content| content.taken(Reader::limits))?;
                    let [memory] = memories.as_slice() else { return None };
                    whole.memory = memory;
                }
                section::GLOBAL => {
                    whole.globals = list(content, |content| {
                        let kind = content.taken(|content| {
                            content.value_type()?;
                            content.byte().map(drop)
                        })?;
                        Some((kind, content.taken(constant)?))
                    })?;
                }
                section::EXPORT => {
                    whole.exports = list(content, |content| {
                        let name = content.sized()?.0;
                        Some((name, content.byte()?, content.number()?))
                    })?;
                }
                section::ELEMENT => whole.elements = elements(content)?,
                section::CODE => whole.bodies = list(content, |content| content.sized().map(|body| body.0))?,
                section::DATA => {
                    let all = content.0;
                    let bytes = |place: usize, length: usize| all.get(place..place + length);
                    whole.data = segments(content)?
                        .into_iter()
                        .map(|segment| Some((segment.memory.start, bytes(segment.place, segment.memory.len())?)))
                        .collect::<Option<_>>()?;
                }
                // Nothing else is in these modules.
                _ => return None,
            }
        }
        Some(whole)
    }

    fn imported(&self) -> u64 {
        self.imports.len() as u64
    }

    fn type_of(&self, function: u64) -> Option<u64> {
        match usize::try_from(function).ok()? {
            index if index < self.imports.len() => self.imports.get(index).map(|(_, kind)| *kind),
            index => self.functions.get(index - self.imports.len()).copied(),
        }
    }

    fn body(&self, function: u64) -> Option<&'a [u8]> {
        self.bodies.get(usize::try_from(function.checked_sub(self.imported())?).ok()?).copied()
    }

    fn named(&self, function: u64) -> Option<BTreeSet<Named>> {
        let mut named = BTreeSet::new();
        code::look(self.body(function)?, |each| {
            named.insert(each);
        })?;
        Some(named)
    }

    fn callees(&self, function: u64) -> Option<Vec<u64>> {
        let named = self.named(function)?.into_iter();
        Some(named.filter_map(|named| if let Named::Function(callee) = named { Some(callee) } else { None }).collect())
    }

    /// In which part each function is that the module defines: in the first that calls it.
    fn parts(&self, plan: &Plan) -> Option<BTreeMap<u64, usize>> {
        let mut parts = BTreeMap::new();
        for part in 0..=plan.chunks {
            let in_table = self.elements.iter().filter(|(place, _)| plan.places.get(place).copied() == Some(part));
            let mut waiting: Vec<u64> = in_table.map(|(_, function)| *function).collect();
            if part == 0 {
                waiting.extend(self.exports.iter().filter(|export| export.1 == FUNCTION).map(|export| export.2));
            }
            while let Some(function) = waiting.pop() {
                if function >= self.imported() && !parts.contains_key(&function) {
                    parts.insert(function, part);
                    waiting.extend(self.callees(function)?);
                }
            }
        }
        Some(parts)
    }

    fn shared(&self, parts: &BTreeMap<u64, usize>) -> Option<Shared> {
        let mut shared: BTreeSet<(u8, u64)> = (0..self.tables.len() as u64).map(|table| (TABLE, table)).collect();
        let mut callers: BTreeMap<u64, BTreeSet<usize>> = BTreeMap::new();
        for (function, part) in parts.iter().filter(|(_, part)| **part > 0) {
            for named in self.named(*function)? {
                match named {
                    Named::Function(callee) if parts.get(&callee).is_some_and(|callee| callee < part) => {
                        callers.entry(callee).or_default().insert(*part);
                    }
                    Named::Global(global) => {
                        shared.insert((GLOBAL, global));
                    }
                    Named::Function(_) | Named::Type(_) => {}
                }
            }
        }
        let known: HashMap<(u8, u64), &[u8]> =
            self.exports.iter().map(|(name, kind, index)| ((*kind, *index), *name)).collect();
        let mut count = self.exports.len();
        let named = |each| {
            let name = known.get(&each).map_or_else(
                || {
                    count += 1;
                    short_name(count - 1)
                },
                |name| String::from_utf8_lossy(name).into_owned(),
            );
            (each, if each == (TABLE, 0) { FUNCTIONS.to_owned() } else { name })
        };
        let names = shared.into_iter().map(named).collect();

        let mut alike: BTreeMap<(usize, Vec<usize>), Vec<u64>> = BTreeMap::new();
        for (function, callers) in callers {
            let of = *parts.get(&function)?;
            alike.entry((of, callers.into_iter().collect())).or_default().push(function);
        }
        let (mut free, with_room) = table_with_room(self.tables.first()?, alike.values().map(Vec::len).sum())?;
        let mut called = BTreeMap::new();
        for functions in alike.into_values() {
            let first = free;
            for function in functions {
                called.insert(function, Called { place: free, first });
                free += 1;
            }
        }
        Some(Shared { names, called, table: with_room })
    }

    fn part(&self, part: usize, plan: &Plan, parts: &BTreeMap<u64, usize>, shared: &Shared) -> Option<Vec<u8>> {
        let own: Vec<u64> = parts.iter().filter(|(_, each)| **each == part).map(|(function, _)| *function).collect();
        let mut used = BTreeSet::new();
        for function in &own {
            used.extend(self.named(*function)?);
        }
        if part == 0 {
            // What is imported can be exported again, and stand in the table.
            let exported = self.exports.iter().filter(|export| export.1 == FUNCTION).map(|export| export.2);
            let in_table = self.elements.iter().map(|(_, function)| *function);
            let imported = exported.chain(in_table).filter(|function| *function < self.imported());
            used.extend(imported.map(Named::Function));
        }
        let mut foreign: Vec<u64> = used
            .iter()
            .filter_map(|named| if let Named::Function(callee) = named { Some(*callee) } else { None })
            .filter(|callee| parts.get(callee) != Some(&part))
            .collect();
        // The loader counts.
        foreign.sort_by_key(|callee| (shared.called.get(callee).map(|called| called.place), *callee));
        let numbers: HashMap<u64, u64> = foreign.iter().chain(&own).copied().zip(0..).collect();
        let globals: Vec<u64> = match part {
            0 => (0..self.globals.len() as u64).collect(),
            _ => used
                .iter()
                .filter_map(|named| if let Named::Global(global) = named { Some(*global) } else { None })
                .collect(),
        };
        let global_numbers: HashMap<u64, u64> = globals.iter().copied().zip(0..).collect();
        let mut types: BTreeSet<u64> =
            used.iter().filter_map(|named| if let Named::Type(kind) = named { Some(*kind) } else { None }).collect();
        for function in foreign.iter().chain(&own) {
            types.insert(self.type_of(*function)?);
        }
        let type_numbers: HashMap<u64, u64> = types.iter().copied().zip(0..).collect();
        let type_number = |function: u64| type_numbers.get(&self.type_of(function)?).copied().map(number);

        let tables: Vec<&[u8]> = std::iter::once(&*shared.table).chain(self.tables.iter().skip(1).copied()).collect();
        let mut imports = Vec::new();
        for function in &foreign {
            let named = match self.imports.get(usize::try_from(*function).ok()?) {
                Some((name, _)) => name.to_vec(),
                None => [sized(b"c"), sized(shared.called.get(function)?.first.to_string().as_bytes())].concat(),
            };
            imports.push([named, vec![FUNCTION], type_number(*function)?].concat());
        }
        if part > 0 {
            for (table, kind) in (0..).zip(&tables) {
                imports.push([&shared.imported(TABLE, table)?, &[TABLE][..], kind].concat());
            }
            imports.push([&between_parts(&self.build), &[MEMORY][..], self.memory].concat());
            for global in &globals {
                let (kind, _) = self.globals.get(usize::try_from(*global).ok()?)?;
                imports.push([&shared.imported(GLOBAL, *global)?, &[GLOBAL][..], kind].concat());
            }
        }
        let mut exports = Vec::new();
        if part == 0 {
            for (name, kind, index) in &self.exports {
                let index = if *kind == FUNCTION { *numbers.get(index)? } else { *index };
                exports.push([sized(name), vec![*kind], number(index)].concat());
            }
            exports.push([sized(self.build.as_bytes()), vec![MEMORY], number(0)].concat());
            for ((kind, index), name) in &shared.names {
                if self.exports.iter().all(|(exported, ..)| *exported != name.as_bytes()) {
                    exports.push([sized(name.as_bytes()), vec![*kind], number(*index)].concat());
                }
            }
        }
        let mut bodies = Vec::new();
        for function in &own {
            let renamed = code::renamed(self.body(*function)?, |named| {
                let (numbers, old) = match named {
                    Named::Function(function) => (&numbers, function),
                    Named::Global(global) => (&global_numbers, global),
                    Named::Type(kind) => (&type_numbers, kind),
                };
                numbers.get(&old).copied().unwrap_or(u64::from(u32::MAX))
            })?;
            bodies.push(sized(&renamed));
        }
        let called = shared.called.iter().map(|(function, called)| (called.place, *function));
        let in_table: BTreeMap<u64, u64> = self
            .elements
            .iter()
            .copied()
            .chain(called)
            .filter(|(_, function)| match parts.get(function) {
                Some(of) => *of == part,
                None => part == 0,
            })
            .map(|(place, function)| Some((place, *numbers.get(&function)?)))
            .collect::<Option<_>>()?;

        let types: Vec<Vec<u8>> = types
            .iter()
            .map(|kind| Some(self.types.get(usize::try_from(*kind).ok()?)?.to_vec()))
            .collect::<Option<_>>()?;
        let functions: Vec<Vec<u8>> = own.iter().map(|function| type_number(*function)).collect::<Option<_>>()?;
        let mut module = MAGIC_AND_VERSION.to_vec();
        let mut add = |id: u8, entries: Vec<Vec<u8>>| {
            if !entries.is_empty() {
                module.push(id);
                module.extend(sized(&[number(entries.len() as u64), entries.concat()].concat()));
            }
        };
        add(section::TYPE, types);
        add(section::IMPORT, imports);
        add(section::FUNCTION, functions);
        if part == 0 {
            add(section::TABLE, tables.iter().map(|table| table.to_vec()).collect());
            add(section::MEMORY, vec![self.memory.to_vec()]);
            add(section::GLOBAL, self.globals.iter().map(|(kind, first)| [*kind, first].concat()).collect());
        }
        add(section::EXPORT, exports);
        add(section::ELEMENT, runs(&in_table));
        add(section::CODE, bodies);
        add(section::DATA, self.data_of(part, plan));
        let mut named: Vec<(u64, &String)> =
            numbers.iter().filter_map(|(old, new)| Some((*new, self.names.get(old)?))).collect();
        named.sort_unstable();
        module.push(section::CUSTOM);
        module.extend(sized(&name_section(&named)));
        Some(module)
    }

    /// The segments of a part. What a later one brings along is zeros before.
    fn data_of(&self, part: usize, plan: &Plan) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        for (address, bytes) in &self.data {
            let mut first = bytes.to_vec();
            for (range, of) in &plan.data {
                let start = range.start.saturating_sub(*address).min(bytes.len());
                let end = range.end.saturating_sub(*address).min(bytes.len());
                if let Some(late) = first.get_mut(start..end).filter(|late| !late.is_empty()) {
                    if *of == part {
                        all.extend(segments_of(address + start, late));
                    }
                    late.fill(0);
                }
            }
            if part == 0 {
                all.extend(segments_of(*address, &first));
            }
        }
        all
    }
}

impl Shared {
    /// The name of something in the modules before.
    fn imported(&self, kind: u8, index: u64) -> Option<Vec<u8>> {
        Some(between_parts(self.names.get(&(kind, index))?))
    }
}

/// What the loader knows the table of functions by: no short name is it.
const FUNCTIONS: &str = "0";

/// The first place behind a table, and the type of one with so many places more (§5.3.11).
fn table_with_room(table: &[u8], more: usize) -> Option<(u64, Vec<u8>)> {
    let mut reader = Reader(table);
    let kind = reader.taken(Reader::value_type)?;
    let flags = reader.byte()?;
    let size = reader.number()?;
    let most = if flags & 1 == 1 { number(reader.number()? + more as u64) } else { Vec::new() };
    Some((size, [kind, &[flags], &number(size + more as u64), &most].concat()))
}

/// Module and name of what one part has of another.
fn between_parts(name: &str) -> Vec<u8> {
    [sized(b"b"), sized(name.as_bytes())].concat()
}

fn list<'a, T>(content: &mut Reader<'a>, mut read: impl FnMut(&mut Reader<'a>) -> Option<T>) -> Option<Vec<T>> {
    (0..content.number()?).map(|_| read(content)).collect()
}

/// §5.3.6
fn function_type(content: &mut Reader<'_>) -> Option<()> {
    (content.byte()? == 0x60).then_some(())?;
    for _ in 0..2 {
        for _ in 0..content.number()? {
            content.value_type()?;
        }
    }
    Some(())
}

/// One instruction and the end.
fn constant(content: &mut Reader<'_>) -> Option<()> {
    const END: u8 = 0x0b;
    code::instruction(content)?;
    (content.byte()? == END).then_some(())
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
fn name_section(names: &[(u64, &String)]) -> Vec<u8> {
    const FUNCTIONS: u8 = 1;
    let entries: Vec<u8> =
        names.iter().flat_map(|(index, name)| [number(*index), sized(name.as_bytes())].concat()).collect();
    let functions = [number(names.len() as u64), entries].concat();
    [sized(b"name"), vec![FUNCTIONS], sized(&functions)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        [&[id][..], &sized(content)].concat()
    }

    /// Function 0 is imported. 1 is exported and calls 3; 2 is a gate, in the table at 1, calls 0, 3 and 4, and uses the global and
    /// a type of its own; 3 is in the table at 2.
    fn module() -> Vec<u8> {
        let bodies = [
            &[0, 0x10, 3, 0x0b][..],
            &[0, 0x10, 0, 0x10, 3, 0x10, 4, 0x23, 0, 0x1a, 0x41, 0, 0x11, 1, 0, 0x0b],
            &[0, 0x0b],
            &[0, 0x01, 0x0b],
        ];
        let bodies: Vec<u8> = bodies.into_iter().flat_map(sized).collect();
        let names =
            name_section(&[(1, &"first".into()), (2, &"gate".into()), (3, &"both".into()), (4, &"late".into())]);
        [
            MAGIC_AND_VERSION,
            &section(1, &[3, 0x60, 0, 0, 0x60, 1, 0x7f, 0, 0x60, 0, 0]),
            &section(2, &[1, 1, b'a', 1, b'f', 0, 0]),
            &section(3, &[4, 0, 2, 0, 2]),
            &section(4, &[1, 0x70, 0, 4]),
            &section(5, &[1, 0, 1]),
            &section(6, &[1, 0x7f, 1, 0x41, 9, 0x0b]),
            &section(7, &[2, 1, b'a', 0, 1, 1, b'b', 2, 0]),
            &section(9, &[1, 0, 0x41, 1, 0x0b, 2, 2, 3]),
            &section(10, &[&[4][..], &bodies].concat()),
            &section(11, &[&[1, 0, 0x41, 8, 0x0b, 16][..], b"early---late----"].concat()),
            &section(0, &names),
        ]
        .concat()
    }

    fn plan(gate: usize) -> Plan {
        Plan { chunks: 1, places: HashMap::from([(1, gate), (2, 0)]), data: vec![(16..24, 1)] }
    }

    fn names(module: &Module) -> Vec<&str> {
        module.functions.iter().map(|function| function.name.as_str()).collect()
    }

    #[test]
    fn what_only_a_gate_reaches_comes_later() {
        let parts = split(&module(), &plan(1)).unwrap();
        let [first, later] = parts.as_slice() else { panic!("two modules") };
        let (read_first, read_later) = (Module::read(first).unwrap(), Module::read(later).unwrap());
        assert_eq!((names(&read_first), names(&read_later)), (vec!["first", "both"], vec!["gate", "late"]));
        assert_eq!(read_first.imports.len(), 0, "the later one alone calls what is imported");
        let imports: Vec<_> =
            read_later.imports.iter().map(|import| (import.module.as_str(), import.name.as_str())).collect();
        let build: String = workspace::fingerprint(&[&module()]).chars().take(BUILD_LETTERS).collect();
        // A place of the table, the table under its own name, the memory under that of the build.
        assert_eq!(imports, [("a", "f"), ("c", "4"), ("b", "0"), ("b", &build), ("b", "d")]);
        let has = |module: &[u8], part: &[u8]| module.windows(part.len()).any(|window| window == part);
        assert!(has(first, b"early---") && !has(first, b"late----"));
        assert!(has(later, b"late----") && !has(later, b"early---"));
        // Its places in the table: number 2 behind the two functions that it imports.
        assert!(has(later, &section(9, &[1, 0, 0x41, 1, 0x0b, 1, 2])));
        assert!(has(first, &section(9, &[2, 0, 0x41, 2, 0x0b, 1, 1, 0, 0x41, 4, 0x0b, 1, 1])));
        assert!(has(first, &section(4, &[1, 0x70, 0, 5])));
        // What it calls under the numbers of here.
        let body = [0, 0x10, 0, 0x10, 1, 0x10, 3, 0x23, 0, 0x1a, 0x41, 0, 0x11, 1, 0, 0x0b];
        assert!(has(later, &body));
    }

    #[test]
    fn a_table_is_given_room_and_keeps_its_bounds() {
        assert_eq!(table_with_room(&[0x70, 0, 4], 3), Some((4, vec![0x70, 0, 7])));
        assert_eq!(table_with_room(&[0x70, 1, 4, 6], 3), Some((4, vec![0x70, 1, 7, 9])));
        assert_eq!(table_with_room(&[0x70, 1, 4], 3), None);
    }

    #[test]
    fn what_the_first_module_reaches_stays_there() {
        let parts = split(&module(), &plan(0)).unwrap();
        assert_eq!(names(&Module::read(&parts[0]).unwrap()), ["first", "gate", "both", "late"]);
        assert_eq!(names(&Module::read(&parts[1]).unwrap()), [""; 0]);
    }

    #[test]
    fn a_future_and_what_drops_it_are_a_gate() {
        let gate = &("client::window", "ask");
        let ask = "tessera_auth::client::window::<impl tessera_auth::client::Inner<P>>::ask::{{closure}}";
        assert!(is_gate(gate, ask));
        assert!(is_gate(gate, &format!("core::ptr::drop_in_place<{ask}>")));
        assert!(!is_gate(gate, &format!("{ask}::{{{{closure}}}}")));
        assert!(!is_gate(&("client::window", "as"), ask));
    }

    #[test]
    fn refuses_every_truncation_without_a_panic() {
        let whole = module();
        for length in 0..whole.len() {
            let _ = split(&whole[..length], &plan(1));
        }
    }
}
