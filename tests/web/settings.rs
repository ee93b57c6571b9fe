//! Settings: Kafka's names, choices side by side, and what is wrong beside the field that is wrong.

use crate::rig::{Page, name, until, words};
use ackscope::ui::fields::GROUPS;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test as test;
use web_sys::{HtmlElement, HtmlInputElement};

/// The setting of this key: its name, its choices, its message.
fn setting(page: &Page, key: &str) -> HtmlElement {
    let named = |setting: &HtmlElement| {
        words(&setting.query_selector("code").unwrap().unwrap().dyn_into().unwrap()) == key
    };
    page.part.all(".setting").into_iter().find(named).unwrap_or_else(|| panic!("no {key}"))
}

/// What stands in the message beside a setting.
fn message(page: &Page, key: &str) -> Option<String> {
    let found = setting(page, key).query_selector(".wrong").unwrap()?;
    Some(words(found.unchecked_ref()))
}

/// Whether the field says to those who do not see it that it is described by its message.
fn is_described(page: &Page, key: &str) -> bool {
    let setting = setting(page, key);
    let described = setting.query_selector("[aria-describedby]").unwrap();
    let id = described.and_then(|field| field.get_attribute("aria-describedby")).unwrap_or_default();
    setting.query_selector(&format!("[id='{id}'].wrong")).unwrap().is_some()
}

#[test]
async fn each_setting_has_kafkas_name_and_shows_what_holds() {
    let page = Page::open("?scenario=opening&lang=en").await;
    let fields: Vec<_> = GROUPS.iter().flat_map(|group| group.fields).collect();
    let names: Vec<String> = page.part.all(".setting code").iter().map(words).collect();
    assert_eq!(names, fields.iter().map(|field| field.key).collect::<Vec<_>>());
    for field in fields.iter().filter(|field| !field.choices.is_empty()) {
        assert!(field.section.key(field.key).is_some(), "{} is a key of the file", field.key);
        let group = setting(&page, field.key).query_selector("[role=radiogroup]").unwrap().expect("choices");
        let label = group.get_attribute("aria-labelledby").unwrap();
        assert_eq!(page.part.text(&format!("[id='{label}']")), field.key);
        let picked = group.query_selector_all("input:checked").unwrap();
        assert_eq!(picked.length(), 1, "{}", field.key);
    }
    let holds = |key: &str| {
        let picked = setting(&page, key).query_selector("input:checked").unwrap().unwrap();
        picked.unchecked_into::<HtmlInputElement>().value()
    };
    assert_eq!(
        (holds("acks"), holds("min.insync.replicas"), holds("effect")),
        ("1".into(), "2".into(), "plain".into())
    );
    let risky = words(&page.part.one("[name=acks][value='1'] + span"));
    assert!(risky.starts_with('1') && risky.ends_with("can lose or repeat packets"), "{risky}");
}

#[test]
async fn a_changed_setting_runs_anew_and_can_be_taken_back() {
    let page = Page::open("?scenario=opening&lang=en").await;
    page.part.one("[name=acks][value=all]").click();
    page.reads(".verdict-word", "Every packet paid exactly once").await;
    assert!(setting(&page, "acks").class_name().contains("changed"));
    page.part.button("As in the scenario").click();
    page.reads(".verdict-word", "3 acknowledged, then lost").await;
    assert!(!setting(&page, "acks").class_name().contains("changed"));
    assert!(page.part.has("[name=acks][value='1']:checked"));
}

#[test]
async fn what_kafka_refuses_is_said_beside_each_setting_that_it_is_about() {
    let page = Page::open("?scenario=opening&lang=en").await;
    page.part.one("[name='enable.idempotence'][value=true]").click();
    until("a message", || message(&page, "acks").is_some()).await;
    for key in ["acks", "enable.idempotence"] {
        let said = message(&page, key).unwrap_or_else(|| panic!("nothing beside {key}"));
        assert!(said.starts_with("ConfigException: ") && said.contains("acks"), "{said}");
        assert!(is_described(&page, key), "{key}");
    }
    assert_eq!(message(&page, "retries"), None);
    // The run that is shown stays until the settings can be run.
    assert_eq!(page.part.text(".verdict-word"), "3 acknowledged, then lost");
    page.part.one("[name=acks][value=all]").click();
    page.reads(".verdict-word", "Every packet paid exactly once").await;
    assert_eq!((message(&page, "acks"), message(&page, "enable.idempotence")), (None, None));
}

#[test]
async fn a_number_that_is_none_or_too_large_is_said_beside_its_field() {
    let page = Page::open("?scenario=opening&lang=en").await;
    for wrong in ["-5", "1000001", "abc", "", "99999999999999999999999"] {
        page.part.enter("[aria-labelledby='set-records']", wrong);
        until(&format!("a message about {wrong:?}"), || message(&page, "records").is_some()).await;
        let said = message(&page, "records").unwrap();
        assert!(said.contains("`records`") && said.contains("1000000"), "{wrong:?}: {said}");
        assert!(is_described(&page, "records"), "{wrong:?}");
        assert_eq!(page.part.text(".verdict-word"), "3 acknowledged, then lost");
        let field: HtmlInputElement = page.part.one("[aria-labelledby='set-records']").unchecked_into();
        assert_eq!(field.value(), wrong, "what was typed stays to be mended");
        page.part.enter("[aria-labelledby='set-records']", " 12 ");
        until("the message is gone", || message(&page, "records").is_none()).await;
    }
    page.part.enter("[aria-labelledby='set-records']", "3");
    until("three packets", || page.part.all("#ledger thead button").len() == 3).await;
}

#[test]
async fn what_a_scenario_says_stands_among_the_choices() {
    let page = Page::open("?scenario=refused-then-accepted&lang=en").await;
    for key in ["acks", "retries", "max.in.flight.requests.per.connection"] {
        let checked = setting(&page, key).query_selector("input:checked").unwrap();
        assert!(checked.is_some(), "{key} shows what holds");
    }
    let page = Page::open("?scenario=calm&lang=zh").await;
    let title = setting(&page, "acks").query_selector("code").unwrap().unwrap().get_attribute("title");
    assert!(!title.unwrap().is_empty());
    assert_eq!(name(&page.part.one("#settings-title")), "设置");
}
