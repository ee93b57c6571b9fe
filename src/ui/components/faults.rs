//! Breaks something whoever leads, and lists what was broken by hand, to be taken back.

use super::use_director;
use crate::scene::Lang;
use crate::ui::offers::{self, Offer};
use crate::ui::recipe::Recipe;
use crate::ui::run::RunHandle;
use crate::ui::text::seconds;
use crate::ui::words::Word;
use crate::ui::{dom, icons};
use std::rc::Rc;
use yew::{Callback, Html, Properties, component, html};

/// Where the focus goes from what was taken back and is gone.
const HINT: &str = "faults-hint";

/// What the panel shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The language.
    pub lang: Lang,
    /// What was decided.
    pub recipe: Rc<Recipe>,
    /// The run.
    pub run: Option<RunHandle>,
}

/// Breaks something, and lists what was broken by hand.
#[component]
pub fn Faults(props: &Props) -> Html {
    let director = use_director();
    let lang = props.lang;
    let consumer = props.run.as_ref().is_some_and(|run| run.timeline.scenario().config.consumer.is_some());
    let inflict = |offer: &Offer| {
        let (director, offer) = (director.clone(), offer.clone());
        Callback::from(move |_| director.inflict(|at| offer.fault(at)))
    };
    let never = |n: usize| {
        let place = props.recipe.place_of(n);
        let never = props.run.as_ref().map(|run| &run.report.faults_never_fired);
        never.is_some_and(|never| never.iter().any(|(fault, _)| usize::from(fault.0) == place))
    };
    let take_back = |n: usize| {
        let director = director.clone();
        Callback::from(move |_| {
            director.take_back(n);
            dom::focus(HINT);
        })
    };
    let take_all_back = {
        let director = director.clone();
        Callback::from(move |_| {
            director.take_all_back();
            dom::focus(HINT);
        })
    };
    html! {
        <section class="card" id="faults" aria-labelledby="faults-title">
            <h2 id="faults-title">{ Word::Break.say(lang) }</h2>
            <div class="break">
                { for offers::by_role(consumer).iter().enumerate().map(|(n, offer)| html! {
                    <button key={n} class="button" type="button" onclick={inflict(offer)}>
                        { icons::svg(icons::path(offer.icon())) }{ offer.full_label(lang) }
                    </button>
                }) }
            </div>
            <p class="hint" id={HINT} tabindex="-1">{ Word::BreakHint.say(lang) }</p>
            <div class="in-force">
                if !props.recipe.by_hand.is_empty() {
                    <h3>{ Word::InForce.say(lang) }</h3>
                    <ul>
                        { for props.recipe.by_hand.iter().enumerate().map(|(n, made)| html! {
                            <li key={format!("{}-{n}", made.at.0)}>
                                { icons::svg(icons::path(offers::icon_of(&made.fault))) }
                                <span>
                                    <time>{ seconds(made.at) }</time>{ " " }{ offers::describe(&made.fault, lang) }
                                    if never(n) {
                                        <em>{ " · " }{ Word::NeverFires.say(lang) }</em>
                                    }
                                </span>
                                <button class="button small" type="button" onclick={take_back(n)}>
                                    { icons::svg(icons::UNDO) }{ Word::TakeBack.say(lang) }
                                </button>
                            </li>
                        }) }
                    </ul>
                    <button class="button" type="button" onclick={take_all_back}>
                        { icons::svg(icons::UNDO) }{ Word::TakeAllBack.say(lang) }
                    </button>
                }
            </div>
        </section>
    }
}
