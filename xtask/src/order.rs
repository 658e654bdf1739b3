//! The functions of a module in an order in which like stands beside like.
//!
//! Compression finds what was there before at any distance, but says so in fewer bits when it is near. What the functions are
//! and do stays the same; only their numbers change.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use crate::code::{self, Named};
use crate::failure::Result;
use crate::shrink::{number, rewrite, sized};
use crate::wasm::{Module, Reader, UNREADABLE, section};

/// Of a module without custom sections: names would not fit any more.
pub(crate) fn like_beside_like(module: &[u8]) -> Result<Vec<u8>> {
    let first = Module::read(module)?.imported_functions;
    reorder(module, first).ok_or_else(|| UNREADABLE.into())
}

fn reorder(module: &[u8], first: u64) -> Option<Vec<u8>> {
    let mut order = Vec::new();
    rewrite(module, |id, content| {
        if id == section::CODE {
            order = chain(&bodies(content)?);
        }
        Some(Vec::new())
    })?;
    let new: HashMap<u64, u64> = (first..).zip(&order).map(|(new, old)| (first + *old as u64, new)).collect();
    let renamed = |function: u64| number(new.get(&function).copied().unwrap_or(function));
    rewrite(module, |id, content| match id {
        section::FUNCTION => {
            let types: Vec<u64> = (0..content.number()?).map(|_| content.number()).collect::<Option<_>>()?;
            let types = order.iter().map(|old| types.get(*old).copied().map(number));
            Some([number(order.len() as u64), types.collect::<Option<Vec<_>>>()?.concat()].concat())
        }
        section::EXPORT => exports(content, renamed),
        section::ELEMENT => elements(content, renamed),
        section::CODE => {
            let bodies = bodies(content)?;
            let mut code = number(order.len() as u64);
            for old in &order {
                code.extend(sized(&body(bodies.get(*old)?, &new)?));
            }
            Some(code)
        }
        // Nothing else names functions here: globals are numbers, and nothing runs when the module starts.
        section::START => None,
        _ => Some(content.0.to_vec()),
    })
}

fn bodies<'a>(code: &mut Reader<'a>) -> Option<Vec<&'a [u8]>> {
    (0..code.number()?).map(|_| code.sized().map(|body| body.0)).collect()
}

/// Behind each the one of those left that is most like it, by the runs of three bytes that both have.
fn chain(bodies: &[&[u8]]) -> Vec<usize> {
    let runs: Vec<BTreeSet<usize>> = bodies.iter().map(|body| body.windows(3).map(run).collect()).collect();
    let mut left: Vec<usize> = (0..bodies.len()).collect();
    let mut chain = Vec::new();
    // By number, because every function is compared with every other.
    let mut is_in_last = vec![false; 1 << 24];
    let mut last = 0;
    let mut next = 0;
    while next < left.len() {
        chain.push(left.remove(next));
        mark(&mut is_in_last, runs.get(last), false);
        last = chain.last().copied().unwrap_or_default();
        mark(&mut is_in_last, runs.get(last), true);
        let length = runs.get(last).map_or(0, BTreeSet::len);
        let likeness = |index: &usize| {
            let runs = runs.get(*index)?;
            let shared = runs.iter().filter(|run| is_in_last.get(**run) == Some(&true)).count();
            // In millionths: fractions have no order.
            (shared * 1_000_000).checked_div(length + runs.len() - shared)
        };
        next = (0..left.len())
            .max_by_key(|place| (left.get(*place).and_then(likeness), Reverse(*place)))
            .unwrap_or_default();
    }
    chain
}

fn run(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

fn mark(marks: &mut [bool], runs: Option<&BTreeSet<usize>>, mark: bool) {
    for run in runs.into_iter().flatten() {
        if let Some(place) = marks.get_mut(*run) {
            *place = mark;
        }
    }
}

/// §5.5.10.
fn exports(content: &mut Reader<'_>, renamed: impl Fn(u64) -> Vec<u8>) -> Option<Vec<u8>> {
    const FUNCTION: u8 = 0;
    let count = content.number()?;
    let mut exports = number(count);
    for _ in 0..count {
        exports.extend(sized(content.sized()?.0));
        let (kind, index) = (content.byte()?, content.number()?);
        exports.push(kind);
        exports.extend(if kind == FUNCTION { renamed(index) } else { number(index) });
    }
    Some(exports)
}

/// §5.5.12, of the one table, from a constant place on: there is no other here.
fn elements(content: &mut Reader<'_>, renamed: impl Fn(u64) -> Vec<u8>) -> Option<Vec<u8>> {
    const I32_CONST: u8 = 0x41;
    const END: u8 = 0x0b;
    let count = content.number()?;
    let mut elements = number(count);
    for _ in 0..count {
        let start = content.taken(|content| {
            let is_active = content.number()? == 0 && content.byte()? == I32_CONST;
            content.number()?;
            (is_active && content.byte()? == END).then_some(())
        })?;
        elements.extend_from_slice(start);
        let functions = content.number()?;
        elements.extend(number(functions));
        for _ in 0..functions {
            elements.extend(renamed(content.number()?));
        }
    }
    Some(elements)
}

/// A function with others called what they are called now.
fn body(body: &[u8], renamed: &HashMap<u64, u64>) -> Option<Vec<u8>> {
    code::renamed(body, |named| match named {
        Named::Function(function) => renamed.get(&function).copied().unwrap_or(function),
        Named::Global(number) | Named::Type(number) => number,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wasm::MAGIC_AND_VERSION;

    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        [&[id][..], &sized(content)].concat()
    }

    /// Two types, an export and a table with one function each, and these functions; the import is number 0.
    fn module(types: [u8; 3], exported: u8, in_table: u8, functions: [&[u8]; 3]) -> Vec<u8> {
        let bodies: Vec<u8> = functions.iter().flat_map(|function| sized(function)).collect();
        [
            MAGIC_AND_VERSION,
            &section(2, &[1, 1, b'e', 1, b'f', 0, 0]),
            &section(3, &[&[3][..], &types].concat()),
            &section(7, &[2, 1, b'x', 0, exported, 1, b'm', 2, 0]),
            &section(9, &[1, 0, 0x41, 0, 0x0b, 1, in_table]),
            &section(10, &[&[3][..], &bodies].concat()),
        ]
        .concat()
    }

    #[test]
    fn like_stands_beside_like_under_its_new_number() {
        // i32.const 7; i32.const 9; drop; call n; end
        let one = |callee| [0, 0x41, 7, 0x41, 9, 0x1a, 0x10, callee, 0x0b];
        // br_table 0 0; i64.load; ref.func n; end
        let other = |function| [1, 1, 0x7f, 0x0e, 1, 0, 0, 0x29, 3, 8, 0xd2, function, 0x0b];
        let before = module([0, 1, 0], 2, 3, [&one(0), &other(3), &one(2)]);
        let after = module([0, 0, 1], 3, 2, [&one(0), &one(3), &other(2)]);
        assert_eq!(like_beside_like(&before).unwrap(), after);
    }

    #[test]
    fn every_function_stays() {
        let bodies: Vec<Vec<u8>> = (0..40_u8).map(|index| vec![index % 7; usize::from(index % 5)]).collect();
        let mut chain = chain(&bodies.iter().map(Vec::as_slice).collect::<Vec<_>>());
        chain.sort_unstable();
        assert_eq!(chain, (0..40).collect::<Vec<_>>());
    }
}
