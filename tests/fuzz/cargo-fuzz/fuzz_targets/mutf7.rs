//! See `fuzz::mutf7`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::mutf7(data));
