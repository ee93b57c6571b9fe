//! Brand, title of the run as a picker, language.

use super::use_director;
use crate::scene::{self, Lang};
use crate::sim::Time;
use crate::ui::catalogue::{self, Source};
use crate::ui::icons;
use crate::ui::words::Word;
use web_sys::HtmlSelectElement;
use yew::{AttrValue, Callback, Event, Html, Properties, TargetCast, component, html};

/// What the header shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The language.
    pub lang: Lang,
    /// Where the scenario came from.
    pub source: Source,
    /// Its title.
    pub title: AttrValue,
}

/// Brand, title of the run as a picker, language.
#[component]
pub fn Header(props: &Props) -> Html {
    let director = use_director();
    let lang = props.lang;
    let pick = {
        let director = director.clone();
        Callback::from(move |event: Event| {
            let picked = event.target_dyn_into::<HtmlSelectElement>().map(|select| select.value());
            let known = picked.as_deref().and_then(catalogue::find);
            known.into_iter().for_each(|id| director.load(id, Time(0), true));
        })
    };
    let other = if lang == Lang::En { Lang::Zh } else { Lang::En };
    let speak = Callback::from(move |_| director.speak(other));
    let own = props.source == Source::Own;
    html! {
        <header class="header">
            <span class="brand">
                <svg class="brand-mark" viewBox="0 0 18 22" aria-hidden="true">
                    <rect class="brand-packet" x="1" y="1" width="16" height="20" rx="3" />
                    <path class="brand-fold" d="M1 6Q9 12 17 6" />
                    <circle class="brand-coin" cx="9" cy="10" r="3.2" />
                </svg>
                <span class="wide">{ "ackscope" }</span>
            </span>
            <div class="pick">
                <h1>{ &props.title }</h1>
                { icons::svg(icons::CARET) }
                <select aria-label={Word::PickScenario.say(lang)} onchange={pick}>
                    if own {
                        <option value="" selected=true>{ Word::OwnText.say(lang) }</option>
                    }
                    { for catalogue::by_question().into_iter().map(|(question, ids)| html! {
                        <optgroup key={question.asked()} label={scene::question(question, lang)}>
                            { for ids.into_iter().map(|id| html! {
                                <option key={id} value={id} selected={props.source == Source::Catalogue(id)}>
                                    { catalogue::title(id, lang) }
                                </option>
                            }) }
                        </optgroup>
                    }) }
                </select>
            </div>
            <button class="quiet" type="button" onclick={speak}
                lang={if other == Lang::Zh { "zh-Hans" } else { "en" }}>
                { Word::OtherLanguage.say(lang) }
            </button>
        </header>
    }
}
