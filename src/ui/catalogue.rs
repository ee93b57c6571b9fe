//! Where scenarios come from: the built-in catalogue, or the reader.

use crate::scene::Lang;
use crate::sim::config::keys::Section;
use crate::sim::config::raw::{RawFault, RawScenario, Entry};

/// Where a scenario came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The catalogue, by id.
    Catalogue(&'static str),
    /// A text of the reader's.
    Own,
}

/// Ids of the built-in scenarios, the one that opens first.
pub fn ids() -> Vec<&'static str> {
    vec!["leader-killed"]
}

/// The one that opens first.
pub fn first() -> &'static str {
    ids()[0]
}

/// The id of that name, if there is one.
pub fn find(name: &str) -> Option<&'static str> {
    ids().into_iter().find(|id| *id == name)
}

/// Its title.
pub fn title(_id: &str, _lang: Lang) -> &'static str {
    "The leader dies before the followers copy"
}

/// A built-in scenario.
pub fn load(_id: &str) -> Option<RawScenario> {
    let mut raw = RawScenario::default();
    raw.set(Section::Root, "format", 1);
    raw.set(Section::Root, "title", "The leader dies before the followers copy");
    raw.set(Section::Root, "seed", 7);
    raw.set(Section::Cluster, "broker.session.timeout.ms", 3000);
    raw.set(Section::Topic, "min.insync.replicas", 2);
    raw.set(Section::Producer, "acks", "1");
    raw.set(Section::Producer, "enable.idempotence", false);
    raw.add_section(Section::Consumer);
    raw.add_fault(RawFault {
        when: vec![Entry::new("acked", 10)],
        entries: vec![Entry::new("name", "split"), Entry::new("do", "cut"), Entry::new("on", "followers - leader")],
    });
    raw.add_fault(RawFault {
        when: vec![Entry::new("acked", 15)],
        entries: vec![Entry::new("do", "kill"), Entry::new("on", "leader"), Entry::new("restart_after_ms", 8000)],
    });
    Some(raw)
}
