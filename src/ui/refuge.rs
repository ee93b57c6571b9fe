//! Where a scenario is safe while the page is open: after a panic the page can be opened again with it.

use super::dom;
use super::recipe::Recipe;

/// The scenario as a file, for as long as the tab lives. The start script reads it too.
const SCENARIO: &str = "ackscope.scenario";
/// Set when the page is opened again because of a panic.
const AGAIN: &str = "ackscope.again";

/// Keeps what was decided.
pub fn keep(recipe: &Recipe) {
    if let Some(storage) = dom::session_storage() {
        let _ = storage.set_item(SCENARIO, &recipe.to_toml());
    }
}

/// What was decided before the page had to be opened again, if it had to.
pub fn take() -> Option<Recipe> {
    let storage = dom::session_storage()?;
    storage.get_item(AGAIN).ok()??;
    let _ = storage.remove_item(AGAIN);
    Recipe::read(&storage.get_item(SCENARIO).ok()??).ok()
}
