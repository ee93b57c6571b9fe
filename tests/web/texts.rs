//! What is said: captions, what listeners hear, and the scenario as a file.

use crate::rig::{Alone, Page, until, words};
use ackscope::ui::store::Action;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test as test;
use web_sys::HtmlTextAreaElement;
use yew::html;

#[test]
async fn captions_say_what_happened_and_what_to_do_next() {
    let page = Page::open("?scenario=opening&lang=en&t=14.9").await;
    page.reads(".caption-next", "Same faults, acks=all").await;
    page.part.button("Break it yourself").click();
    page.reads(".caption-text", "Your turn: choose a broker").await;
    page.reads(".verdict-word", "Every packet paid exactly once").await;
    assert_eq!(page.part.text(".verdict-before"), "Before: 3 acknowledged, then lost");
    page.part.button("Pause").click();
    page.part.button("Kill the process: leader").click();
    page.has(".in-force li", true).await;
    until("it is no more said", || !page.part.text(".caption-text").starts_with("Your turn")).await;
}

#[test]
async fn those_who_listen_hear_the_caption_and_at_the_end_the_verdict() {
    let page = Page::open("?scenario=opening&lang=en&t=14.9").await;
    let log = page.part.one("[role=log]");
    until("the caption is said", || {
        let said = log.text_content().unwrap_or_default();
        let shown = page.part.text(".caption-text");
        !shown.is_empty() && shown == said.split_whitespace().collect::<Vec<_>>().join(" ")
    })
    .await;
    let alert = page.part.one(".hidden > [role=alert]");
    assert_eq!(
        alert.text_content().as_deref(),
        Some("3 acknowledged, then lost. When this run ends: ¥180 of ¥240 paid.")
    );
    let early = Page::open("?scenario=opening&lang=en&t=1").await;
    assert_eq!(early.part.one(".hidden > [role=alert]").text_content().as_deref(), Some(""));
}

fn file_box(page: &Page) -> HtmlTextAreaElement {
    page.part.one(".file-text").unchecked_into()
}

/// What is said below the field after a text was run.
async fn complaints(page: &Page, text: &str) -> Vec<String> {
    until("the file is shown", || !file_box(page).value().is_empty()).await;
    page.part.one("details.file").set_attribute("open", "").expect("an attribute");
    file_box(page).set_value(text);
    page.part.button("Run this file").click();
    until("the file is judged", || page.part.has("#file-wrong li") || page.part.text("h1") == "Mine").await;
    page.part.all("#file-wrong li").iter().map(words).collect()
}

#[test]
async fn each_mistake_of_a_file_is_said_with_its_line_and_a_remedy_and_the_text_stays() {
    let page = Page::open("?scenario=opening&lang=en").await;
    let (verdict, title) = (page.part.text(".verdict"), page.part.text("h1"));
    for (text, expected) in [
        // A key that there is none of, and one like it.
        ("format = 1\ntitle = \"Mine\"\n[producer]\nrecrods = 3\n", vec![("line 4:", "recrods", "records")]),
        // A value of another type.
        (
            "format = 1\ntitle = \"Mine\"\n[producer]\nrecords = \"many\"\n",
            vec![("line 4:", "records", "number")],
        ),
        // No TOML at all.
        ("format = 1\ntitle = \"Mine\"\n[producer\n", vec![("line 3:", "", "")]),
        // All at once.
        (
            "format = 1\ntitle = \"Mine\"\n[producer]\nacks = \"most\"\n[brokers]\n",
            vec![("line 4:", "acks", "all"), ("line 5:", "brokers", "")],
        ),
    ] {
        let said = complaints(&page, text).await;
        assert_eq!(said.len(), expected.len(), "{text}: {said:?}");
        for (said, (line, about, remedy)) in said.iter().zip(expected) {
            assert!(
                said.starts_with(line) && said.contains(about) && said.contains(remedy),
                "{text}: {said}"
            );
            assert!(said.contains("; ") && !said.ends_with("; "), "what to do about it: {said}");
        }
        let field = file_box(&page);
        assert_eq!(field.value(), text, "it is there to be mended");
        assert_eq!(field.get_attribute("aria-invalid").as_deref(), Some("true"));
        let described = field.get_attribute("aria-describedby").unwrap_or_default();
        assert!(described.split(' ').any(|id| id == "file-wrong"), "{described}");
        assert_eq!((page.part.text(".verdict"), page.part.text("h1")), (verdict.clone(), title.clone()));
    }
    complaints(&page, "format = 1\ntitle = \"Mine\"\n").await;
    page.reads("h1", "Mine").await;
    page.has("#file-wrong li", false).await;
    assert_eq!(file_box(&page).get_attribute("aria-invalid").as_deref(), Some("false"));
}

#[test]
async fn what_is_too_large_is_not_even_read() {
    let page = Page::open("?scenario=opening&lang=en").await;
    // Long lines: a browser takes minutes to lay out a million short ones.
    let line = format!("#{}\n", " ".repeat(1022));
    let said = complaints(&page, &line.repeat(2048)).await;
    assert_eq!(
        said,
        [
            "line 1: 2097152 bytes are more than the 1048576 that a scenario file may have; is this the right file?"
        ]
    );
    let alone = Alone::show(html! {}).await;
    alone.director.load_text(100 << 20, || panic!("a hundred megabytes are read"));
    let told = alone.told.borrow();
    assert!(matches!(told.last(), Some(Action::Misread(complaints)) if complaints.len() == 1), "{told:?}");
}

#[test]
async fn the_file_is_what_was_decided() {
    let page = Page::open("?scenario=opening&lang=en&t=0.5").await;
    page.part.one("[name=acks][value=all]").click();
    page.part.button("Pull the power: leader").click();
    page.has(".in-force li", true).await;
    until("the file says so", || file_box(&page).value().contains("power-loss")).await;
    let text = file_box(&page).value();
    assert!(text.contains("acks = \"all\"") && text.contains("at_us = "), "{text}");
    let before = page.part.text(".verdict");
    let end = page.part.text(".clock-end");
    // Run as a file, it is the same run: faults made by hand are faults like others.
    page.part.one("details.file").set_attribute("open", "").expect("an attribute");
    page.part.button("Run this file").click();
    page.has(".in-force li", false).await;
    until("it is run", || page.part.text(".clock-end") == end).await;
    assert!(before.starts_with(&page.part.text(".verdict")), "{before}");
}
