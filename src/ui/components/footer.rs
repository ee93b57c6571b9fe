//! What the page is, and its keys.

use crate::scene::Lang;
use crate::ui::words::Word;
use yew::{Html, Properties, component, html};

/// What the footer shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The language.
    pub lang: Lang,
}

/// The page's keys.
#[component]
pub fn Footer(props: &Props) -> Html {
    html! { <footer class="footer"><p id="keys" tabindex="-1">{ Word::Keys.say(props.lang) }</p></footer> }
}
