//! The list of built-in scenarios, and what is found in it.

use super::{BAD_INPUT, Done, ListArguments, say};
use crate::run::catalogue::{BuiltIn, CATALOGUE, INDEX, Listed, find};
use crate::scene::{Found, Index};
use serde_json::{Value, json};
use std::io::{self, Write};

pub(super) fn scenarios(arguments: &ListArguments, out: &mut dyn Write, err: &mut dyn Write) -> Done {
    let query = arguments.words.join(" ");
    if query.trim().is_empty() {
        return (0, print(arguments.json, CATALOGUE.iter(), out));
    }
    let found = Index::new(INDEX, BuiltIn::abouts).search(&query);
    say(err, &left_out(&found, &query));
    let code = if found.ids.is_empty() { BAD_INPUT } else { 0 };
    (code, print(arguments.json, found.ids.iter().filter_map(|id| find(id)), out))
}

/// What was asked for and is nowhere, and what may have been meant.
fn left_out(found: &Found, query: &str) -> String {
    let mut told = String::new();
    let nothing = found.ids.is_empty();
    for (word, like) in &found.unknown {
        told += &format!("{}: no scenario has `{word}`\n", if nothing { "error" } else { "note" });
        if let Some(like) = like {
            told += &format!("  help: did you mean `{like}`?\n");
        }
    }
    if nothing && told.is_empty() {
        told = format!("error: no scenario has all of `{query}`\n  help: fewer words find more\n");
    } else if nothing && found.unknown.iter().all(|(_, like)| like.is_none()) {
        told += "  help: `ackscope scenarios` lists all\n";
    }
    told
}

fn print<'a>(
    as_json: bool,
    scenarios: impl Iterator<Item = &'a BuiltIn> + Clone,
    out: &mut dyn Write,
) -> io::Result<()> {
    if as_json {
        return writeln!(out, "{:#}", scenarios.map(object).collect::<Value>());
    }
    let widest = scenarios.clone().map(|built_in| built_in.id.len()).max().unwrap_or(0);
    for built_in in scenarios {
        writeln!(out, "{:widest$}  {:4}  {}", built_in.id, built_in.row, built_in.words().title)?;
    }
    Ok(())
}

/// `recorded` is the case that a real cluster was given, `recorded_consumers` whether with the consumers.
fn object(built_in: &BuiltIn) -> Value {
    let (words, listed) = (built_in.words(), Listed::of(built_in.id, INDEX));
    let recorded = listed.recorded();
    json!({
        "id": built_in.id,
        "row": built_in.row,
        "question": built_in.question.asked(),
        "title": words.title,
        "about": words.about,
        "tags": listed.tags().collect::<Vec<_>>(),
        "recorded": recorded.map(|recorded| recorded.case),
        "recorded_consumers": recorded.is_some_and(|recorded| recorded.consumers),
    })
}
