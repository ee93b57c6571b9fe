//! The boundary to the page around us: starting, and what is left when something panics.

pub mod trouble;

use crate::ui::components::{App, AppProps, apply_theme};
use crate::ui::dom;
use crate::ui::params::Params;

/// Puts the page into the element `app`.
pub fn start() {
    trouble::catch();
    let params = Params::read(&dom::query());
    apply_theme(params.theme);
    let root = dom::by_id("app").expect("the document has an element for the page");
    yew::Renderer::<App>::with_root_and_props(root, AppProps { params }).render();
}
