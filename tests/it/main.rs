//! What holds natively and in the page alike: the same tests, on both targets.
#![allow(missing_docs, reason = "a test's name says what it shows")]

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

mod catalogue;
mod digests;
mod draw;

// These read files and use threads, or take minutes.
#[cfg(not(target_arch = "wasm32"))]
mod groups;
#[cfg(not(target_arch = "wasm32"))]
mod guards;
#[cfg(not(target_arch = "wasm32"))]
mod index;
#[cfg(not(target_arch = "wasm32"))]
mod oracle;
#[cfg(not(target_arch = "wasm32"))]
mod recordings;
#[cfg(not(target_arch = "wasm32"))]
mod rules;
#[cfg(not(target_arch = "wasm32"))]
mod swarm;
#[cfg(not(target_arch = "wasm32"))]
mod versions;
