//! Whether a setting would have prevented what went wrong: not said before it was tried, with the same faults.

use super::recipe::Recipe;
use super::run::RunHandle;
use crate::check::{Setting, SettingValue, Violation, report, why};
use crate::run::timeline::Timeline;
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
    /// Nothing at all goes wrong with them; else only this does not.
    pub nothing_wrong: bool,
}

/// For each cause of a run the settings that help, where any were found.
pub fn proofs(recipe: &Recipe, run: &RunHandle) -> Vec<Option<Proof>> {
    if run.timeline.end().0 > LONGEST {
        return vec![None; run.causes.len()];
    }
    run.causes
        .iter()
        .map(|cause| {
            let tried = |settings: &Vec<Setting>| prove(recipe, settings, cause.violation);
            let mut helps = cause.remedy.candidates.iter().filter_map(tried).peekable();
            let first = helps.peek().cloned();
            helps.find(|proof| proof.nothing_wrong).or(first)
        })
        .collect()
}

/// Runs the same faults with other settings.
fn prove(recipe: &Recipe, settings: &[Setting], violation: Violation) -> Option<Proof> {
    let changes: Vec<_> = settings.iter().map(change).collect();
    let mut recipe = recipe.clone();
    for (section, key, value) in &changes {
        recipe.set(*section, key, value.clone());
    }
    let run = Timeline::run(recipe.resolve().ok()?);
    let report = report(run.scenario(), run.last(), run.trace());
    let nothing_wrong = report.promise_kept();
    let gone = || !why(run.last(), run.trace(), &report).iter().any(|cause| cause.violation == violation);
    let helps = nothing_wrong || gone();
    helps.then(|| Proof { changes, label: scene::settings_text(settings).into(), nothing_wrong })
}

fn change(setting: &Setting) -> (Section, &'static str, RawValue) {
    let value = match setting.value {
        SettingValue::Text(text) => RawValue::from(text),
        SettingValue::Number(number) => RawValue::from(i64::from(number)),
        SettingValue::Flag(flag) => RawValue::from(flag),
    };
    (setting.section, setting.key, value)
}
