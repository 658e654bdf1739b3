use super::part::name_section;
use super::plan::is_gate;
use super::shared::table_with_room;
use super::*;
use crate::shrink::sized;
use crate::wasm::MAGIC_AND_VERSION;
use std::collections::HashMap;

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
    let names = name_section(&[(1, &"first".into()), (2, &"gate".into()), (3, &"both".into()), (4, &"late".into())]);
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
    assert_eq!(imports, [("a", "f"), ("c", "4"), ("b", "0"), ("b", &build), ("b", "c")]);
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
