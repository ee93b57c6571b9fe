//! Scenario files: from TOML to what they say, with the place of every error.
//!
//! The walk over the parsed table is our own, so that all errors are reported at once, each with its line.

use crate::sim::config::Resolved;
use crate::sim::config::keys::{Section, nearest_of};
use crate::sim::config::raw::{Entry, Place, Problem, RawFault, RawScenario, RawValue};
use crate::sim::order::sort_by_number;
use litemap::LiteMap;
use std::fmt;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// Most bytes of a scenario file.
pub const MAX_BYTES: usize = 1 << 20;
/// Most errors that are reported.
const MAX_ERRORS: usize = 100;
/// Most parts of a dotted key: beyond that a file could nest values deeper than a stack is.
const MAX_DOTS: usize = 16;

/// A scenario file that has nothing wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioFile {
    /// What it says.
    pub raw: RawScenario,
    /// What that comes to.
    pub resolved: Resolved,
}

/// Something wrong with a scenario file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The key that it is about; empty if it is about none.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}; {}", self.line, self.column, self.what, self.remedy)
    }
}

/// Reads what a file says, whether or not it can be run.
pub fn read(text: &str) -> Result<RawScenario, Vec<FileError>> {
    let mut walk = Walk::new(text);
    let raw = walk.read()?;
    if walk.errors.is_empty() { Ok(raw) } else { Err(walk.errors) }
}

/// Reads a scenario file, or says all that is wrong with it.
pub fn parse(text: &str) -> Result<ScenarioFile, Vec<FileError>> {
    let mut walk = Walk::new(text);
    let raw = walk.read()?;
    let resolved = match raw.resolve() {
        Ok(resolved) if walk.errors.is_empty() => return Ok(ScenarioFile { raw, resolved }),
        resolved => resolved,
    };
    let problems = resolved.err().unwrap_or_default();
    let known: Vec<(usize, String)> =
        walk.errors.iter().map(|error| (error.line, error.key.clone())).collect();
    for problem in problems {
        let error = walk.locate(&problem);
        // What cannot be read may be just what is missing, and nothing is judged twice.
        let may_be_due_to_syntax = walk.broken && (problem.key.is_empty() || is_missing(&raw, &problem));
        let judged =
            |(line, key): &(usize, String)| *line == error.line && (key.is_empty() || *key == error.key);
        if !known.iter().any(judged) && !may_be_due_to_syntax {
            walk.errors.push(error);
        }
    }
    // A file has fewer bytes than 2^32.
    sort_by_number(&mut walk.errors, |error| (error.line as u64) << 32 | error.column as u64);
    walk.errors.truncate(MAX_ERRORS);
    Err(walk.errors)
}

/// Whether so many bytes can be a scenario file. To be asked before they are read.
pub fn check_size(bytes: usize) -> Result<(), FileError> {
    if bytes <= MAX_BYTES {
        return Ok(());
    }
    let what = format!("{bytes} bytes are more than the {MAX_BYTES} that a scenario file may have");
    Err(FileError {
        line: 1,
        column: 1,
        key: String::new(),
        what,
        remedy: "is this the right file?".to_owned(),
    })
}

/// Refuses dotted keys of many parts. Brackets within brackets are counted by the parser itself.
fn check_depth(text: &str) -> Result<(), FileError> {
    let mut dots = 0;
    let mut quote = None;
    let mut before = '\n';
    let mut gap = false;
    for (at, c) in text.char_indices() {
        match (c, quote) {
            ('\n', _) => (dots, quote) = (0, None),
            (c, Some(open)) => quote = (c != open).then_some(open),
            ('#' | '"' | '\'', None) => quote = Some(if c == '#' { '\n' } else { c }),
            ('=' | ',' | '{' | '[', None) => dots = 0,
            ('.', None) => dots += 1,
            // Words with nothing but a space between them are a sentence.
            (c, None) if gap && before != '.' && !c.is_whitespace() => dots = 0,
            _ => {}
        }
        gap = c == ' ' || c == '\t';
        before = if gap { before } else { c };
        if dots > MAX_DOTS {
            let (line, column) = position(text, at);
            let what = "a key of so many parts is nested too deeply".to_owned();
            let remedy = "put Kafka's own keys in quotes, such as \"linger.ms\"".to_owned();
            return Err(FileError { line, column, key: String::new(), what, remedy });
        }
    }
    Ok(())
}

fn is_missing(raw: &RawScenario, problem: &Problem) -> bool {
    matches!(problem.place, Place::Settings(section) if raw.get(section, &problem.key).is_none())
}

fn syntax_error(text: &str, error: &toml::de::Error) -> FileError {
    let at = error.span().map_or(0, |span| span.start);
    let (line, column) = position(text, at);
    let what = format!("not TOML: {}", error.message().replace('\n', ", "));
    let remedy = "write `key = value`, keys of Kafka's and texts in quotes".to_owned();
    FileError { line, column, key: String::new(), what, remedy }
}

/// Line and column of a byte, from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at.min(text.len())).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Entries of a table in file order, each with the place of its key.
fn in_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<(usize, &'t str, &'t Spanned<DeValue<'i>>)> {
    let entry = |(key, value): (&'t Spanned<DeString<'i>>, &'t Spanned<DeValue<'i>>)| {
        (key.span().start, key.get_ref().as_ref(), value)
    };
    let mut entries: Vec<_> = table.iter().map(entry).collect();
    sort_by_number(&mut entries, |(at, ..)| *at as u64);
    entries
}

/// Walks over the parsed file.
struct Walk<'i> {
    text: &'i str,
    /// Where each key stands, by its first byte. An empty key is the section or fault itself.
    positions: LiteMap<(Place, String), usize>,
    errors: Vec<FileError>,
    /// There is more to the file that cannot be read.
    broken: bool,
}

impl<'i> Walk<'i> {
    fn new(text: &'i str) -> Walk<'i> {
        Walk { text, positions: LiteMap::new(), errors: Vec::new(), broken: false }
    }

    /// What the file says, as far as it can be read.
    fn read(&mut self) -> Result<RawScenario, Vec<FileError>> {
        check_size(self.text.len()).map_err(|error| vec![error])?;
        check_depth(self.text).map_err(|error| vec![error])?;
        let (table, syntax) = DeTable::parse_recoverable(self.text);
        self.errors.extend(syntax.iter().map(|error| syntax_error(self.text, error)));
        self.broken = !syntax.is_empty();
        Ok(self.root(table.get_ref()))
    }

    fn error(&mut self, at: usize, key: &str, what: String, remedy: String) {
        let (line, column) = position(self.text, at);
        self.errors.push(FileError { line, column, key: key.to_owned(), what, remedy });
    }

    /// An error with the place of what it is about.
    fn locate(&self, problem: &Problem) -> FileError {
        let at = |key: &str| self.positions.get(&(problem.place, key.to_owned()));
        let at = at(&problem.key).or_else(|| at("")).copied().unwrap_or(0);
        let (line, column) = position(self.text, at);
        let Problem { key, what, remedy, .. } = problem.clone();
        FileError { line, column, key, what, remedy }
    }

    fn root(&mut self, table: &DeTable) -> RawScenario {
        let mut raw = RawScenario::default();
        for (at, key, value) in in_order(table) {
            let section = Section::SETTINGS.iter().find(|section| section.name() == key);
            match (section, value.get_ref()) {
                // What is left of a broken file is no ground for such a verdict.
                (Some(Section::Root), _) | (None, DeValue::Table(_)) if self.broken => {}
                (Some(Section::Root), _) | (None, DeValue::Table(_)) => self.unknown_section(at, key),
                (Some(section), DeValue::Table(table)) => self.section(*section, at, table, &mut raw),
                (Some(section), _) => {
                    let what = format!("`{key}` is a section, not a setting");
                    let remedy = match section {
                        Section::Stop => "write `stop = { after_ms = 60000 }`".to_owned(),
                        _ => format!("write [{key}] on a line of its own"),
                    };
                    self.error(at, key, what, remedy);
                }
                (None, DeValue::Array(array)) if key == "fault" => {
                    for value in array.iter() {
                        self.fault(value, &mut raw);
                    }
                }
                (None, _) if key == "fault" => {
                    let remedy = "write [[fault]] on a line of its own".to_owned();
                    self.error(at, key, "faults are an array of tables".to_owned(), remedy);
                }
                (None, value) => {
                    if let Some(entry) = self.entry(Place::Settings(Section::Root), at, key, value) {
                        raw.set(Section::Root, key, entry.value);
                    }
                }
            }
        }
        raw
    }

    fn unknown_section(&mut self, at: usize, name: &str) {
        match name {
            "processor" => {
                let what = "[processor] is not modelled yet: Kafka's transactions come later".to_owned();
                self.error(at, name, what, "leave the section out".to_owned());
            }
            "fault" => {
                let what = "[fault] is one fault, and there can be many".to_owned();
                self.error(at, name, what, "write [[fault]]".to_owned());
            }
            _ => {
                let names =
                    Section::SETTINGS.iter().map(|section| section.name()).filter(|name| !name.is_empty());
                let names: Vec<String> = names.map(|name| format!("[{name}]")).collect();
                let what = format!("there is no section [{name}]");
                let known = Section::SETTINGS.iter().map(|section| (section.name(), section.name()));
                let remedy = match nearest_of(name, known) {
                    Some(known) if !known.is_empty() => format!("did you mean [{known}]?"),
                    _ => format!("sections are {} and [[fault]]", names.join(", ")),
                };
                self.error(at, name, what, remedy);
            }
        }
    }

    fn section(&mut self, section: Section, at: usize, table: &DeTable, raw: &mut RawScenario) {
        let place = Place::Settings(section);
        self.positions.insert((place, String::new()), at);
        raw.add_section(section);
        for (at, key, value) in in_order(table) {
            if let Some(entry) = self.entry(place, at, key, value.get_ref()) {
                raw.set(section, key, entry.value);
            }
        }
    }

    fn fault(&mut self, value: &Spanned<DeValue>, raw: &mut RawScenario) {
        let n = raw.faults.len();
        let at = value.span().start;
        let DeValue::Table(table) = value.get_ref() else {
            self.error(at, "fault", "a fault is a table".to_owned(), "write [[fault]] above it".to_owned());
            return;
        };
        self.positions.insert((Place::Fault(n), String::new()), at);
        let mut fault = RawFault::default();
        for (at, key, value) in in_order(table) {
            match value.get_ref() {
                DeValue::Table(when) if key == "when" => {
                    self.positions.insert((Place::When(n), String::new()), at);
                    for (at, key, value) in in_order(when) {
                        fault.when.extend(self.entry(Place::When(n), at, key, value.get_ref()));
                    }
                }
                _ if key == "when" => {
                    let what = "`when` is a table of conditions".to_owned();
                    self.error(at, key, what, "write for example `when = { acked = 10 }`".to_owned());
                }
                value => fault.entries.extend(self.entry(Place::Fault(n), at, key, value)),
            }
        }
        raw.faults.push(fault);
    }

    fn entry(&mut self, place: Place, at: usize, key: &str, value: &DeValue) -> Option<Entry> {
        self.positions.insert((place, key.to_owned()), at);
        if let DeValue::Table(table) = value {
            self.dotted(place, at, key, table);
            return None;
        }
        match raw_value(value) {
            Ok(value) => Some(Entry { key: key.to_owned(), value }),
            Err(what) => {
                let remedy =
                    "give a whole number, a text in quotes, true, false or an array of those".to_owned();
                self.error(at, key, format!("`{key}` cannot be {what}"), remedy);
                None
            }
        }
    }

    /// `linger.ms = 0` without quotes is a table `linger` with a key `ms` in it.
    fn dotted(&mut self, place: Place, at: usize, key: &str, table: &DeTable) {
        let mut name = key.to_owned();
        let mut table = Some(table);
        while let Some((_, key, value)) = table.and_then(|table| in_order(table).into_iter().next()) {
            name = format!("{name}.{key}");
            table = match value.get_ref() {
                DeValue::Table(table) => Some(table),
                _ => None,
            };
        }
        let sections = || [place.section()].into_iter().chain(Section::SETTINGS.iter().copied());
        let known = sections().find(|section| section.key(&name).is_some() || section.is_unmodelled(&name));
        let what = format!("`{name}` has dots in it, which TOML takes for tables");
        match known {
            Some(section) if section == place.section() => {
                self.error(at, &name, what, format!("put it in quotes: \"{name}\""));
            }
            Some(section) => {
                let remedy = format!("put it in quotes: \"{name}\", and into [{}]", section.name());
                self.error(at, &name, what, remedy);
            }
            None => {
                let what = format!("`{key}` {place} is no table");
                self.error(at, key, what, "put keys with dots in quotes".to_owned());
            }
        }
    }
}

/// What a TOML value says, or what it is that no setting can be.
fn raw_value(value: &DeValue) -> Result<RawValue, String> {
    Ok(match value {
        DeValue::Boolean(value) => RawValue::Bool(*value),
        DeValue::String(text) => RawValue::Text(text.as_ref().to_owned()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => RawValue::Int(number),
            Err(_) => return Err(format!("a number as large as {number}")),
        },
        DeValue::Array(values) => {
            let values = values.iter().map(|value| raw_value(value.get_ref()));
            RawValue::List(values.collect::<Result<_, _>>()?)
        }
        DeValue::Float(number) => return Err(format!("{number}, which is no whole number")),
        DeValue::Datetime(moment) => return Err(format!("{moment}, which is a date or time")),
        DeValue::Table(_) => return Err("a table".to_owned()),
    })
}

#[cfg(test)]
mod tests;
