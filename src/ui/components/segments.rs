//! One choice out of a few, side by side: a group of radio buttons.

use yew::{AttrValue, Callback, Html, Properties, component, html};

/// A choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// What it stands for.
    pub value: AttrValue,
    /// What it says.
    pub label: AttrValue,
    /// It gives away a guarantee.
    pub dangerous: bool,
}

/// The choices.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// Name of the group.
    pub name: AttrValue,
    /// Id of what says what is chosen.
    pub labelled_by: AttrValue,
    /// Id of what says what is wrong, if something is.
    pub described_by: Option<AttrValue>,
    /// The choices.
    pub segments: Vec<Segment>,
    /// The one that holds.
    pub value: AttrValue,
    /// What a dangerous one is called to those who do not see its edge.
    pub danger: AttrValue,
    /// Another one was chosen.
    pub onpick: Callback<AttrValue>,
}

/// One choice out of a few, side by side.
#[component]
pub fn Segments(props: &Props) -> Html {
    html! {
        <div class="segments" role="radiogroup" aria-labelledby={props.labelled_by.clone()}
            aria-describedby={props.described_by.clone()}>
            { for props.segments.iter().map(|segment| {
                let value = segment.value.clone();
                let onchange = props.onpick.reform(move |_| value.clone());
                let class = if segment.dangerous { "segment dangerous" } else { "segment" };
                html! {
                    <label key={segment.value.to_string()} {class} title={segment.dangerous.then(|| props.danger.clone())}>
                        <input type="radio" name={props.name.clone()} value={segment.value.clone()}
                            checked={segment.value == props.value} {onchange} />
                        <span>
                            { &segment.label }
                            if segment.dangerous {
                                <span class="hidden">{ ", " }{ &props.danger }</span>
                            }
                        </span>
                    </label>
                }
            }) }
        </div>
    }
}
