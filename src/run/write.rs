//! Scenario files: from what they say to TOML. What is written reads back as the same scenario.

use crate::sim::config::keys::Section;
use crate::sim::config::raw::{Entry, RawFault, RawScenario, RawValue};
use std::fmt::Write;

/// A scenario as a file.
pub fn to_toml(raw: &RawScenario) -> String {
    let mut text = String::new();
    let mut stop = String::new();
    for (section, entries) in raw.sections() {
        match section {
            Section::Root => lines(&mut text, entries),
            Section::Stop => stop = format!("stop = {}\n", inline(entries)),
            section => {
                text.push_str(&std::mem::take(&mut stop));
                _ = writeln!(text, "\n[{}]", section.name());
                lines(&mut text, entries);
            }
        }
    }
    text.push_str(&stop);
    for fault in &raw.faults {
        write_fault(&mut text, fault);
    }
    text
}

/// A fault with its `when` behind the name, as a reader asks for it: who, when, what, where.
fn write_fault(text: &mut String, fault: &RawFault) {
    text.push_str("\n[[fault]]\n");
    let names = fault.entries.iter().take_while(|entry| entry.key == "name").count();
    lines(text, &fault.entries[..names]);
    _ = writeln!(text, "when = {}", inline(&fault.when));
    lines(text, &fault.entries[names..]);
}

fn lines(text: &mut String, entries: &[Entry]) {
    for entry in entries {
        _ = writeln!(text, "{} = {}", key(&entry.key), value(&entry.value));
    }
}

fn inline(entries: &[Entry]) -> String {
    let entries: Vec<String> =
        entries.iter().map(|entry| format!("{} = {}", key(&entry.key), value(&entry.value))).collect();
    if entries.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", entries.join(", ")) }
}

fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { quoted(name) }
}

fn value(value: &RawValue) -> String {
    match value {
        RawValue::Bool(value) => value.to_string(),
        RawValue::Int(value) => value.to_string(),
        RawValue::Text(text) => quoted(text),
        RawValue::List(values) => {
            let values: Vec<String> = values.iter().map(self::value).collect();
            format!("[{}]", values.join(", "))
        }
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_control() => _ = write!(quoted, "\\u{:04X}", c as u32),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests;
