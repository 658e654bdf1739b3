//! A whole module, read, and in which part each of its functions is.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::plan::Plan;
use crate::code::{self, Named};
use crate::wasm::{MAGIC_AND_VERSION, Reader, elements, section, segments};

/// A module with one memory, whose imports are functions.
#[derive(Default)]
pub(super) struct Whole<'a> {
    pub(super) types: Vec<&'a [u8]>,
    /// Module and name, and the type.
    pub(super) imports: Vec<(&'a [u8], u64)>,
    /// The types of the functions that it defines.
    pub(super) functions: Vec<u64>,
    pub(super) tables: Vec<&'a [u8]>,
    pub(super) memory: &'a [u8],
    /// Type, and what it is at first.
    pub(super) globals: Vec<(&'a [u8], &'a [u8])>,
    pub(super) exports: Vec<(&'a [u8], u8, u64)>,
    pub(super) elements: Vec<(u64, u64)>,
    pub(super) bodies: Vec<&'a [u8]>,
    pub(super) data: Vec<(usize, &'a [u8])>,
    pub(super) names: HashMap<u64, String>,
    /// What the memory is called between its parts. A part of another build, as a page may load it after a new version was put in place,
    /// finds no such memory, and is refused before anything of it runs.
    pub(super) build: String,
}

/// Kinds of imports and exports (§5.5.5).
pub(super) const FUNCTION: u8 = 0;
pub(super) const TABLE: u8 = 1;
pub(super) const MEMORY: u8 = 2;
pub(super) const GLOBAL: u8 = 3;

impl<'a> Whole<'a> {
    pub(super) fn read(module: &'a [u8], names: HashMap<u64, String>) -> Option<Self> {
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

    pub(super) fn imported(&self) -> u64 {
        self.imports.len() as u64
    }

    pub(super) fn type_of(&self, function: u64) -> Option<u64> {
        match usize::try_from(function).ok()? {
            index if index < self.imports.len() => self.imports.get(index).map(|(_, kind)| *kind),
            index => self.functions.get(index - self.imports.len()).copied(),
        }
    }

    pub(super) fn body(&self, function: u64) -> Option<&'a [u8]> {
        self.bodies.get(usize::try_from(function.checked_sub(self.imported())?).ok()?).copied()
    }

    pub(super) fn named(&self, function: u64) -> Option<BTreeSet<Named>> {
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
    pub(super) fn parts(&self, plan: &Plan) -> Option<BTreeMap<u64, usize>> {
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
