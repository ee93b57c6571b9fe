//! The list of scenarios with its search, by mouse and by keyboard, and what was recorded on a real cluster.

use crate::rig::{Page, active, press, title, until, words};
use ackscope::run::catalogue::{CATALOGUE, find};
use ackscope::scene::Lang;
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A page with its list open.
async fn opened(query: &str) -> Page {
    let page = Page::open(query).await;
    page.part.one("#scenario").click();
    page.has(".picker", true).await;
    // Until the index has come, ids stand for titles.
    until("titles have come", || offers(&page).iter().all(|offer| find(offer).is_none())).await;
    page
}

/// The titles in the list.
fn offers(page: &Page) -> Vec<String> {
    page.part.all(".picker .offer").iter().map(words).collect()
}

/// Searches, and waits until the list has this one and not that one.
async fn finds(page: &Page, query: &str, found: &str, lang: Lang) {
    page.part.enter(".picker input", query);
    let (one, other) = (title(found, lang), title("calm", lang));
    let so = || {
        let offers = offers(page);
        offers.iter().any(|offer| offer == one) && offers.iter().all(|offer| offer != other)
    };
    until(&format!("{query} finds {one} and not {other}"), so).await;
    assert!(offers(page).len() < CATALOGUE.len() / 2, "{query}: {:?}", offers(page));
}

#[test]
async fn it_shows_every_scenario_below_the_question_that_it_answers() {
    let page = opened("?scenario=calm&lang=en").await;
    assert_eq!(page.part.one("#scenario").get_attribute("aria-expanded").as_deref(), Some("true"));
    let titles: Vec<_> = CATALOGUE.iter().map(|scenario| title(scenario.id, Lang::En)).collect();
    let mut shown = offers(&page);
    assert_eq!(shown.len(), titles.len());
    shown.sort();
    let mut sorted = titles.clone();
    sorted.sort_unstable();
    assert_eq!(shown, sorted);
    let questions: Vec<String> = page.part.all(".picker h2").iter().map(words).collect();
    assert!(questions.len() > 4 && questions.iter().all(|question| !question.is_empty()), "{questions:?}");
    assert_eq!(page.part.text(".offer[aria-current=true]"), title("calm", Lang::En));
    assert_eq!(active(), page.part.one(".picker input"), "the keyboard is there at once");
}

#[test]
async fn it_finds_by_symptom_error_and_setting_in_both_languages() {
    let page = opened("?scenario=calm&lang=en").await;
    finds(&page, "vanished", "opening", Lang::En).await;
    finds(&page, "NOT_ENOUGH_REPLICAS", "min-isr-three", Lang::En).await;
    finds(&page, "NotEnoughReplicasException", "min-isr-three", Lang::En).await;
    finds(&page, "acks=0", "acks-0-connection-reset", Lang::En).await;
    finds(&page, "乱序", "three-in-flight-reversed", Lang::En).await;
    page.part.enter(".picker input", "");
    until("all are there again", || offers(&page).len() == CATALOGUE.len()).await;
    drop(page);
    let page = opened("?scenario=calm&lang=zh").await;
    finds(&page, "没了", "opening", Lang::Zh).await;
    finds(&page, "重复", "retry-makes-a-copy", Lang::Zh).await;
}

#[test]
async fn what_nothing_has_is_said_with_what_is_like_it() {
    let page = opened("?scenario=calm&lang=en").await;
    // With its tags: a word that is only among them is known.
    finds(&page, "unclean-election", "unclean-election", Lang::En).await;
    page.part.enter(".picker input", "NOT_ENUOGH_REPLICAS");
    page.has(".picker-none", true).await;
    assert_eq!(
        page.part.text(".picker-none"),
        "No scenario has all of that. Did you mean: NOT_ENOUGH_REPLICAS"
    );
    assert!(offers(&page).is_empty() && !page.part.has(".picker h2"));
    assert_eq!(page.part.one(".picker-none").get_attribute("role").as_deref(), Some("status"));
}

#[test]
async fn enter_takes_the_first_that_is_found() {
    let page = opened("?scenario=calm&lang=en").await;
    let field = page.part.one(".picker input");
    press(&field, "Enter", false);
    assert!(page.part.has(".picker"), "nothing was looked for");
    finds(&page, "min.insync.replicas=3", "min-isr-three", Lang::En).await;
    let first = offers(&page)[0].clone();
    press(&field, "Enter", false);
    page.has(".picker", false).await;
    page.reads("h1", &first).await;
    until("the focus is back", || active().id() == "scenario").await;
    page.has("[aria-label=Pause]", true).await;
}

#[test]
async fn arrows_walk_from_the_field_through_the_scenarios() {
    let page = opened("?scenario=calm&lang=en").await;
    let (field, offers) = (page.part.one(".picker input"), page.part.all(".picker .offer"));
    assert!(!press(&active(), "ArrowUp", false) && active() == field, "there is nothing above it");
    for offer in &offers[..3] {
        assert!(press(&active(), "ArrowDown", false));
        assert_eq!(&active(), offer);
    }
    assert!(press(&active(), "ArrowUp", false) && active() == offers[1]);
    let last = &offers[offers.len() - 1];
    last.focus().expect("a button takes the focus");
    assert!(!press(last, "ArrowDown", false) && &active() == last, "there is nothing below it");
    assert_eq!(page.clock(), "0.00 s", "the page's own keys rest meanwhile");
    // Tab stays inside.
    assert!(press(last, "Tab", false));
    assert!(page.part.one(".picker").contains(Some(&active())) && &active() != last);
    offers[1].click();
    page.has(".picker", false).await;
    page.reads("h1", &words(&offers[1])).await;
}

#[test]
async fn escape_and_a_click_beside_it_close_it_and_the_focus_returns() {
    let page = opened("?scenario=calm&lang=en").await;
    press(&active(), "Escape", false);
    page.has(".picker", false).await;
    assert_eq!(active().id(), "scenario");
    assert_eq!(active().get_attribute("aria-expanded").as_deref(), Some("false"));
    for way_out in [".backdrop", ".picker [aria-label=Close]"] {
        page.part.one("#scenario").click();
        page.has(".picker", true).await;
        page.part.one(way_out).click();
        page.has(".picker", false).await;
        assert_eq!(active().id(), "scenario", "{way_out}");
    }
    assert_eq!(page.part.text("h1"), title("calm", Lang::En));
}

#[test]
async fn what_a_real_cluster_did_stands_beside_the_title_as_long_as_nothing_is_changed() {
    for (id, case, said) in [
        ("commit-before-processing", "s42", "Recorded on a real Kafka 4.4.0 cluster: same outcome"),
        (
            "acks-0-connection-reset",
            "s01a",
            "Recorded on a real Kafka 4.4.0 cluster, up to the log: same outcome",
        ),
    ] {
        let page = Page::open(&format!("?scenario={id}&lang=en")).await;
        page.reads(".recorded", said).await;
        assert_eq!(page.part.one(".recorded").get_attribute("title").as_deref(), Some(case));
        page.part.button("Freeze: leader").click();
        page.has(".recorded", false).await;
        page.part.button("Take back").click();
        page.has(".recorded", true).await;
        page.part.button("中文").click();
        page.reads(".recorded", "真实的 Kafka 4.4.0 集群录制过").await;
    }
    // The list has been fetched where the first one is told that it was not recorded.
    let page = opened("?scenario=opening&lang=en").await;
    finds(&page, "NOT_ENOUGH_REPLICAS", "min-isr-three", Lang::En).await;
    assert!(!page.part.has(".recorded"));
}
