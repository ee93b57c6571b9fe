//! How the run ends, in money; and how it ended before the settings were changed.

use crate::scene::Lang;
use crate::ui::run::RunHandle;
use crate::ui::said;
use crate::ui::words::Word;
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
}

/// How the run ends, in money.
#[component]
pub fn Verdict(props: &Props) -> Html {
    let Some(run) = &props.run else {
        return html! { <div class="verdict" /> };
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
