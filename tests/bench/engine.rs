//! `cargo bench --bench engine`
mod measure;

fn main() {
    #[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
    let start = std::time::Instant::now();
    measure::run(&|| start.elapsed().as_secs_f64() * 1000.0, &|line| println!("{line}"));
}
