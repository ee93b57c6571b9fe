//! Ids that were noted, so that a record is known when it comes again: a table of the database, or a map in the
//! memory of a consumer's process.

use super::cow::CowVec;
use super::cx::Cx;
use super::fact::Fact;
use super::ids::{RecordId, Time};
use super::message::DedupId;

/// Tables that an id can stand in: events by producer, places by partition.
pub(crate) const TABLES: usize = 6;

/// Noted ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    /// Until when each is kept (0: not noted).
    until: [CowVec<Time>; TABLES],
}

impl Notes {
    /// Whether an id is noted. A note that has had its time (`remember_ms`) is gone.
    pub(crate) fn hold(&mut self, cx: &mut Cx<'_>, record: RecordId, id: DedupId, consumer: u8) -> bool {
        let (table, row) = place_of(record, id);
        let Some(until) = self.until[table].get_mut(row).filter(|until| **until > Time(0)) else {
            return false;
        };
        let kept = cx.now() < *until;
        if !kept {
            *until = Time(0);
            cx.record(Fact::Forgotten { record, consumer });
        }
        kept
    }

    /// Notes an id.
    pub(crate) fn add(&mut self, cx: &mut Cx<'_>, record: RecordId, id: DedupId, consumer: u8) {
        let (table, row) = place_of(record, id);
        let remember = cx.config().consumer.as_ref().and_then(|consumer| consumer.remember);
        let notes = &mut self.until[table];
        while notes.len() <= row {
            notes.push(Time(0));
        }
        *notes.get_mut(row).expect("made sure of above") =
            remember.map_or(Time(u64::MAX), |remember| cx.now().plus(remember));
        cx.record(Fact::Recorded { record, consumer });
        cx.note_change();
    }
}

/// Where an id stands: the table and the row.
pub(crate) fn place_of(record: RecordId, id: DedupId) -> (usize, usize) {
    match id {
        DedupId::Event => (usize::from(record.producer()) - 1, record.number() as usize),
        DedupId::Place(partition, offset) => (3 + partition.index(), offset as usize),
    }
}
