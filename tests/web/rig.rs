//! Mounts the page or one of its components in the document, and looks at it as a reader does.

use ackscope::run::catalogue;
use ackscope::run::timeline::Timeline;
use ackscope::scene::{Lang, Story, View};
use ackscope::sim::Scenario;
use ackscope::sim::config::Resolved;
use ackscope::ui::components::{App, AppProps};
use ackscope::ui::director::Director;
use ackscope::ui::dom;
use ackscope::ui::frames::Frames;
use ackscope::ui::params::Params;
use ackscope::ui::playback::Speed;
use ackscope::ui::player::Player;
use ackscope::ui::run::RunHandle;
use ackscope::ui::store::Action;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::{
    Element, Event, EventInit, HtmlElement, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement,
};
use web_sys::{KeyboardEvent, KeyboardEventInit};
use yew::{AppHandle, Callback, ContextProvider, Html, Properties, Renderer, component, html};

/// How long something that must happen may take on a busy machine.
const LIMIT_MS: f64 = 60_000.0;

/// Lets the browser do what is due: Yew's work, timers, events.
pub async fn turn() {
    yew::platform::time::sleep(Duration::ZERO).await;
}

/// Waits until something is so.
pub async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let end = dom::now_ms() + LIMIT_MS;
    turn().await;
    while !so() {
        assert!(dom::now_ms() < end, "never: {what}");
        turn().await;
    }
}

/// Lets the browser draw so many times.
pub async fn frames(count: u32) {
    for _ in 0..count {
        let seen = Rc::new(Cell::new(false));
        let frames = {
            let seen = Rc::clone(&seen);
            Frames::new(move |_| seen.set(true))
        };
        frames.request();
        until("a frame", || seen.get()).await;
    }
}

/// A part of the document, gone with this value.
pub struct Part {
    root: HtmlElement,
}

impl Drop for Part {
    fn drop(&mut self) {
        self.root.remove();
    }
}

impl Part {
    /// An empty part under the page's style sheet.
    fn new() -> Part {
        let document = dom::document();
        let body = document.body().expect("a document has a body");
        if dom::by_id("style").is_none() {
            let style = document.create_element("style").expect("a name of an element");
            style.set_id("style");
            style.set_text_content(Some(include_str!("../../static/style.css")));
            body.append_child(&style).expect("a body takes children");
            // Scenarios are fetched from beside the page; the runner serves the project's folder.
            let base = document.create_element("base").expect("a name of an element");
            base.set_attribute("href", "/src/run/").expect("a name of an attribute");
            document
                .head()
                .expect("a document has a head")
                .append_child(&base)
                .expect("a head takes children");
        }
        let root: HtmlElement =
            document.create_element("div").expect("a name of an element").unchecked_into();
        // At the top, where it can be seen.
        body.prepend_with_node_1(&root).expect("a body takes children");
        Part { root }
    }

    /// Everything that a selector finds, in order.
    pub fn all(&self, selector: &str) -> Vec<HtmlElement> {
        let found = self.root.query_selector_all(selector).expect("a selector");
        (0..found.length()).filter_map(|n| found.get(n)?.dyn_into().ok()).collect()
    }

    /// The first thing that a selector finds.
    pub fn one(&self, selector: &str) -> HtmlElement {
        let found = self.all(selector).into_iter().next();
        found.unwrap_or_else(|| panic!("no {selector} in {}", self.root.inner_html()))
    }

    /// Whether a selector finds something.
    pub fn has(&self, selector: &str) -> bool {
        !self.all(selector).is_empty()
    }

    /// What a reader reads there, with single spaces.
    pub fn text(&self, selector: &str) -> String {
        words(&self.one(selector))
    }

    /// The button of this name.
    pub fn button(&self, name: &str) -> HtmlElement {
        let named = |button: &HtmlElement| self::name(button) == name;
        let names = || self.all("button").iter().map(self::name).collect::<Vec<_>>();
        self.all("button")
            .into_iter()
            .find(named)
            .unwrap_or_else(|| panic!("no button {name} among {:?}", names()))
    }

    /// Writes into a field, or chooses, and leaves it.
    pub fn enter(&self, selector: &str, value: &str) {
        let field = self.one(selector);
        if let Some(field) = field.dyn_ref::<HtmlInputElement>() {
            field.set_value(value);
        } else if let Some(field) = field.dyn_ref::<HtmlSelectElement>() {
            field.set_value(value);
        } else if let Some(field) = field.dyn_ref::<HtmlTextAreaElement>() {
            field.set_value(value);
        }
        for kind in ["input", "change"] {
            let bubbles = EventInit::new();
            bubbles.set_bubbles(true);
            let event = Event::new_with_event_init_dict(kind, &bubbles).expect("an event");
            field.dispatch_event(&event).expect("nobody throws");
        }
    }
}

/// Presses a key on an element; says whether the page took it.
pub fn press(on: &Element, key: &str, shift: bool) -> bool {
    let how = KeyboardEventInit::new();
    how.set_key(key);
    how.set_shift_key(shift);
    how.set_bubbles(true);
    how.set_cancelable(true);
    let event = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &how).expect("an event");
    !on.dispatch_event(&event).expect("nobody throws")
}

/// The text of an element with single spaces, as far as it can be seen.
pub fn words(element: &HtmlElement) -> String {
    element.inner_text().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What has the focus.
pub fn active() -> HtmlElement {
    dom::document().active_element().expect("something has the focus").unchecked_into()
}

/// What an element is called to those who do not see it.
pub fn name(element: &HtmlElement) -> String {
    element.get_attribute("aria-label").unwrap_or_else(|| words(element))
}

/// A component by itself, with a director and a player that are real.
pub struct Alone {
    /// What is shown.
    pub part: Part,
    /// Whom its buttons ask.
    pub director: Director,
    /// What the page would have been told.
    pub told: Rc<RefCell<Vec<Action>>>,
    handle: Option<AppHandle<Host>>,
}

#[derive(Properties, PartialEq)]
struct HostProps {
    director: Director,
    children: Html,
}

#[component]
fn Host(props: &HostProps) -> Html {
    html! {
        <ContextProvider<Director> context={props.director.clone()}>{ props.children.clone() }</ContextProvider<Director>>
    }
}

impl Alone {
    /// Shows some markup.
    pub async fn show(children: Html) -> Alone {
        let told = Rc::new(RefCell::new(Vec::new()));
        let dispatch = {
            let told = Rc::clone(&told);
            Callback::from(move |action: Action| told.borrow_mut().push(action))
        };
        let view = View { width: 800, lang: Lang::En, reduced_motion: false, compact: false };
        let player = Player::new(view, Speed::NORMAL, Director::hear(dispatch.clone()));
        let (part, director) = (Part::new(), Director::new(player, dispatch));
        let props = HostProps { director: director.clone(), children };
        let handle = Renderer::<Host>::with_root_and_props(part.root.clone().into(), props).render();
        turn().await;
        Alone { part, director, told, handle: Some(handle) }
    }

    /// Shows other markup in its place.
    pub async fn update(&mut self, children: Html) {
        let props = HostProps { director: self.director.clone(), children };
        self.handle.as_mut().expect("it is mounted").update(props);
        turn().await;
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.handle.take().into_iter().for_each(AppHandle::destroy);
    }
}

/// The whole page.
pub struct Page {
    /// What is shown.
    pub part: Part,
    handle: Option<AppHandle<App>>,
}

impl Page {
    /// Opens the page as an address with this query does, and waits for its run.
    pub async fn open(query: &str) -> Page {
        Page::open_below(0, query).await
    }

    /// The same, so many pixels further down.
    pub async fn open_below(pixels: u32, query: &str) -> Page {
        let part = Part::new();
        part.root.style().set_property("padding-top", &format!("{pixels}px")).expect("a style");
        let props = AppProps { params: Params::read(query) };
        let handle = Renderer::<App>::with_root_and_props(part.root.clone().into(), props).render();
        let page = Page { part, handle: Some(handle) };
        // What is drawn can be broken. Where there is no run, something was refused.
        page.has(".spot, .wrong", true).await;
        // Until it is known how high things are, nothing of them is shown.
        page.has(".coming", false).await;
        page
    }

    /// The moment that is shown.
    pub fn clock(&self) -> String {
        self.part.text(".clock-now")
    }

    /// Waits until something of it reads so.
    pub async fn reads(&self, selector: &str, text: &str) {
        let reads = || self.part.all(selector).iter().any(|found| words(found).contains(text));
        until(&format!("{selector} reads {text}"), reads).await;
    }

    /// Waits until something is there or gone.
    pub async fn has(&self, selector: &str, there: bool) {
        until(&format!("{selector} is there: {there}"), || self.part.has(selector) == there).await;
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.handle.take().into_iter().for_each(AppHandle::destroy);
    }
}

/// The run of a scenario.
pub fn run_of(scenario: Scenario) -> RunHandle {
    let timeline = Timeline::run(scenario);
    let story = Story::of(timeline.trace(), timeline.last());
    RunHandle::new(timeline, story)
}

/// The run of a built-in scenario.
pub fn built_in(id: &str) -> RunHandle {
    match catalogue::find(id).expect("it is built in").file().resolved {
        Resolved::Scenario(scenario) => run_of(scenario),
        Resolved::Refused(refusal) => panic!("refused: {refusal:?}"),
    }
}

/// The title of a built-in scenario.
pub fn title(id: &str, lang: Lang) -> &'static str {
    let built_in = catalogue::find(id).expect("it is built in");
    let words = if lang == Lang::En { built_in.words() } else { built_in.words_in_chinese() };
    words.title
}

/// Whole seconds and hundredths of what the page writes as `4.71 s`.
pub fn hundredths(text: &str) -> u64 {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("{text} is no moment"))
}
