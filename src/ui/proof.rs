//! Whether a setting would have prevented what went wrong: not said before it was tried, with the same faults.

use super::recipe::Recipe;
use super::run::RunHandle;
use crate::check::{self, Helps};
use crate::run::proof::Tried;
use crate::scene;
use crate::sim::config::keys::Section;
use crate::sim::config::raw::RawValue;
use yew::AttrValue;

/// Longer runs are not tried again without being asked.
const LONGEST: u32 = 100_000;

/// Settings that were tried and help.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof {
    /// The settings.
    pub changes: Vec<(Section, &'static str, RawValue)>,
    /// `acks=all`
    pub label: AttrValue,
    /// How far they help.
    pub helps: Helps,
    /// They have each batch flushed, which has its price.
    pub flushes: bool,
}

/// For each cause of a run the settings that help, where any were found.
pub fn proofs(recipe: &Recipe, run: &RunHandle) -> Vec<Option<Proof>> {
    if run.timeline.end().0 > LONGEST {
        return vec![None; run.causes.len()];
    }
    let raw = recipe.raw();
    let tried = Tried { raw: &raw, scenario: run.timeline.scenario(), report: &run.report };
    run.causes.iter().map(|cause| tried.proof(cause).map(Proof::from)).collect()
}

impl From<check::Proof> for Proof {
    fn from(proof: check::Proof) -> Proof {
        Proof {
            changes: proof.settings.iter().map(|set| (set.section, set.key, set.value.into())).collect(),
            label: scene::settings_text(&proof.settings).into(),
            flushes: proof.flushes(),
            helps: proof.helps,
        }
    }
}
