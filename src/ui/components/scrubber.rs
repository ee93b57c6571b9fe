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
                // Not an attribute: Yew would put the thumb back whenever it renders.
                input.set_value("0");
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
                { for props.marks.iter().enumerate().map(|(n, mark)| html! {
                    <Mark key={n} mark={mark.clone()} place={place(&props.marks, n, total)} />
                }) }
            </div>
            <input ref={input} class="range" type="range" min="0" max={STEPS.to_string()} step="1"
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
    /// From the left, for the style sheet.
    place: AttrValue,
}

/// Pixels from one mark to the next, so that each can be seen and hit.
const GAP: usize = 15;

/// Where a mark stands, for the style sheet: at its moment, or as near to it as its neighbours allow. In pixels
/// and percent, so that it holds at any width; where all do not fit side by side, they share what there is.
fn place(marks: &[Marker], n: usize, total: u64) -> String {
    let gaps = |n: usize| format!("min({}px, {}%)", n * GAP, n * 100 / marks.len());
    let pushed = marks[..=n].iter().enumerate().map(|(before, mark)| {
        let place = (mark.screen * STEPS).checked_div(total).unwrap_or(0);
        // `STEPS` are hundredths of a percent.
        format!("{place}e-2% + {}", gaps(n - before))
    });
    let pushed: Vec<String> = pushed.collect();
    format!("min(max({}), 100% - {})", pushed.join(", "), gaps(marks.len() - 1 - n))
}

/// A mark above the slider.
#[component]
fn Mark(props: &MarkProps) -> Html {
    let node: NodeRef = use_node_ref();
    {
        let node = node.clone();
        use_effect_with(props.place.clone(), move |place| {
            if let Some(element) = node.cast::<HtmlElement>() {
                let _ = element.style().set_property("left", place);
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
