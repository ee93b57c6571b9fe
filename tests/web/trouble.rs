//! What is left after a panic: a box of the document, its sentence and its buttons.

use crate::rig::{Page, turn, until, words};
use ackscope::embed::trouble;
use ackscope::ui::{dom, refuge};
use js_sys::{Function, Reflect};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test as test;
use web_sys::{Document, Element, HtmlElement, HtmlIFrameElement, HtmlTextAreaElement, Window};

/// The document that the page is put into, by itself: without our program, in a frame, so that it can be opened
/// again. The runner serves the project's folder.
struct Framed {
    frame: HtmlIFrameElement,
    /// How often it was opened.
    opened: Rc<Cell<u32>>,
    _on_load: Closure<dyn FnMut()>,
}

impl Drop for Framed {
    fn drop(&mut self) {
        self.frame.remove();
    }
}

impl Framed {
    async fn open(query: &str) -> Framed {
        let document = dom::document();
        let frame: HtmlIFrameElement =
            document.create_element("iframe").expect("a name of an element").unchecked_into();
        let opened = Rc::new(Cell::new(0));
        let on_load = {
            let opened = Rc::clone(&opened);
            Closure::new(move || opened.set(opened.get() + 1))
        };
        frame.set_onload(Some(on_load.as_ref().unchecked_ref()));
        frame.set_src(&format!("/index.html{query}"));
        document.body().expect("a body").append_child(&frame).expect("a body takes children");
        let shown = Framed { frame, opened, _on_load: on_load };
        until("the document is there", || shown.opened.get() == 1).await;
        // Trunk, which would put the style sheet in, has not seen it.
        let style = shown.document().create_element("style").expect("a name of an element");
        style.set_text_content(Some(include_str!("../../static/style.css")));
        shown.document().head().expect("a head").append_child(&style).expect("a head takes children");
        shown
    }

    fn window(&self) -> Window {
        self.frame.content_window().expect("a frame has a window")
    }

    fn document(&self) -> Document {
        self.window().document().expect("a window has a document")
    }

    fn one(&self, selector: &str) -> HtmlElement {
        // A frame's elements are of another realm: they are no instances of this window's classes.
        let found: Option<Element> = self.document().query_selector(selector).expect("a selector");
        found.unwrap_or_else(|| panic!("no {selector}")).unchecked_into()
    }

    /// As the panic hook does it.
    fn uncover(&self) {
        self.one("#trouble").remove_attribute("hidden").expect("an attribute");
    }

    /// Gives its window another clipboard.
    fn set_clipboard(&self, clipboard: &JsValue) {
        let how = js_sys::Object::new();
        Reflect::set(&how, &"value".into(), clipboard).expect("an object");
        let navigator = self.window().navigator();
        Reflect::define_property(navigator.as_ref(), &"clipboard".into(), &how).expect("a navigator");
    }
}

/// A clipboard, and what was written to it.
fn clipboard() -> (JsValue, Rc<RefCell<Vec<String>>>) {
    let written = Rc::new(RefCell::new(Vec::new()));
    let write = {
        let written = Rc::clone(&written);
        Closure::<dyn FnMut(String)>::new(move |text| written.borrow_mut().push(text))
    };
    let clipboard = js_sys::Object::new();
    Reflect::set(&clipboard, &"writeText".into(), &write.into_js_value()).expect("an object");
    (clipboard.into(), written)
}

fn kept() -> String {
    let storage = dom::session_storage().expect("the browser keeps things");
    storage.get_item("ackscope.scenario").expect("it can be read").expect("something is kept")
}

/// A page with a setting changed and something broken by hand, and what its file says.
async fn changed() -> (Page, String) {
    let page = Page::open("?scenario=opening&lang=en&t=0.5").await;
    page.part.one("[name=acks][value=all]").click();
    page.part.button("Pull the power: leader").click();
    page.has(".in-force li", true).await;
    let file: HtmlTextAreaElement = page.part.one(".file-text").unchecked_into();
    until("the file says so", || file.value().contains("power-loss")).await;
    let text = file.value();
    assert!(text.contains("acks = \"all\"") && text.contains("at_us = "), "{text}");
    (page, text)
}

#[test]
async fn it_is_hidden_and_speaks_one_language() {
    for (query, lang, said, buttons) in [
        (
            "?lang=en",
            "en",
            "ackscope has stopped because of a mistake of its own. Your scenario is safe.",
            ["Start again with this scenario", "Copy the scenario"],
        ),
        (
            "?lang=zh",
            "zh-Hans",
            "ackscope 因自身的错误停止了。你的场景还在。",
            ["用此场景重新开始", "复制场景"],
        ),
    ] {
        let shown = Framed::open(query).await;
        assert_eq!(
            shown.document().document_element().expect("a root").get_attribute("lang").as_deref(),
            Some(lang)
        );
        assert_eq!(shown.one("#trouble").offset_height(), 0, "nothing is wrong yet");
        shown.uncover();
        assert_eq!(words(&shown.one("#trouble")), format!("{said} {} {}", buttons[0], buttons[1]));
        assert_eq!(words(&shown.one("[data-do=again]")), buttons[0]);
        assert_eq!(words(&shown.one("[data-do=copy]")), buttons[1]);
        assert_eq!(shown.one("#trouble").get_attribute("role").as_deref(), Some("alert"));
    }
}

#[test]
async fn what_is_copied_is_the_scenario_on_screen_with_faults_made_by_hand() {
    let (_page, text) = changed().await;
    assert_eq!(kept(), text);
    let shown = Framed::open("?lang=en").await;
    shown.uncover();
    let field: HtmlTextAreaElement = shown.one("#trouble-scenario").unchecked_into();
    assert!(field.hidden());
    let (clipboard, written) = clipboard();
    shown.set_clipboard(&clipboard);
    shown.one("[data-do=copy]").click();
    until("it is copied", || !written.borrow().is_empty()).await;
    assert_eq!(*written.borrow(), std::slice::from_ref(&text));
    // It stands there as well.
    assert!(!field.hidden());
    assert_eq!(field.value(), text);
}

#[test]
async fn without_a_clipboard_the_scenario_stands_there_selected() {
    let (_page, text) = changed().await;
    let refusing = Function::new_no_args("return { writeText: () => Promise.reject(new Error('not here')) }");
    let refusing = refusing.call0(&JsValue::NULL).expect("an object");
    for none in [JsValue::UNDEFINED, refusing] {
        let shown = Framed::open("?lang=en").await;
        shown.uncover();
        shown.set_clipboard(&none);
        shown.one("[data-do=copy]").click();
        turn().await;
        let field: HtmlTextAreaElement = shown.one("#trouble-scenario").unchecked_into();
        assert_eq!(field.value(), text);
        assert_eq!(field.selection_start(), Ok(Some(0)));
        assert_eq!(field.selection_end(), Ok(Some(field.text_length())));
    }
}

#[test]
async fn restarted_the_page_shows_what_was_decided() {
    let (page, text) = changed().await;
    let end = page.part.text(".clock-end");
    drop(page);
    let shown = Framed::open("?lang=en").await;
    shown.uncover();
    shown.one("[data-do=again]").click();
    until("it is opened again", || shown.opened.get() == 2).await;
    assert!(shown.one("#trouble").hidden(), "a fresh document");
    // Whatever the address says.
    let page = Page::open("?scenario=calm&lang=en").await;
    let file: HtmlTextAreaElement = page.part.one(".file-text").unchecked_into();
    assert_eq!(file.value(), text);
    assert_eq!(page.part.text(".clock-end"), end);
    // Once: opened by itself, a page shows what its address says.
    assert_eq!(refuge::take(), None);
}

#[test]
fn it_is_uncovered_with_the_first_panics_words() {
    let root = dom::document().create_element("div").expect("a name of an element");
    trouble::tell("a document without it stays as it is");
    root.set_inner_html("<div id=\"trouble\" hidden><code id=\"trouble-details\"></code></div>");
    dom::document().body().expect("a body").append_child(&root).expect("a body takes children");
    for why in ["the first mistake", "what follows from it"] {
        trouble::tell(why);
        let trouble = dom::by_id("trouble").expect("it is there");
        assert!(!trouble.has_attribute("hidden"));
        assert_eq!(trouble.text_content().as_deref(), Some("the first mistake"));
    }
    root.remove();
}
