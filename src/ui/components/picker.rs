//! The scenarios as a list with a field over it: words of a title, a setting, an error, in either language.

use super::header::TITLE;
use super::popover;
use super::use_director;
use crate::run::catalogue::Listed;
use crate::scene::{self, Index, Lang};
use crate::sim::Time;
use crate::ui::catalogue::{self, Source};
use crate::ui::words::Word;
use crate::ui::{dom, icons};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement};
use yew::{
    AttrValue, Callback, Html, InputEvent, KeyboardEvent, Properties, TargetCast, component, html,
    use_effect_with, use_memo, use_node_ref, use_state_eq,
};

/// What the list is for.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The language.
    pub lang: Lang,
    /// What is shown at the moment.
    pub source: Source,
    /// What they are called and can be found by; empty until it was fetched.
    pub index: AttrValue,
    /// Something was chosen, or nothing.
    pub close: Callback<()>,
}

/// The scenarios as a list with a field over it.
#[component]
pub fn Picker(props: &Props) -> Html {
    let (director, lang) = (use_director(), props.lang);
    let (panel, field) = (use_node_ref(), use_node_ref());
    let query = use_state_eq(String::new);
    let index = use_memo(props.index.clone(), |index| Index::new(index, |_| Vec::new()));
    {
        let field = field.clone();
        use_effect_with((), move |()| {
            let _ = field.cast::<HtmlElement>().map(|field| field.focus());
            || dom::focus(TITLE)
        });
    }
    let found = (!query.trim().is_empty()).then(|| index.search(&query));
    let choose = |id: &'static str| {
        let (director, close) = (director.clone(), props.close.clone());
        Callback::from(move |_| {
            close.emit(());
            director.load(id, Time(0), true);
        })
    };
    let first = found.as_ref().and_then(|found| found.ids.first()).map(|id| choose(id));
    let onkeydown = {
        let (close, panel) = (props.close.clone(), panel.clone());
        Callback::from(move |event: KeyboardEvent| {
            let Some(panel) = panel.cast::<HtmlElement>() else { return };
            match event.key().as_str() {
                "Escape" => {
                    event.stop_propagation();
                    close.emit(());
                }
                "ArrowDown" => walk(&panel, 1, &event),
                "ArrowUp" => walk(&panel, -1, &event),
                "Tab" => popover::keep_focus(&panel, &event),
                "Enter" if event.target_dyn_into::<HtmlInputElement>().is_some() => {
                    // Else the same key presses the title, which has the focus by then, and opens the list anew.
                    event.prevent_default();
                    first.iter().for_each(|choose| choose.emit(()));
                }
                _ => {}
            }
        })
    };
    let oninput = {
        let query = query.setter();
        Callback::from(move |event: InputEvent| {
            query.set(event.target_unchecked_into::<HtmlInputElement>().value())
        })
    };
    let away = props.close.reform(|_| ());
    let shown = |id: &&'static str| found.as_ref().is_none_or(|found| found.ids.contains(id));
    html! {
        <>
            <div class="backdrop" onclick={away.clone()} />
            <div ref={panel} class="picker" role="dialog" aria-label={Word::PickScenario.say(lang)} {onkeydown}>
                <div class="picker-head">
                    <input ref={field} type="search" placeholder={Word::FindHint.say(lang)}
                        aria-label={Word::Find.say(lang)} {oninput} />
                    <button class="quiet small" type="button" aria-label={Word::Close.say(lang)}
                        onclick={away}>{ icons::svg(icons::CROSS) }</button>
                </div>
                <div class="picker-list">
                    if let Some(found) = found.as_ref().filter(|found| found.ids.is_empty()) {
                        <p class="picker-none" role="status">
                            { Word::NothingFound.say(lang) }
                            { for found.unknown.iter().filter_map(|(_, like)| like.as_ref()).map(|like| html! {
                                <>{ " " }{ Word::DidYouMean.say(lang) }{ " " }<strong>{ like }</strong></>
                            }) }
                        </p>
                    }
                    { for catalogue::by_question().into_iter().map(|(question, ids)| {
                        let ids: Vec<&str> = ids.into_iter().filter(shown).collect();
                        if ids.is_empty() {
                            return Html::default();
                        }
                        html! {
                            <section key={question.asked()}>
                                <h2>{ scene::question(question, lang) }</h2>
                                { for ids.into_iter().map(|id| html! {
                                    <button key={id} class="offer" type="button" onclick={choose(id).reform(|_| ())}
                                        aria-current={(props.source == Source::Catalogue(id)).then_some("true")}>
                                        { title(id, &props.index, lang) }
                                    </button>
                                }) }
                            </section>
                        }
                    }) }
                </div>
            </div>
        </>
    }
}

/// The title of a scenario: its id, until the index is there.
fn title(id: &'static str, index: &str, lang: Lang) -> String {
    let title = scene::title(Listed::of(id, index), lang);
    if title.is_empty() { id } else { title }.to_owned()
}

/// Goes to the next or the one before among the field and what can be chosen.
pub(super) fn walk(panel: &HtmlElement, by: i32, event: &KeyboardEvent) {
    let Ok(all) = panel.query_selector_all("input, .offer") else { return };
    let at = |n: u32| all.get(n).and_then(|node| node.dyn_into::<HtmlElement>().ok());
    let here = event.target_dyn_into::<HtmlElement>();
    let now = (0..all.length()).find(|n| at(*n) == here).unwrap_or(0) as i32;
    if let Some(next) = u32::try_from(now + by).ok().and_then(at) {
        event.prevent_default();
        let _ = next.focus();
    }
}
