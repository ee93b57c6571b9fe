//! After a panic nothing of the page can be trusted any more, so all that is done is to uncover a sentence that
//! stands in the document from the beginning. Its buttons belong to the start script, not to us.

use crate::ui::dom;

/// Hears panics from now on.
pub fn catch() {
    std::panic::set_hook(Box::new(|info| {
        web_sys::console::error_1(&info.to_string().into());
        if let Some(details) = dom::by_id("trouble-details") {
            details.set_text_content(Some(&info.to_string()));
        }
        if let Some(trouble) = dom::by_id("trouble") {
            let _ = trouble.remove_attribute("hidden");
        }
    }));
}
