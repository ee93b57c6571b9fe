//! What a run means to a reader, built once from its trace.

use super::{Caption, Icon, Lang};
use crate::sim::Trace;
use crate::sim::World;
use crate::sim::{Micros, StepNo, Time};

/// A moment of screen time at normal speed, in microseconds since the beginning.
pub type ScreenUs = u64;

/// How virtual time is shown: silences are shortened, what happens is stretched. The same rule for every run,
/// and causal: up to a moment it depends only on what happened until then.
#[derive(Clone, Debug, Default)]
pub struct ScreenTime {}

/// A silence that is long enough to be mentioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Where it begins on screen.
    pub from: ScreenUs,
    /// Where it ends.
    pub to: ScreenUs,
    /// How long it is in virtual time.
    pub lasts: Micros,
}

impl ScreenTime {
    /// When a moment of virtual time is shown.
    pub fn to_screen(&self, at: Time) -> ScreenUs {
        at.0
    }

    /// The moment of virtual time that is shown.
    pub fn to_virtual(&self, at: ScreenUs) -> Time {
        Time(at)
    }

    /// How long the run takes on screen.
    pub fn total(&self) -> ScreenUs {
        0
    }

    /// Silences that a label should name.
    pub fn gaps(&self) -> &[Gap] {
        &[]
    }
}

/// What a mark on the scrubber stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MarkerKind {
    /// A fault fired.
    Fault,
    /// A fault's end, a restart.
    Repair,
    /// A leader was elected.
    Election,
    /// A log lost records.
    Loss,
    /// A second copy, a second payment.
    Double,
}

/// A mark on the scrubber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// The cursor right after it.
    pub step: StepNo,
    /// Where on screen.
    pub screen: ScreenUs,
    /// What it stands for.
    pub kind: MarkerKind,
    /// What to draw.
    pub icon: Icon,
    /// What it says when pointed at.
    pub label: String,
}

/// What a run means to a reader: its screen time, its notable steps, its captions.
#[derive(Clone, Debug, Default)]
pub struct Story {
    clock: ScreenTime,
}

impl Story {
    /// The story of a trace; `world` is the world at its end.
    pub fn of(trace: &Trace, world: &World) -> Story {
        let mut story = Story::default();
        story.follow(trace, world);
        story
    }

    /// Takes in what was added to the trace since.
    pub fn follow(&mut self, _trace: &Trace, _world: &World) {}

    /// Screen time.
    pub fn clock(&self) -> &ScreenTime {
        &self.clock
    }

    /// The cursor at a moment of screen time: how many steps have been taken.
    pub fn cursor_at(&self, _screen: ScreenUs) -> StepNo {
        StepNo(0)
    }

    /// When the step before a cursor is shown.
    pub fn screen_of(&self, _cursor: StepNo) -> ScreenUs {
        0
    }

    /// The cursor right after the next step that has a notable fact.
    pub fn next(&self, _cursor: StepNo) -> Option<StepNo> {
        None
    }

    /// The cursor right after the step with a notable fact that comes before the cursor's.
    pub fn previous(&self, _cursor: StepNo) -> Option<StepNo> {
        None
    }

    /// Marks for the scrubber.
    pub fn markers(&self, _lang: Lang) -> Vec<Marker> {
        Vec::new()
    }

    /// What to say while the run plays: stays long enough to be read.
    pub fn caption(&self, _cursor: StepNo, _lang: Lang) -> Caption {
        Caption::default()
    }

    /// What to say about just the step before the cursor, for a reader who steps by hand.
    pub fn caption_of_step(&self, _cursor: StepNo, _lang: Lang) -> Caption {
        Caption::default()
    }
}
