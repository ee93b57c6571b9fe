//! `cargo bench --bench engine_wasm --target wasm32-unknown-unknown --no-default-features --features web`
#![cfg(target_arch = "wasm32")]
mod measure;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test::wasm_bindgen_test]
fn engine_beside_a_bare_loop() {
    let performance =
        web_sys::window().and_then(|window| window.performance()).expect("a browser has a clock");
    measure::run(&|| performance.now(), &|line| wasm_bindgen_test::console_log!("{line}"));
}
