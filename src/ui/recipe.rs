//! What a reader has decided: a scenario as it was loaded, settings changed by hand, faults made by hand.

use super::store::Complaint;
use crate::run::catalogue::Words;
use crate::run::file::{self, FileError};
use crate::run::write;
use crate::scene::Lang;
use crate::sim::config::Resolved;
use crate::sim::config::keys::Section;
use crate::sim::config::raw::{Place, Problem, RawFault, RawScenario, RawValue};
use crate::sim::{Scenario, Time};

/// A setting changed by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its section.
    pub section: Section,
    /// Its key.
    pub key: &'static str,
    /// Its value.
    pub value: RawValue,
}

/// A fault made by hand: at a moment, whatever happens before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandFault {
    /// When.
    pub at: Time,
    /// What.
    pub fault: RawFault,
}

/// All that a run is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipe {
    /// As it was loaded.
    pub base: RawScenario,
    /// What it says of itself in Chinese: title, and what it is about; empty where it says nothing.
    pub in_chinese: [String; 2],
    /// Settings that differ from it.
    pub changes: Vec<Change>,
    /// Faults beyond its own, in order of making.
    pub by_hand: Vec<HandFault>,
}

impl Recipe {
    /// A scenario as it was loaded.
    pub fn new(base: RawScenario) -> Recipe {
        Recipe { base, ..Recipe::default() }
    }

    /// Its title. What is not said in Chinese is said in English.
    pub fn title(&self, lang: Lang) -> &str {
        self.said(lang, 0, self.base.title())
    }

    /// What it is about; may be empty.
    pub fn about(&self, lang: Lang) -> &str {
        self.said(lang, 1, self.base.about())
    }

    fn said<'a>(&'a self, lang: Lang, which: usize, english: &'a str) -> &'a str {
        match lang {
            Lang::Zh if !self.in_chinese[which].is_empty() => &self.in_chinese[which],
            _ => english,
        }
    }

    /// Nothing was changed, nothing broken by hand.
    pub fn is_as_loaded(&self) -> bool {
        self.changes.is_empty() && self.by_hand.is_empty()
    }

    /// The scenario as it is now, as a file would say it.
    pub fn raw(&self) -> RawScenario {
        let mut raw = self.base.clone();
        for change in &self.changes {
            raw.set(change.section, change.key, change.value.clone());
        }
        self.by_hand.iter().for_each(|made| raw.add_fault(made.fault.clone()));
        raw
    }

    /// The scenario as it is now, or what is wrong with it.
    pub fn resolve(&self) -> Result<Scenario, Vec<Complaint>> {
        match self.raw().resolve() {
            Ok(Resolved::Scenario(scenario)) => Ok(scenario),
            Ok(Resolved::Refused(refusal)) => Err(vec![Complaint {
                line: None,
                keys: refusal.keys.iter().map(|(section, key)| (*section, (*key).to_owned())).collect(),
                text: format!("{}: {}", refusal.exception, refusal.message),
            }]),
            Err(problems) => Err(problems.iter().map(complaint).collect()),
        }
    }

    /// The scenario as it is now, as a file.
    pub fn to_toml(&self) -> String {
        write::to_toml(&self.raw())
    }

    /// Reads a scenario file, or says all that is wrong with it.
    pub fn read(text: &str) -> Result<Recipe, Vec<Complaint>> {
        match file::parse(text) {
            Ok(file) => {
                let words = Words::chinese(text);
                let in_chinese = [words.title, words.about].map(str::to_owned);
                Ok(Recipe { in_chinese, ..Recipe::new(file.raw) })
            }
            Err(errors) => Err(errors.iter().map(misread).collect()),
        }
    }

    /// Whether a text of so many bytes can be a scenario file. To be asked before it is read.
    pub fn check_size(bytes: usize) -> Result<(), Vec<Complaint>> {
        file::check_size(bytes).map_err(|error| vec![misread(&error)])
    }

    /// Sets a key. A value that the scenario has anyway is no change.
    pub fn set(&mut self, section: Section, key: &'static str, value: RawValue) {
        self.changes.retain(|change| (change.section, change.key) != (section, key));
        if self.base.get(section, key) != Some(&value) {
            self.changes.push(Change { section, key, value });
        }
    }

    /// Without the scenario's own faults and those made by hand: a cluster that nothing happens to.
    pub fn unharmed(&self) -> Recipe {
        let mut base = self.base.clone();
        base.faults.clear();
        Recipe { base, by_hand: Vec::new(), ..self.clone() }
    }

    /// The place of a fault made by hand among all faults of the run.
    pub fn place_of(&self, by_hand: usize) -> usize {
        self.base.faults.len() + by_hand
    }
}

/// An error of a text.
fn misread(error: &FileError) -> Complaint {
    let text = format!("{}; {}", error.what, error.remedy);
    Complaint { line: Some(error.line as u32), keys: Vec::new(), text }
}

/// A problem of a scenario that is no text.
fn complaint(problem: &Problem) -> Complaint {
    let keys = match problem.place {
        Place::Settings(section) => vec![(section, problem.key.clone())],
        Place::Fault(_) | Place::When(_) => Vec::new(),
    };
    Complaint { line: None, keys, text: problem.to_string() }
}
