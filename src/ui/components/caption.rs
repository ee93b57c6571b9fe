//! What just happened, and why it matters. At the end of a run: what to do next.

use super::use_director;
use crate::scene::{Caption as Said, Lang};
use crate::ui::proof::Proof;
use crate::ui::words::Word;
use yew::{Callback, Html, Properties, component, html};

/// What the caption shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The language.
    pub lang: Lang,
    /// What is said.
    pub said: Said,
    /// At the end of a run that went wrong: settings that would have prevented it, and how they are called.
    pub remedy: Option<Proof>,
    /// The reader may break things themselves.
    pub invite: bool,
}

/// What just happened, and why it matters.
#[component]
pub fn Caption(props: &Props) -> Html {
    let director = use_director();
    let lang = props.lang;
    let prove = |remedy: &Proof| {
        let (director, changes) = (director.clone(), remedy.changes.clone());
        Callback::from(move |_| director.set_all(&changes))
    };
    let break_it = {
        let director = director.clone();
        Callback::from(move |_| director.break_it_yourself())
    };
    let class = if is_long(&props.said) { "caption-text long" } else { "caption-text" };
    html! {
        <div class="caption">
            // Another sentence is not the same one moved.
            <p key={props.said.strong.clone()} {class}><b>{ &props.said.strong }</b>{ " " }{ &props.said.rest }</p>
            <div class="caption-next">
                if let Some(remedy) = &props.remedy {
                    <button class="button primary" type="button" onclick={prove(remedy)}>
                        { Word::SameFaultsWith.say(lang) }{ " " }<code>{ &remedy.label }</code>
                    </button>
                }
                if props.invite {
                    <button class="button" type="button" onclick={break_it}>
                        { Word::BreakItYourself.say(lang) }
                    </button>
                }
            </div>
        </div>
    }
}

/// Whether it would take a fourth line beside the buttons. A Chinese letter is as wide as two Latin ones.
fn is_long(said: &Said) -> bool {
    const THREE_LINES: usize = 160;
    let letters = said.strong.chars().chain(said.rest.chars());
    letters.map(|letter| 1 + usize::from(!letter.is_ascii())).sum::<usize>() > THREE_LINES
}
