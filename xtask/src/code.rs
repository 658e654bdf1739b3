//! The instructions of a function (WebAssembly Core Specification, §5.4), read for what they name by number.

use crate::shrink::number;
use crate::wasm::Reader;

/// What an instruction names, which another module calls by another number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Named {
    Function(u64),
    Global(u64),
    Type(u64),
}

/// Calls `see` with everything that a function names.
pub(crate) fn look(body: &[u8], mut see: impl FnMut(Named)) -> Option<()> {
    let mut reader = Reader(body);
    locals(&mut reader)?;
    while !reader.0.is_empty() {
        instruction(&mut reader)?.into_iter().for_each(&mut see);
    }
    Some(())
}

/// A function with everything called what it is called now.
pub(crate) fn renamed(body: &[u8], name: impl Fn(Named) -> u64) -> Option<Vec<u8>> {
    let mut reader = Reader(body);
    let mut rewritten = reader.taken(locals)?.to_vec();
    while !reader.0.is_empty() {
        let before = reader.0;
        let named = instruction(&mut reader)?;
        let whole = before.get(..before.len() - reader.0.len())?;
        match named {
            Some(named) => {
                let (opcode, mut rest) = (whole.get(..1)?, Reader(whole.get(1..)?));
                rest.number()?;
                let is_block = matches!(opcode, [0x02..=0x04]);
                rewritten.extend_from_slice(opcode);
                rewritten.extend(if is_block { signed(name(named)) } else { number(name(named)) });
                rewritten.extend_from_slice(rest.0);
            }
            None => rewritten.extend_from_slice(whole),
        }
    }
    Some(rewritten)
}

/// LEB128 with a sign (§5.2.2), of a number that is not negative.
pub(crate) fn signed(value: u64) -> Vec<u8> {
    const NEGATIVE: u8 = 0x40;
    let mut bytes = number(value);
    if let Some(last) = bytes.last_mut().filter(|last| **last & NEGATIVE != 0) {
        *last |= 0x80;
        bytes.push(0);
    }
    bytes
}

fn locals(reader: &mut Reader<'_>) -> Option<()> {
    for _ in 0..reader.number()? {
        reader.number()?;
        reader.byte()?;
    }
    Some(())
}

/// Reads one instruction. What it names stands right behind its first byte.
pub(crate) fn instruction(reader: &mut Reader<'_>) -> Option<Option<Named>> {
    let numbers = match reader.byte()? {
        // `call` and `ref.func`
        0x10 | 0xd2 => return Some(Some(Named::Function(reader.number()?))),
        // blocks: what they result in, or the number of a type, which as a signed number is not negative
        0x02..=0x04 => return block(reader),
        // `call_indirect`, and its table
        0x11 => {
            let named = Named::Type(reader.number()?);
            reader.number()?;
            return Some(Some(named));
        }
        0x23 | 0x24 => return Some(Some(Named::Global(reader.number()?))),
        // `br_table` and `select` with types: as many as it says; the first of them has one more
        0x0e => reader.number()? + 1,
        0x1c => reader.number()?,
        // branches, variables, tables, the size of the memory, whole constants, `ref.null`
        0x0c | 0x0d | 0x20..=0x22 | 0x25 | 0x26 | 0x3f..=0x42 | 0xd0 => 1,
        // loads and stores
        0x28..=0x3e => 2,
        0x43 => return reader.skip(4).map(|()| None),
        0x44 => return reader.skip(8).map(|()| None),
        0xfc => match reader.number()? {
            0..=7 => 0,
            9 | 11 | 13 | 15..=17 => 1,
            8 | 10 | 12 | 14 => 2,
            _ => return None,
        },
        0x00 | 0x01 | 0x05 | 0x0b | 0x0f | 0x1a | 0x1b | 0x45..=0xc4 | 0xd1 => 0,
        _ => return None,
    };
    for _ in 0..numbers {
        reader.number()?;
    }
    Some(None)
}

fn block(reader: &mut Reader<'_>) -> Option<Option<Named>> {
    const NEGATIVE: u8 = 0x40;
    let first = *reader.0.first()?;
    let number = reader.number()?;
    // A value type is one byte, a negative number; a type that has many before it may need a byte more than it seems.
    Some((first & 0x80 != 0 || first & NEGATIVE == 0).then_some(Named::Type(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instruction_that_is_not_known_is_refused() {
        assert_eq!(instruction(&mut Reader(&[0xfd, 0])), None);
        assert_eq!(instruction(&mut Reader(&[0x43, 0])), None);
        assert_eq!(instruction(&mut Reader(&[0xfc, 10, 0, 0])), Some(None));
    }

    #[test]
    fn a_number_with_a_sign_is_not_negative() {
        assert_eq!([signed(63), signed(64), signed(200)], [vec![63], vec![0xc0, 0], vec![0xc8, 1]]);
    }

    #[test]
    fn whatever_is_named_is_renamed_and_nothing_else() {
        // One local; block of no type; block of type 2; call 3; global.get 4; call_indirect type 2 of table 0; i32.const 3; ends
        let body = [1, 1, 0x7f, 0x02, 0x40, 0x02, 2, 0x10, 3, 0x23, 4, 0x11, 2, 0, 0x41, 3, 0x0b, 0x0b, 0x0b];
        let mut seen = Vec::new();
        look(&body, |named| seen.push(named)).unwrap();
        let type_2 = Named::Type(2);
        assert_eq!(seen, [type_2, Named::Function(3), Named::Global(4), type_2]);
        let renamed = renamed(&body, |named| match named {
            Named::Function(number) | Named::Global(number) => number + 200,
            Named::Type(number) => number + 1,
        });
        let expected =
            [1, 1, 0x7f, 0x02, 0x40, 0x02, 3, 0x10, 203, 1, 0x23, 204, 1, 0x11, 3, 0, 0x41, 3, 0x0b, 0x0b, 0x0b];
        assert_eq!(renamed.unwrap(), expected);
    }
}
