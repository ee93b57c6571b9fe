//! A run that can be looked at from any moment, and forked at any moment: its trace, and snapshots of the world
//! between which it is stepped anew.
//!
//! Memory is bounded: at most [`MOST_SNAPSHOTS`] worlds are kept, evenly spaced. When there are too many, every
//! other one goes and the spacing doubles, so a seek never steps further than two of them lie apart. Worlds share
//! what did not change between them.
//!
//! A long run is computed in slices through [`Computation`], so that whoever computes it can do something else
//! in between. Nothing here knows how a run is drawn.

use crate::sim::{Fault, Scenario, Step, StepNo, Time, Trace, World};

/// Most worlds that a timeline keeps beside its first and its last.
pub const MOST_SNAPSHOTS: usize = 128;

/// Steps between snapshots of a short run.
const CLOSEST: u32 = 64;

/// A run from its beginning to its end.
#[derive(Clone, Debug)]
pub struct Timeline {
    scenario: Scenario,
    trace: Trace,
    snapshots: Snapshots,
    last: World,
}

impl Timeline {
    /// Runs a scenario to its end, however long that takes.
    pub fn run(scenario: Scenario) -> Timeline {
        let mut computation = Computation::new(scenario);
        while !computation.advance(u32::MAX) {}
        computation.finish()
    }

    /// What was decided, faults added by [`Timeline::fork_at`] included.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// What happened.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Steps taken in all: the last cursor.
    pub fn end(&self) -> StepNo {
        self.last.steps()
    }

    /// The world at the end.
    pub fn last(&self) -> &World {
        &self.last
    }

    /// When the step before a cursor was taken; the beginning of time for cursor 0.
    pub fn time_at(&self, cursor: StepNo) -> Time {
        let before = (cursor.0 as usize).min(self.trace.steps.len());
        before.checked_sub(1).map_or(Time(0), |step| self.trace.steps[step].at)
    }

    /// The cursor after everything that had happened by a moment.
    pub fn cursor_at(&self, at: Time) -> StepNo {
        StepNo(self.trace.steps.partition_point(|step| step.at <= at) as u32)
    }

    /// The world after so many steps. Where one seeks often, a [`Cursor`] is quicker.
    pub fn world_at(&self, cursor: StepNo) -> World {
        let mut found = Cursor::new(self);
        found.seek(self, cursor);
        found.world
    }

    /// The same run up to a cursor, and from there with one fault more. The fault says when it fires; it should
    /// not be before the cursor's time.
    pub fn fork_at(&self, cursor: StepNo, fault: Fault) -> Computation {
        // A run that has ended would not go on: its last step is taken anew, with the fault still to come.
        let cursor = StepNo(cursor.0.min(self.end().0.saturating_sub(1)));
        let mut scenario = self.scenario.clone();
        scenario.faults.push(fault.clone());
        let mut snapshots = self.snapshots.until(cursor);
        for world in snapshots.kept.iter_mut() {
            world.inject(fault.clone());
        }
        let mut trace = Trace::default();
        trace.steps.extend_from_slice(&self.trace.steps[..cursor.0 as usize]);
        let observations = self.trace.steps.get(cursor.0 as usize).map_or(0, |step| step.first as usize);
        trace.observations.extend_from_slice(&self.trace.observations[..observations]);
        let mut world = self.world_at(cursor);
        world.inject(fault);
        Computation { timeline: Timeline { scenario, trace, snapshots, last: world } }
    }
}

/// A run under way.
#[derive(Debug)]
pub struct Computation {
    timeline: Timeline,
}

impl Computation {
    /// A run at its beginning.
    pub fn new(scenario: Scenario) -> Computation {
        let world = World::new(&scenario);
        let snapshots = Snapshots { kept: vec![world.clone()], spacing: CLOSEST };
        Computation { timeline: Timeline { scenario, trace: Trace::default(), snapshots, last: world } }
    }

    /// Takes at most so many steps more; says whether the run has ended.
    pub fn advance(&mut self, steps: u32) -> bool {
        let Timeline { trace, snapshots, last, .. } = &mut self.timeline;
        for _ in 0..steps {
            if let Step::Ended(_) = last.step(trace) {
                return true;
            }
            snapshots.offer(last);
        }
        last.ended().is_some()
    }

    /// How far it is.
    pub fn world(&self) -> &World {
        &self.timeline.last
    }

    /// What has happened so far.
    pub fn trace(&self) -> &Trace {
        &self.timeline.trace
    }

    /// The run as far as it was computed.
    pub fn finish(self) -> Timeline {
        self.timeline
    }
}

/// Worlds in order of steps, the first at step 0.
#[derive(Clone, Debug)]
struct Snapshots {
    kept: Vec<World>,
    spacing: u32,
}

impl Snapshots {
    /// Keeps a copy of a world whose turn it is.
    fn offer(&mut self, world: &World) {
        if !world.steps().0.is_multiple_of(self.spacing) {
            return;
        }
        if self.kept.len() > MOST_SNAPSHOTS {
            self.spacing *= 2;
            let spacing = self.spacing;
            self.kept.retain(|kept| kept.steps().0.is_multiple_of(spacing));
            if !world.steps().0.is_multiple_of(spacing) {
                return;
            }
        }
        self.kept.push(world.clone());
    }

    /// The last one not after a cursor.
    fn before(&self, cursor: StepNo) -> &World {
        &self.kept[self.kept.partition_point(|world| world.steps() <= cursor) - 1]
    }

    /// Those not after a cursor.
    fn until(&self, cursor: StepNo) -> Snapshots {
        let count = self.kept.partition_point(|world| world.steps() <= cursor);
        Snapshots { kept: self.kept[..count].to_vec(), spacing: self.spacing }
    }
}

/// A world that moves along a timeline: a step forward costs a step, a jump at most the way from a snapshot.
#[derive(Clone, Debug)]
pub struct Cursor {
    world: World,
    /// Facts that the timeline has already; stepping writes them once more.
    scratch: Trace,
}

impl Cursor {
    /// At the beginning of a timeline.
    pub fn new(timeline: &Timeline) -> Cursor {
        Cursor { world: timeline.snapshots.before(StepNo(0)).clone(), scratch: Trace::default() }
    }

    /// Goes to a cursor, or to the end where the timeline is shorter.
    pub fn seek(&mut self, timeline: &Timeline, to: StepNo) {
        let to = to.min(timeline.end());
        let snapshot = timeline.snapshots.before(to);
        if to < self.world.steps() || snapshot.steps() > self.world.steps() {
            self.world = snapshot.clone();
        }
        while self.world.steps() < to {
            self.scratch.steps.clear();
            self.scratch.observations.clear();
            self.world.step(&mut self.scratch);
        }
    }

    /// The world there.
    pub fn world(&self) -> &World {
        &self.world
    }
}

#[cfg(test)]
mod tests;
