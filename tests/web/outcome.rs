//! The verdict in money, the funnel, and the causes.

use crate::rig::{Alone, Page, built_in, hundredths, until, words};
use ackscope::check::Funnel as Counts;
use ackscope::scene::Lang;
use ackscope::sim::StepNo;
use ackscope::ui::components::funnel::Funnel;
use ackscope::ui::components::verdict::Verdict;
use ackscope::ui::said;
use std::rc::Rc;
use wasm_bindgen_test::wasm_bindgen_test as test;
use yew::html;

#[test]
async fn the_verdict_is_money_in_both_languages() {
    let run = built_in("opening");
    let mut shown = Alone::show(
        html! { <Verdict lang={Lang::En} run={run.clone()} before={None} refused={Rc::default()} /> },
    )
    .await;
    assert_eq!(shown.part.text(".verdict-money"), "When this run ends: ¥180 of ¥240 paid");
    assert_eq!(shown.part.text(".verdict-word"), "3 acknowledged, then lost");
    assert!(!shown.part.has(".verdict.good") && !shown.part.has(".verdict-before"));
    shown.update(html! { <Verdict lang={Lang::Zh} run={run} before={None} refused={Rc::default()} /> }).await;
    assert_eq!(shown.part.text(".verdict"), "运行结束时：应付 ¥240，实付 ¥180 3 个红包已确认却丢失");
}

#[test]
async fn the_verdict_before_a_setting_was_changed_stands_beside_it() {
    let page = Page::open("?scenario=opening&lang=en").await;
    page.part.one("[name=acks][value=all]").click();
    page.reads(".verdict-word", "Every packet paid exactly once").await;
    assert!(page.part.has(".verdict.good"));
    assert_eq!(page.part.text(".verdict-before"), "Before: 3 acknowledged, then lost");
    // A fault is no setting: what was before it is no alternative to compare with.
    page.part.button("Kill the process: leader").click();
    page.has(".verdict-before", false).await;
}

#[test]
async fn the_funnel_counts_what_has_come_so_far() {
    let run = built_in("opening");
    let at = |step| html! { <Funnel lang={Lang::En} funnel={run.fates.funnel(step)} /> };
    let mut shown = Alone::show(html! { <Funnel lang={Lang::Zh} funnel={Counts::default()} /> }).await;
    assert_eq!(shown.part.text(".funnel"), "已发送 0 已确认 0 已存储 0 已支付 0");
    shown.update(at(StepNo(run.timeline.end().0 - 1))).await;
    assert_eq!(shown.part.text(".funnel"), "sent 12 acked 12 stored 9 paid 9");
}

#[test]
async fn times_of_causes_lead_to_their_moments() {
    let page = Page::open("?scenario=opening&lang=en").await;
    assert!(page.part.text(".why h2").contains("lost"), "{}", page.part.text(".why h2"));
    let moments = page.part.all(".why .moment");
    assert!(moments.len() >= 4);
    for moment in moments.iter().rev() {
        moment.click();
        let time = words(moment);
        until(&format!("the clock shows {time}"), || page.clock() == time).await;
    }
    let times: Vec<u64> = moments.iter().map(|moment| hundredths(&words(moment))).collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[test]
async fn a_remedy_is_shown_by_its_button() {
    let page = Page::open("?scenario=opening&lang=en").await;
    page.has(".why .remedy button", true).await;
    assert_eq!(page.part.text(".why .remedy span"), "With acks=all the same faults break nothing.");
    page.part.one(".why .remedy button").click();
    page.reads("#why h2", "Nothing went wrong in this run.").await;
    page.reads(".verdict-word", "Every packet paid exactly once").await;
    assert!(page.part.has("[name=acks][value=all]:checked"));
}

#[test]
async fn every_cause_is_told_in_both_languages() {
    for id in ["opening", "retry-makes-a-copy", "commit-before-processing", "zombie-pays-twice", "note-first"]
    {
        let run = built_in(id);
        for why in said::whys(&run, Lang::Zh) {
            for text in why.links.iter().map(|link| &link.text).chain([&why.title]) {
                assert!(text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{id}: {text}");
            }
        }
    }
}
