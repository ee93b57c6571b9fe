//! Why a record that was sent is not in the log, or why nobody can read the log.

use super::evidence::{Change, Evidence, LogCut, Mail};
use super::remedy::{self, Advice, Remedy};
use super::{Cause, Link, LinkKind, Violation};
use crate::check::fates::{Fate, Happened, Loss, Moment, StoredCopy};
use crate::sim::config::Acks;
use crate::sim::{BrokerId, BrokerSet, Error, NodeId, RecordId, StepNo, TopicPartition};

/// The members of the last ISR, and what took them.
pub(super) fn log_unreadable(evidence: &Evidence<'_>, partition: TopicPartition) -> Cause {
    let mut links = Vec::new();
    let last = evidence.changes(partition).last();
    let isr = last.map_or_else(|| evidence.config.replica_set(partition), |change| change.isr);
    links.extend(evidence.shrunk(partition, evidence.end));
    links.extend(isr.iter().filter_map(|broker| evidence.down(broker.into(), evidence.end)));
    if let Some(change) = last.filter(|change| change.leader.is_none()) {
        links.push(Link { step: change.step, kind: LinkKind::NoLeader { isr } });
    }
    let remedy = Remedy::of(remedy::more_replicas(evidence.config), Advice::BringBrokerBack);
    Cause::new(Violation::LogUnreadable, partition, None, links, remedy)
}

/// The ack and who had copies then, what kept others from having one, and how each copy ended.
pub(super) fn lost_after_ack(evidence: &Evidence<'_>, record: RecordId) -> Option<Cause> {
    let fate = evidence.fate(record)?;
    let acked_at = fate.moments.iter().position(|m| matches!(m.what, Happened::Acked { .. }))?;
    let (before, ack) = (&fate.moments[..acked_at], fate.moments[acked_at]);
    let mut links = Vec::new();
    if evidence.config.producer.acks == Acks::None {
        links.push(Link { step: ack.step, kind: LinkKind::AckedUnseen });
        links.extend(last_attempt(evidence, fate.moments));
    }
    let copies = copies_after(before);
    let leader = appended_by(before);
    let mut loss = remedy::Loss { alone: true, ..remedy::Loss::default() };
    if let (Some(leader), Acks::Leader | Acks::All) = (leader, evidence.config.producer.acks) {
        let (ack_links, alone) = ack_links(evidence, fate, ack.step, leader, &copies);
        links.extend(ack_links);
        loss.alone = alone;
    }
    links.extend(ends_of_copies(evidence, fate, ack.step, leader, &mut loss));
    let mut remedy = remedy::against_loss(evidence.config, loss);
    let too_large = |what| matches!(what, Happened::Refused { error: Error::MessageTooLarge, .. });
    if fate.first(too_large).is_some() {
        remedy.advice = Some(Advice::FitTheSize);
    }
    Some(Cause::new(Violation::LostAfterAck, fate.partition, Some(record), links, remedy))
}

/// Who had a copy when the application was told, and why the others had none; whether only the leader had one.
fn ack_links(
    evidence: &Evidence<'_>,
    fate: Fate<'_>,
    step: StepNo,
    leader: BrokerId,
    copies: &[StoredCopy],
) -> (Vec<Link>, bool) {
    let partition = fate.partition;
    let holders: BrokerSet = copies.iter().map(|copy| copy.broker).collect();
    let isr = evidence.isr(partition, step);
    let mut links: Vec<Link> = evidence
        .config
        .replicas(partition)
        .filter(|broker| !holders.contains(*broker))
        .filter_map(|broker| evidence.apart(broker.into(), leader.into(), step))
        .collect();
    if isr.len() < evidence.config.replica_set(partition).len() {
        links.extend(evidence.shrunk(partition, step));
    }
    let alone = holders.without(leader).is_empty();
    let acks = evidence.config.producer.acks;
    let kind = if alone {
        LinkKind::AckedByLeaderAlone { broker: leader, acks, isr }
    } else {
        LinkKind::AckedWithCopies { copies: holders, isr }
    };
    links.push(Link { step, kind });
    (links, alone)
}

/// How a record that was in logs came to be in none that counts: lost copies, the election that decided, and
/// what is left where nobody reads it.
fn ends_of_copies(
    evidence: &Evidence<'_>,
    fate: Fate<'_>,
    from: StepNo,
    leader: Option<BrokerId>,
    loss: &mut remedy::Loss,
) -> Vec<Link> {
    let mut links = Vec::new();
    for moment in fate.moments.iter().filter(|moment| moment.step >= from) {
        if let Happened::Lost { broker, how, .. } = moment.what {
            loss.power |= how == Loss::Power;
            links.extend(copy_lost(evidence, fate.partition, moment.step, broker));
        }
    }
    if let Some(leader) = leader {
        links.extend(decided(evidence, fate, from, leader, loss));
    }
    links.extend(left_over(evidence, fate, loss));
    links
}

/// A log lost its end, and why.
fn copy_lost(
    evidence: &Evidence<'_>,
    partition: TopicPartition,
    step: StepNo,
    broker: BrokerId,
) -> Vec<Link> {
    let is = |cut: &&LogCut| (cut.step, cut.broker, cut.partition) == (step, broker, partition);
    evidence.log_cuts.iter().find(is).map_or_else(Vec::new, |cut| log_cut(evidence, cut))
}

/// A log that lost its end, with the power loss where there was one.
pub(super) fn log_cut(evidence: &Evidence<'_>, cut: &LogCut) -> Vec<Link> {
    let LogCut { step, broker, to, .. } = *cut;
    match cut.leader {
        Some(leader) => vec![Link { step, kind: LinkKind::Truncated { broker, to, leader } }],
        None => {
            let mut links: Vec<Link> = evidence.down(broker.into(), step).into_iter().collect();
            links.push(Link { step, kind: LinkKind::UnflushedLost { broker, to } });
            links
        }
    }
}

/// The first election of a leader without the record, and why there was one.
fn decided(
    evidence: &Evidence<'_>,
    fate: Fate<'_>,
    from: StepNo,
    leader: BrokerId,
    loss: &mut remedy::Loss,
) -> Vec<Link> {
    let mut before = leader;
    for change in evidence.elections(fate.partition).filter(|change| change.step >= from) {
        let Some(elected) = change.leader else { continue };
        let holders: BrokerSet = fate.at(change.step).copies.iter().map(|copy| copy.broker).collect();
        let news = elected != before || !holders.is_empty();
        if !holders.contains(elected) && news {
            loss.unclean |= change.unclean;
            loss.copy_elsewhere |= !holders.without(before).is_empty();
            let mut links: Vec<Link> = why_elected(evidence, before, from, change).into_iter().collect();
            links.push(election(evidence, fate.partition, elected, change));
            return links;
        }
        before = elected;
    }
    Vec::new()
}

fn election(evidence: &Evidence<'_>, partition: TopicPartition, broker: BrokerId, change: &Change) -> Link {
    let log_end = evidence.led_from(broker, partition, change.leader_epoch);
    let kind =
        LinkKind::Elected { broker, leader_epoch: change.leader_epoch, log_end, unclean: change.unclean };
    Link { step: change.step, kind }
}

/// Why the leader before lost its place: it went down, or the controller did not hear it.
fn why_elected(evidence: &Evidence<'_>, before: BrokerId, from: StepNo, change: &Change) -> Option<Link> {
    let node = NodeId::from(before);
    evidence
        .went_down(node, from, change.step)
        .or_else(|| evidence.cut(node, NodeId::Controller, change.step))
        .or_else(|| evidence.down(node, change.step))
}

/// Copies that still stand somewhere at the end. One that the leader has waits for its high watermark, and that
/// for the replicas that are not in sync.
fn left_over(evidence: &Evidence<'_>, fate: Fate<'_>, loss: &mut remedy::Loss) -> Vec<Link> {
    let step = evidence.end;
    let copies = fate.end().copies;
    let leader = evidence.world.registration(fate.partition).leader;
    let led = copies.iter().find(|copy| Some(copy.broker) == leader);
    let replica = leader.and_then(|leader| evidence.world.replica(leader, fate.partition));
    if let (Some(StoredCopy { broker, offset, .. }), Some(replica)) = (led.copied(), replica) {
        loss.waits = true;
        let high_watermark = replica.high_watermark;
        let kind = LinkKind::AboveHighWatermark { broker, offset, high_watermark };
        let out = evidence.config.replica_set(fate.partition).minus(evidence.isr(fate.partition, step));
        let mut links: Vec<Link> =
            out.iter().filter_map(|other| evidence.apart(other.into(), broker.into(), step)).collect();
        links.extend(evidence.shrunk(fate.partition, step));
        links.push(Link { step, kind });
        return links;
    }
    let left = |copy: &StoredCopy| {
        let StoredCopy { broker, offset, .. } = *copy;
        Link { step, kind: LinkKind::LeftBehind { broker, offset } }
    };
    copies.iter().map(left).collect()
}

/// Copies that a record has after some of its moments.
fn copies_after(moments: &[Moment]) -> Vec<StoredCopy> {
    let fate = Fate { record: RecordId::new(1, 1), partition: TopicPartition::events(0), moments };
    fate.end().copies
}

fn appended_by(moments: &[Moment]) -> Option<BrokerId> {
    moments.iter().rev().find_map(|moment| match moment.what {
        Happened::Appended { broker, .. } | Happened::DuplicateFound { broker, .. } => Some(broker),
        _ => None,
    })
}

/// What became of the last attempt at a broker that never got the record, or did not want it.
fn last_attempt(evidence: &Evidence<'_>, moments: &[Moment]) -> Option<Link> {
    moments.iter().rev().find_map(|moment| match moment.what {
        Happened::Refused { broker, error } => {
            Some(Link { step: moment.step, kind: LinkKind::Refused { broker, error } })
        }
        Happened::Attempted { request, broker, .. } => lost_request(evidence.mail(request), broker),
        _ => None,
    })
}

fn lost_request(mail: Mail, broker: BrokerId) -> Option<Link> {
    if mail.delivered.is_some() {
        return None;
    }
    let (step, fault) = mail.held.map(|(step, fault)| (step, Some(fault))).or(mail.lost)?;
    Some(Link { step, kind: LinkKind::RequestLost { fault, broker } })
}

/// What became of each attempt, of those alike the first; how copies ended, and what the application heard.
pub(super) fn lost_unacked(evidence: &Evidence<'_>, record: RecordId) -> Option<Cause> {
    let fate = evidence.fate(record)?;
    let mut links = attempts(evidence, fate.moments);
    let appended = fate.first(|what| matches!(what, Happened::Appended { .. }));
    if let Some(appended) = appended {
        if let Happened::Appended { broker, offset, .. } = appended.what {
            links.push(Link { step: appended.step, kind: LinkKind::Appended { broker, offset } });
        }
        let leader = appended_by(fate.moments);
        let mut loss = remedy::Loss::default();
        links.extend(ends_of_copies(evidence, fate, appended.step, leader, &mut loss));
    } else if !fate.moments.iter().any(|m| matches!(m.what, Happened::Attempted { .. })) {
        links.extend(never_sent(evidence, fate));
    }
    let (ends, abandoned) = how_it_ended(evidence, fate);
    links.extend(ends);
    let remedy = if abandoned {
        Remedy::of(Vec::new(), Advice::KeepUntilAcked)
    } else {
        against_failure(evidence, fate)
    };
    Some(Cause::new(Violation::LostUnacked, fate.partition, Some(record), links, remedy))
}

fn against_failure(evidence: &Evidence<'_>, fate: Fate<'_>) -> Remedy {
    let too_large = |what| matches!(what, Happened::Failed { error: Error::MessageTooLarge });
    if fate.first(too_large).is_some() {
        return Remedy::of(Vec::new(), Advice::FitTheSize);
    }
    let mut candidates = remedy::patience(evidence.config);
    candidates.push(remedy::resend(evidence.config));
    Remedy::of(candidates, Advice::KeepUntilAcked)
}

/// What the application was told, or what kept it from being told.
fn how_it_ended(evidence: &Evidence<'_>, fate: Fate<'_>) -> (Vec<Link>, bool) {
    let mut links = Vec::new();
    let mut abandoned = false;
    for moment in fate.moments {
        match moment.what {
            Happened::Expired => links.push(Link { step: moment.step, kind: LinkKind::Expired }),
            Happened::Failed { error } => {
                abandoned = false;
                links.push(Link { step: moment.step, kind: LinkKind::Failed { error } });
            }
            Happened::Abandoned => {
                abandoned = true;
                links.extend(evidence.down(NodeId::Producer(fate.record.producer()), moment.step));
            }
            _ => {}
        }
    }
    (links, abandoned)
}

/// A record that no request ever held: what stood between the producer and the leader.
fn never_sent(evidence: &Evidence<'_>, fate: Fate<'_>) -> Vec<Link> {
    let Some(sent) = fate.first(|what| matches!(what, Happened::Sent { .. })) else { return Vec::new() };
    let mut links = vec![Link { step: sent.step, kind: LinkKind::NeverSent }];
    let leader = evidence.last_leader(fate.partition, sent.step);
    links.extend(evidence.apart(leader.into(), NodeId::Producer(fate.record.producer()), sent.step));
    links
}

/// What became of each attempt that did not end well; of those alike only the first.
pub(super) fn attempts(evidence: &Evidence<'_>, moments: &[Moment]) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let mut asked = None;
    for moment in moments {
        let step = moment.step;
        let link = match moment.what {
            Happened::Attempted { request, broker, .. } => {
                asked = Some(broker);
                lost_request(evidence.mail(request), broker)
            }
            Happened::Refused { broker, error } => {
                Some(Link { step, kind: LinkKind::Refused { broker, error } })
            }
            Happened::Unanswered { error, .. } => {
                asked.map(|broker| Link { step, kind: LinkKind::GaveUp { broker, error } })
            }
            _ => None,
        };
        links.extend(link.filter(|link| !links.iter().any(|other| other.kind == link.kind)));
    }
    links
}
