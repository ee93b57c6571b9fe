//! Which run: how it is chosen, and how any moment of it is reached.

pub mod catalogue;
pub mod file;
pub mod proof;
pub mod timeline;
pub mod write;

use crate::sim::{Scenario, Step, Trace, World};

/// A run from its beginning to its end.
#[derive(Clone, Debug)]
pub struct Run {
    /// The world at the end.
    pub world: World,
    /// What happened.
    pub trace: Trace,
}

/// Runs a scenario to its end.
pub fn simulate(scenario: &Scenario) -> Run {
    let mut world = World::new(scenario);
    let mut trace = Trace::default();
    while let Step::Taken = world.step(&mut trace) {}
    Run { world, trace }
}

#[cfg(test)]
mod tests;
