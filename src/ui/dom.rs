//! The browser's window, as far as the page asks it for something.

use crate::scene::Lang;
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlElement, Storage, Window};

/// Id of the button that plays, where the focus goes with the reader who wants to see another run.
pub const PLAY: &str = "play";

/// The window.
pub fn window() -> Window {
    web_sys::window().expect("the page runs in a window")
}

/// The document.
pub fn document() -> Document {
    window().document().expect("a window has a document")
}

/// Whether a media query holds.
pub fn matches(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|list| list.matches())
}

/// Whether the reader asked for less motion.
pub fn reduced_motion() -> bool {
    matches("(prefers-reduced-motion: reduce)")
}

/// What stands after the `?` of the address.
pub fn query() -> String {
    window().location().search().unwrap_or_default()
}

/// The language of the browser, as far as the page speaks it.
pub fn language() -> Lang {
    window().navigator().language().and_then(|tag| super::params::language(&tag)).unwrap_or_default()
}

/// What is kept until the tab is closed; none where the browser forbids it.
pub fn session_storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

/// An element by its id.
pub fn by_id(id: &str) -> Option<Element> {
    document().get_element_by_id(id)
}

/// Gives an element by its id the focus.
pub fn focus(id: &str) {
    if let Some(element) = by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Scrolls back to something that begins above the window.
pub fn uncover(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.filter(|element| element.get_bounding_client_rect().top() < 0.0) {
        element.scroll_into_view();
    }
}

/// Milliseconds since the page was opened.
pub fn now_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}
