//! Who of a group gets which partitions (`RangeAssignor`, `CooperativeStickyAssignor`).

use crate::sim::config::{Assignor, Config, ConsumerConfig};
use crate::sim::message::MemberId;
use crate::sim::order::sort_by_number;

/// Partitions of each member in order of their ids, as bits. `members` with what each holds on to.
pub(crate) fn assign(assignor: Assignor, partitions: u8, members: &[(MemberId, u8)]) -> Vec<(MemberId, u8)> {
    let mut members = members.to_vec();
    sort_by_number(&mut members, |(id, _)| u64::from(id.consumer) << 16 | u64::from(id.instance));
    match assignor {
        Assignor::Range => range(partitions, &members),
        Assignor::CooperativeSticky => cooperative(partitions, &members),
    }
}

/// Partitions in order, cut into runs as even as can be, the first members getting one more.
fn range(partitions: u8, members: &[(MemberId, u8)]) -> Vec<(MemberId, u8)> {
    let count = members.len().max(1) as u8;
    let (each, more) = (partitions / count, partitions % count);
    let mut next = 0;
    let take = |(i, (id, _)): (usize, &(MemberId, u8))| {
        let n = each + u8::from((i as u8) < more);
        let bits = (next..next + n).fold(0, |bits, partition| bits | 1 << partition);
        next += n;
        (*id, bits)
    };
    members.iter().enumerate().map(take).collect()
}

/// Members keep what they hold as far as that is even. What moves is given to nobody until its old owner,
/// who sees that it lost it, has let it go and joined anew (KIP-429).
fn cooperative(partitions: u8, sorted: &[(MemberId, u8)]) -> Vec<(MemberId, u8)> {
    let count = sorted.len().max(1) as u32;
    let most = u32::from(partitions).div_ceil(count);
    let mut target: Vec<u8> = Vec::new();
    for (_, owned) in sorted {
        // A claim of two members on one partition is void for the later one.
        let free = owned & !target.iter().fold(0, |all, bits| all | bits) & ((1 << partitions) - 1);
        let kept = (0..partitions).filter(|p| free & 1 << p != 0).take(most as usize);
        target.push(kept.fold(0, |bits, p| bits | 1 << p));
    }
    for partition in 0..partitions {
        if target.iter().all(|bits| bits & 1 << partition == 0) {
            let least = (0..target.len()).min_by_key(|i| target[*i].count_ones());
            if let Some(i) = least {
                target[i] |= 1 << partition;
            }
        }
    }
    let owned_by_others = |i: usize| {
        sorted.iter().enumerate().filter(|(j, _)| *j != i).fold(0, |all, (_, (_, owned))| all | owned)
    };
    sorted
        .iter()
        .enumerate()
        .map(|(i, (id, owned))| (*id, target[i] & (owned | !owned_by_others(i))))
        .collect()
}

impl ConsumerConfig {
    /// Whether a member runs when the run begins.
    pub(super) fn starts_at_once(&self, number: u8) -> bool {
        match &self.members_start {
            Some(starts) => starts.get(usize::from(number) - 1).copied().unwrap_or(0) == 0,
            None => !self.start_after_producers,
        }
    }
}

impl Config {
    /// Members that have joined when the run begins, with their partitions. None, where the coordinator takes no
    /// member with their session.
    pub(crate) fn initial_assignment(&self) -> Vec<(MemberId, u8)> {
        let taken = |consumer: &&ConsumerConfig| self.cluster.takes_session(consumer.session_timeout);
        let Some(consumer) = self.consumer.as_ref().filter(taken) else { return Vec::new() };
        let members: Vec<(MemberId, u8)> = (1..=consumer.members)
            .filter(|number| consumer.starts_at_once(*number))
            .map(|consumer| (MemberId { consumer, instance: 0 }, 0))
            .collect();
        assign(consumer.assignor, self.topic.partitions, &members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(owned: &[u8]) -> Vec<(MemberId, u8)> {
        let id = |i: usize| MemberId { consumer: i as u8 + 1, instance: 0 };
        owned.iter().enumerate().map(|(i, bits)| (id(i), *bits)).collect()
    }

    fn bits(assigned: &[(MemberId, u8)]) -> Vec<u8> {
        assigned.iter().map(|(_, bits)| *bits).collect()
    }

    #[test]
    fn range_gives_the_first_members_more() {
        assert_eq!(bits(&assign(Assignor::Range, 3, &members(&[0, 0]))), [0b011, 0b100]);
        assert_eq!(bits(&assign(Assignor::Range, 1, &members(&[0, 0, 0]))), [1, 0, 0]);
    }

    #[test]
    fn cooperative_moves_a_partition_in_two_rounds() {
        let first = assign(Assignor::CooperativeSticky, 3, &members(&[0b111, 0]));
        assert_eq!(bits(&first), [0b011, 0], "what moves is given to nobody yet");
        let second = assign(Assignor::CooperativeSticky, 3, &members(&[0b011, 0]));
        assert_eq!(bits(&second), [0b011, 0b100]);
    }
}
