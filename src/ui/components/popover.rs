//! What can be done to something on the stage.

use super::picker::walk;
use super::use_director;
use crate::scene::{Hotspot, Lang};
use crate::ui::dom;
use crate::ui::icons;
use crate::ui::offers::{self, Offer};
use crate::ui::words::Word;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::{Callback, Html, KeyboardEvent, Properties, component, html, use_effect_with, use_node_ref};

/// What the popover is about.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The language.
    pub lang: Lang,
    /// What it is about.
    pub spot: Hotspot,
}

/// What can be done to something on the stage.
#[component]
pub fn Popover(props: &Props) -> Html {
    let director = use_director();
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with((props.spot.target, props.spot.area), move |(_, area)| {
            if let Some(panel) = node.cast::<HtmlElement>() {
                place(&panel, area.x + area.w / 2.0, area.y, area.y + area.h);
                focus_first(&panel);
            }
        });
    }
    // Whichever way it is closed, the keyboard is back where it came from. Not said where it is closed: the panel
    // may be there a moment before its own effect takes the focus.
    use_effect_with(props.spot.target, |target| {
        let button = super::spot::id(*target);
        move || dom::focus(&button)
    });
    let close = {
        let director = director.clone();
        move || director.close()
    };
    let onkeydown = {
        let (close, node) = (close.clone(), node.clone());
        Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
            "Escape" => {
                event.stop_propagation();
                close();
            }
            key => {
                let Some(panel) = node.cast::<HtmlElement>() else { return };
                match key {
                    "Tab" => keep_focus(&panel, &event),
                    "ArrowDown" => walk(&panel, 1, &event),
                    "ArrowUp" => walk(&panel, -1, &event),
                    _ => {}
                }
            }
        })
    };
    let away = {
        let close = close.clone();
        Callback::from(move |_| close())
    };
    let close = Callback::from(move |_| close());
    let offers = director.player().ask(|world| offers::offers(props.spot.target, world)).unwrap_or_default();
    let choose = |offer: &Offer| {
        let (director, offer) = (director.clone(), offer.clone());
        Callback::from(move |_| {
            director.close_and_play();
            director.inflict(|at| offer.fault(at));
        })
    };
    html! {
        <>
            <div class="backdrop" onclick={away} />
            <div ref={node} class="popover" role="dialog" aria-label={props.spot.label.clone()} {onkeydown}>
                <div class="popover-head">
                    <strong>{ &props.spot.label }</strong>
                    <button class="quiet small" type="button" title={Word::Close.say(props.lang)}
                        aria-label={Word::Close.say(props.lang)} onclick={close}>{ icons::svg(icons::CROSS) }</button>
                </div>
                <ul class="offers">
                    { for offers.iter().enumerate().map(|(n, offer)| html! {
                        <li key={n}>
                            <button class="offer" type="button" onclick={choose(offer)}>
                                { icons::svg(icons::path(offer.icon())) }
                                <span>{ offer.label(props.lang) }</span>
                            </button>
                        </li>
                    }) }
                </ul>
            </div>
        </>
    }
}

/// Puts the panel below what it is about, or above where there is more room, inside the stage. In one column the
/// style sheet puts it at the foot of the screen, whatever is said here.
fn place(panel: &HtmlElement, middle: f32, top: f32, bottom: f32) {
    let Some(stage) = panel.closest(".stage").ok().flatten() else { return };
    let (width, room) = (panel.offset_width(), stage.client_width());
    let left = (middle as i32 - width / 2).min(room - width - 8).max(8);
    let below = dom::window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(0.0) as i32
        - stage.get_bounding_client_rect().top() as i32
        - bottom as i32;
    let height = panel.offset_height();
    let at =
        if below >= height + 16 || below >= top as i32 { bottom as i32 + 6 } else { top as i32 - height - 6 };
    let _ = panel.style().set_property("left", &format!("{left}px"));
    let _ = panel.style().set_property("top", &format!("{at}px"));
}

fn ends(panel: &HtmlElement) -> Option<(HtmlElement, HtmlElement)> {
    let all = panel.query_selector_all("button, input").ok()?;
    let get = |n: u32| all.get(n)?.dyn_into::<HtmlElement>().ok();
    Some((get(0)?, get(all.length().checked_sub(1)?)?))
}

/// The first thing that can be done, not the button that closes.
fn focus_first(panel: &HtmlElement) {
    let first = panel.query_selector(".offer").ok().flatten();
    if let Some(first) = first.and_then(|first: Element| first.dyn_into::<HtmlElement>().ok()) {
        let _ = first.focus();
    }
}

/// Tab goes round inside the panel.
pub(super) fn keep_focus(panel: &HtmlElement, event: &KeyboardEvent) {
    let Some((first, last)) = ends(panel) else { return };
    let (from, to) = if event.shift_key() { (&first, &last) } else { (&last, &first) };
    if dom::document().active_element().as_ref() == Some(from) {
        event.prevent_default();
        let _ = to.focus();
    }
}
