//! A button over something on the stage.

use super::use_director;
use crate::scene::{HotTarget, Hotspot};
use web_sys::HtmlElement;
use yew::{Callback, Html, Properties, component, html, use_effect_with, use_node_ref};

/// What a button stands for.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// Where it is and what it is called.
    pub spot: Hotspot,
    /// Whether its popover is open.
    pub open: bool,
}

/// The id of the button of something.
pub fn id(target: HotTarget) -> String {
    match target {
        HotTarget::Node(node) => format!("spot-{node}"),
        HotTarget::Link(a, b) => format!("spot-{a}--{b}"),
    }
}

/// A button over something on the stage.
#[component]
pub fn Spot(props: &Props) -> Html {
    let director = use_director();
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with(props.spot.area, move |area| {
            let Some(button) = node.cast::<HtmlElement>() else { return };
            for (name, value) in [("left", area.x), ("top", area.y), ("width", area.w), ("height", area.h)] {
                let _ = button.style().set_property(name, &format!("{}px", value as i32));
            }
        });
    }
    let target = props.spot.target;
    let onclick = Callback::from(move |_| director.open(target));
    let class = match target {
        HotTarget::Node(_) => "spot",
        HotTarget::Link(..) => "spot spot-link",
    };
    html! {
        <button ref={node} id={id(target)} {class} type="button" aria-haspopup="dialog"
            aria-expanded={if props.open { "true" } else { "false" }}
            aria-label={props.spot.label.clone()} title={props.spot.label.clone()} {onclick} />
    }
}
