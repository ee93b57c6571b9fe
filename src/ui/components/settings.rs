//! Settings under Kafka's own names. A change holds from the start: the run is computed anew.

use super::segments::{Segment, Segments};
use super::use_director;
use crate::scene::Lang;
use crate::ui::fields::{Field, GROUPS};
use crate::ui::recipe::Recipe;
use crate::ui::run::RunHandle;
use crate::ui::store::Complaint;
use crate::ui::words::Word;
use crate::ui::{dom, icons};
use std::rc::Rc;
use web_sys::HtmlInputElement;
use yew::{AttrValue, Callback, Event, Html, Properties, TargetCast, component, html};

/// What the panel shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The language.
    pub lang: Lang,
    /// What was decided.
    pub recipe: Rc<Recipe>,
    /// The run that is shown.
    pub run: Option<RunHandle>,
    /// What is wrong with what was decided.
    pub refused: Rc<Vec<Complaint>>,
}

/// Settings under Kafka's own names.
#[component]
pub fn Settings(props: &Props) -> Html {
    let director = use_director();
    let lang = props.lang;
    let reset = {
        let director = director.clone();
        Callback::from(move |_| {
            director.reset_settings();
            // The button goes away.
            dom::focus("settings-title");
        })
    };
    let elsewhere = |complaint: &&Complaint| {
        let fields = || GROUPS.iter().flat_map(|group| group.fields);
        !complaint.keys.iter().any(|(section, key)| fields().any(|f| f.section == *section && f.key == key))
    };
    html! {
        <section class="card" aria-labelledby="settings-title">
            <div class="card-head">
                <h2 id="settings-title" tabindex="-1">{ Word::Settings.say(lang) }</h2>
                if !props.recipe.changes.is_empty() {
                    <button class="button small" type="button" onclick={reset}>
                        { icons::svg(icons::UNDO) }{ Word::ResetSettings.say(lang) }
                    </button>
                }
            </div>
            { for GROUPS.iter().map(|group| html! {
                <div key={group.title.0} class="set">
                    <h3>{ group.title(lang) }</h3>
                    { for group.fields.iter().filter(|field| applies(field, props)).map(|field| html! {
                        <Setting key={field.key} {lang} field={Named(field)} value={value(field, props)}
                            changed={changed(field, props)} wrong={wrong(field, props)} />
                    }) }
                </div>
            }) }
            <div class="wrong-list" role="status">
                { for props.refused.iter().filter(elsewhere).map(|complaint| html! {
                    <p key={complaint.text.clone()} class="wrong">{ &complaint.text }</p>
                }) }
            </div>
            <p class="hint">{ Word::SettingsHint.say(lang) }</p>
        </section>
    }
}

fn applies(field: &Field, props: &Props) -> bool {
    props.run.as_ref().is_none_or(|run| field.applies(&run.timeline.scenario().config))
}

fn changed(field: &Field, props: &Props) -> bool {
    props.recipe.changes.iter().any(|change| change.section == field.section && change.key == field.key)
}

/// What was decided; else what holds in the run.
fn value(field: &Field, props: &Props) -> AttrValue {
    let decided = props.recipe.changes.iter().find(|c| c.section == field.section && c.key == field.key);
    let text = match (decided, &props.run) {
        (Some(change), _) => field.choice(&change.value),
        (None, Some(run)) => (field.current)(&run.timeline.scenario().config),
        (None, None) => String::new(),
    };
    AttrValue::from(text)
}

fn wrong(field: &Field, props: &Props) -> Option<AttrValue> {
    let about = |complaint: &&Complaint| {
        complaint.keys.iter().any(|(s, key)| *s == field.section && key == field.key)
    };
    props.refused.iter().find(about).map(|complaint| AttrValue::from(complaint.text.clone()))
}

/// A setting, equal to itself only.
#[derive(Clone, Copy)]
struct Named(&'static Field);

impl PartialEq for Named {
    fn eq(&self, other: &Named) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

#[derive(Properties, PartialEq)]
struct SettingProps {
    lang: Lang,
    field: Named,
    value: AttrValue,
    changed: bool,
    wrong: Option<AttrValue>,
}

/// A setting: its name, its choices, what is wrong with it.
#[component]
fn Setting(props: &SettingProps) -> Html {
    let director = use_director();
    let (lang, field) = (props.lang, props.field.0);
    let onpick = Callback::from(move |choice: AttrValue| {
        director.set(field.section, field.key, field.value(&choice));
    });
    let (label, problem) = (format!("set-{}", field.key), format!("wrong-{}", field.key));
    let described = props.wrong.as_ref().map(|_| AttrValue::from(problem.clone()));
    let segment = |choice: &'static str| Segment {
        value: choice.into(),
        label: field.label(choice, lang).into(),
        dangerous: field.dangerous(choice),
    };
    // What a scenario says stands among the choices, whatever it is.
    let mut segments: Vec<Segment> = field.choices.iter().copied().map(segment).collect();
    if !field.choices.is_empty() && !props.value.is_empty() && !field.choices.contains(&props.value.as_str())
    {
        let dangerous = field.dangerous(&props.value);
        segments.insert(0, Segment { value: props.value.clone(), label: props.value.clone(), dangerous });
    }
    html! {
        <div class={if props.changed { "setting changed" } else { "setting" }}>
            <code id={label.clone()} title={field.doc(lang)}>{ field.key }</code>
            if segments.is_empty() {
                <Number label={AttrValue::from(label)} {described} value={props.value.clone()} {onpick} />
            } else {
                <Segments name={field.key} labelled_by={label} described_by={described} {segments}
                    value={props.value.clone()} danger={Word::Dangerous.say(lang)} {onpick} />
            }
            <div class="wrong-place">
                if let Some(text) = &props.wrong {
                    <p id={problem} class="wrong" role="alert">{ text }</p>
                }
            </div>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct NumberProps {
    label: AttrValue,
    /// Id of what says what is wrong, if something is.
    described: Option<AttrValue>,
    value: AttrValue,
    onpick: Callback<AttrValue>,
}

/// A setting that takes any number.
#[component]
fn Number(props: &NumberProps) -> Html {
    let onchange = props.onpick.clone();
    let onchange = Callback::from(move |event: Event| {
        let value = event.target_dyn_into::<HtmlInputElement>().map(|input| input.value());
        value.into_iter().for_each(|value| onchange.emit(AttrValue::from(value)));
    });
    html! {
        <input class="number" type="text" inputmode="numeric" autocomplete="off" aria-labelledby={props.label.clone()}
            aria-describedby={props.described.clone()} aria-invalid={props.described.is_some().to_string()}
            value={props.value.clone()} {onchange} />
    }
}
