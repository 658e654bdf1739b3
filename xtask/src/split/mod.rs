//! A module cut into what every page loads and what is loaded behind it, on the same memory and the same table.
//!
//! A chunk is reached through gates alone: futures that are in boxes, so that whoever runs one calls it by the table. As long as
//! the chunk is not there, its places in the table are empty, and a call would trap; `Platform::part` is awaited before. What a
//! gate reaches, and nothing else does, is the chunk. Who reaches what is the linker's word (`links.rs`), given before the
//! optimiser runs; it changes what functions are and do, but no place in the table and no address.

mod part;
mod plan;
mod shared;
mod whole;

pub(crate) use plan::{Chunk, costs, plan};

use crate::failure::Result;
use crate::wasm::{Module, UNREADABLE};
use crate::workspace;
use part::Part;
use plan::Plan;
use shared::Shared;
use whole::Whole;

const BUILD_LETTERS: usize = 8;

/// The first module and the chunks, each with the names of its functions. `module` is optimised, and its exports have short names.
pub(crate) fn split(module: &[u8], plan: &Plan) -> Result<Vec<Vec<u8>>> {
    if plan.chunks == 0 {
        return Ok(vec![module.to_vec()]);
    }
    let names = Module::read(module)?.names;
    let mut whole = Whole::read(module, names).ok_or(UNREADABLE)?;
    whole.build = workspace::fingerprint(&[module]).chars().take(BUILD_LETTERS).collect();
    let parts = whole.parts(plan).ok_or(UNREADABLE)?;
    let shared = Shared::between(&parts, &whole).ok_or(UNREADABLE)?;
    let part = |number| Part { number, plan, parts: &parts, shared: &shared, whole: &whole };
    (0..=plan.chunks).map(|number| part(number).written().ok_or_else(|| UNREADABLE.into())).collect()
}

#[cfg(test)]
mod tests;
