//! Breaking things: from the panel and on the stage, and taking it back.

use crate::rig::{Alone, Page, active, name, press, run_of, until, words};
use ackscope::run::file;
use ackscope::scene::Lang;
use ackscope::sim::Time;
use ackscope::sim::config::raw::RawFault;
use ackscope::ui::components::faults::Faults;
use ackscope::ui::recipe::{HandFault, Recipe};
use std::rc::Rc;
use wasm_bindgen_test::wasm_bindgen_test as test;
use yew::html;

/// What was broken by hand, in words.
fn made(page: &Page) -> Vec<String> {
    page.part.all(".in-force li > span").iter().map(words).collect()
}

/// What the page shows of a run as a whole.
fn whole(page: &Page) -> (String, String) {
    (page.part.text(".verdict"), page.part.text(".clock-end"))
}

#[test]
async fn a_fault_is_made_at_the_cursor_and_can_be_taken_back() {
    let page = Page::open("?scenario=calm&lang=en&t=0.3").await;
    let (before, at, so_far) = (whole(&page), page.clock(), page.part.text(".funnel"));
    page.part.button("Kill the process: leader").click();
    until("another end", || whole(&page) != before).await;
    assert_eq!(made(&page), [format!("{at} Kill the process: leader")]);
    // What has happened stays.
    assert_eq!((page.clock(), page.part.text(".funnel")), (at, so_far));
    page.part.button("Take back").click();
    until("the end as before", || whole(&page) == before).await;
    assert!(made(&page).is_empty() && !page.part.has(".in-force button"));
}

#[test]
async fn each_fault_can_be_taken_back_by_itself_and_all_at_once() {
    let page = Page::open("?scenario=calm&lang=en&t=0.3").await;
    let before = whole(&page);
    let names = ["Pull the power: leader", "Freeze: leader", "Kill the process: consumer-1"];
    for (n, name) in names.iter().enumerate() {
        page.part.button(name).click();
        until("one more fault", || made(&page).len() == n + 1).await;
    }
    page.part.all(".in-force li button")[1].click();
    until("one fault less", || made(&page).len() == 2).await;
    assert!(made(&page)[0].ends_with(names[0]) && made(&page)[1].ends_with(names[2]), "{:?}", made(&page));
    page.part.button("Take all back").click();
    until("the end as before", || whole(&page) == before).await;
    assert!(made(&page).is_empty());
}

#[test]
async fn every_button_of_the_panel_breaks_something() {
    let page = Page::open("?scenario=calm&lang=en&t=0.3").await;
    let count = page.part.all(".break button").len();
    assert_eq!(count, 7);
    for n in 0..count {
        let label = words(&page.part.all(".break button")[n]);
        page.part.all(".break button")[n].click();
        until(&format!("{label} is in force"), || made(&page).len() == 1).await;
        assert!(made(&page)[0].contains(&label), "{:?}", made(&page));
        assert!(!page.part.has("#settings-title ~ .wrong-list .wrong"), "{label} is refused");
        page.part.button("Take back").click();
        until("nothing is in force", || made(&page).is_empty()).await;
    }
}

#[test]
async fn a_fault_that_never_happens_says_so() {
    let file =
        file::parse("format = 1\ntitle = \"Short\"\nstop = { after_ms = 2000 }\n[producer]\nrecords = 3\n")
            .expect("a right file");
    let by_hand = [1_000_000, 9_000_000]
        .map(|at| HandFault { at: Time(at), fault: RawFault::at(at as i64, "pause", "broker-2") });
    let recipe = Recipe { by_hand: by_hand.to_vec(), ..Recipe::new(file.raw) };
    let run = run_of(recipe.resolve().expect("it can be run"));
    let panel = |lang| html! { <Faults {lang} recipe={Rc::new(recipe.clone())} run={run.clone()} /> };
    let mut shown = Alone::show(panel(Lang::En)).await;
    let made: Vec<String> = shown.part.all(".in-force li > span").iter().map(words).collect();
    assert_eq!(made, ["1.00 s Freeze: broker-2", "9.00 s Freeze: broker-2 · never happens in this run"]);
    shown.update(panel(Lang::Zh)).await;
    assert_eq!(
        words(&shown.part.all(".in-force li > span")[1]),
        "9.00 s broker-2：冻结 · 这次运行中不会发生"
    );
}

#[test]
async fn a_broker_is_killed_where_it_stands_and_started_again() {
    let page = Page::open("?scenario=calm&lang=en&t=0.3").await;
    let spot = page.part.one("#spot-broker-1");
    assert!(name(&spot).contains("broker-1"), "{}", name(&spot));
    spot.click();
    page.has("[role=dialog]", true).await;
    until("it is said to be open", || spot.get_attribute("aria-expanded").as_deref() == Some("true")).await;
    let offers: Vec<String> = page.part.all(".offer").iter().map(words).collect();
    assert_eq!(offers, ["Kill the process", "Pull the power", "Stop in order", "Freeze", "Fill the disk"]);
    assert_eq!(words(&active()), offers[0], "the keyboard is there at once");
    active().click();
    page.has("[role=dialog]", false).await;
    until("it is broken", || made(&page).len() == 1).await;
    assert!(made(&page)[0].ends_with("Kill the process: broker-1"), "{:?}", made(&page));
    assert_eq!(active().id(), "spot-broker-1", "the focus is back");
    // What was broken is watched.
    page.has("[aria-label=Pause]", true).await;
    page.part.one("#spot-broker-1").click();
    page.has("[role=dialog]", true).await;
    let offers: Vec<String> = page.part.all(".offer").iter().map(words).collect();
    assert_eq!(offers, ["Start again"]);
}

#[test]
async fn a_dialog_keeps_the_focus_and_escape_closes_it() {
    let page = Page::open("?scenario=calm&lang=en&t=0.3").await;
    let link = page.part.all(".spot-link").into_iter().next().expect("a link");
    link.click();
    page.has("[role=dialog]", true).await;
    assert!(page.part.all(".offer").len() >= 4);
    let buttons = page.part.all("[role=dialog] button");
    let (first, last) = (&buttons[0], &buttons[buttons.len() - 1]);
    last.focus().expect("a button takes the focus");
    assert!(press(last, "Tab", false) && &active() == first, "after the last comes the first");
    assert!(press(first, "Tab", true) && &active() == last, "before the first comes the last");
    press(last, "Escape", false);
    page.has("[role=dialog]", false).await;
    assert_eq!(active().id(), link.id());
    assert!(made(&page).is_empty());
}

#[test]
async fn each_thing_on_the_stage_offers_what_can_be_done_to_it() {
    let page = Page::open("?scenario=calm&lang=en&t=0.3").await;
    let ids: Vec<String> = page.part.all(".spot").iter().map(|spot| spot.id()).collect();
    assert!(ids.len() > 8, "{ids:?}");
    for id in ids {
        page.part.one(&format!("[id='{id}']")).click();
        page.has("[role=dialog]", true).await;
        let offers: Vec<String> = page.part.all(".offer").iter().map(words).collect();
        assert!(!offers.is_empty() && offers.iter().all(|offer| !offer.contains('?')), "{id}: {offers:?}");
        page.part.one(".backdrop").click();
        page.has("[role=dialog]", false).await;
    }
}
