//! The page's components, one to a file, named as on screen. They turn data into markup and hold no knowledge of
//! the protocol.

mod app;
mod caption;
mod faults;
mod file;
mod footer;
mod funnel;
mod header;
mod ledger;
mod narration;
mod popover;
mod scrubber;
mod segments;
mod settings;
mod spot;
mod stage;
mod transport;
mod verdict;
mod why;

pub use app::{App, Props as AppProps, apply_theme};
pub use caption::Remedy;

use super::director::Director;
use yew::{hook, use_context};

/// The director that the page provides.
#[hook]
fn use_director() -> Director {
    use_context::<Director>().expect("the page provides a director")
}
