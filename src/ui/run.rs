//! A computed run with everything that panels ask it for, built once.

use crate::check::{Cause, Fates, Report, report, why_with};
use crate::run::timeline::Timeline;
use crate::scene::Story;
use crate::sim::{StepNo, Time};
use std::ops::Deref;
use std::rc::Rc;

/// A run and its indexes.
#[derive(Debug)]
pub struct Run {
    /// The run itself.
    pub timeline: Timeline,
    /// What it means to a reader.
    pub story: Story,
    /// How it ended.
    pub report: Report,
    /// What became of each record.
    pub fates: Fates,
    /// Why it went wrong.
    pub causes: Vec<Cause>,
}

/// A run in somebody's hand. Two are equal when they are the same one.
#[derive(Clone, Debug)]
pub struct RunHandle(Rc<Run>);

impl RunHandle {
    /// Builds the indexes of a run.
    pub fn new(timeline: Timeline, story: Story) -> RunHandle {
        let report = report(timeline.scenario(), timeline.last(), timeline.trace());
        let fates = Fates::new(timeline.last(), timeline.trace());
        let causes = why_with(timeline.last(), timeline.trace(), &fates, &report);
        RunHandle(Rc::new(Run { timeline, story, report, fates, causes }))
    }

    /// The cursor that shows a moment of virtual time.
    pub fn cursor_at(&self, at: Time) -> StepNo {
        self.timeline.cursor_at(at)
    }
}

impl PartialEq for RunHandle {
    fn eq(&self, other: &RunHandle) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for RunHandle {
    type Target = Run;

    fn deref(&self) -> &Run {
        &self.0
    }
}
