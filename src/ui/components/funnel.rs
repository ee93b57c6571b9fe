//! How far packets have come at the cursor: a loss is a difference between neighbours.

use crate::check::Funnel as Counts;
use crate::scene::Lang;
use crate::ui::words::Word;
use yew::{Html, Properties, component, html};

/// What the funnel shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The language.
    pub lang: Lang,
    /// The counts.
    pub funnel: Counts,
}

/// How far packets have come at the cursor.
#[component]
pub fn Funnel(props: &Props) -> Html {
    let counts = &props.funnel;
    let steps = [
        (Word::Sent, counts.sent),
        (Word::Acked, counts.acked),
        (Word::Stored, counts.stored),
        (Word::Paid, counts.paid),
    ];
    html! {
        <dl class="funnel" aria-label={Word::Funnel.say(props.lang)}>
            { for steps.into_iter().enumerate().map(|(n, (word, count))| html! {
                <div key={n}><dt>{ word.say(props.lang) }</dt><dd>{ count }</dd></div>
            }) }
        </dl>
    }
}
