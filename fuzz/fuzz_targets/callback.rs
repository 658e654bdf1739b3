//! Fuzzes [`tessera_auth_fuzz::callback`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tessera_auth_fuzz::callback::check(data));
