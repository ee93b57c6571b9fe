//! Records are columns, places are rows; a missing or doubled one is a visible hole, and its column is a button.

use crate::scene::Lang;
use crate::ui::run::RunHandle;
use crate::ui::words::Word;
use yew::{Html, Properties, component, html};

/// Whose records, when.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The language.
    pub lang: Lang,
    /// The run.
    pub run: Option<RunHandle>,
    /// Steps taken.
    pub cursor: u32,
}

/// Records are columns, places are rows.
#[component]
pub fn Ledger(props: &Props) -> Html {
    html! {
        <section class="card" id="ledger" aria-labelledby="ledger-title">
            <h2 id="ledger-title">{ Word::Ledger.say(props.lang) }</h2>
        </section>
    }
}
