//! Just enough of the WebAssembly binary format to say what a module imports and how large its functions are
//! (WebAssembly Core Specification, chapter 5 "Binary Format").

use std::collections::HashMap;
use std::ops::Range;

use crate::failure::Result;

#[derive(Debug, Default)]
pub(crate) struct Module {
    pub(crate) imports: Vec<Import>,
    pub(crate) functions: Vec<Function>,
    /// The imported ones, which come first in the numbering.
    pub(crate) imported_functions: u64,
    /// Names of functions by their numbers.
    pub(crate) names: HashMap<u64, String>,
    /// What the data section holds: strings, tables, panic messages.
    pub(crate) data_size: u64,
}

#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) module: String,
    pub(crate) name: String,
}

#[derive(Debug)]
pub(crate) struct Function {
    /// As the name section has it, still mangled.
    pub(crate) name: String,
    pub(crate) size: u64,
}

pub(crate) const UNREADABLE: &str = "the file is not a WebAssembly module that we can read; build it again.";
pub(crate) const MAGIC_AND_VERSION: &[u8] = b"\0asm\x01\0\0\0";

pub(crate) mod section {
    pub(crate) const CUSTOM: u8 = 0;
    pub(crate) const TYPE: u8 = 1;
    pub(crate) const IMPORT: u8 = 2;
    pub(crate) const FUNCTION: u8 = 3;
    pub(crate) const TABLE: u8 = 4;
    pub(crate) const MEMORY: u8 = 5;
    pub(crate) const GLOBAL: u8 = 6;
    pub(crate) const EXPORT: u8 = 7;
    pub(crate) const START: u8 = 8;
    pub(crate) const ELEMENT: u8 = 9;
    pub(crate) const CODE: u8 = 10;
    pub(crate) const DATA: u8 = 11;
    pub(crate) const DATA_COUNT: u8 = 12;
}

impl Module {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self> {
        parse(bytes).ok_or_else(|| UNREADABLE.into())
    }
}

/// The module without names, producers and features: nothing of it means anything to an engine.
pub(crate) fn without_custom_sections(bytes: &[u8]) -> Result<Vec<u8>> {
    strip(bytes).ok_or_else(|| UNREADABLE.into())
}

fn strip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader(bytes.strip_prefix(MAGIC_AND_VERSION)?);
    let mut stripped = MAGIC_AND_VERSION.to_vec();
    while !reader.0.is_empty() {
        let section = reader.taken(|reader| {
            reader.byte()?;
            reader.sized().map(drop)
        })?;
        if section.first() != Some(&section::CUSTOM) {
            stripped.extend_from_slice(section);
        }
    }
    Some(stripped)
}

fn parse(bytes: &[u8]) -> Option<Module> {
    let mut reader = Reader(bytes.strip_prefix(MAGIC_AND_VERSION)?);
    let mut module = Module::default();
    let mut sizes = Vec::new();

    while !reader.0.is_empty() {
        let id = reader.byte()?;
        let mut content = reader.sized()?;
        match id {
            section::IMPORT => (module.imports, module.imported_functions) = imports(&mut content)?,
            section::CODE => sizes = body_sizes(&mut content)?,
            section::DATA => module.data_size = content.len(),
            section::CUSTOM if content.text()? == "name" => module.names = names_of_functions(&mut content)?,
            _ => {}
        }
    }
    module.functions = (module.imported_functions..)
        .zip(sizes)
        .map(|(index, size)| Function {
            name: module.names.get(&index).cloned().unwrap_or_else(|| format!("function {index}")),
            size,
        })
        .collect();
    Some(module)
}

/// §5.5.5. Also says how many of them are functions: they come first in the numbering.
fn imports(content: &mut Reader<'_>) -> Option<(Vec<Import>, u64)> {
    let mut imports = Vec::new();
    let mut functions = 0;
    for _ in 0..content.number()? {
        imports.push(Import { module: content.text()?, name: content.text()? });
        functions += u64::from(content.taken(Reader::import_kind)?.first() == Some(&0));
    }
    Some((imports, functions))
}

/// §5.5.13.
fn body_sizes(content: &mut Reader<'_>) -> Option<Vec<u64>> {
    (0..content.number()?).map(|_| content.sized().map(|body| body.len())).collect()
}

/// The name section, appendix A.4.
fn names_of_functions(content: &mut Reader<'_>) -> Option<HashMap<u64, String>> {
    const FUNCTIONS: u8 = 1;
    while !content.0.is_empty() {
        let id = content.byte()?;
        let mut subsection = content.sized()?;
        if id == FUNCTIONS {
            return (0..subsection.number()?).map(|_| Some((subsection.number()?, subsection.text()?))).collect();
        }
    }
    Some(HashMap::new())
}

/// A segment of data: where it is in the section, and where in the memory.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) place: usize,
    pub(crate) memory: Range<usize>,
}

/// §5.5.14, of the one memory, at a constant place: there is no other here.
pub(crate) fn segments(content: &mut Reader<'_>) -> Option<Vec<Segment>> {
    const I32_CONST: u8 = 0x41;
    const END: u8 = 0x0b;
    let whole = content.0.len();
    (0..content.number()?)
        .map(|_| {
            let is_active = content.number()? == 0 && content.byte()? == I32_CONST;
            let address = usize::try_from(content.number()?).ok()?;
            let is_constant = content.byte()? == END;
            let bytes = content.sized()?.0;
            let place = whole - content.0.len() - bytes.len();
            (is_active && is_constant).then_some(Segment { place, memory: address..address + bytes.len() })
        })
        .collect()
}

/// §5.5.12, of the one table of functions, from constant places on: the places, and the functions in them.
pub(crate) fn elements(content: &mut Reader<'_>) -> Option<Vec<(u64, u64)>> {
    const I32_CONST: u8 = 0x41;
    const END: u8 = 0x0b;
    let mut elements = Vec::new();
    for _ in 0..content.number()? {
        let is_active = content.number()? == 0 && content.byte()? == I32_CONST;
        let start = content.number()?;
        (is_active && content.byte()? == END).then_some(())?;
        for place in 0..content.number()? {
            elements.push((start + place, content.number()?));
        }
    }
    Some(elements)
}

/// The rest of a byte sequence. Every read answers `None` past its end.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(crate) fn skip(&mut self, count: usize) -> Option<()> {
        self.0 = self.0.get(count..)?;
        Some(())
    }

    /// LEB128 without a sign (§5.2.2).
    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A length and as many bytes.
    pub(crate) fn sized(&mut self) -> Option<Reader<'a>> {
        let length = usize::try_from(self.number()?).ok()?;
        let (content, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(Reader(content))
    }

    pub(crate) fn text(&mut self) -> Option<String> {
        Some(String::from_utf8_lossy(self.sized()?.0).into_owned())
    }

    /// What a reading goes over.
    pub(crate) fn taken(&mut self, read: impl FnOnce(&mut Self) -> Option<()>) -> Option<&'a [u8]> {
        let before = self.0;
        read(self)?;
        before.get(..before.len() - self.0.len())
    }

    /// §5.5.5, behind the names.
    pub(crate) fn import_kind(&mut self) -> Option<()> {
        match self.byte()? {
            0 => self.number().map(drop),
            1 => {
                self.value_type()?;
                self.limits()
            }
            2 => self.limits(),
            3 => {
                self.value_type()?;
                self.byte().map(drop)
            }
            4 => {
                self.byte()?;
                self.number().map(drop)
            }
            _ => None,
        }
    }

    /// §5.3.5. A reference type may be written with its heap type after it.
    pub(crate) fn value_type(&mut self) -> Option<()> {
        if matches!(self.byte()?, 0x63 | 0x64) {
            self.number()?;
        }
        Some(())
    }

    /// §5.3.10: the lowest bit of the flags says that there is a maximum too.
    pub(crate) fn limits(&mut self) -> Option<()> {
        let flags = self.byte()?;
        self.number()?;
        if flags & 1 == 1 {
            self.number()?;
        }
        Some(())
    }
}

/// The name of a function as Rust has it, without the hash.
pub(crate) fn demangled(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Imports one function and a memory with a maximum, defines one function of three bytes, named `f`, and four bytes of data.
    const MODULE: &[u8] = &[
        0, b'a', b's', b'm', 1, 0, 0, 0, // magic and version
        1, 4, 1, 0x60, 0, 0, // type 0: () -> ()
        2, 17, 2, 3, b'e', b'n', b'v', 1, b'a', 0, 0, 1, b'x', 1, b'm', 2, 1, 1, 2, // imports
        3, 2, 1, 0, // function 1 has type 0
        10, 5, 1, 3, 0, 1, 0x0b, // its body
        11, 4, 1, 1, 1, 9, // data
        0, 11, 4, b'n', b'a', b'm', b'e', 1, 4, 1, 1, 1, b'f', // names
    ];

    #[test]
    fn reads_imports_functions_and_data() {
        let module = Module::read(MODULE).unwrap();
        let imports: Vec<_> =
            module.imports.iter().map(|import| (import.module.as_str(), import.name.as_str())).collect();
        assert_eq!(imports, [("env", "a"), ("x", "m")]);
        let functions: Vec<_> =
            module.functions.iter().map(|function| (function.name.as_str(), function.size)).collect();
        assert_eq!(functions, [("f", 3)]);
        assert_eq!(module.data_size, 4);
    }

    #[test]
    fn strips_custom_sections_and_nothing_else() {
        assert_eq!(without_custom_sections(MODULE).unwrap(), &MODULE[..50]);
    }

    #[test]
    fn refuses_every_truncation_without_a_panic() {
        for length in 0..MODULE.len() {
            let sections_end_here = [8, 14, 33, 37, 44, 50].contains(&length);
            assert_eq!(Module::read(&MODULE[..length]).is_ok(), sections_end_here, "{length}");
        }
    }

    #[test]
    fn reads_numbers_of_several_bytes() {
        assert_eq!(Reader(&[0xe5, 0x8e, 0x26]).number(), Some(624_485));
        assert_eq!(Reader(&[0xff; 11]).number(), None);
    }
}
