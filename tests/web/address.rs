//! What the page's address asks for, and what becomes of it where that cannot be had.

use crate::rig::{Page, frames, hundredths, until};
use ackscope::run::catalogue;
use ackscope::ui::components::apply_theme;
use ackscope::ui::dom;
use ackscope::ui::params::Params;
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
async fn what_cannot_be_had_is_left_out_without_a_fuss() {
    for query in [
        "?lang=en&scenario=calm&t=99999999999999999999999",
        "?lang=en&scenario=calm&t=-1",
        "?lang=en&scenario=calm&t=%F0%9F%92%A9",
        "?lang=en&scenario=calm&t=1.\u{e9}&speed=NaN",
        "?lang=en&scenario=calm&speed=1000&theme=pink&hide=everything,,%00",
        "?lang=en&scenario=calm&lang=en&hide&speed&theme&t",
        "?lang=en&scenario=calm&&&=&===&%&%E4&autoplay=0",
        "?lang=en&scenario=calm&%2e%2e%2f=1&__proto__=x",
    ] {
        let page = Page::open(query).await;
        assert_eq!(page.part.text(".verdict-word"), "Every packet paid exactly once", "{query}");
        assert_eq!(page.clock(), "0.00 s", "{query}");
        assert!(page.part.has("#ledger") && page.part.has("[aria-label=Play]"), "{query}");
    }
}

#[test]
async fn it_plays_by_itself_where_it_is_asked_to_or_stands_alone() {
    for (query, plays) in [
        ("?lang=en", true),
        ("?lang=en&autoplay=0", false),
        ("?lang=en&scenario=calm", false),
        ("?lang=en&scenario=calm&autoplay", true),
        ("?lang=en&scenario=calm&autoplay=false", false),
        ("?lang=en&t=2", false),
    ] {
        let page = Page::open(query).await;
        page.has(if plays { "[aria-label=Pause]" } else { "[aria-label=Play]" }, true).await;
    }
}

#[test]
async fn a_part_that_is_hidden_is_not_there_and_the_others_are() {
    let parts = [
        ("header", "header"),
        ("caption", ".caption"),
        ("transport", ".transport"),
        ("verdict", ".verdict"),
        ("ledger", "#ledger"),
        ("why", "#why"),
        ("settings", "#settings-title"),
        ("faults", "#faults"),
        ("file", "details.file"),
    ];
    for (hidden, _) in parts {
        let page = Page::open(&format!("?scenario=opening&lang=en&hide={hidden},nonsense")).await;
        for (part, selector) in parts {
            assert_eq!(page.part.has(selector), part != hidden, "{part} where {hidden} is hidden");
        }
    }
    let page = Page::open("?scenario=opening&lang=en&hide=panels").await;
    for (part, selector) in parts {
        let there = ["header", "caption", "transport", "verdict"].contains(&part);
        assert_eq!(page.part.has(selector), there, "{part} where the panels are hidden");
    }
}

#[test]
fn a_theme_is_given_to_the_style_sheet() {
    let root = dom::document().document_element().expect("a root");
    for (query, theme) in
        [("theme=dark", "dark"), ("theme=light", "light"), ("theme=pink", "light"), ("", "light")]
    {
        apply_theme(Params::read(query).theme);
        assert_eq!(root.get_attribute("data-theme").as_deref(), Some(theme), "{query}");
    }
    root.remove_attribute("data-theme").expect("it was there");
}

#[test]
async fn scenarios_of_the_catalogue_open_those_that_kafka_refuses_among_them() {
    // All of them would take a minute.
    let refused = |id: &str| id.starts_with("refused-");
    let some =
        catalogue::CATALOGUE.iter().enumerate().filter(|(n, scenario)| n % 8 == 0 || refused(scenario.id));
    for (_, scenario) in some {
        let page = Page::open(&format!("?scenario={}&lang=en", scenario.id)).await;
        page.has(".verdict-word", true).await;
        assert_eq!(page.part.text("h1"), scenario.words().title);
    }
}

#[test]
async fn an_unknown_scenario_is_said_and_the_first_one_is_shown() {
    for (lang, said, title) in [
        ("en", "There is no scenario of this name. Here is the first one instead.", "Acknowledged, and gone"),
        ("zh", "没有这个名字的场景，先看第一个。", ""),
    ] {
        let page = Page::open(&format!("?scenario=no-such&lang={lang}")).await;
        assert_eq!(page.part.text(".intro"), said);
        assert!(page.part.text("h1").contains(title), "{}", page.part.text("h1"));
        // Another one that is chosen is what was wanted.
        page.part.one("#scenario").click();
        page.has(".picker", true).await;
        page.part.all(".picker .offer")[1].click();
        until("it is no more said", || page.part.text(".intro") != said).await;
    }
}

#[test]
async fn a_moment_in_the_address_is_where_it_begins_and_stands() {
    let at = |query: &'static str| async move {
        let page = Page::open(query).await;
        frames(5).await;
        page.has("[aria-label=Play]", true).await;
        page
    };
    let page = at("?scenario=opening&lang=en&t=4.71").await;
    // Screen time is a little coarser where it runs fast.
    assert!((470..=471).contains(&hundredths(&page.clock())), "{}", page.clock());
    let (half, funnel) = (slider(&page), page.part.text(".funnel"));
    assert!((1_000..9_000).contains(&half), "{half}");
    assert_ne!(funnel, at("?scenario=opening&lang=en").await.part.text(".funnel"), "panels are there too");
    // A run ends where it ends.
    let page = at("?scenario=opening&lang=en&t=999999").await;
    assert_eq!(format!("/ {}", page.clock()), page.part.text(".clock-end"));
    assert_eq!(slider(&page), 10_000);
}

/// Where the slider stands, of 10,000.
fn slider(page: &Page) -> u32 {
    use wasm_bindgen::JsCast;
    let range: web_sys::HtmlInputElement = page.part.one(".range").unchecked_into();
    range.value().parse().expect("a number")
}
