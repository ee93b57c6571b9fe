//! The page.

fn main() {
    ackscope::embed::start();
}
