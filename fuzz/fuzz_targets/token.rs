//! Fuzzes [`tessera_auth_fuzz::token`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tessera_auth_fuzz::token::check(data));
