//! How the run ends, in money; and how it ended before the settings were changed.

use crate::scene::Lang;
use crate::ui::run::RunHandle;
use crate::ui::said;
use crate::ui::store::Complaint;
use crate::ui::words::Word;
use std::rc::Rc;
use yew::{Html, Properties, component, html};

/// What the verdict is of.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The language.
    pub lang: Lang,
    /// The run.
    pub run: Option<RunHandle>,
    /// The run before the settings were changed.
    pub before: Option<RunHandle>,
    /// What is wrong with the settings where there is no run.
    pub refused: Rc<Vec<Complaint>>,
}

/// How the run ends, in money.
#[component]
pub fn Verdict(props: &Props) -> Html {
    let Some(run) = &props.run else {
        let why =
            props.refused.iter().map(|complaint| html! { <p class="verdict-word">{ &complaint.text }</p> });
        return html! { <div class="verdict">{ for why }</div> };
    };
    let verdict = said::verdict(run, props.lang);
    let before = props.before.as_ref().map(|run| said::verdict(run, props.lang));
    html! {
        <div class={if verdict.bad { "verdict" } else { "verdict good" }}>
            <p class="verdict-money">{ &verdict.sub }</p>
            <p class="verdict-word">{ &verdict.headline }</p>
            if let Some(before) = before {
                <p class="verdict-before">{ Word::Before.say(props.lang) }{ " " }<s>{ before.headline }</s></p>
            }
        </div>
    }
}
