//! The page and its components in a browser: what a reader gets to see, to hear and to do.
#![cfg(target_arch = "wasm32")]
#![allow(missing_docs, reason = "a test's name says what it shows")]

mod address;
mod faults;
mod keys;
mod languages;
mod ledger;
mod outcome;
mod painter;
mod picker;
mod rig;
mod settings;
mod texts;
mod transport;
mod trouble;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
