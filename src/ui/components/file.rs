//! The scenario as a file: to be read, changed, or replaced by one's own.

use super::use_director;
use crate::scene::Lang;
use crate::ui::recipe::Recipe;
use crate::ui::store::Complaint;
use crate::ui::words::Word;
use std::rc::Rc;
use web_sys::HtmlTextAreaElement;
use yew::{Callback, Html, Properties, component, html, use_effect_with, use_node_ref};

/// What the panel shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The language.
    pub lang: Lang,
    /// What was decided.
    pub recipe: Rc<Recipe>,
    /// What is wrong with the text.
    pub misread: Rc<Vec<Complaint>>,
}

/// The scenario as a file.
#[component]
pub fn File(props: &Props) -> Html {
    let director = use_director();
    let lang = props.lang;
    let field = use_node_ref();
    {
        // What is being typed stays until something else was decided.
        let field = field.clone();
        use_effect_with(Rc::clone(&props.recipe), move |recipe| {
            if let Some(field) = field.cast::<HtmlTextAreaElement>() {
                field.set_value(&recipe.to_toml());
            }
        });
    }
    let run = {
        let field = field.clone();
        Callback::from(move |_| {
            if let Some(field) = field.cast::<HtmlTextAreaElement>() {
                director.load_text(field.text_length() as usize, || field.value());
            }
        })
    };
    let wrong = !props.misread.is_empty();
    html! {
        <details class="card file">
            <summary><h2>{ Word::File.say(lang) }</h2></summary>
            <p class="hint" id="file-hint">{ Word::FileHint.say(lang) }</p>
            <textarea ref={field} class="file-text" rows="20" spellcheck="false" autocapitalize="off"
                autocomplete="off" aria-label={Word::File.say(lang)} aria-describedby="file-hint file-wrong"
                aria-invalid={wrong.to_string()} />
            <ul id="file-wrong" class="wrong-list" role="status">
                { for props.misread.iter().enumerate().map(|(n, complaint)| html! {
                    <li key={n} class="wrong">
                        if let Some(line) = complaint.line {
                            <strong>{ Word::Line.say(lang) }{ " " }{ line }{ ": " }</strong>
                        }
                        { &complaint.text }
                    </li>
                }) }
            </ul>
            <button class="button primary" type="button" onclick={run}>{ Word::RunFile.say(lang) }</button>
        </details>
    }
}
