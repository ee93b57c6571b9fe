//! The stage: one canvas for what is drawn, and over it a button for everything that can be broken.

use super::popover::Popover;
use super::spot::Spot;
use super::use_director;
use crate::scene::{HotTarget, Hotspot, Lang};
use crate::ui::observers;
use crate::ui::words::Word;
use std::rc::Rc;
use web_sys::{HtmlCanvasElement, HtmlElement};
use yew::{Html, Properties, component, html, use_effect_with, use_node_ref};

/// What the stage shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The language.
    pub lang: Lang,
    /// What can be clicked.
    pub hotspots: Rc<Vec<Hotspot>>,
    /// Its height; 0 = not known yet.
    pub height: u32,
    /// What is open.
    pub open: Option<HotTarget>,
}

/// The stage.
#[component]
pub fn Stage(props: &Props) -> Html {
    let director = use_director();
    let (canvas, frame) = (use_node_ref(), use_node_ref());
    {
        let (canvas, frame) = (canvas.clone(), frame.clone());
        let player = director.player().clone();
        use_effect_with((), move |()| {
            let found = canvas.cast::<HtmlCanvasElement>().zip(frame.cast::<HtmlElement>());
            let watching = found.map(|(canvas, frame)| {
                let width = frame.client_width().max(0) as u32;
                player.set_view(|view| view.width = width);
                player.attach_canvas(canvas);
                player.draw_now();
                let (sized, seen) = (player.clone(), player);
                (
                    observers::size(&frame, move |width| sized.set_view(|view| view.width = width)),
                    observers::visibility(&frame, move |visible| seen.set_visible(visible)),
                )
            });
            move || drop(watching)
        });
    }
    let open = props.open.and_then(|open| props.hotspots.iter().find(|spot| spot.target == open));
    let class = if props.height == 0 { "stage waiting" } else { "stage" };
    html! {
        <div {class} ref={frame}>
            <canvas ref={canvas} aria-hidden="true" />
            <div class="spots" role="group" aria-label={Word::Stage.say(props.lang)}>
                { for props.hotspots.iter().map(|spot| html! {
                    <Spot key={super::spot::id(spot.target)} spot={spot.clone()} open={props.open == Some(spot.target)} />
                }) }
            </div>
            <div class="over">
                if let Some(spot) = open {
                    <Popover key={super::spot::id(spot.target)} lang={props.lang} spot={spot.clone()} />
                }
            </div>
        </div>
    }
}
