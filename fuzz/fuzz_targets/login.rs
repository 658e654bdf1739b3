//! Fuzzes [`tessera_auth_fuzz::login`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tessera_auth_fuzz::login::check(data));
