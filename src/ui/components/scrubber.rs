//! The moment of the run as a slider, with marks for what happened.

use super::use_director;
use crate::scene::{Lang, Marker, MarkerKind};
use crate::ui::icons;
use crate::ui::run::RunHandle;
use crate::ui::scrub::{STEPS, Scrub};
use crate::ui::words::Word;
use std::rc::Rc;
use web_sys::{Element, HtmlElement, HtmlInputElement};
use yew::{
    AttrValue, Callback, Html, InputEvent, NodeRef, Properties, TargetCast, component, html, use_effect_with,
    use_node_ref,
};

/// What the scrubber shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The language.
    pub lang: Lang,
    /// The run.
    pub run: Option<RunHandle>,
    /// Its marks.
    pub marks: Rc<Vec<Marker>>,
    /// The moment in words.
    pub said: AttrValue,
    /// Steps computed of a run that is not ready.
    pub computing: Option<u32>,
}

/// The moment of the run as a slider.
#[component]
pub fn Scrubber(props: &Props) -> Html {
    let director = use_director();
    let (input, now, end) = (use_node_ref(), use_node_ref(), use_node_ref());
    {
        let nodes = (input.clone(), now.clone(), end.clone());
        let player = director.player().clone();
        use_effect_with((), move |()| {
            let (input, now, end) = nodes;
            let scrub =
                input.cast::<HtmlInputElement>().zip(now.cast::<Element>()).zip(end.cast::<Element>());
            if let Some(((input, now), end)) = scrub {
                player.attach_scrub(Scrub { input, now, end });
            }
        });
    }
    let total = props.run.as_ref().map_or(0, |run| run.story.clock().total());
    let oninput = {
        let player = director.player().clone();
        Callback::from(move |event: InputEvent| {
            let value = event.target_dyn_into::<HtmlInputElement>().map(|input| input.value());
            if let Some(place) = value.and_then(|value| value.parse::<u64>().ok()) {
                player.seek(total * place / STEPS);
            }
        })
    };
    html! {
        <div class="scrub">
            <div class="scrub-track"><div class="marks">
                { for props.marks.iter().zip(places(&props.marks, total)).map(|(mark, place)| html! {
                    <Mark key={mark.step.0} mark={mark.clone()} {place} />
                }) }
            </div>
            <input ref={input} class="range" type="range" min="0" max={STEPS.to_string()} value="0" step="1"
                aria-label={Word::Scrubber.say(props.lang)} aria-valuetext={props.said.clone()} {oninput} /></div>
            <div class="clock">
                if let Some(steps) = props.computing {
                    <span class="computing">{ Word::Computing.say(props.lang) }{ " " }{ steps }</span>
                }
                <span ref={now} class="clock-now" />
                <span ref={end} class="clock-end wide" />
            </div>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct MarkProps {
    mark: Marker,
    /// Of [`STEPS`], from the left.
    place: u64,
}

/// How far marks stand apart, so that each can be seen and hit.
const GAP: u64 = STEPS / 42;

/// Where marks stand, of [`STEPS`]: at their moments, or as near to them as their neighbours allow.
fn places(marks: &[Marker], total: u64) -> Vec<u64> {
    let mut free = 0;
    let mut places: Vec<u64> = Vec::with_capacity(marks.len());
    for mark in marks {
        let place = (mark.screen * STEPS).checked_div(total).unwrap_or(0).max(free);
        places.push(place);
        free = place + GAP;
    }
    let mut most = STEPS;
    for place in places.iter_mut().rev() {
        *place = (*place).min(most);
        most = place.saturating_sub(GAP);
    }
    places
}

/// A mark above the slider.
#[component]
fn Mark(props: &MarkProps) -> Html {
    let node: NodeRef = use_node_ref();
    {
        let node = node.clone();
        use_effect_with(props.place, move |place| {
            if let Some(element) = node.cast::<HtmlElement>() {
                let left = format!("{}.{:02}%", place / 100, place % 100);
                let _ = element.style().set_property("left", &left);
            }
        });
    }
    let director = use_director();
    let step = props.mark.step;
    let onclick = Callback::from(move |_| director.player().go_to(step));
    let class = match props.mark.kind {
        MarkerKind::Loss | MarkerKind::Double => "mark mark-loss",
        _ => "mark",
    };
    html! {
        <button ref={node} {class} type="button" tabindex="-1" title={props.mark.label.clone()}
            aria-label={props.mark.label.clone()} {onclick}>
            { icons::svg(icons::path(props.mark.icon)) }
        </button>
    }
}
