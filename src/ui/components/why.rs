//! Why it went wrong: the chain of causes, with times that are links, and what would have prevented it.

use super::use_director;
use crate::check::Helps;
use crate::scene::Lang;
use crate::ui::proof::Proof;
use crate::ui::run::RunHandle;
use crate::ui::said::{self, WhyLink};
use crate::ui::text::seconds;
use crate::ui::words::Word;
use std::rc::Rc;
use yew::{Callback, Html, Properties, component, html};

/// Whose causes.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The language.
    pub lang: Lang,
    /// The run.
    pub run: Option<RunHandle>,
    /// For each cause settings that help, as far as they were tried.
    pub proofs: Rc<Vec<Option<Proof>>>,
}

/// Why it went wrong.
#[component]
pub fn Why(props: &Props) -> Html {
    let director = use_director();
    let lang = props.lang;
    let whys = props.run.as_ref().map(|run| said::whys(run, lang)).unwrap_or_default();
    let link = |n: usize, link: &WhyLink| {
        let (director, step) = (director.clone(), link.step);
        let onclick = Callback::from(move |_| director.jump(step));
        html! {
            <li key={n}>
                <button class="moment" type="button" {onclick}>{ seconds(link.at) }</button>
                <span>{ &link.text }</span>
            </li>
        }
    };
    let prove = |proof: &Proof| {
        let (director, changes) = (director.clone(), proof.changes.clone());
        Callback::from(move |_| director.set_all(&changes))
    };
    html! {
        <section class="card" id="why" aria-label={Word::Why.say(lang)}>
            if whys.is_empty() {
                <h2>{ Word::NothingWrong.say(lang) }</h2>
            }
            { for whys.iter().enumerate().map(|(n, why)| html! {
                <div key={n} class="why">
                    <h2>{ &why.title }</h2>
                    <ol>{ for why.links.iter().enumerate().map(|(n, each)| link(n, each)) }</ol>
                    <div class="why-end">
                        if let Some(proof) = props.proofs.get(n).and_then(Option::as_ref) {
                            <div class="remedy">
                                <span>
                                    { Word::With.say(lang) }{ " " }<code>{ &proof.label }</code>{ " " }
                                    { how_far(proof.helps, lang) }
                                    if proof.flushes {
                                        { " " }{ Word::FlushPrice.say(lang) }
                                    }
                                </span>
                                <button class="button" type="button" onclick={prove(proof)}>
                                    { Word::SeeIt.say(lang) }
                                </button>
                            </div>
                        } else if !why.advice.is_empty() {
                            <p class="remedy">{ why.advice }</p>
                        }
                    </div>
                </div>
            }) }
        </section>
    }
}

/// How far a remedy helps.
fn how_far(helps: Helps, lang: Lang) -> String {
    match helps {
        Helps::Wholly => Word::HelpsAll.say(lang).to_owned(),
        Helps::ForFewer { acked, before } => {
            let text = Word::HelpsFewer.say(lang);
            text.replace("$1", &acked.to_string()).replace("$2", &before.to_string())
        }
        Helps::Unstruck => Word::HelpsUnstruck.say(lang).to_owned(),
        Helps::Only => Word::HelpsThis.say(lang).to_owned(),
        Helps::Twice => Word::HelpsTwice.say(lang).to_owned(),
    }
}
