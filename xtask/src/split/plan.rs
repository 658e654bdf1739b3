//! What of a module is loaded when, by the linker's word.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use crate::failure::Result;
use crate::futures;
use crate::links::{Links, Symbol};
use crate::shrink::is_about_panics;
use crate::wasm::{Module, demangled};

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
    pub(super) chunks: usize,
    /// By its place in the table: from which chunk on a function is there. The first module is 0.
    pub(super) places: HashMap<u64, usize>,
    /// Ranges of the memory, in their order, that later chunks bring along.
    pub(super) data: Vec<(Range<usize>, usize)>,
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
                return Err(format!("the table has no future of `{module}::{name}`, which xtask/src/parts.rs says leads into {}.wasm: it must be in a box, and awaited behind `later`.", chunk.name).into());
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
pub(super) fn is_gate((module, name): &(&str, &str), of: &str) -> bool {
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
