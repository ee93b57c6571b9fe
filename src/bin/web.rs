//! The page.

use yew::{Html, component, html};

#[component]
fn Page() -> Html {
    html! { <main><h1>{ "ackscope" }</h1></main> }
}

fn main() {
    yew::Renderer::<Page>::new().render();
}
