//! The page's components, in a browser.
#![cfg(target_arch = "wasm32")]
#![allow(missing_docs, reason = "a test's name says what it shows")]

use wasm_bindgen_test::wasm_bindgen_test as test;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

#[test]
fn a_document_is_there_to_draw_in() {
    let document = web_sys::window().and_then(|window| window.document());
    assert!(document.is_some());
}
