//! The ledger: what became of each packet, and a way to its moment.

use crate::rig::{Alone, Part, built_in, name, run_of};
use ackscope::run::file;
use ackscope::scene::Lang;
use ackscope::sim::config::Resolved;
use ackscope::sim::{Fact, StepNo};
use ackscope::ui::components::ledger::Ledger;
use ackscope::ui::dom;
use ackscope::ui::run::RunHandle;
use wasm_bindgen_test::wasm_bindgen_test as test;
use web_sys::HtmlElement;
use yew::{Html, html};

fn ledger(run: &RunHandle, cursor: StepNo, lang: Lang) -> Html {
    html! { <Ledger {lang} run={run.clone()} {cursor} /> }
}

/// The ledger at the end of a built-in scenario.
async fn at_end(id: &str, lang: Lang) -> (Alone, RunHandle) {
    let run = built_in(id);
    let shown = Alone::show(ledger(&run, run.timeline.end(), lang)).await;
    (shown, run)
}

/// The cell of a packet in the row of this name.
fn cell(part: &Part, packet: usize, row: &str) -> HtmlElement {
    let n = part.all("tbody th").iter().position(|head| head.inner_text() == row).expect("a row");
    part.one(&format!("tbody tr:nth-child({}) td:nth-child({})", n + 1, packet + 1))
}

/// How wide the dot of a cell is drawn: 3 pixels where there is nothing.
fn dot(cell: &HtmlElement) -> String {
    let style = dom::window().get_computed_style_with_pseudo_elt(cell, "::before").ok().flatten();
    style.expect("a style").get_property_value("width").expect("a width")
}

#[test]
async fn a_lost_packet_is_a_hole_that_is_also_said() {
    let (shown, _) = at_end("opening", Lang::En).await;
    let columns = shown.part.all("thead button");
    assert_eq!(columns.len(), 12);
    assert_eq!(name(&columns[0]), "packet 1: sent, acked, broker-1, broker-2, broker-3, paid");
    assert_eq!(name(&columns[6]), "packet 7: sent, acked; missing: broker-1, broker-2, broker-3, paid");
    for (packet, paid) in [(5, "9px"), (6, "3px"), (8, "3px"), (9, "9px")] {
        assert_eq!(dot(&cell(&shown.part, packet, "paid")), paid, "packet {packet}");
        let marked = cell(&shown.part, packet, "paid").class_name().contains("risk");
        assert_eq!(marked, paid == "3px", "packet {packet}");
    }
}

#[test]
async fn it_is_said_in_chinese_too() {
    let (shown, _) = at_end("opening", Lang::Zh).await;
    let columns = shown.part.all("thead button");
    assert_eq!(name(&columns[6]), "红包 7: 已发送, 已确认; 缺少： broker-1, broker-2, broker-3, 已支付");
}

#[test]
async fn the_last_copy_of_an_acknowledged_packet_stands_out() {
    let run = built_in("opening");
    let dies = run.timeline.trace().observations.iter().find(|o| matches!(o.fact, Fact::Killed { .. }));
    let cursor = dies.expect("the leader dies").step;
    let shown = Alone::show(ledger(&run, cursor, Lang::En)).await;
    assert_eq!(
        name(&shown.part.all("thead button")[6]),
        "packet 7: sent, acked, broker-1 (only here); missing: broker-2, broker-3, paid"
    );
    assert_eq!(dot(&cell(&shown.part, 7, "broker-1")), "10px");
}

#[test]
async fn what_happened_twice_shows_and_is_said() {
    let (shown, _) = at_end("retry-makes-a-copy", Lang::En).await;
    let twice: Vec<_> = shown
        .part
        .all("thead button")
        .into_iter()
        .filter(|b| name(b).contains("paid (more than once)"))
        .collect();
    assert_eq!(twice.len(), 1);
    assert_eq!(shown.part.all("tbody tr:last-child .cell-twice").len(), 1);
}

#[test]
async fn a_column_leads_to_the_moment_of_the_loss() {
    let (shown, run) = at_end("opening", Lang::En).await;
    shown.director.player().show(run.clone(), ackscope::sim::Time(0));
    shown.part.all("thead button")[6].click();
    let (cursor, _) = shown.director.player().moment();
    let last_step = StepNo(cursor.0 - 1);
    let facts: Vec<Fact> =
        run.timeline.trace().observations.iter().filter(|o| o.step == last_step).map(|o| o.fact).collect();
    assert!(facts.iter().any(|fact| matches!(fact, Fact::Truncated { .. })), "{facts:?}");
    assert!(!shown.director.player().playing());
}

#[test]
async fn of_many_packets_those_are_shown_that_something_is_wrong_with() {
    let text = "format = 1\ntitle = \"Many\"\n[cluster]\nbrokers = 1\n[producer]\nrecords = 400\nevery_ms = 1\nacks = \"1\"\n\
                \"enable.idempotence\" = false\n[[fault]]\nwhen = { acked = 300 }\ndo = \"power-loss\"\n\
                on = \"broker-1\"\nrestart_after_ms = 100\n";
    let Resolved::Scenario(scenario) = file::parse(text).expect("a right file").resolved else {
        panic!("refused")
    };
    let run = run_of(scenario);
    let shown = Alone::show(ledger(&run, run.timeline.end(), Lang::En)).await;
    assert_eq!(shown.part.all("thead button").len(), 120);
    assert!(shown.part.text(".hint").ends_with("Not shown: 280"), "{}", shown.part.text(".hint"));
    assert!(shown.part.has("thead .risk"));
}
