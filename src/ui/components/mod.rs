//! The page's components, one to a file, named as on screen. They turn data into markup and hold no knowledge of
//! the protocol.

pub mod app;
pub mod caption;
pub mod faults;
pub mod file;
pub mod footer;
pub mod funnel;
pub mod header;
pub mod ledger;
pub mod narration;
pub mod picker;
pub mod popover;
pub mod scrubber;
pub mod segments;
pub mod settings;
pub mod spot;
pub mod stage;
pub mod transport;
pub mod verdict;
pub mod why;

pub use app::{App, Props as AppProps, apply_theme};

use super::director::Director;
use yew::{hook, use_context};

/// The director that the page provides.
#[hook]
fn use_director() -> Director {
    use_context::<Director>().expect("the page provides a director")
}
