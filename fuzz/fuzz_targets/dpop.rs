//! Fuzzes [`tessera_auth_fuzz::dpop`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tessera_auth_fuzz::dpop::check(data));
