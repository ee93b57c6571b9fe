//! Brand, title of the run with the list behind it, language.

use super::picker::Picker;
use super::use_director;
use crate::run::catalogue::Listed;
use crate::scene::Lang;
use crate::ui::catalogue::{self, Source};
use crate::ui::icons;
use crate::ui::words::Word;
use yew::{AttrValue, Callback, Html, Properties, component, html, use_effect_with, use_state_eq};

/// What the header shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The language.
    pub lang: Lang,
    /// Where the scenario came from.
    pub source: Source,
    /// Nothing of it was changed.
    pub as_loaded: bool,
    /// Its title.
    pub title: AttrValue,
    /// There is nothing to be shown yet.
    pub waits: bool,
}

/// The id of the button with the title, which opens the list.
pub(super) const TITLE: &str = "scenario";

/// Brand, title of the run with the list behind it, language.
#[component]
pub fn Header(props: &Props) -> Html {
    let director = use_director();
    let lang = props.lang;
    let open = use_state_eq(|| false);
    let (near, index) = (use_state_eq(|| false), use_state_eq(|| None::<AttrValue>));
    {
        // The first scenario has no need of them, so that a page that is only looked at stays light.
        let needed = *near || *open || props.source != Source::Catalogue(catalogue::first());
        let index = index.setter();
        use_effect_with(needed, move |needed| {
            if *needed {
                catalogue::index(move |text| index.set(Some(text.into())));
            }
        });
    }
    let toggle = {
        let (open, is_open) = (open.setter(), *open);
        Callback::from(move |_| open.set(!is_open))
    };
    let approach = near.setter();
    let onpointerenter = Callback::from(move |_| approach.set(true));
    let close = {
        let open = open.setter();
        Callback::from(move |()| open.set(false))
    };
    // Title and what was recorded of it decide how high this is: the page is shown once they are there.
    let listed = matches!(props.source, Source::Catalogue(id) if id != catalogue::first());
    let coming = props.waits || (listed && index.is_none());
    let index = (*index).clone().unwrap_or_default();
    let other = if lang == Lang::En { Lang::Zh } else { Lang::En };
    let speak = Callback::from(move |_| director.speak(other));
    html! {
        <header class={if coming { "header coming" } else { "header" }}>
            <span class="brand">
                <svg class="brand-mark" viewBox="0 0 18 22" aria-hidden="true">
                    <rect class="brand-packet" x="1" y="1" width="16" height="20" rx="3" />
                    <path class="brand-fold" d="M1 6Q9 12 17 6" />
                    <circle class="brand-coin" cx="9" cy="10" r="3.2" />
                </svg>
                <span class="wide">{ "ackscope" }</span>
            </span>
            <h1>
                <button id={TITLE} class="pick" type="button" aria-haspopup="dialog" aria-expanded={open.to_string()}
                    title={Word::Find.say(lang)} {onpointerenter} onclick={toggle}>
                    <span>{ &props.title }</span>
                    { icons::svg(icons::CARET) }
                </button>
            </h1>
            if *open {
                <Picker {lang} source={props.source.clone()} index={index.clone()} {close} />
            }
            { recorded(props, &index) }
            <button class="quiet" type="button" onclick={speak}
                lang={if other == Lang::Zh { "zh-Hans" } else { "en" }}>
                { Word::OtherLanguage.say(lang) }
            </button>
        </header>
    }
}

/// What a real cluster did with this very file, as long as nothing of it is changed.
fn recorded(props: &Props, index: &str) -> Html {
    let Source::Catalogue(id) = props.source else { return Html::default() };
    match Listed::of(id, index).recorded().filter(|_| props.as_loaded) {
        Some(recorded) => {
            let word = if recorded.consumers { Word::Recorded } else { Word::RecordedLog };
            html! { <p class="recorded" title={recorded.case.to_owned()}>{ word.say(props.lang) }</p> }
        }
        None => Html::default(),
    }
}
