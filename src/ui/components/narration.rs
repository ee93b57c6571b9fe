//! Says what happens to those who do not see it: what the caption says, no oftener than one can listen.

use crate::scene::Lang;
use crate::ui::words::Word;
use gloo_timers::callback::Timeout;
use yew::{AttrValue, Html, Properties, component, html, use_effect_with, use_mut_ref, use_state_eq};

/// What is to be said.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The language.
    pub lang: Lang,
    /// The caption of the moment.
    pub text: AttrValue,
    /// The verdict, once the run is over.
    pub verdict: AttrValue,
}

/// Between two sentences.
const EVERY_MS: u32 = 4_000;

/// Says what happens to those who do not see it.
#[component]
pub fn Narration(props: &Props) -> Html {
    let said = use_state_eq(|| AttrValue::from(""));
    let waiting = use_mut_ref(|| None::<Timeout>);
    let latest = use_mut_ref(|| AttrValue::from(""));
    {
        let (said, waiting, latest) = (said.setter(), waiting, latest);
        use_effect_with(props.text.clone(), move |text| {
            latest.replace(text.clone());
            if waiting.borrow().is_none() {
                said.set(text.clone());
                let again = std::rc::Rc::clone(&waiting);
                let timer = Timeout::new(EVERY_MS, move || {
                    said.set(latest.borrow().clone());
                    again.borrow_mut().take();
                });
                waiting.replace(Some(timer));
            }
        });
    }
    html! {
        <div class="hidden">
            <div role="log" aria-live="polite" aria-label={Word::Narration.say(props.lang)}>{ &*said }</div>
            <div role="alert">{ &props.verdict }</div>
        </div>
    }
}
