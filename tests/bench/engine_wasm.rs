//! `cargo bench --bench engine_wasm --target wasm32-unknown-unknown --no-default-features --features web`
#![cfg(target_arch = "wasm32")]
mod measure;

use wasm_bindgen_test::{Criterion, console_log, wasm_bindgen_bench};

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

// We measure and print by ourselves: what matters are ratios within one run.
#[wasm_bindgen_bench]
fn engine_beside_a_bare_loop(_: &mut Criterion) {
    let performance =
        web_sys::window().and_then(|window| window.performance()).expect("a browser has a clock");
    measure::run(&|| performance.now(), &|line| console_log!("{line}"));
}
