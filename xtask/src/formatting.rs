//! No code that a page loads puts words together with `core::fmt`: what does that is taken out of the module (`shrink.rs`), so
//! whoever called it would trap. That nobody does is seen here, in the calls of every function.

use std::collections::HashMap;

use wasmparser::{Operator, Parser, Payload};

use crate::failure::{Result, While};
use crate::shrink::is_about_panics;
use crate::wasm::{Module, demangled};

/// Fails with the names of those that format, if any function does whose business is not a panic.
pub(crate) fn check(module: &[u8]) -> Result<()> {
    let Module { names, imported_functions, .. } = Module::read(module)?;
    let calls = calls(module, &names, imported_functions).during("cannot read the code of the module")?;
    if calls.is_empty() {
        return Ok(());
    }
    Err(format!("these functions format text, which would trap in the package:\n{}", calls.join("\n")).into())
}

fn calls(
    module: &[u8],
    names: &HashMap<u64, String>,
    mut index: u64,
) -> std::result::Result<Vec<String>, wasmparser::BinaryReaderError> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        let Payload::CodeSectionEntry(body) = payload? else { continue };
        let caller = names.get(&index).map(String::as_str).unwrap_or_default();
        index += 1;
        if is_about_panics(caller) {
            continue;
        }
        for operator in body.get_operators_reader()? {
            let Operator::Call { function_index } = operator? else { continue };
            if let Some(callee) = names.get(&u64::from(function_index)).filter(|callee| formats(callee)) {
                found.push(format!("  {} calls {}", demangled(caller), demangled(callee)));
            }
        }
    }
    Ok(found)
}

/// Whether a function puts words together, which is not yet a panic.
fn formats(mangled: &str) -> bool {
    let name = demangled(mangled);
    is_about_panics(mangled) && (name.contains("core::fmt::") || name.contains("alloc::fmt::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two functions of no type to speak of; the first calls the second.
    const CALL: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x03\x02\0\0\x0a\x09\x02\x04\0\x10\x01\x0b\x02\0\x0b";

    fn found(caller: &str, callee: &str) -> usize {
        let names = HashMap::from([(0, caller.to_owned()), (1, callee.to_owned())]);
        calls(CALL, &names, 0).unwrap().len()
    }

    #[test]
    fn who_formats_is_found_unless_it_panics() {
        let (format, panic) = ("_ZN5alloc3fmt6format17h0123456789abcdefE", "_RNvNtCs1_4core9panicking9panic_fmt");
        assert_eq!(found("_ZN12tessera_auth6client6failed17h0123456789abcdefE", format), 1);
        assert_eq!(found("_ZN12tessera_auth6client6failed17h0123456789abcdefE", panic), 0);
        assert_eq!(found(panic, format), 0);
    }
}
