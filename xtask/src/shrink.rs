//! What a page loads and never sees, taken out of the module and its glue.
//!
//! A panic ends in a trap here, and what it says goes nowhere: there is no standard error in a browser. The compiler cannot
//! know that, so the words, and the code that would put them together, come with the standard library.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::failure::Result;
use crate::futures;
use crate::links::Links;
use crate::wasm::{MAGIC_AND_VERSION, Module, Reader, UNREADABLE, demangled, section, segments};

/// Panics trap at once, without making up a message first, and what only they would have read is zeros; futures that have
/// ended are not dropped. The linker must have noted who refers to whom.
pub(crate) fn without_needless_code(module: &[u8]) -> Result<Vec<u8>> {
    let Module { names, imported_functions, .. } = Module::read(module)?;
    let links = Links::read(module)?;
    let silent: HashSet<u64> =
        names.iter().filter(|(_, name)| is_about_panics(name)).map(|(function, _)| *function).collect();
    let unread = links.unread_data(&silent);
    let mut bodies: HashMap<u64, &[u8]> = silent.into_iter().map(|function| (function, TRAP)).collect();
    bodies.extend(futures::needless_drops(&names, &links)?.into_iter().map(|function| (function, NOTHING)));
    cut(module, &bodies, &unread, imported_functions).ok_or_else(|| UNREADABLE.into())
}

/// Imports and exports under names of a letter or two, in the module and in its glue. `part` is what the two are called.
pub(crate) fn with_short_names(part: &str, module: &[u8], glue: &str) -> Result<(Vec<u8>, String)> {
    let mut names = Names { glue_module: ["./", part, "_bg.js"].concat(), ..Names::default() };
    let module = rename(module, &mut names).ok_or(UNREADABLE)?;
    Ok((module, names.in_glue(glue)))
}

/// `bodies` are those that become others; `index` is the number of the first function that has one.
fn cut(module: &[u8], bodies: &HashMap<u64, &[u8]>, unread: &[Range<usize>], mut index: u64) -> Option<Vec<u8>> {
    rewrite(module, |id, content| match id {
        section::CODE => {
            let count = content.number()?;
            let mut code = number(count);
            for _ in 0..count {
                let body = content.sized()?.0;
                code.extend(sized(bodies.get(&index).copied().unwrap_or(body)));
                index += 1;
            }
            Some(code)
        }
        section::DATA => {
            let mut data = content.0.to_vec();
            for place in unread {
                data.get_mut(place.clone())?.fill(0);
            }
            without_locations(&mut Reader(&data))
        }
        section::CUSTOM => {
            let whole = content.0.to_vec();
            Some(if is_of_the_linker(content) { Vec::new() } else { whole })
        }
        _ => Some(content.0.to_vec()),
    })
}

/// What the linker has noted is not true any more.
fn is_of_the_linker(custom: &mut Reader<'_>) -> bool {
    custom.text().is_some_and(|name| name == "linking" || name.starts_with("reloc."))
}

/// No locals, `unreachable`, `end`.
const TRAP: &[u8] = &[0, 0x00, 0x0b];
/// No locals, `end`: for a function without a result.
const NOTHING: &[u8] = &[0, 0x0b];

/// Whether a function only says what went wrong. Nothing else in the package formats (`formatting.rs` sees to it): numbers are
/// written without `fmt`.
pub(crate) fn is_about_panics(mangled: &str) -> bool {
    let name = demangled(mangled);
    ["core::panicking::", "std::panicking::", "core::fmt::write", "<core::fmt::Formatter>::", "alloc::fmt::format"]
        .iter()
        .any(|start| name.starts_with(start))
        // What the binding generator says of its own mistakes.
        || name == "wasm_bindgen::throw_str"
        || ["_fail", "_fail_rt", "_failed", "::panic_poisoned", "::capacity_overflow", "::handle_alloc_error"]
            .iter()
            .any(|end| name.ends_with(end))
        || [" as core::fmt::Debug>::", " as core::fmt::Display>::", " as core::panic::PanicPayload>::"]
            .iter()
            .any(|part| name.contains(part))
}

/// The data without the places in sources that panics would name: `core::panic::Location`, which is the address and the length of
/// a path, a line and a column.
fn without_locations(content: &mut Reader<'_>) -> Option<Vec<u8>> {
    let mut data = content.0.to_vec();
    let segments = segments(content)?;
    let place = |address: usize, length: usize| {
        let segment = segments.iter().find(|segment| segment.memory.contains(&address))?;
        let start = segment.place + (address - segment.memory.start);
        (address + length <= segment.memory.end).then_some(start..start + length)
    };
    for segment in &segments {
        for record in (segment.place..segment.place + segment.memory.len()).step_by(4) {
            let record = record..record + 16;
            let path = data.get(record.clone()).and_then(path_of_location).and_then(|(at, length)| place(at, length));
            if let Some(path) = path
                && data.get(path.clone()).is_some_and(is_source)
            {
                data.get_mut(path)?.fill(0);
                data.get_mut(record)?.fill(0);
            }
        }
    }
    Some(data)
}

fn path_of_location(record: &[u8]) -> Option<(usize, usize)> {
    let numbers: Vec<usize> =
        record.chunks_exact(4).filter_map(|bytes| Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)).collect();
    let &[address, length, line, column] = numbers.as_slice() else { return None };
    ((4..256).contains(&length) && (1..65_536).contains(&line) && (1..1_024).contains(&column))
        .then_some((address, length))
}

/// Also of one that was taken out already, for another place in the same file.
fn is_source(path: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"/_.-".contains(byte);
    (path.ends_with(b".rs") && path.iter().all(is_part)) || path.iter().all(|byte| *byte == 0)
}

/// What is called what now.
#[derive(Default)]
struct Names {
    /// The module whose imports the glue provides, as the binding generator calls it.
    glue_module: String,
    imports: HashMap<String, String>,
    exports: HashMap<String, String>,
}

fn rename(module: &[u8], names: &mut Names) -> Option<Vec<u8>> {
    rewrite(module, |id, content| match id {
        section::IMPORT => {
            let count = content.number()?;
            let mut imports = number(count);
            for _ in 0..count {
                let (module, name) = (content.text()?, content.text()?);
                let kind = content.taken(Reader::import_kind)?;
                if module == names.glue_module {
                    let short = short_name(names.imports.len());
                    imports.extend([sized(b"a"), sized(short.as_bytes())].concat());
                    names.imports.insert(name, short);
                } else {
                    imports.extend([sized(module.as_bytes()), sized(name.as_bytes())].concat());
                }
                imports.extend_from_slice(kind);
            }
            Some(imports)
        }
        section::EXPORT => {
            let count = content.number()?;
            let mut exports = number(count);
            for _ in 0..count {
                let name = content.text()?;
                let kind = content.byte()?;
                let short = short_name(names.exports.len());
                exports.extend(sized(short.as_bytes()));
                exports.push(kind);
                exports.extend(number(content.number()?));
                names.exports.insert(name, short);
            }
            Some(exports)
        }
        _ => Some(content.0.to_vec()),
    })
}

impl Names {
    /// The glue provides its imports as the members of an object, and calls the exports as members of `wasm`.
    fn in_glue(&self, glue: &str) -> String {
        let mut renamed = String::with_capacity(glue.len());
        let (mut last, mut before_last) = ("", "");
        for word in words(&glue.replace(&format!("\"{}\"", self.glue_module), "a")) {
            let names = if (before_last, last) == ("wasm", ".") { &self.exports } else { &self.imports };
            renamed.push_str(names.get(word).map_or(word, String::as_str));
            (before_last, last) = (last, word);
        }
        renamed
    }
}

/// A text cut into identifiers and single other characters.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let length = if is_part(first) { rest.find(|c| !is_part(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (word, after) = rest.split_at(length);
        rest = after;
        Some(word)
    })
}

/// a to z, then aa, ba and so on.
pub(crate) fn short_name(index: usize) -> String {
    let letter = char::from(b'a' + (index % 26) as u8);
    match (index / 26).checked_sub(1) {
        Some(rest) => format!("{letter}{}", short_name(rest)),
        None => letter.to_string(),
    }
}

/// The module with the content of each section as `change` says; without it, if that is nothing.
pub(crate) fn rewrite(
    module: &[u8],
    mut change: impl FnMut(u8, &mut Reader<'_>) -> Option<Vec<u8>>,
) -> Option<Vec<u8>> {
    let mut reader = Reader(module.strip_prefix(MAGIC_AND_VERSION)?);
    let mut rewritten = MAGIC_AND_VERSION.to_vec();
    while !reader.0.is_empty() {
        let id = reader.byte()?;
        let mut content = reader.sized()?;
        let changed = change(id, &mut content)?;
        if !changed.is_empty() {
            rewritten.push(id);
            rewritten.extend(sized(&changed));
        }
    }
    Some(rewritten)
}

/// LEB128 without a sign (§5.2.2).
pub(crate) fn number(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// A length and as many bytes.
pub(crate) fn sized(bytes: &[u8]) -> Vec<u8> {
    [&number(bytes.len() as u64), bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_are_silent_and_the_rest_is_as_it_was() {
        for (name, expected) in [
            ("_RNvNtCs1_4core9panicking9panic_fmt", true),
            ("_ZN4core3str16slice_error_fail17h0123456789abcdefE", true),
            ("_ZN4core3fmt5write17h0123456789abcdefE", true),
            ("_ZN60_$LT$core..cell..BorrowError$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE", true),
            ("_ZN12tessera_auth6client6failed17h0123456789abcdefE", false),
            ("_ZN12tessera_auth9panicking17h0123456789abcdefE", false),
            ("__wbindgen_malloc", false),
        ] {
            assert_eq!(is_about_panics(name), expected, "{name}");
        }
    }

    #[test]
    fn places_in_sources_are_zeros_and_other_data_is_not() {
        let location = |address: u32, length: u32| [address, length, 7, 9].map(u32::to_le_bytes).concat();
        let text = b"src/a.rs and words.rs";
        let records = [location(100, 8), location(100, 21), location(900, 8), location(100, 8)].concat();
        // One segment at address 100 (§5.5.14): 0, i32.const 100, end, and its bytes.
        let segment = |text: &[u8], records: &[u8]| {
            [&[1, 0, 0x41, 0xe4, 0x00, 0x0b][..], &sized(&[text, b"\0\0\0", records].concat())].concat()
        };
        let silent = without_locations(&mut Reader(&segment(text, &records))).unwrap();
        let gone = [vec![0; 16], location(100, 21), location(900, 8), vec![0; 16]].concat();
        assert_eq!(silent, segment(b"\0\0\0\0\0\0\0\0 and words.rs", &gone));
    }

    #[test]
    fn names_are_short_and_different() {
        let names: Vec<_> = (0..1000).map(short_name).collect();
        assert_eq!((names[0].as_str(), names[25].as_str(), names[26].as_str()), ("a", "z", "aa"));
        assert!(names.iter().all(|name| names.iter().filter(|other| *other == name).count() == 1));
    }

    #[test]
    fn the_glue_calls_what_it_called() {
        let names =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
        let names = Names {
            glue_module: "./core_bg.js".to_owned(),
            imports: names(&[("__wbg_get_1f", "a")]),
            exports: names(&[("free", "b"), ("memory", "c")]),
        };
        assert_eq!(
            names.in_glue("free() { wasm.free(this.free, wasm.memory.free) } \"./core_bg.js\": { __wbg_get_1f: get, __wbg_get_1f_: 1 }"),
            "free() { wasm.b(this.free, wasm.c.free) } a: { a: get, __wbg_get_1f_: 1 }"
        );
    }
}
