//! The keys of a media player.

use super::director::Director;
use super::dom;
use super::player::Player;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

/// How far the arrow keys go, in screen time.
const ARROW_US: i64 = 5_000_000;

/// A key was pressed somewhere on the page.
pub fn pressed(director: &Director, event: &KeyboardEvent) {
    if event.ctrl_key() || event.alt_key() || event.meta_key() || event.default_prevented() {
        return;
    }
    let player = director.player();
    let at = Focus::of(event.target().and_then(|target| target.dyn_into::<Element>().ok()).as_ref());
    if at == Focus::Typing || (at == Focus::Button && matches!(event.key().as_str(), " " | "Enter")) {
        return;
    }
    if act(player, &event.key(), event.shift_key()) {
        event.prevent_default();
    }
}

#[derive(PartialEq)]
enum Focus {
    /// Somewhere that takes letters, or a dialog: keys are not ours.
    Typing,
    /// On something that space and enter press.
    Button,
    /// Elsewhere, or on the scrubber, whose own steps are too small.
    Page,
}

impl Focus {
    fn of(element: Option<&Element>) -> Focus {
        let Some(element) = element else { return Focus::Page };
        let within = |selector: &str| element.closest(selector).is_ok_and(|found| found.is_some());
        if within("input[type=range]") {
            Focus::Page
        } else if within("input, select, textarea, [role=dialog]") {
            Focus::Typing
        } else if within("button, a, summary") {
            Focus::Button
        } else {
            Focus::Page
        }
    }
}

/// Whether the key means something.
fn act(player: &Player, key: &str, shift: bool) -> bool {
    match key {
        " " => player.toggle(),
        "," => player.step_back(),
        "." => player.step(),
        "ArrowLeft" if shift => player.seek_by_share(-10),
        "ArrowRight" if shift => player.seek_by_share(10),
        "ArrowLeft" => player.seek_by(-ARROW_US),
        "ArrowRight" => player.seek_by(ARROW_US),
        "[" => player.to_mark(false),
        "]" => player.to_mark(true),
        "Home" => player.seek_share(0),
        "End" => player.seek_share(100),
        "f" => fullscreen(),
        "?" => dom::focus("keys"),
        _ => match key.as_bytes() {
            [digit @ b'0'..=b'9'] => player.seek_share(u64::from(digit - b'0') * 10),
            _ => return false,
        },
    }
    true
}

fn fullscreen() {
    let document = dom::document();
    if document.fullscreen_element().is_some() {
        document.exit_fullscreen();
    } else if let Some(root) = document.document_element() {
        let _ = root.request_fullscreen();
    }
}
