//! The scrubber's thumb and the clock beside it, moved with each frame past Yew.

use super::text::seconds;
use crate::scene::ScreenUs;
use crate::sim::Time;
use web_sys::{Element, HtmlInputElement};

/// Steps of the scrubber from one end to the other.
pub const STEPS: u64 = 10_000;

/// The elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Scrub {
    /// The `<input type=range>`.
    pub input: HtmlInputElement,
    /// Where the moment is written.
    pub now: Element,
    /// Where the end of the run is written.
    pub end: Element,
}

impl Scrub {
    /// Shows a moment.
    pub fn follow(&self, at: ScreenUs, total: ScreenUs, time: Time, end: Time) {
        let place = (at * STEPS).checked_div(total).unwrap_or(0);
        self.input.set_value(&place.to_string());
        // Through the object model, which a strict content security policy allows.
        let _ = self.input.style().set_property("--at", &format!("{}.{:02}%", place / 100, place % 100));
        self.now.set_text_content(Some(&seconds(time)));
        self.end.set_text_content(Some(&format!("/ {}", seconds(end))));
    }
}
