//! The code that would drop futures which have ended, taken out of the module.
//!
//! A future that has ended has nothing left to drop, and the flows of `src/client` and `src/js` run to their ends: as tasks that
//! nobody gives up. The compiler cannot know that: behind every `await` it calls what would drop the future in each of its
//! states, with the futures inside of it. Every page would load that, and none would ever do it.
//!
//! What is given up on the way drops what it holds: a place in a queue, a timer, a secret. `select` alone does that, in few
//! places, which `tests/architecture` sees to. A future that is missing below would leak what it holds whenever it is given up.

use std::collections::{HashMap, HashSet};

use crate::failure::Result;
use crate::links::Links;
use crate::wasm::{Reader, demangled};

/// The futures that `select` is given, by module and name. What they reach is dropped with them.
const GIVEN_UP: &[(&str, &str)] = &[
    // `flight::within`
    ("client::lease", "turn"),
    ("client::lease", "lease_of"),
    // `unless_given_up` of `client::attach`
    ("client::attach", "renew_refused"),
    ("client::renewal", "good_for"),
    ("client::renewal", "renew_for_all"),
    ("client::first_party", "first_session"),
    // `within` of `client::first_party::api_key`, which does not know it
    ("js::credentials::options", "call_renew"),
    // Of `client::attach` too.
    ("client::step_up", "satisfy"),
    ("client::step_up", "step_up"),
    // `unless_aborted` of `js`
    ("client::window", "sign_in_within"),
    ("client::window", "sign_in_beside"),
];

/// The functions that would drop a future that always runs to its end.
pub(crate) fn needless_drops(names: &HashMap<u64, String>, links: &Links<'_>) -> Result<HashSet<u64>> {
    let drops: HashMap<u64, String> = names
        .iter()
        .map(|(function, name)| (*function, demangled(name)))
        .filter(|(function, name)| is_drop_of_a_flow(name) && links.body(*function).is_some_and(looks_at_a_state))
        .collect();
    let mut given_up = Vec::new();
    for place in GIVEN_UP {
        let before = given_up.len();
        // Or of what is made around it, where its own drop has become a part of that one's.
        let is_found = |name: &&String| is_drop_of(place, name) || (is_of(place, name) && !is_of_a_task(name));
        given_up.extend(drops.iter().filter(|(_, name)| is_found(name)).map(|(function, _)| *function));
        let (module, name) = place;
        // A part of the package need not have every flow.
        let is_there = names.values().any(|function| is_of(place, &demangled(function)));
        if given_up.len() == before && is_there {
            return Err(format!("no function of the module drops `{module}::{name}`, which xtask/src/futures.rs says can be given up; correct it there.").into());
        }
    }
    let needed = links.reached_from(&given_up);
    Ok(drops.into_keys().filter(|function| !needed.contains(function)).collect())
}

/// Closures have names like those of futures.
fn is_drop_of_a_flow(name: &str) -> bool {
    let dropped = name.strip_prefix("core::ptr::drop_in_place<").unwrap_or_default();
    ["tessera_auth::client::", "tessera_auth::js::"].iter().any(|module| dropped.starts_with(module))
        && dropped.ends_with("::{{closure}}>")
}

/// Whether a function is this future, or a part of it.
fn is_of(&(module, name): &(&str, &str), of: &str) -> bool {
    of.contains(&format!("tessera_auth::{module}::")) && of.contains(&format!("::{name}::{{{{closure}}}}"))
}

/// Whether it drops what somebody has started and only waits for: a task of its own.
fn is_of_a_task(name: &str) -> bool {
    name.starts_with("core::ptr::drop_in_place<tessera_auth::client::flight::Flight<") && name.contains("::join<")
}

fn is_drop_of(&(module, name): &(&str, &str), of: &str) -> bool {
    let is_method = of.contains(&format!("<tessera_auth::{module}::<impl "))
        && of.ends_with(&format!(">::{name}::{{{{closure}}}}>"));
    is_method || of.ends_with(&format!("<tessera_auth::{module}::{name}::{{{{closure}}}}>"))
}

/// Whether a function begins by loading a byte of its first argument: in which state the future is. A closure has none.
fn looks_at_a_state(body: &[u8]) -> bool {
    const BLOCK: u8 = 0x02;
    const LOCAL_GET: u8 = 0x20;
    const LOCAL_SET: u8 = 0x21;
    const I32_LOAD8_U: u8 = 0x2d;
    const I32_CONST: u8 = 0x41;
    let mut body = Reader(body);
    let mut first = || {
        for _ in 0..body.number()? {
            body.number()?;
            body.byte()?;
        }
        loop {
            let instruction = (body.byte()?, body.number()?);
            match instruction {
                (BLOCK, _) => {}
                (LOCAL_GET | I32_CONST, _) => match (instruction, body.byte()?) {
                    (_, LOCAL_SET) => drop(body.number()?),
                    (first, next) => return Some((first, next)),
                },
                _ => return None,
            }
        }
    };
    first() == Some(((LOCAL_GET, 0), I32_LOAD8_U))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOW: &str = "core::ptr::drop_in_place<tessera_auth::client::lease::<impl tessera_auth::client::Inner<tessera_auth::browser::Browser>>::turn::{{closure}}>";

    #[test]
    fn flows_are_told_from_the_rest() {
        assert!(is_drop_of_a_flow(FLOW));
        for name in [
            "core::ptr::drop_in_place<tessera_auth::browser::http::exchange::{{closure}}>",
            "core::ptr::drop_in_place<tessera_auth::client::record::Record>",
            "core::ptr::drop_in_place<alloc::vec::Vec<tessera_auth::client::a::{{closure}}>>",
            "tessera_auth::client::lease::turn::{{closure}}",
        ] {
            assert!(!is_drop_of_a_flow(name), "{name}");
        }
    }

    #[test]
    fn a_flow_is_known_by_module_and_name() {
        assert!(is_drop_of(&("client::lease", "turn"), FLOW));
        assert!(!is_drop_of(&("client::lease", "return"), FLOW));
        assert!(!is_drop_of(&("client::renewal", "turn"), FLOW));
    }

    #[test]
    fn what_a_future_waits_for_is_not_dropped_with_it() {
        let flow = FLOW.replace("core::ptr::drop_in_place<", "");
        let task =
            format!("core::ptr::drop_in_place<tessera_auth::client::flight::Flight<T>::join<{flow}::{{{{closure}}}}>");
        assert!(is_of(&("client::lease", "turn"), &task) && is_of_a_task(&task));
        assert!(!is_of_a_task(FLOW));
    }

    #[test]
    fn a_future_is_known_by_its_state() {
        // block; block; local.get 0; i32.load8_u offset=9
        assert!(looks_at_a_state(&[0, 0x02, 0x40, 0x02, 0x40, 0x20, 0, 0x2d, 0, 9]));
        // One local of i32: i32.const 8; local.set 1; block; local.get 0; i32.load8_u offset=9
        assert!(looks_at_a_state(&[1, 1, 0x7f, 0x41, 8, 0x21, 1, 0x02, 0x40, 0x20, 0, 0x2d, 0, 9]));
        // local.get 0; i32.load offset=0; and: end
        assert!(!looks_at_a_state(&[0, 0x20, 0, 0x28, 2, 0]));
        assert!(!looks_at_a_state(&[0, 0x0b]));
    }

    #[test]
    fn a_flow_that_can_be_given_up_and_drops_nothing_is_refused() {
        let links = Links::default();
        let flow = FLOW.replace("core::ptr::drop_in_place<", "").replace("}}>", "}}");
        assert!(needless_drops(&HashMap::from([(7, flow)]), &links).is_err());
        assert!(needless_drops(&HashMap::new(), &links).is_ok());
    }
}
