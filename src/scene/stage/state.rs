//! How a node is, in a word, a picture and the look of its card.

use super::pen::Pen;
use super::text::{Word, word};
use crate::scene::{Area, Dash, Icon, Lang, Role};
use crate::sim::{ConsumerStep, NodeId, ProcessState, World};

/// Whether a node's process does nothing at the moment.
pub(super) fn is_off(world: &World, node: NodeId) -> bool {
    matches!(
        world.process(node),
        ProcessState::Down { .. } | ProcessState::Starting | ProcessState::Paused(_)
    )
}

/// Whether a node has no process.
pub(super) fn is_down(world: &World, node: NodeId) -> bool {
    matches!(world.process(node), ProcessState::Down { .. })
}

/// What is special about a node's process; nothing while it just runs.
pub(super) fn state(world: &World, node: NodeId, lang: Lang) -> Option<(&'static str, Option<Icon>)> {
    let (said, icon) = match world.process(node) {
        ProcessState::Running => {
            let NodeId::Consumer(n) = node else { return None };
            let failed = world.consumer(n).step == ConsumerStep::Failed;
            return failed.then(|| (word(lang, Word::Failed), Some(Icon::Cross)));
        }
        ProcessState::Paused(_) => (Word::Paused, Some(Icon::Pause)),
        ProcessState::Starting => (Word::Starting, Some(Icon::Restart)),
        ProcessState::Stopping => (Word::Stopping, None),
        ProcessState::Down { power: true, .. } => (Word::NoPower, Some(Icon::Bolt)),
        ProcessState::Down { by: Some(fault), .. } => ended_by(world, fault),
        ProcessState::Down { by: None, .. } => (Word::NotStarted, None),
    };
    Some((word(lang, said), icon))
}

/// What became of a process that a fault ended.
fn ended_by(world: &World, fault: crate::sim::FaultId) -> (Word, Option<Icon>) {
    use crate::sim::Action;
    match world.faults().get(usize::from(fault.0)).map(|fault| fault.action) {
        Some(Action::CleanStop { .. }) => (Word::Stopped, None),
        Some(Action::DiskFull { .. }) => (Word::Stopped, Some(Icon::Disk)),
        _ => (Word::Killed, Some(Icon::Skull)),
    }
}

/// The card of a client or of the database.
pub(super) fn plain_card(pen: &mut Pen, world: &World, node: NodeId, area: Area) {
    if is_off(world, node) {
        pen.card(area, Role::CardDown, Role::InkSoft, 1.2, Dash::Long);
    } else {
        pen.card(area, Role::Card, Role::InkFaint, 1.2, Dash::None);
    }
}
