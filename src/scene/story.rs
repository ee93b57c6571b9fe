//! What a run means to a reader, built once from its trace.

mod context;
#[cfg(test)]
mod tests;

use super::captions;
use super::notable::notable;
pub use super::screen_time::{Gap, ScreenTime, ScreenUs};
use super::{Caption, Icon, Lang};
use crate::sim::config::Config;
use crate::sim::{BrokerId, Fact, NodeId, RecordId, StepNo, Time, TopicPartition, Trace, World};
pub(super) use context::Context;
use context::Memory;
use std::mem::{Discriminant, discriminant};

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

/// From when on a caption is said while the run plays.
#[derive(Clone, Copy, Debug)]
struct Saying {
    from: ScreenUs,
    beat: usize,
}

/// How long a caption stays at least, on screen: one that lingers until the next of its kind, until the next
/// routine one; a routine one.
const LINGER_AT_LEAST: ScreenUs = 1_000_000;
const LINGER: ScreenUs = 2_800_000;
const ROUTINE: ScreenUs = 1_500_000;

/// So often a fact of a kind is worth slowing down for.
const READ_ANEW: u8 = 3;

/// What a run means to a reader: its screen time, its notable steps, its captions.
#[derive(Clone, Debug, Default)]
pub struct Story {
    clock: ScreenTime,
    config: Option<Config>,
    beats: Vec<Beat>,
    sayings: Vec<Saying>,
    /// How often facts of a kind have slowed the run down.
    read_before: Vec<(Discriminant<Fact>, u8)>,
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
            let step = StepNo(observation.step.0 + 1);
            let context = self.memory.observe(world, observation);
            if notable(&fact) && !captions::is_noise(&fact, context) {
                let at = trace.at(observation);
                let lingers = captions::lingers(&fact, context);
                let slow = lingers && self.is_news(&fact);
                self.clock.note(at, slow);
                let screen = self.clock.to_screen(at);
                self.beats.push(Beat { step, at, screen, node, fact, context, lingers });
                self.say_last();
            }
        }
        self.read = trace.observations.len();
    }

    /// Whether facts of this kind have not slowed the run down often enough.
    fn is_news(&mut self, fact: &Fact) -> bool {
        let kind = discriminant(fact);
        let place = self.read_before.iter().position(|(known, _)| *known == kind).unwrap_or_else(|| {
            self.read_before.push((kind, 0));
            self.read_before.len() - 1
        });
        let times = &mut self.read_before[place].1;
        *times = times.saturating_add(1);
        *times <= READ_ANEW
    }

    /// Finds a place for the caption of the last beat among those before it, which are to be read as well.
    fn say_last(&mut self) {
        let beat = self.beats.len() - 1;
        let Beat { screen, lingers, .. } = self.beats[beat];
        let from = match self.sayings.last() {
            Some(last) => match (self.beats[last.beat].lingers, lingers) {
                // What is broken at one moment is said in one sentence.
                (true, true) if self.beats[last.beat].screen == screen => return,
                (true, true) => screen.max(last.from + LINGER_AT_LEAST),
                (false, true) => screen,
                (true, false) if screen < last.from + LINGER => return,
                (false, false) if screen < last.from + ROUTINE => return,
                (_, false) => screen,
            },
            // Until then there is room to say what the run is about.
            None if !lingers && screen < LINGER => return,
            None => screen,
        };
        if from <= screen + LINGER_AT_LEAST && self.words(&self.beats[beat], Lang::En).is_some() {
            self.sayings.push(Saying { from, beat });
        }
    }

    /// Records that a broker's log lost up to a cursor, in order of losing. It may have got them back since.
    pub(super) fn dropped(
        &self,
        broker: BrokerId,
        partition: TopicPartition,
        cursor: StepNo,
    ) -> impl Iterator<Item = RecordId> {
        self.memory.dropped(broker, partition, cursor)
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
            let Some(Caption { strong: label, .. }) = self.words(beat, lang) else { continue };
            markers.push(Marker { step: beat.step, screen: beat.screen, kind, icon, label });
        }
        markers
    }

    fn words(&self, beat: &Beat, lang: Lang) -> Option<Caption> {
        captions::caption(&beat.fact, beat.node, self.config.as_ref()?, beat.context, lang)
    }

    /// What to say while the run plays: stays long enough to be read. Nothing at the beginning.
    pub fn caption(&self, cursor: StepNo, lang: Lang) -> Option<Caption> {
        let now = self.screen_of(cursor);
        let said = self.sayings.partition_point(|saying| saying.from <= now);
        let saying = &self.sayings[said.checked_sub(1)?];
        self.words(&self.beats[saying.beat], lang)
    }

    /// What to say about just the step before the cursor, for a reader who steps by hand.
    pub fn caption_of_step(&self, cursor: StepNo, lang: Lang) -> Caption {
        let until = self.beats.partition_point(|beat| beat.step <= cursor);
        self.latest(until, lang)
    }

    /// The first thing of weight in the last step; else whatever was said last.
    fn latest(&self, until: usize, lang: Lang) -> Caption {
        let beats = &self.beats[..until];
        let words = |beat: &Beat| self.words(beat, lang);
        let step = beats.last().map_or(StepNo(0), |beat| beat.step);
        let now = &beats[beats.partition_point(|beat| beat.step < step)..];
        let of_weight = now.iter().filter(|beat| beat.lingers).find_map(words);
        of_weight.or_else(|| beats.iter().rev().take(200).find_map(words)).unwrap_or_default()
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
