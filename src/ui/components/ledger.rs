//! Records are columns, places are rows; a missing or doubled one is a visible hole, and its column is a button.

use super::use_director;
use crate::scene::Lang;
use crate::sim::{RecordId, StepNo};
use crate::ui::ledger::{Cell, Column, Selection, moment_of};
use crate::ui::run::RunHandle;
use crate::ui::words::Word;
use std::rc::Rc;
use yew::{Callback, Html, Properties, component, html, use_memo};

/// Whose records, when.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The language.
    pub lang: Lang,
    /// The run.
    pub run: Option<RunHandle>,
    /// Steps taken.
    pub cursor: StepNo,
}

/// Records are columns, places are rows.
#[component]
pub fn Ledger(props: &Props) -> Html {
    let director = use_director();
    let lang = props.lang;
    let selection = use_memo(props.run.clone(), |run| run.as_ref().map(Selection::of));
    let shown = props.run.as_ref().zip((*selection).as_ref());
    let columns = use_memo((props.run.clone(), props.cursor), |(_, cursor)| {
        shown.map(|(run, selection)| selection.columns(run, *cursor)).unwrap_or_default()
    });
    let rows = props.run.as_ref().map(|run| rows(run, lang)).unwrap_or_default();
    let more = selection.as_ref().as_ref().map_or(0, |selection| selection.more);
    let jump = props.run.as_ref().map(|run| {
        let run = run.clone();
        Callback::from(move |record| {
            moment_of(&run, record).into_iter().for_each(|step| director.jump(step));
        })
    });
    html! {
        <section class="card" id="ledger" aria-labelledby="ledger-title">
            <h2 id="ledger-title">{ Word::Ledger.say(lang) }</h2>
            <div class="ledger-scroll">
                <table class="ledger" role="presentation">
                    <thead><tr>
                        <th></th>
                        { for columns.iter().map(|column| head(column, &columns, &rows, jump.clone().unwrap_or_default(), lang)) }
                    </tr></thead>
                    <tbody>
                        { for rows.iter().enumerate().map(|(n, row)| html! {
                            <tr key={n} class={row.class}>
                                <th>{ &row.name }</th>
                                { for columns.iter().map(|column| html! {
                                    <td key={column.record.to_string()} class={class(column, n)} />
                                }) }
                            </tr>
                        }) }
                    </tbody>
                </table>
            </div>
            <p class="hint">
                { Word::LedgerHint.say(lang) }
                if more > 0 {
                    { " " }{ Word::LedgerMore.say(lang) }{ " " }{ more }
                }
            </p>
        </section>
    }
}

#[derive(Clone, PartialEq)]
struct Row {
    name: String,
    class: &'static str,
}

fn rows(run: &RunHandle, lang: Lang) -> Rc<Vec<Row>> {
    let config = &run.timeline.scenario().config;
    let row = |name: &str, class| Row { name: name.to_owned(), class };
    let mut rows = vec![row(Word::Sent.say(lang), "row-ink"), row(Word::Acked.say(lang), "row-green")];
    rows.extend(config.brokers().map(|broker| row(&format!("broker-{}", broker.0), "row-packet")));
    rows.extend(config.consumer.is_some().then(|| row(Word::Paid.say(lang), "row-ink")));
    Rc::new(rows)
}

fn class(column: &Column, row: usize) -> String {
    let cell = match column.cells.get(row).copied().unwrap_or(Cell::Nothing) {
        Cell::Nothing => "cell",
        Cell::Done => "cell cell-done",
        Cell::Twice => "cell cell-done cell-twice",
        Cell::Failed => "cell cell-failed",
        Cell::Unknown => "cell cell-unknown",
        Cell::Cached => "cell cell-cached",
        Cell::OnDisk => "cell cell-done",
        Cell::OnlyHere => "cell cell-only",
    };
    if column.wrong { format!("{cell} risk") } else { cell.to_owned() }
}

/// A column's number: a button that says how its record stands.
fn head(column: &Column, all: &[Column], rows: &[Row], jump: Callback<RecordId>, lang: Lang) -> Html {
    let record = column.record;
    let several = all.iter().any(|column| column.record.producer() > 1);
    let label = if several {
        format!("{}·{}", record.producer(), record.number())
    } else {
        record.number().to_string()
    };
    let spoken = format!("{} {label}: {}", Word::Packet.say(lang), spoken(column, rows, lang));
    html! {
        <td key={record.to_string()} class={if column.wrong { "risk" } else { "" }}>
            <button class="column" type="button" aria-label={spoken.clone()} title={spoken}
                onclick={Callback::from(move |_| jump.emit(record))}>{ label }</button>
        </td>
    }
}

/// Where a record is; of one that something is wrong with also where it is not.
fn spoken(column: &Column, rows: &[Row], lang: Lang) -> String {
    let cells = || rows.iter().map(|row| &row.name).zip(&column.cells);
    let there = cells().filter_map(|(name, cell)| {
        let note = match cell {
            Cell::Nothing => return None,
            Cell::Done | Cell::Cached | Cell::OnDisk => return Some(name.clone()),
            Cell::Twice => Word::Repeatedly,
            Cell::Failed => Word::Failed,
            Cell::Unknown => Word::NoAnswer,
            Cell::OnlyHere => Word::OnlyHere,
        };
        Some(format!("{name} ({})", note.say(lang)))
    });
    let there: Vec<String> = there.collect();
    let missing: Vec<&str> =
        cells().filter(|(_, cell)| **cell == Cell::Nothing).map(|(name, _)| name.as_str()).collect();
    let mut spoken = there.join(", ");
    if column.wrong && !there.is_empty() && !missing.is_empty() {
        spoken += &format!("; {} {}", Word::Missing.say(lang), missing.join(", "));
    }
    spoken
}
