//! A scenario as it was written: what was set, in which section, in which order. Nothing is known yet to be
//! right. [`RawScenario::resolve`] makes a [`Scenario`](super::super::Scenario) of it, or says all that is wrong.

use super::keys::{Kind, Section, nearest, nearest_of};
use crate::sim::ids::RecordId;
use litemap::LiteMap;
use std::fmt;

/// What a scenario file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawScenario {
    sections: LiteMap<Section, Vec<Entry>>,
    /// The faults, in file order.
    pub faults: Vec<RawFault>,
}

/// A fault of a scenario file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawFault {
    /// What it does.
    pub entries: Vec<Entry>,
    /// When.
    pub when: Vec<Entry>,
}

/// A key and what it was set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key as written.
    pub key: String,
    /// Its value.
    pub value: RawValue,
}

/// A value as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawValue {
    /// true or false
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
    /// An array.
    List(Vec<RawValue>),
}

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In a section of settings.
    Settings(Section),
    /// In the n-th fault, from 0.
    Fault(usize),
    /// In the `when` of the n-th fault.
    When(usize),
}

/// Something that is wrong with a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// Which key; empty for the section or fault itself.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

/// A value that its key can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Bool(bool),
    Int(i64),
    /// For a choice, exactly one of its words.
    Text(String),
    Ints(Vec<i64>),
    Texts(Vec<String>),
    Records(Vec<RecordId>),
}

impl Entry {
    /// A key and its value.
    pub fn new(key: &str, value: impl Into<RawValue>) -> Entry {
        Entry { key: key.to_owned(), value: value.into() }
    }
}

impl From<bool> for RawValue {
    fn from(value: bool) -> RawValue {
        RawValue::Bool(value)
    }
}

impl From<i64> for RawValue {
    fn from(value: i64) -> RawValue {
        RawValue::Int(value)
    }
}

impl From<&str> for RawValue {
    fn from(value: &str) -> RawValue {
        RawValue::Text(value.to_owned())
    }
}

impl RawScenario {
    /// Sections with what is set in them, in the order in which a file is written. A section can be there
    /// without a setting: `[consumer]` alone says that there is a group.
    pub fn sections(&self) -> impl Iterator<Item = (Section, &[Entry])> {
        self.sections.iter().map(|(section, entries)| (*section, entries.as_slice()))
    }

    /// Whether a section is there.
    pub fn has_section(&self, section: Section) -> bool {
        self.sections.contains_key(&section)
    }

    /// What is set in a section.
    pub fn entries(&self, section: Section) -> &[Entry] {
        self.sections.get(&section).map_or(&[], Vec::as_slice)
    }

    /// What a key is set to.
    pub fn get(&self, section: Section, key: &str) -> Option<&RawValue> {
        self.entries(section).iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The title; empty if there is none.
    pub fn title(&self) -> &str {
        self.text("title")
    }

    /// What to know about the run; empty if nothing is said.
    pub fn about(&self) -> &str {
        self.text("about")
    }

    fn text(&self, key: &str) -> &str {
        match self.get(Section::Root, key) {
            Some(RawValue::Text(text)) => text,
            _ => "",
        }
    }

    /// Makes a section be there, if it is not.
    pub fn add_section(&mut self, section: Section) {
        self.sections.entry(section).or_default();
    }

    /// Takes a section out with all that is set in it.
    pub fn remove_section(&mut self, section: Section) {
        self.sections.remove(&section);
    }

    /// Sets a key, in place of what it was set to or as the last one of its section.
    pub fn set(&mut self, section: Section, key: &str, value: impl Into<RawValue>) {
        let entries = self.sections.entry(section).or_default();
        let value = value.into();
        match entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => entry.value = value,
            None => entries.push(Entry { key: key.to_owned(), value }),
        }
    }

    /// Takes a setting back, so that its default holds.
    pub fn unset(&mut self, section: Section, key: &str) {
        if let Some(entries) = self.sections.get_mut(&section) {
            entries.retain(|entry| entry.key != key);
        }
    }

    /// Puts a fault behind the others.
    pub fn add_fault(&mut self, fault: RawFault) {
        self.faults.push(fault);
    }

    /// Takes the n-th fault out, from 0.
    pub fn remove_fault(&mut self, n: usize) -> Option<RawFault> {
        (n < self.faults.len()).then(|| self.faults.remove(n))
    }
}

impl RawFault {
    /// A fault at a moment, as the page writes it when a reader clicks.
    pub fn at(at_us: i64, action: &str, on: &str) -> RawFault {
        RawFault {
            when: vec![Entry::new("at_us", at_us)],
            entries: vec![Entry::new("do", action), Entry::new("on", on)],
        }
    }

    /// The same with one more key.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<RawValue>) -> RawFault {
        self.entries.push(Entry::new(key, value));
        self
    }
}

impl Place {
    /// The part of the table of keys that holds here.
    pub fn section(self) -> Section {
        match self {
            Place::Settings(section) => section,
            Place::Fault(_) => Section::Fault,
            Place::When(_) => Section::When,
        }
    }
}

impl Problem {
    pub(crate) fn new(
        place: Place,
        key: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Problem {
        Problem { place, key: key.into(), what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what, self.remedy)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Settings(Section::Root) => f.write_str("at the top of the file"),
            Place::Settings(section) => write!(f, "in [{}]", section.name()),
            Place::Fault(n) => write!(f, "in fault {}", n + 1),
            Place::When(n) => write!(f, "in the `when` of fault {}", n + 1),
        }
    }
}

impl fmt::Display for RawValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RawValue::Bool(value) => write!(f, "{value}"),
            RawValue::Int(value) => write!(f, "{value}"),
            RawValue::Text(value) if value.chars().count() > 60 => {
                write!(f, "\"{}…\"", value.chars().take(60).collect::<String>())
            }
            RawValue::Text(value) => write!(f, "\"{value}\""),
            RawValue::List(values) => {
                f.write_str("[")?;
                for (i, value) in values.iter().take(8).enumerate() {
                    write!(f, "{}{value}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str(if values.len() > 8 { ", …]" } else { "]" })
            }
        }
    }
}

/// Whether a key is known here and can hold that value.
pub(super) fn check(place: Place, entry: &Entry) -> Result<Value, Problem> {
    let Entry { key: name, value } = entry;
    let Some(key) = place.section().key(name) else { return Err(unknown(place, name)) };
    if let Some(reason) = key.refused {
        return Err(Problem::new(place, name, format!("`{name}` cannot be set: {reason}"), "leave it out"));
    }
    read(key.kind, value).map_err(|wanted| {
        let limit = if key.limit.is_empty() { String::new() } else { format!(" ({})", key.limit) };
        let default = match (key.default, key.kind) {
            (super::keys::Default::Computed(_), _) | (_, Kind::Choice([_])) => String::new(),
            (_, Kind::Int(min, max)) if min == max => String::new(),
            _ => format!("; its default is {}", key.default_text()),
        };
        Problem::new(
            place,
            name,
            format!("`{name}` cannot be {value}{limit}"),
            format!("give it {wanted}{default}"),
        )
    })
}

fn unknown(place: Place, name: &str) -> Problem {
    let here = place.section();
    if here.is_unmodelled(name) {
        let what = format!("`{name}` is a Kafka setting that ackscope does not model");
        return Problem::new(place, name, what, "leave it out");
    }
    let remedy = match nearest(here, name) {
        Some((section, known)) if section == here => format!("did you mean `{known}`?"),
        Some((Section::Root, known)) => format!("`{known}` stands at the top of the file"),
        Some((section, known)) if known == name => format!("it belongs into {}", section_name(section)),
        Some((section, known)) => format!("did you mean `{known}` of {}?", section_name(section)),
        None => "leave it out".to_owned(),
    };
    Problem::new(place, name, format!("`{name}` is unknown {place}"), remedy)
}

/// A section's name as it stands in a file.
pub(crate) fn section_name(section: Section) -> String {
    match section {
        Section::Root => "the top of the file".to_owned(),
        Section::Fault => "[[fault]]".to_owned(),
        Section::When => "`when`".to_owned(),
        section => format!("[{}]", section.name()),
    }
}

/// The value, or what would have been one.
fn read(kind: Kind, value: &RawValue) -> Result<Value, String> {
    match kind {
        Kind::Bool => match value {
            RawValue::Bool(value) => Ok(Value::Bool(*value)),
            RawValue::Text(text) if text == "true" => Ok(Value::Bool(true)),
            RawValue::Text(text) if text == "false" => Ok(Value::Bool(false)),
            _ => Err("true or false".to_owned()),
        },
        Kind::Int(min, max) => {
            int(value).filter(|n| (min..=max).contains(n)).map(Value::Int).ok_or_else(|| range(min, max))
        }
        Kind::Choice(choices) => choice(choices, value).map(Value::Text),
        Kind::Text => match value {
            RawValue::Text(text) => Ok(Value::Text(text.clone())),
            _ => Err("a text in quotes".to_owned()),
        },
        Kind::Ints(max) => match value {
            RawValue::List(values) => values.iter().map(|value| int(value).filter(|n| (0..=max).contains(n))),
            _ => return Err(format!("an array of whole numbers up to {max}")),
        }
        .collect::<Option<_>>()
        .map(Value::Ints)
        .ok_or_else(|| format!("an array of whole numbers from 0 to {max}")),
        Kind::Choices(choices) => listed(value)
            .iter()
            .map(|value| choice(choices, value))
            .collect::<Result<_, _>>()
            .map(Value::Texts),
        Kind::Records => listed(value)
            .iter()
            .map(|value| match value {
                RawValue::Text(name) => RecordId::parse(name),
                _ => None,
            })
            .collect::<Option<_>>()
            .map(Value::Records)
            .ok_or_else(|| "names of records, such as [\"p1-3\"]".to_owned()),
    }
}

/// The parts of an array, or of a text with commas.
fn listed(value: &RawValue) -> Vec<RawValue> {
    match value {
        RawValue::List(values) => values.clone(),
        RawValue::Text(text) => text.split(',').map(|part| RawValue::from(part.trim())).collect(),
        other => vec![other.clone()],
    }
}

fn int(value: &RawValue) -> Option<i64> {
    match value {
        RawValue::Int(n) => Some(*n),
        RawValue::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn range(min: i64, max: i64) -> String {
    match (min, max) {
        _ if min == max => format!("{min}"),
        (min, i64::MAX) => format!("a whole number from {min}"),
        _ => format!("a whole number from {min} to {max}"),
    }
}

fn choice(choices: &[&str], value: &RawValue) -> Result<String, String> {
    let text = match value {
        RawValue::Text(text) => text.clone(),
        RawValue::Int(n) => n.to_string(),
        RawValue::Bool(value) => value.to_string(),
        RawValue::List(_) => return Err(words(choices)),
    };
    if choices.contains(&text.as_str()) {
        return Ok(text);
    }
    Err(match nearest_of(&text, choices.iter().map(|known| (*known, *known))) {
        Some(known) if choices.len() > 3 && known.len() > 3 => {
            format!("\"{known}\", if that was meant, or {}", words(choices))
        }
        _ => words(choices),
    })
}

fn words(choices: &[&str]) -> String {
    match choices {
        [only] => format!("\"{only}\""),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|word| format!("\"{word}\"")).collect();
            format!("{} or \"{last}\"", first.join(", "))
        }
        [] => String::new(),
    }
}
