//! The one table of keys: every setting that a scenario file can name, with its type, default, range and
//! meaning. Parser, nearest key, defaults, the panel of settings and the settings page all read it.
//!
//! Names, defaults and ranges in the sections of cluster, topic, producer and consumer are Kafka's 4.4.0
//! where [`Key::is_kafka`] says so. A setting of Kafka that is not modelled stands here too, so that it is
//! refused by name and never ignored.

use super::key_list::{CLUSTER, CONSUMER, FAULT, NETWORK, PRODUCER, ROOT, STOP, TOPIC, WHEN};
use super::unmodelled;

/// A setting, or a part of a fault.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As it stands in the file.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What holds where the file says nothing.
    pub default: Default,
    /// What it does, in one line.
    pub doc: &'static str,
    /// Why it can be less than in Kafka: added to the error where a value lies beyond `kind`.
    pub limit: &'static str,
    /// Values that give away a guarantee. Legal: the loss is the lesson.
    pub dangerous: &'static [&'static str],
    /// Why the key cannot be set at all, if so.
    pub refused: Option<&'static str>,
}

/// What a key holds. Each takes the TOML type or its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// true or false
    Bool,
    /// A whole number from the first to the second.
    Int(i64, i64),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Any text.
    Text,
    /// Whole numbers up to the given one.
    Ints(i64),
    /// One or several of these words: an array, or a text with commas.
    Choices(&'static [&'static str]),
    /// Names of records: an array, or a text with commas.
    Records,
}

/// What holds where nothing is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// true or false
    Bool(bool),
    /// A number.
    Int(i64),
    /// A word.
    Text(&'static str),
    /// Numbers.
    Ints(&'static [i64]),
    /// What these words say: it depends on other settings, or there is none.
    Computed(&'static str),
}

/// Part of a scenario file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// Above the first section.
    Root,
    /// `stop = { … }`
    Stop,
    /// `[cluster]`
    Cluster,
    /// `[topic]`
    Topic,
    /// `[producer]`
    Producer,
    /// `[consumer]`
    Consumer,
    /// `[network]`
    Network,
    /// A `[[fault]]`.
    Fault,
    /// The `when` of a fault.
    When,
}

impl Section {
    /// Those that hold settings, in the order in which a file is written.
    pub const SETTINGS: &[Section] = &[
        Section::Root,
        Section::Stop,
        Section::Cluster,
        Section::Topic,
        Section::Producer,
        Section::Consumer,
        Section::Network,
    ];

    /// Name in the file; empty above the first section.
    pub fn name(self) -> &'static str {
        match self {
            Section::Root => "",
            Section::Stop => "stop",
            Section::Cluster => "cluster",
            Section::Topic => "topic",
            Section::Producer => "producer",
            Section::Consumer => "consumer",
            Section::Network => "network",
            Section::Fault => "fault",
            Section::When => "when",
        }
    }

    /// Its keys.
    pub fn keys(self) -> &'static [Key] {
        match self {
            Section::Root => ROOT,
            Section::Stop => STOP,
            Section::Cluster => CLUSTER,
            Section::Topic => TOPIC,
            Section::Producer => PRODUCER,
            Section::Consumer => CONSUMER,
            Section::Network => NETWORK,
            Section::Fault => FAULT,
            Section::When => WHEN,
        }
    }

    /// The key of that name.
    pub fn key(self, name: &str) -> Option<&'static Key> {
        self.keys().iter().find(|key| key.name == name)
    }

    /// Whether Kafka knows a setting of that name here that ackscope does not.
    pub fn is_unmodelled(self, name: &str) -> bool {
        let (names, prefixes) = match self {
            Section::Cluster => (unmodelled::BROKER, unmodelled::PREFIXES),
            Section::Topic => (unmodelled::TOPIC, ""),
            Section::Producer => (unmodelled::PRODUCER, unmodelled::PREFIXES),
            Section::Consumer => (unmodelled::CONSUMER, unmodelled::PREFIXES),
            _ => return false,
        };
        names.split_whitespace().any(|known| known == name)
            || prefixes.split_whitespace().any(|prefix| name.starts_with(prefix))
    }
}

impl Key {
    const fn new(name: &'static str, kind: Kind, default: Default, doc: &'static str) -> Key {
        Key { name, kind, default, doc, limit: "", dangerous: &[], refused: None }
    }

    pub(super) const fn int(name: &'static str, default: i64, min: i64, max: i64, doc: &'static str) -> Key {
        Key::new(name, Kind::Int(min, max), Default::Int(default), doc)
    }

    /// A number whose default depends on others, or that has none.
    pub(super) const fn free(
        name: &'static str,
        default: &'static str,
        min: i64,
        max: i64,
        doc: &'static str,
    ) -> Key {
        Key::new(name, Kind::Int(min, max), Default::Computed(default), doc)
    }

    pub(super) const fn bool(name: &'static str, default: bool, doc: &'static str) -> Key {
        Key::new(name, Kind::Bool, Default::Bool(default), doc)
    }

    pub(super) const fn choice(
        name: &'static str,
        default: &'static str,
        choices: &'static [&'static str],
        doc: &'static str,
    ) -> Key {
        Key::new(name, Kind::Choice(choices), Default::Text(default), doc)
    }

    /// Something without a default.
    pub(super) const fn open(
        name: &'static str,
        kind: Kind,
        default: &'static str,
        doc: &'static str,
    ) -> Key {
        Key::new(name, kind, Default::Computed(default), doc)
    }

    pub(super) const fn refuse(name: &'static str, reason: &'static str) -> Key {
        let key = Key::new(name, Kind::Text, Default::Computed(""), "");
        Key { refused: Some(reason), ..key }
    }

    pub(super) const fn default(self, default: Default) -> Key {
        Key { default, ..self }
    }

    pub(super) const fn limit(self, limit: &'static str) -> Key {
        Key { limit, ..self }
    }

    pub(super) const fn dangerous(self, dangerous: &'static [&'static str]) -> Key {
        Key { dangerous, ..self }
    }

    /// Whether the name is Kafka's own. All of those have a dot in them, but `acks` and `retries`.
    pub fn is_kafka(&self) -> bool {
        self.name.contains('.') || matches!(self.name, "acks" | "retries")
    }

    /// The default as it would stand in a file, or in words where it depends on others.
    pub fn default_text(&self) -> String {
        match self.default {
            Default::Bool(value) => value.to_string(),
            Default::Int(value) => value.to_string(),
            Default::Text(value) => format!("\"{value}\""),
            Default::Ints(values) => format!("{values:?}"),
            Default::Computed(words) => words.to_string(),
        }
    }
}

/// The known key most like `name`, `here` before elsewhere, if one is alike enough to have been meant.
pub(crate) fn nearest(here: Section, name: &str) -> Option<(Section, &'static str)> {
    let elsewhere: &[Section] = match here {
        Section::Fault => &[Section::When],
        Section::When => &[Section::Fault],
        _ => Section::SETTINGS,
    };
    let keys = |section: &Section| section.keys().iter().map(|key| (*section, key.name)).collect::<Vec<_>>();
    let all = keys(&here).into_iter().chain(elsewhere.iter().flat_map(keys));
    nearest_of(name, all.map(|found| (found.1, found)))
}

/// What is named most like `name`, if anything is alike enough to have been meant; the first among equals.
pub(crate) fn nearest_of<'a, T>(name: &str, all: impl IntoIterator<Item = (&'a str, T)>) -> Option<T> {
    let most = (name.chars().count() / 3).clamp(1, 6);
    let distances = all.into_iter().map(|(known, found)| (distance(name, known), found));
    let best = distances.reduce(|best, next| if next.0 < best.0 { next } else { best })?;
    (best.0 <= most).then_some(best.1)
}

/// Letters to put in, take out, change or swap with the next to make one name of the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(100).collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests;
