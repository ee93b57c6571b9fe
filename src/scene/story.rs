//! What a run means to a reader, built once from its trace.

mod context;
#[cfg(test)]
mod tests;

use super::captions;
use super::notable::notable;
pub use super::screen_time::{Gap, ScreenTime, ScreenUs};
use super::{Caption, Icon, Lang};
use crate::sim::config::Config;
use crate::sim::{Fact, NodeId, StepNo, Time, Trace, World};
pub(super) use context::Context;
use context::Memory;

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

/// A notable fact with what its caption has to know.
#[derive(Clone, Copy, Debug)]
struct Beat {
    step: StepNo,
    at: Time,
    screen: ScreenUs,
    node: NodeId,
    fact: Fact,
    context: Context,
    lingers: bool,
}

/// How long a lingering caption stays, on screen.
const LINGER: ScreenUs = 1_600_000;

/// What a run means to a reader: its screen time, its notable steps, its captions.
#[derive(Clone, Debug, Default)]
pub struct Story {
    clock: ScreenTime,
    config: Option<Config>,
    beats: Vec<Beat>,
    /// Times of steps, to find a cursor by time.
    steps: Vec<Time>,
    read: usize,
    memory: Memory,
}

impl Story {
    /// The story of a trace; `world` is the world at its end.
    pub fn of(trace: &Trace, world: &World) -> Story {
        let mut story = Story::default();
        story.follow(trace, world);
        story
    }

    /// Takes in what was added to the trace since.
    pub fn follow(&mut self, trace: &Trace, world: &World) {
        self.config.get_or_insert_with(|| world.config().clone());
        self.steps.extend(trace.steps[self.steps.len()..].iter().map(|step| step.at));
        for observation in &trace.observations[self.read..] {
            let (fact, node) = (observation.fact, observation.node);
            let context = self.memory.observe(world.arena(), observation);
            if notable(&fact) && !captions::is_noise(&fact, context) {
                let at = trace.at(observation);
                self.clock.note(at);
                let lingers = captions::lingers(&fact, context);
                let screen = self.clock.to_screen(at);
                let step = StepNo(observation.step.0 + 1);
                self.beats.push(Beat { step, at, screen, node, fact, context, lingers });
            }
        }
        self.read = trace.observations.len();
    }

    /// Screen time.
    pub fn clock(&self) -> &ScreenTime {
        &self.clock
    }

    /// The cursor at a moment of screen time: how many steps have been taken.
    pub fn cursor_at(&self, screen: ScreenUs) -> StepNo {
        let at = self.clock.to_virtual(screen);
        StepNo(self.steps.partition_point(|step| *step <= at) as u32)
    }

    /// When the step before a cursor is shown.
    pub fn screen_of(&self, cursor: StepNo) -> ScreenUs {
        let before = (cursor.0 as usize).min(self.steps.len());
        before.checked_sub(1).map_or(0, |step| self.clock.to_screen(self.steps[step]))
    }

    /// The cursor right after the next step that has a notable fact.
    pub fn next(&self, cursor: StepNo) -> Option<StepNo> {
        let place = self.beats.partition_point(|beat| beat.step <= cursor);
        self.beats.get(place).map(|beat| beat.step)
    }

    /// The cursor right after the step with a notable fact that comes before the cursor's.
    pub fn previous(&self, cursor: StepNo) -> Option<StepNo> {
        let place = self.beats.partition_point(|beat| beat.step < cursor);
        place.checked_sub(1).map(|place| self.beats[place].step)
    }

    /// Marks for the scrubber.
    pub fn markers(&self, lang: Lang) -> Vec<Marker> {
        let mut markers: Vec<Marker> = Vec::new();
        for beat in &self.beats {
            let Some((kind, icon)) = mark(beat) else { continue };
            // A cut both ways is one mark.
            if markers.last().is_some_and(|last| last.icon == icon && last.screen == beat.screen) {
                continue;
            }
            let label = self.words(beat, lang).map_or(String::new(), |caption| caption.strong);
            markers.push(Marker { step: beat.step, screen: beat.screen, kind, icon, label });
        }
        markers
    }

    fn words(&self, beat: &Beat, lang: Lang) -> Option<Caption> {
        captions::caption(&beat.fact, beat.node, self.config.as_ref()?, beat.context, lang)
    }

    /// What to say while the run plays: stays long enough to be read.
    pub fn caption(&self, cursor: StepNo, lang: Lang) -> Caption {
        let until = self.beats.partition_point(|beat| beat.step <= cursor);
        let now = self.screen_of(cursor);
        let recent = self.beats[..until].iter().rev();
        let lingering = recent.take_while(|beat| beat.screen + LINGER >= now).find(|beat| beat.lingers);
        let said = lingering.and_then(|beat| self.words(beat, lang));
        said.unwrap_or_else(|| self.latest(until, lang))
    }

    /// What to say about just the step before the cursor, for a reader who steps by hand.
    pub fn caption_of_step(&self, cursor: StepNo, lang: Lang) -> Caption {
        let until = self.beats.partition_point(|beat| beat.step <= cursor);
        self.latest(until, lang)
    }

    fn latest(&self, until: usize, lang: Lang) -> Caption {
        self.beats[..until].iter().rev().take(200).find_map(|beat| self.words(beat, lang)).unwrap_or_default()
    }

    /// Whether a notable step is at this moment of virtual time or later.
    pub fn goes_on_after(&self, at: Time) -> bool {
        self.beats.last().is_some_and(|beat| beat.at > at)
    }
}

fn mark(beat: &Beat) -> Option<(MarkerKind, Icon)> {
    Some(match beat.fact {
        Fact::Killed { .. } => (MarkerKind::Fault, Icon::Skull),
        Fact::PowerLost { .. } => (MarkerKind::Fault, Icon::Bolt),
        Fact::Stopping { .. } => (MarkerKind::Fault, Icon::Skull),
        Fact::Paused { .. } => (MarkerKind::Fault, Icon::Pause),
        Fact::LinkCut { .. } | Fact::LinkReset { .. } => (MarkerKind::Fault, Icon::Scissors),
        Fact::DropArmed { .. } => (MarkerKind::Fault, Icon::Trap),
        Fact::DelayArmed { .. } => (MarkerKind::Fault, Icon::Clock),
        Fact::DiskFailed { .. } => (MarkerKind::Fault, Icon::Disk),
        Fact::Started { incarnation } if incarnation > 1 => (MarkerKind::Repair, Icon::Restart),
        Fact::Resumed | Fact::LinkHealed { .. } => (MarkerKind::Repair, Icon::Restart),
        Fact::BecameLeader { leader_epoch, .. } if leader_epoch > 0 => (MarkerKind::Election, Icon::Crown),
        Fact::Truncated { .. } | Fact::UnflushedLost { .. } if beat.context.acked_missing > 0 => {
            (MarkerKind::Loss, Icon::Truncate)
        }
        Fact::Appended { .. } | Fact::Applied { .. } if beat.context.again => {
            (MarkerKind::Double, Icon::Double)
        }
        _ => return None,
    })
}
