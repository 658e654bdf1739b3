//! Who refers to whom in a module, as the linker has noted it (`--emit-relocs`): the custom sections `linking` and `reloc.…`
//! of the tool conventions for WebAssembly, "Object File Linking".

use std::collections::HashSet;
use std::ops::Range;

use crate::failure::Result;
use crate::wasm::{MAGIC_AND_VERSION, Module, Reader, Segment, UNREADABLE, elements, section, segments};

#[derive(Default)]
pub(crate) struct Links<'a> {
    /// The content of the code section.
    code: &'a [u8],
    /// Where in there each function is, and the number of the first.
    bodies: Vec<Range<usize>>,
    first: u64,
    exported: HashSet<u64>,
    /// The places of the table, and the functions in them.
    table: Vec<(u64, u64)>,
    segments: Vec<Segment>,
    symbols: Vec<Symbol>,
    in_code: Vec<Reference>,
    in_data: Vec<Reference>,
}

/// What can be referred to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Symbol {
    Function(u64),
    /// Where it is in the content of the data section.
    Data(Range<usize>),
    Other,
}

/// A number that the linker has filled in.
#[derive(Debug)]
struct Reference {
    /// Where it stands in the content of its section.
    at: usize,
    kind: u8,
    to: Symbol,
}

/// Kinds of references: a function to be called, and an address as a constant.
const FUNCTION: u8 = 0;
const ADDRESS: u8 = 4;

impl<'a> Links<'a> {
    pub(crate) fn read(module: &'a [u8]) -> Result<Self> {
        let first = Module::read(module)?.imported_functions;
        links(module, first).ok_or_else(|| UNREADABLE.into())
    }

    /// The data that nobody reads once these functions trap at once, as places in the content of the data section.
    pub(crate) fn unread_data(&self, traps: &HashSet<u64>) -> Vec<Range<usize>> {
        let read: HashSet<usize> = self.live(traps).into_iter().filter_map(Symbol::data).flatten().collect();
        let mut unread = Vec::new();
        for symbol in self.symbols.iter().cloned().filter_map(Symbol::data) {
            unread.extend(symbol.filter(|place| !read.contains(place)).map(|place| place..place + 1));
        }
        unread
    }

    /// What a function does: its locals, and its instructions.
    pub(crate) fn body(&self, function: u64) -> Option<&'a [u8]> {
        let index = usize::try_from(function.checked_sub(self.first)?).ok()?;
        self.code.get(self.bodies.get(index)?.clone())
    }

    /// These functions and those that they refer to, and so on.
    pub(crate) fn reached_from(&self, functions: &[u64]) -> HashSet<u64> {
        let functions = functions.iter().copied().map(Symbol::Function).collect();
        self.reached(functions, &HashSet::new(), &HashSet::new()).into_iter().filter_map(Symbol::function).collect()
    }

    /// Whatever can be reached from outside, or from what nobody refers to: that must have a reason to be there.
    fn live(&self, traps: &HashSet<u64>) -> HashSet<Symbol> {
        self.reached(self.roots(), traps, &HashSet::new())
    }

    fn roots(&self) -> Vec<Symbol> {
        let all = self.first..self.first + self.bodies.len() as u64;
        let referred_to: HashSet<&Symbol> =
            self.in_code.iter().chain(&self.in_data).map(|reference| &reference.to).collect();
        let is_root =
            |function: &u64| self.exported.contains(function) || !referred_to.contains(&Symbol::Function(*function));
        all.filter(is_root).map(Symbol::Function).collect()
    }

    /// What can be reached without any of these gates, then with the first set of them, and so on.
    pub(crate) fn reached_by_parts(&self, gates: &[HashSet<u64>], traps: &HashSet<u64>) -> Vec<HashSet<Symbol>> {
        let part = |open: usize| {
            let closed: HashSet<u64> = gates.iter().skip(open).flatten().copied().collect();
            let opened = gates.iter().take(open).flatten().copied().map(Symbol::Function);
            self.reached(self.roots().into_iter().chain(opened).collect(), traps, &closed)
        };
        (0..=gates.len()).map(part).collect()
    }

    /// Bytes of all functions; and of those, for each set of gates, that nothing else reaches.
    pub(crate) fn sizes_behind(&self, gates: &[HashSet<u64>], traps: &HashSet<u64>) -> (usize, Vec<usize>) {
        let roots = self.roots();
        let size = |symbol: &Symbol| match symbol {
            Symbol::Function(function) if !traps.contains(function) => self.body(*function).map_or(0, <[u8]>::len),
            Symbol::Function(_) | Symbol::Data(_) | Symbol::Other => 0,
        };
        let without =
            |gates: &HashSet<u64>| -> usize { self.reached(roots.clone(), traps, gates).iter().map(size).sum() };
        let whole = without(&HashSet::new());
        (whole, gates.iter().map(|gates| whole - without(gates)).collect())
    }

    /// The places of the table, and the functions in them.
    pub(crate) fn table(&self) -> &[(u64, u64)] {
        &self.table
    }

    /// The data that symbols stand for, and where it is in the memory.
    pub(crate) fn data(&self) -> impl Iterator<Item = (Symbol, Range<usize>)> {
        self.symbols.iter().filter_map(|symbol| {
            let place = symbol.clone().data()?;
            let held = |segment: &&Segment| (segment.place..=segment.place + segment.memory.len()).contains(&place.end);
            let segment = self.segments.iter().find(|segment| segment.place <= place.start && held(segment))?;
            let address = segment.memory.start + (place.start - segment.place);
            Some((symbol.clone(), address..address + place.len()))
        })
    }

    /// `closed` is never reached.
    fn reached(&self, mut waiting: Vec<Symbol>, traps: &HashSet<u64>, closed: &HashSet<u64>) -> HashSet<Symbol> {
        let mut reached = HashSet::new();
        while let Some(symbol) = waiting.pop() {
            let is_closed = matches!(symbol, Symbol::Function(function) if closed.contains(&function));
            if !is_closed && !reached.contains(&symbol) {
                waiting.extend(self.references_of(&symbol, traps).cloned());
                reached.insert(symbol);
            }
        }
        reached
    }

    fn references_of(&self, symbol: &Symbol, traps: &HashSet<u64>) -> impl Iterator<Item = &Symbol> {
        let references = match symbol {
            Symbol::Function(function) if traps.contains(function) => &[],
            Symbol::Function(function) => {
                let body = function.checked_sub(self.first).and_then(|index| self.bodies.get(index as usize));
                body.map_or(&[][..], |body| within(&self.in_code, body))
            }
            Symbol::Data(place) => within(&self.in_data, place),
            Symbol::Other => &[],
        };
        references.iter().filter(|reference| !self.is_for_a_trap(reference, traps)).map(|reference| &reference.to)
    }

    /// Whether a constant is put on the stack for a function that traps: nothing but constants and locals is, before the call.
    fn is_for_a_trap(&self, reference: &Reference, traps: &HashSet<u64>) -> bool {
        const LOCAL_GET: u8 = 0x20;
        const I32_CONST: u8 = 0x41;
        const CALL: u8 = 0x10;
        let called = || {
            let mut rest = Reader(self.code.get(reference.at.checked_sub(1)?..)?);
            let mut instruction = rest.byte()?;
            while matches!(instruction, I32_CONST | LOCAL_GET) {
                rest.number()?;
                instruction = rest.byte()?;
            }
            let at = self.code.len() - rest.0.len();
            let callee = within(&self.in_code, &(at..at + 1)).first().filter(|callee| callee.kind == FUNCTION)?;
            (instruction == CALL).then_some(&callee.to)
        };
        reference.kind == ADDRESS && matches!(called(), Some(Symbol::Function(function)) if traps.contains(function))
    }
}

impl Symbol {
    fn data(self) -> Option<Range<usize>> {
        if let Self::Data(place) = self { Some(place) } else { None }
    }

    fn function(self) -> Option<u64> {
        if let Self::Function(number) = self { Some(number) } else { None }
    }
}

/// They stand in the order of their places.
fn within<'a>(references: &'a [Reference], place: &Range<usize>) -> &'a [Reference] {
    let start = references.partition_point(|reference| reference.at < place.start);
    let end = references.partition_point(|reference| reference.at < place.end);
    references.get(start..end).unwrap_or_default()
}

fn links(module: &[u8], first: u64) -> Option<Links<'_>> {
    let mut links = Links { first, ..Links::default() };
    let (mut in_code, mut in_data) = (None, None);
    let mut reader = Reader(module.strip_prefix(MAGIC_AND_VERSION)?);
    while !reader.0.is_empty() {
        let id = reader.byte()?;
        let mut content = reader.sized()?;
        match id {
            section::EXPORT => links.exported = exported(&mut content)?,
            section::CODE => (links.code, links.bodies) = (content.0, bodies(&mut content)?),
            section::ELEMENT => links.table = elements(&mut content)?,
            section::DATA => links.segments = segments(&mut content)?,
            section::CUSTOM => match content.text()?.as_str() {
                "linking" => links.symbols = symbols(&mut content, &links.segments)?,
                "reloc.CODE" => in_code = references(&mut content, &links.symbols),
                "reloc.DATA" => in_data = references(&mut content, &links.symbols),
                _ => {}
            },
            _ => {}
        }
    }
    // Without either, whatever there is would seem to be needed by nobody.
    (links.in_code, links.in_data) = (in_code?, in_data?);
    Some(links)
}

fn exported(content: &mut Reader<'_>) -> Option<HashSet<u64>> {
    let exports = (0..content.number()?).map(|_| {
        content.text()?;
        Some((content.byte()?, content.number()?))
    });
    let exports: Option<Vec<_>> = exports.collect();
    Some(exports?.into_iter().filter_map(|(kind, number)| (kind == 0).then_some(number)).collect())
}

fn bodies(content: &mut Reader<'_>) -> Option<Vec<Range<usize>>> {
    let whole = content.0.len();
    (0..content.number()?)
        .map(|_| {
            let length = content.sized()?.0.len();
            let end = whole - content.0.len();
            Some(end - length..end)
        })
        .collect()
}

fn symbols(content: &mut Reader<'_>, segments: &[Segment]) -> Option<Vec<Symbol>> {
    const VERSION: u64 = 2;
    const SYMBOL_TABLE: u8 = 8;
    if content.number()? != VERSION {
        return None;
    }
    while !content.0.is_empty() {
        let id = content.byte()?;
        let mut table = content.sized()?;
        if id == SYMBOL_TABLE {
            return (0..table.number()?).map(|_| symbol(&mut table, segments)).collect();
        }
    }
    None
}

fn symbol(table: &mut Reader<'_>, segments: &[Segment]) -> Option<Symbol> {
    const UNDEFINED: u64 = 0x10;
    const EXPLICIT_NAME: u64 = 0x40;
    let kind = table.byte()?;
    let flags = table.number()?;
    match kind {
        1 => {
            table.text()?;
            if flags & UNDEFINED != 0 {
                return Some(Symbol::Other);
            }
            let mut size = || usize::try_from(table.number()?).ok();
            let start = segments.get(size()?)?.place + size()?;
            Some(Symbol::Data(start..start + size()?))
        }
        3 => table.number().map(|_| Symbol::Other),
        _ => {
            let number = table.number()?;
            if flags & UNDEFINED == 0 || flags & EXPLICIT_NAME != 0 {
                table.text()?;
            }
            Some(if kind == 0 { Symbol::Function(number) } else { Symbol::Other })
        }
    }
}

fn references(content: &mut Reader<'_>, symbols: &[Symbol]) -> Option<Vec<Reference>> {
    let _section = content.number()?;
    let mut references: Vec<Reference> =
        (0..content.number()?).map(|_| reference(content, symbols)).collect::<Option<_>>()?;
    references.sort_by_key(|reference| reference.at);
    Some(references)
}

fn reference(content: &mut Reader<'_>, symbols: &[Symbol]) -> Option<Reference> {
    const TYPE: u8 = 6;
    let kind = content.byte()?;
    let at = usize::try_from(content.number()?).ok()?;
    let number = usize::try_from(content.number()?).ok()?;
    match kind {
        // With what is added to the address.
        3..=5 => drop(content.number()?),
        0..=2 | 6 | 7 | 20 => {}
        // Other kinds are for other kinds of modules.
        _ => return None,
    }
    let to = if kind == TYPE { Symbol::Other } else { symbols.get(number)?.clone() };
    Some(Reference { at, kind, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(id: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        [&[id, content.len() as u8][..], &content].concat()
    }

    /// An exported function that reads `b` and gives `a` to another, which reads `c`. In `b` is the address of `d`.
    fn module() -> Vec<u8> {
        const LEB: [u8; 4] = [0x80, 0x80, 0x80, 0];
        // i32.const a; local.get 0; call 1; i32.const b; drop; end
        let exported = [&[0, 0x41][..], &LEB, &[0x20, 0, 0x10, 1, 0x41], &LEB, &[0x1a, 0x0b]].concat();
        // i32.const c; drop; end
        let called = [&[0, 0x41][..], &LEB, &[0x1a, 0x0b]].concat();
        let bodies = [&[2, exported.len() as u8][..], &exported, &[called.len() as u8], &called].concat();
        let symbol = |name: u8, at: u8| [1, 0, 1, name, 0, at, 2];
        let symbols = [
            &[6, 0, 0, 0, 1, b'f', 0, 0, 1, 1, b'g'][..],
            &[b'a', b'b', b'c', b'd']
                .iter()
                .zip([0, 2, 4, 6])
                .flat_map(|(name, at)| symbol(*name, at))
                .collect::<Vec<_>>(),
        ]
        .concat();
        [
            MAGIC_AND_VERSION,
            &section(7, &[&[1, 1, b'f', 0, 0]]),
            &section(10, &[&bodies]),
            // One segment at address 8 (§5.5.14).
            &section(11, &[&[1, 0, 0x41, 8, 0x0b, 8], b"aabbccdd"]),
            &section(0, &[&[7], b"linking", &[2, 8, symbols.len() as u8], &symbols]),
            &section(
                0,
                &[
                    &[10],
                    b"reloc.CODE",
                    &[1, 4, ADDRESS, 4, 2, 0, FUNCTION, 11, 1, ADDRESS, 13, 3, 0, ADDRESS, 22, 4, 0],
                ],
            ),
            &section(0, &[&[10], b"reloc.DATA", &[2, 1, 5, 8, 5, 0]]),
        ]
        .concat()
    }

    fn unread(traps: &[u64]) -> Vec<usize> {
        let places = Links::read(&module()).unwrap().unread_data(&traps.iter().copied().collect());
        // The content of the section begins with six bytes that are not data.
        places.into_iter().flatten().map(|place| place - 6).collect()
    }

    #[test]
    fn what_somebody_can_reach_is_read() {
        assert_eq!(unread(&[]), []);
    }

    #[test]
    fn what_only_a_trap_would_read_or_is_given_is_unread() {
        assert_eq!(unread(&[1]), [0, 1, 4, 5]);
    }

    #[test]
    fn what_a_trap_refers_to_in_turn_is_unread() {
        assert_eq!(unread(&[0, 1]), [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn refuses_every_truncation_without_a_panic() {
        let whole = module();
        assert!((0..whole.len()).all(|length| Links::read(&whole[..length]).is_err()));
    }
}
