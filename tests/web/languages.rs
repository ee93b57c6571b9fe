//! The other language: every word of the page changes but the names that Kafka gave.

use crate::rig::{Page, frames};
use ackscope::run::catalogue::find;
use ackscope::scene::Lang;
use ackscope::ui::recipe::Recipe;
use wasm_bindgen_test::wasm_bindgen_test as test;
use web_sys::{HtmlElement, Node};

/// What is said to those who see the page and to those who hear it, but for the scenario's file: texts, and
/// attributes that are texts.
fn said(page: &Page) -> Vec<String> {
    let own = |element: &HtmlElement| {
        let nodes = element.child_nodes();
        let nodes = (0..nodes.length()).filter_map(|n| nodes.get(n));
        let texts =
            nodes.filter(|node| node.node_type() == Node::TEXT_NODE).filter_map(|node| node.text_content());
        texts.collect::<String>()
    };
    let all = page.part.all(":not(textarea)");
    let attribute = |name| all.iter().filter_map(move |element| element.get_attribute(name));
    let attributes = ["aria-label", "aria-valuetext", "title", "placeholder"].into_iter().flat_map(attribute);
    let texts = all.iter().map(own).chain(attributes);
    texts.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

/// What is said once nothing changes any more: remedies are tried when the page has been drawn.
async fn settled(page: &Page) -> Vec<String> {
    let mut last = said(page);
    loop {
        frames(10).await;
        let now = said(page);
        if now == last {
            return now;
        }
        last = now;
    }
}

/// Words that are said in Chinese as well.
const NAMES: &[&str] = &[
    "ISR",
    "Kafka",
    "ackscope",
    "acks",
    "all",
    "broker",
    "brokers",
    "commit",
    "consumer",
    "controller",
    "count",
    "database",
    "effect",
    "epoch",
    "eligible",
    "events",
    "fencing",
    "follower",
    "leader",
    "members",
    "offset",
    "partitions",
    "producer",
    "records",
    "replicas",
    "retries",
    "seed",
    "topic",
    "GC",
    "English",
    "external",
    "call",
    "Broker",
    "followers",
    "KIP",
    "session",
    "async",
    "auto",
    "id",
];

/// Words in Latin letters that are neither names that Kafka or the page gives, nor what a file says.
fn english(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"._-=".contains(c));
    let words = words.filter(|word| word.contains(|c: char| c.is_ascii_alphabetic()));
    // `broker-1`, `acks=all`, `min.insync.replicas`, `NotEnoughReplicasException`, `NOT_ENOUGH_REPLICAS`.
    let is_name = |word: &str| {
        let inner_capital = word.chars().skip(1).any(|c| c.is_ascii_uppercase());
        let key = word.contains(['.', '=']);
        key || inner_capital
            || word.split(['-', '_']).all(|part| NAMES.contains(&part) || part.parse::<u64>().is_ok())
    };
    words.map(|word| word.trim_matches('.')).filter(|word| word.len() > 1 && !is_name(word)).collect()
}

fn is_chinese(text: &str) -> bool {
    text.contains(|c: char| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

#[test]
async fn the_other_language_changes_every_word_and_back() {
    for query in [
        "scenario=opening&t=14.9",
        "scenario=opening&t=4.71",
        "scenario=zombie-pays-twice&t=999",
        "scenario=retry-makes-a-copy&t=2",
        "scenario=min-isr-three&t=6",
    ] {
        let page = Page::open(&format!("?{query}&lang=en")).await;
        page.part.button("Freeze: leader").click();
        page.has(".in-force li", true).await;
        page.part.one("#spot-broker-1").click();
        page.has("[role=dialog]", true).await;
        page.has(".columns .wrong-list, .columns .why", true).await;
        let before = settled(&page).await;
        assert!(before.len() > 100, "{query}: {before:?}");
        let left: Vec<&String> = before.iter().filter(|text| is_chinese(text) && *text != "中文").collect();
        assert!(left.is_empty(), "{query} has Chinese in English: {left:?}");

        page.part.button("中文").click();
        page.reads(".header button", "English").await;
        let chinese = settled(&page).await;
        let left: Vec<(&String, Vec<&str>)> = chinese
            .iter()
            .map(|text| (text, english(text)))
            .filter(|(text, words)| !words.is_empty() && *text != "English")
            .collect();
        assert!(left.is_empty(), "{query} has English in Chinese: {left:#?}");
        assert!(chinese.iter().filter(|text| is_chinese(text)).count() > 60);

        page.part.button("English").click();
        page.reads(".header button", "中文").await;
        let after = settled(&page).await;
        let missing: Vec<_> = before.iter().filter(|text| !after.contains(text)).collect();
        assert!(missing.is_empty(), "{query} lacks {missing:?}");
    }
}

#[test]
fn a_scenario_without_its_faults_keeps_its_name_in_both_languages() {
    let built_in = find("opening").expect("it is built in");
    let unharmed = Recipe::read(built_in.text()).expect("it is a right file").unharmed();
    assert!(unharmed.base.faults.is_empty());
    assert_eq!(unharmed.title(Lang::En), built_in.words().title);
    assert_eq!(unharmed.title(Lang::Zh), built_in.words_in_chinese().title);
}
