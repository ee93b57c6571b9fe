//! Where scenarios come from: the built-in catalogue, or the reader. Only the file of the first one is in the
//! program; the others lie beside the page.

use super::fetch;
use super::recipe::Recipe;
use crate::run::catalogue::{self, CATALOGUE, OPENING, Question, VERSION};
use std::rc::Rc;

/// Where a scenario came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The catalogue, by id.
    Catalogue(&'static str),
    /// A text of the reader's.
    Own,
}

/// The one that opens first.
pub fn first() -> &'static str {
    CATALOGUE[0].id
}

/// The same, read.
pub fn opening() -> Rc<Recipe> {
    Rc::new(Recipe::read(OPENING).unwrap_or_default())
}

/// The id of that name, if there is one.
pub fn find(name: &str) -> Option<&'static str> {
    catalogue::find(name).map(|scenario| scenario.id)
}

/// Ids of the built-in scenarios by the question that they answer, in order.
pub fn by_question() -> Vec<(Question, Vec<&'static str>)> {
    let mut groups: Vec<(Question, Vec<&'static str>)> = Vec::new();
    for scenario in CATALOGUE {
        match groups.iter_mut().find(|(question, _)| *question == scenario.question) {
            Some((_, ids)) => ids.push(scenario.id),
            None => groups.push((scenario.question, vec![scenario.id])),
        }
    }
    groups
}

/// Gives the file of a built-in scenario to `then`, at once or later; nothing where it cannot be fetched.
pub fn load(id: &str, then: impl FnOnce(Option<String>) + 'static) {
    if id == first() {
        then(Some(OPENING.to_owned()));
    } else {
        fetch::text(&address(&format!("{id}.toml")), Box::new(then));
    }
}

/// Gives the index to `then`, or an empty one where it cannot be fetched; see `run::catalogue::Listed`.
pub fn index(then: impl FnOnce(String) + 'static) {
    fetch::text(&address("index.txt"), Box::new(|text: Option<String>| then(text.unwrap_or_default())));
}

/// Where index.html puts a file. The version keeps a copy that an older program has fetched from this one.
fn address(file: &str) -> String {
    format!("./catalogue/{file}?v={VERSION}")
}
