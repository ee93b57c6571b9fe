//! The page.

use super::caption::Caption;
use super::faults::Faults;
use super::file::File;
use super::footer::Footer;
use super::funnel::Funnel;
use super::header::Header;
use super::ledger::Ledger;
use super::narration::Narration;
use super::settings::Settings;
use super::stage::Stage;
use super::transport::Transport;
use super::verdict::Verdict;
use super::why::Why;
use crate::check::Helps;
use crate::scene::{Lang, View};
use crate::sim::Time;
use crate::ui::catalogue::{self, Source};
use crate::ui::director::Director;
use crate::ui::params::{Params, Theme};
use crate::ui::parts::Part;
use crate::ui::playback::Speed;
use crate::ui::player::Player;
use crate::ui::proof::Proof;
use crate::ui::run::RunHandle;
use crate::ui::said::{self, Said};
use crate::ui::store::{Action, State};
use crate::ui::words::Word;
use crate::ui::{dom, keys, observers, refuge};
use std::rc::Rc;
use yew::{
    Callback, ContextProvider, Html, Properties, component, html, use_effect_with, use_memo, use_reducer,
};

/// What the page is asked for.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// What stands in its address.
    pub params: Params,
}

fn initial(params: &Params) -> State {
    let known = params.scenario.as_deref().and_then(catalogue::find);
    State {
        lang: params.lang.unwrap_or_else(dom::language),
        hide: params.hide,
        // The first one's title is there from the first picture on: nothing jumps.
        recipe: if known.is_none_or(|id| id == catalogue::first()) {
            catalogue::opening()
        } else {
            Rc::default()
        },
        source: Source::Catalogue(known.unwrap_or_else(catalogue::first)),
        run: None,
        before: None,
        proofs: Rc::default(),
        computing: None,
        refused: Rc::default(),
        misread: Rc::default(),
        moment: Default::default(),
        speed: params.speed.unwrap_or(Speed::NORMAL),
        hotspots: Rc::default(),
        height: 0,
        open: None,
        invited: false,
        unknown: params.scenario.is_some() && known.is_none(),
        not_fetched: None,
    }
}

fn view(state: &State, params: &Params) -> View {
    View {
        width: 0,
        lang: state.lang,
        reduced_motion: dom::reduced_motion(),
        compact: params.hide.has_panels(),
    }
}

/// Loads what the address asks for, or what was shown before the page had to be opened again.
fn begin(director: &Director, params: &Params, source: &Source) {
    let reduced = dom::reduced_motion();
    if let Some(recipe) = refuge::take() {
        director.begin(Source::Own, recipe, Time(0), !reduced);
        return;
    }
    // A page of its own begins to play; inside somebody's text it is asked to.
    let play = params.autoplay.unwrap_or(params.scenario.is_none() && params.t.is_none()) && !reduced;
    if let Source::Catalogue(id) = source {
        director.load(id, params.t.unwrap_or_default(), play);
    }
}

/// The page.
#[component]
pub fn App(props: &Props) -> Html {
    let params = &props.params;
    let state = {
        let params = params.clone();
        use_reducer(move || initial(&params))
    };
    let director = {
        let dispatcher = state.dispatcher();
        let view = view(&state, params);
        let speed = state.speed;
        use_memo((), move |()| {
            let dispatch = Callback::from(move |action: Action| dispatcher.dispatch(action));
            let player = Player::new(view, speed, Director::hear(dispatch.clone()));
            Director::new(player, dispatch)
        })
    };
    {
        let (director, params, source) = (Rc::clone(&director), params.clone(), state.source.clone());
        use_effect_with((), move |()| {
            begin(&director, &params, &source);
            let (keyed, coloured, moving) =
                ((*director).clone(), director.player().clone(), director.player().clone());
            let watching = (
                observers::document_event("keydown", move |event| keys::pressed(&keyed, &event)),
                observers::media("(prefers-color-scheme: dark)", move |_| coloured.refresh_palette()),
                observers::media("(prefers-reduced-motion: reduce)", move |reduced| {
                    moving.set_view(|view| view.reduced_motion = reduced);
                }),
            );
            move || drop(watching)
        });
    }
    use_effect_with(Rc::clone(&state.recipe), |recipe| refuge::keep(recipe));
    use_effect_with(state.lang, |lang| {
        if let Some(root) = dom::document().document_element() {
            let _ = root.set_attribute("lang", if *lang == Lang::Zh { "zh-Hans" } else { "en" });
        }
    });

    let lang = state.lang;
    // What is said of a run as a whole changes with the run, not with the moment.
    let marks = use_memo((state.run.clone(), lang), |(run, lang)| {
        run.as_ref().map(|run| run.story.markers(*lang)).unwrap_or_default()
    });
    let moment = state.moment;
    let about = said::about(&state.recipe, lang).filter(|_| !state.invited);
    let now = use_memo((state.run.clone(), moment, about, lang), |(run, moment, about, lang)| {
        run.as_ref().map(|run| said::now(run, moment, about.as_deref(), *lang)).unwrap_or_default()
    });
    let shows = |part: Part| !state.hide.has(part);
    let class = if state.hide.has_panels() { "page embedded" } else { "page" };
    html! {
        <ContextProvider<Director> context={(*director).clone()}>
            <div {class}>
                if shows(Part::Header) {
                    <Header {lang} source={state.source.clone()} as_loaded={state.recipe.is_as_loaded()}
                        title={state.recipe.title(lang).to_owned()} waits={waits(&state)} />
                    <p class="intro">
                        { if state.unknown { Word::UnknownScenario.say(lang) } else { Word::Intro.say(lang) } }
                    </p>
                }
                <main>
                    <div class="theatre">
                        { not_fetched(&state, &director) }
                        <Stage {lang} hotspots={Rc::clone(&state.hotspots)} height={state.height} open={state.open} />
                        if state.run.is_none() && !state.refused.is_empty() {
                            <p class="refusal"><b>{ Word::NothingStarts.say(lang) }</b>{ " " }{ Word::RefusedBy.say(lang) }</p>
                        }
                    </div>
                    <div class="deck">
                        <div class="below">
                            if shows(Part::Caption) {
                                <Caption {lang} said={caption(&state, &now)} remedy={remedy(&state)}
                                    invite={moment.at_end} />
                            }
                            if shows(Part::Transport) {
                                <Transport {lang} playing={moment.playing} speed={state.speed} run={state.run.clone()}
                                    marks={Rc::clone(&marks)}
                                    said={now.spoken.clone()} computing={state.computing} />
                            }
                        </div>
                        if shows(Part::Funnel) {
                            <div class="outcome">
                                <Funnel {lang} funnel={now.funnel} />
                                <Verdict {lang} run={state.run.clone()} before={state.before.clone()}
                                    refused={Rc::clone(&state.refused)} />
                            </div>
                        }
                    </div>
                    { panels(&state) }
                </main>
                if !state.hide.has_panels() {
                    <Footer {lang} />
                }
                <Narration {lang} text={now.narration.clone()} verdict={announced(&state)} />
            </div>
        </ContextProvider<Director>>
    }
}

/// Neither a run nor anything to say in its place.
fn waits(state: &State) -> bool {
    // Of more steps than a built-in scenario has, it is said how far they are.
    const LONG: u32 = 20_000;
    let said = state.not_fetched.is_some() || !state.refused.is_empty();
    state.run.is_none() && !said && state.computing.is_none_or(|steps| steps < LONG)
}

/// What was asked for could not be had; what was shown before stays.
fn not_fetched(state: &State, director: &Director) -> Html {
    let Some(id) = state.not_fetched else { return Html::default() };
    let director = director.clone();
    let again = Callback::from(move |_| director.load(id, Time(0), true));
    html! {
        <p class="not-fetched" role="alert">
            <span>{ id }{ ": " }{ Word::NotFetched.say(state.lang) }</span>
            <button class="button" type="button" onclick={again}>{ Word::TryAgain.say(state.lang) }</button>
        </p>
    }
}

fn panels(state: &State) -> Html {
    let lang = state.lang;
    let shows = |part: Part| !state.hide.has(part);
    // Not before there is something in them: they would grow under the reader's eyes.
    if state.hide.has_panels() || (state.run.is_none() && state.refused.is_empty()) {
        return html! { <div class="columns" hidden=true /> };
    }
    html! {
        <div class="columns">
            if shows(Part::Ledger) && state.run.is_some() {
                <Ledger {lang} run={state.run.clone()} cursor={state.moment.cursor} />
            }
            <div class="aside">
                if shows(Part::Why) && state.run.is_some() {
                    <Why {lang} run={state.run.clone()} proofs={Rc::clone(&state.proofs)} />
                }
                if shows(Part::Faults) {
                    <Faults {lang} recipe={Rc::clone(&state.recipe)} run={state.run.clone()} />
                }
            </div>
            if shows(Part::Settings) {
                <Settings {lang} recipe={Rc::clone(&state.recipe)} run={state.run.clone()}
                    refused={Rc::clone(&state.refused)} />
            }
            if shows(Part::File) {
                <File {lang} recipe={Rc::clone(&state.recipe)} misread={Rc::clone(&state.misread)} />
            }
        </div>
    }
}

/// Until the reader has broken something, a run without faults says that it is their turn.
fn caption(state: &State, now: &Said) -> crate::scene::Caption {
    let untouched = state.recipe.by_hand.is_empty();
    if state.invited && untouched && !state.moment.at_end {
        return crate::scene::Caption {
            strong: Word::BreakNow.say(state.lang).to_owned(),
            rest: String::new(),
        };
    }
    now.caption.clone()
}

/// At the end of a run that went wrong: the first thing that would have helped.
fn remedy(state: &State) -> Option<Proof> {
    let proofs = state.moment.at_end.then_some(&state.proofs)?;
    proofs
        .iter()
        .flatten()
        .find(|proof| proof.helps == Helps::Wholly)
        .or_else(|| proofs.iter().flatten().next())
        .cloned()
}

/// The verdict is said once the run is over.
fn announced(state: &State) -> yew::AttrValue {
    let over = state.run.as_ref().filter(|_| state.moment.at_end);
    let aloud = |run: &RunHandle| {
        let verdict = said::verdict(run, state.lang);
        format!("{}. {}.", verdict.headline, verdict.sub)
    };
    over.map(aloud).unwrap_or_default().into()
}

/// The theme that the address asks for, for the style sheet.
pub fn apply_theme(theme: Option<Theme>) {
    let Some(root) = dom::document().document_element() else { return };
    let name = match theme {
        Some(Theme::Light) => "light",
        Some(Theme::Dark) => "dark",
        None => return,
    };
    let _ = root.set_attribute("data-theme", name);
}
