//! Step back, play, step, scrub, speed.

use super::scrubber::Scrubber;
use super::use_director;
use crate::scene::{Lang, Marker};
use crate::ui::playback::Speed;
use crate::ui::run::RunHandle;
use crate::ui::words::Word;
use crate::ui::{dom, icons};
use std::rc::Rc;
use web_sys::HtmlSelectElement;
use yew::{AttrValue, Callback, Event, Html, Properties, TargetCast, component, html};

/// What the transport shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The language.
    pub lang: Lang,
    /// Whether the run plays.
    pub playing: bool,
    /// How fast.
    pub speed: Speed,
    /// The run.
    pub run: Option<RunHandle>,
    /// Its marks.
    pub marks: Rc<Vec<Marker>>,
    /// The moment in words.
    pub said: AttrValue,
    /// Steps computed of a run that is not ready.
    pub computing: Option<u32>,
}

/// Step back, play, step, scrub, speed.
#[component]
pub fn Transport(props: &Props) -> Html {
    let director = use_director();
    let lang = props.lang;
    let button = |id: Option<&'static str>,
                  class: &'static str,
                  word: Word,
                  icon,
                  act: fn(&crate::ui::player::Player)| {
        let player = director.player().clone();
        let onclick = Callback::from(move |_| act(&player));
        html! {
            <button {id} {class} type="button" title={word.say(lang)} aria-label={word.say(lang)} {onclick}>
                { icons::svg(icon) }
            </button>
        }
    };
    let (word, icon) = if props.playing { (Word::Pause, icons::PAUSE) } else { (Word::Play, icons::PLAY) };
    let speed = {
        let director = director.clone();
        Callback::from(move |event: Event| {
            let picked = event.target_dyn_into::<HtmlSelectElement>().map(|select| select.value());
            picked
                .and_then(|text| Speed::read(&text))
                .into_iter()
                .for_each(|speed| director.set_speed(speed));
        })
    };
    html! {
        <div class="transport">
            { button(None, "wide", Word::Restart, icons::RESTART, |player| { player.seek(0); player.play(); }) }
            { button(None, "", Word::StepBack, icons::STEP_BACK, |player| player.step_back()) }
            { button(Some(dom::PLAY), "main", word, icon, |player| player.toggle()) }
            { button(None, "", Word::Step, icons::STEP, |player| player.step()) }
            <Scrubber {lang} run={props.run.clone()} marks={Rc::clone(&props.marks)} said={props.said.clone()}
                computing={props.computing} />
            <label class="speed">
                <span class="hidden">{ Word::SpeedOf.say(lang) }</span>
                <select onchange={speed}>
                    { for Speed::ALL.into_iter().map(|speed| html! {
                        <option key={speed.label()} value={speed.label()} selected={speed == props.speed}>
                            { speed.label() }{ "×" }
                        </option>
                    }) }
                </select>
            </label>
        </div>
    }
}
