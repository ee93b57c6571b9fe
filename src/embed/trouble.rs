//! After a panic nothing of the page can be trusted any more, so all that is done is to uncover a sentence that
//! stands in the document from the beginning. Its buttons belong to the start script, not to us.

use crate::ui::dom;

/// Hears panics from now on. Through Yew, which else sets a hook of its own when it renders.
pub fn catch() {
    yew::set_custom_panic_hook(Box::new(|info| tell(&info.to_string())));
}

/// Says that the page has stopped, and why. Later panics only follow from the first: what it held is held for ever.
pub fn tell(why: &str) {
    web_sys::console::error_1(&why.into());
    let covered = |trouble: &web_sys::Element| trouble.has_attribute("hidden");
    let Some(trouble) = dom::by_id("trouble").filter(covered) else { return };
    if let Some(details) = dom::by_id("trouble-details") {
        details.set_text_content(Some(why));
    }
    let _ = trouble.remove_attribute("hidden");
}
