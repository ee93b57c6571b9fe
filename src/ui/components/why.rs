//! Why it went wrong: the chain of causes, with times that are links, and what would have prevented it.

use super::use_director;
use crate::scene::Lang;
use crate::ui::run::RunHandle;
use crate::ui::said;
use crate::ui::text::seconds;
use crate::ui::words::Word;
use yew::{Callback, Html, Properties, component, html};

/// Whose causes.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The language.
    pub lang: Lang,
    /// The run.
    pub run: Option<RunHandle>,
}

/// Why it went wrong.
#[component]
pub fn Why(props: &Props) -> Html {
    let director = use_director();
    let lang = props.lang;
    let whys = props.run.as_ref().map(|run| said::whys(run, lang)).unwrap_or_default();
    html! {
        <section class="card" id="why" aria-label={Word::Why.say(lang)}>
            { for whys.iter().enumerate().map(|(n, why)| html! {
                <div key={n} class="why">
                    <h2>{ &why.title }</h2>
                    <ol>
                        { for why.links.iter().enumerate().map(|(n, link)| {
                            let (director, step) = (director.clone(), link.step);
                            let onclick = Callback::from(move |_| director.jump(step));
                            html! {
                                <li key={n}>
                                    <button class="moment" type="button" {onclick}>{ seconds(link.at) }</button>
                                    <span>{ &link.text }</span>
                                </li>
                            }
                        }) }
                    </ol>
                    if let Some(remedy) = &why.remedy {
                        <div class="remedy">
                            <span>{ &why.remedy_text }</span>
                            <button class="button" type="button" onclick={
                                let (director, changes) = (director.clone(), remedy.changes.clone());
                                Callback::from(move |_| director.set_all(&changes))
                            }>{ Word::SeeIt.say(lang) }</button>
                        </div>
                    } else {
                        <p class="remedy">{ &why.remedy_text }</p>
                    }
                </div>
            }) }
        </section>
    }
}
