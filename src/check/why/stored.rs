//! Why a record that was sent is not in the log, or why nobody can read the log.

use super::evidence::{Change, Evidence, LogCut};
use super::produced::unanswered_appends;
use super::remedy::{self, Advice, Remedy};
use super::{Cause, Link, LinkKind, Violation};
use crate::check::fates::{Fate, Happened, Loss, Moment, StoredCopy};
use crate::sim::config::Acks;
use crate::sim::{BrokerId, BrokerSet, Error, NodeId, RecordId, StepNo, TopicPartition};

/// What keeps each replica from leading.
pub(super) fn log_unreadable(evidence: &Evidence<'_>, partition: TopicPartition) -> Cause {
    let end = evidence.end;
    let isr = evidence.isr(partition, end);
    let mut links: Vec<Link> = evidence.shrunk(partition, end).into_iter().collect();
    for broker in evidence.config.replicas(partition) {
        let unheard = evidence.unheard(broker, end);
        // One that is back, but may not lead.
        if unheard.is_empty() && !isr.contains(broker) {
            links.extend(out_of_sync(evidence, partition, broker, end));
        }
        links.extend(unheard);
    }
    links.extend(evidence.leaderless(partition, end));
    let remedy = Remedy::of(remedy::more_replicas(evidence.config), Advice::BringBrokerBack);
    Cause::new(Violation::LogUnreadable, partition, None, links, remedy)
}

/// The ack and who had copies then, what kept others from having one, and how each copy ended.
pub(super) fn lost_after_ack(evidence: &Evidence<'_>, record: RecordId) -> Option<Cause> {
    let fate = evidence.fate(record)?;
    let acked_at = fate.moments.iter().position(|m| matches!(m.what, Happened::Acked { .. }))?;
    let ack = fate.moments[acked_at];
    if let Some((links, remedy)) = deleted(evidence, fate) {
        return Some(Cause::new(Violation::LostAfterAck, fate.partition, Some(record), links, remedy));
    }
    let mut loss = remedy::Loss { alone: true, ..remedy::Loss::default() };
    let mut links = Vec::new();
    // With acks=0 an append comes after the ack.
    let (from, leader) = if evidence.config.producer.acks == Acks::None {
        links.push(Link { step: ack.step, kind: LinkKind::AckedUnseen });
        match fate.first(|what| matches!(what, Happened::Appended { .. })) {
            Some(Moment { step, what: Happened::Appended { broker, offset, .. } }) => {
                links.push(Link { step, kind: LinkKind::Appended { broker, offset } });
                (step, Some(broker))
            }
            _ => {
                links.extend(attempts(evidence, fate, fate.moments));
                (ack.step, None)
            }
        }
    } else {
        let answered = answered(evidence, &fate.moments[..acked_at]).unwrap_or(ack.step);
        let leader = appended_by(&fate.moments[..acked_at]);
        if let Some(leader) = leader {
            links.extend(ack_links(evidence, fate, (answered, ack.step), leader, &mut loss));
        }
        (answered, leader)
    };
    links.extend(ends_of_copies(evidence, fate, from, leader, &mut loss));
    let mut remedy = remedy::against_loss(evidence.config, loss);
    let too_large = |what| matches!(what, Happened::Refused { error: Error::MessageTooLarge, .. });
    if fate.first(too_large).is_some() {
        remedy = Remedy::of(Vec::new(), Advice::FitTheSize);
    }
    Some(Cause::new(Violation::LostAfterAck, fate.partition, Some(record), links, remedy))
}

/// Whoever leads at the end had it, and deleted it in its time.
fn deleted(evidence: &Evidence<'_>, fate: Fate<'_>) -> Option<(Vec<Link>, Remedy)> {
    let leader = evidence.last_leader(fate.partition, evidence.end);
    let gone = fate.first(
        |what| matches!(what, Happened::Lost { broker, how: Loss::Deleted, .. } if broker == leader),
    )?;
    let Happened::Lost { broker, offset, .. } = gone.what else { return None };
    let told = |what: Happened| match what {
        Happened::Appended { broker, offset, .. } => Some(LinkKind::Appended { broker, offset }),
        Happened::Delivered { consumer, offset } => Some(LinkKind::Delivered { consumer, offset }),
        Happened::Applied { consumer, .. } => Some(LinkKind::Applied { consumer }),
        _ => None,
    };
    let mut links: Vec<Link> =
        fate.moments.iter().filter_map(|m| Some(Link { step: m.step, kind: told(m.what)? })).collect();
    if !links.iter().any(|link| matches!(link.kind, LinkKind::Delivered { .. })) {
        let consumers = (1..=evidence.config.members()).map(NodeId::Consumer);
        links.extend(consumers.flat_map(|node| evidence.why_down(node, gone.step)));
    }
    links.push(Link { step: gone.step, kind: LinkKind::Deleted { broker, offset } });
    Some((links, Remedy::of(vec![remedy::keep_longer()], Advice::KeepLonger)))
}

/// When the answer that led to an ack was sent.
fn answered(evidence: &Evidence<'_>, before: &[Moment]) -> Option<StepNo> {
    let request = before.iter().rev().find_map(|moment| match moment.what {
        Happened::Answered { request, error: None } => Some(request),
        _ => None,
    })?;
    Some(evidence.mail(evidence.mail(request).answer?).sent)
}

/// Who had a copy when the leader answered, and why the others had none.
fn ack_links(
    evidence: &Evidence<'_>,
    fate: Fate<'_>,
    (answered, acked): (StepNo, StepNo),
    leader: BrokerId,
    loss: &mut remedy::Loss,
) -> Vec<Link> {
    let partition = fate.partition;
    let holders = holders_before(fate, answered);
    let isr = evidence.isr(partition, answered);
    let without = evidence.config.replicas(partition).filter(|broker| !holders.contains(*broker));
    let mut links: Vec<Link> =
        without.flat_map(|broker| evidence.apart(broker.into(), leader.into(), answered)).collect();
    if isr.len() < evidence.config.replica_set(partition).len() {
        links.extend(evidence.shrunk(partition, answered));
    }
    loss.alone = holders.without(leader).is_empty();
    let acks = evidence.config.producer.acks;
    let kind = if loss.alone {
        LinkKind::AckedByLeaderAlone { broker: leader, acks, isr }
    } else {
        LinkKind::AckedWithCopies { copies: holders, isr }
    };
    links.push(Link { step: acked, kind });
    links
}

/// Who has a copy at a moment, before that very step takes any away.
fn holders_before(fate: Fate<'_>, step: StepNo) -> BrokerSet {
    let until = fate.until(step);
    let kept = until.iter().filter(|m| m.step < step || !matches!(m.what, Happened::Lost { .. }));
    let moments: Vec<Moment> = kept.copied().collect();
    holders(Fate { moments: &moments, ..fate }.end().copies)
}

fn holders(copies: Vec<StoredCopy>) -> BrokerSet {
    copies.iter().map(|copy| copy.broker).collect()
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
    for (place, moment) in fate.moments.iter().enumerate().filter(|(_, moment)| moment.step >= from) {
        let Happened::Lost { broker, how, .. } = moment.what else { continue };
        if copied_again(&fate.moments[place..], broker) {
            continue;
        }
        loss.power |= how == Loss::Power;
        links.extend(copy_lost(evidence, fate.partition, moment.step, broker));
    }
    if let Some(leader) = leader {
        links.extend(decided(evidence, fate, from, leader, loss));
    }
    links.extend(left_over(evidence, fate, loss));
    links
}

/// Whether a broker got a copy once more.
fn copied_again(moments: &[Moment], broker: BrokerId) -> bool {
    moments.iter().any(|moment| match moment.what {
        Happened::Appended { broker: who, .. } | Happened::Replicated { broker: who, .. } => who == broker,
        _ => false,
    })
}

/// A log lost its end, and why.
pub(super) fn copy_lost(
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

/// The election after which no leader had the record any more, why there was one, and why nobody who had it won.
fn decided(
    evidence: &Evidence<'_>,
    fate: Fate<'_>,
    from: StepNo,
    leader: BrokerId,
    loss: &mut remedy::Loss,
) -> Vec<Link> {
    let mut before = leader;
    let mut decisive: Option<(Change, BrokerId, BrokerId, BrokerSet)> = None;
    for change in evidence.elections(fate.partition).filter(|change| change.step >= from) {
        let Some(elected) = change.leader else { continue };
        let holders = holders(fate.at(change.step).copies);
        if holders.contains(elected) {
            decisive = None;
        } else if decisive.is_none() && !holders.is_empty() {
            decisive = Some((*change, before, elected, holders));
        }
        before = elected;
    }
    let Some((change, before, elected, holders)) = decisive else { return Vec::new() };
    loss.unclean |= change.unclean;
    let others = holders.without(before);
    loss.copy_elsewhere |= !others.is_empty();
    let mut links: Vec<Link> = why_elected(evidence, before, from, &change);
    links.extend(others.iter().flat_map(|broker| {
        let mut links = evidence.unheard(broker, change.step);
        links.extend(out_of_sync(evidence, fate.partition, broker, change.step));
        links
    }));
    links.push(election(evidence, fate.partition, elected, &change));
    links
}

/// Why a replica was not in the ISR at a moment.
fn out_of_sync(
    evidence: &Evidence<'_>,
    partition: TopicPartition,
    broker: BrokerId,
    step: StepNo,
) -> Vec<Link> {
    let Some(change) = evidence.left_isr(partition, broker, step) else { return Vec::new() };
    let mut links = evidence.unheard(broker, change.step);
    if links.is_empty() {
        let leader = evidence.last_leader(partition, change.step);
        links = evidence.apart(broker.into(), leader.into(), change.step);
    }
    if links.is_empty() {
        // It is back already, and leaves the ISR because it did not end in order.
        links.extend(evidence.last_down(broker.into(), change.step));
    }
    links.push(Link { step: change.step, kind: LinkKind::IsrShrunk { to: change.isr } });
    links
}

fn election(evidence: &Evidence<'_>, partition: TopicPartition, broker: BrokerId, change: &Change) -> Link {
    let log_end = evidence.led_from(broker, partition, change.leader_epoch);
    let kind =
        LinkKind::Elected { broker, leader_epoch: change.leader_epoch, log_end, unclean: change.unclean };
    Link { step: change.step, kind }
}

/// Why the leader before lost its place: it went down, or the controller did not hear it.
fn why_elected(evidence: &Evidence<'_>, before: BrokerId, from: StepNo, change: &Change) -> Vec<Link> {
    let node = NodeId::from(before);
    let mut links = evidence.why_went_down(node, from, change.step);
    if links.is_empty() {
        links.extend(evidence.cut(node, NodeId::Controller, change.step));
    }
    if links.is_empty() {
        links = evidence.why_down(node, change.step);
    }
    links
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
        let mut links = too_few_in_sync(evidence, fate.partition, broker, step);
        links.push(Link { step, kind });
        return links;
    }
    let left = |copy: &StoredCopy| {
        let StoredCopy { broker, offset, .. } = *copy;
        Link { step, kind: LinkKind::LeftBehind { broker, offset } }
    };
    copies.iter().map(left).collect()
}

/// What keeps replicas from being in sync, and from following a leader.
fn too_few_in_sync(
    evidence: &Evidence<'_>,
    partition: TopicPartition,
    leader: BrokerId,
    step: StepNo,
) -> Vec<Link> {
    let others = evidence.config.replica_set(partition).without(leader);
    let mut links: Vec<Link> =
        others.iter().flat_map(|other| evidence.apart(other.into(), leader.into(), step)).collect();
    if evidence.isr(partition, step).len() < evidence.config.replica_set(partition).len() {
        let out = others.minus(evidence.isr(partition, step));
        links.extend(out.iter().flat_map(|other| out_of_sync(evidence, partition, other, step)));
    }
    links
}

fn appended_by(moments: &[Moment]) -> Option<BrokerId> {
    moments.iter().rev().find_map(|moment| match moment.what {
        Happened::Appended { broker, .. } | Happened::DuplicateFound { broker, .. } => Some(broker),
        _ => None,
    })
}

/// What became of a request that a broker never got.
fn lost_request(evidence: &Evidence<'_>, fate: Fate<'_>, attempt: Moment) -> Vec<Link> {
    let Happened::Attempted { request, broker, .. } = attempt.what else { return Vec::new() };
    let mail = evidence.mail(request);
    if mail.delivered.is_some() {
        return Vec::new();
    }
    let by_fault = mail.lost.filter(|(_, fault)| fault.is_some());
    if let Some((step, fault)) = mail.held.map(|(step, fault)| (step, Some(fault))).or(by_fault) {
        return vec![Link { step, kind: LinkKind::RequestLost { fault, broker } }];
    }
    // Its connection was closed: the broker ended, or wanted no more of this client.
    let client = NodeId::Producer(fate.record.producer());
    let until = mail.lost.map_or(evidence.end, |(step, _)| step);
    let mut links = evidence.why_went_down(broker.into(), attempt.step, until);
    if links.is_empty() {
        let closed = evidence.closed(client, broker, attempt.step, until);
        links.extend(closed.map(|step| Link { step, kind: LinkKind::Closed { client, broker } }));
    }
    links.extend(mail.lost.map(|(step, fault)| Link { step, kind: LinkKind::RequestLost { fault, broker } }));
    links
}

/// What became of each attempt, of those alike the first; how copies ended, and what the application heard.
pub(super) fn lost_unacked(evidence: &Evidence<'_>, record: RecordId) -> Option<Cause> {
    let fate = evidence.fate(record)?;
    // What comes after the application was told is too late to matter.
    let told = fate.moments.iter().rposition(|m| matches!(m.what, Happened::Failed { .. }));
    let until = told.map_or(fate.moments, |place| &fate.moments[..=place]);
    let mut links = attempts(evidence, fate, until);
    let appended = fate.first(|what| matches!(what, Happened::Appended { .. }));
    if let Some(Moment { step, what: Happened::Appended { broker, .. } }) = appended {
        links.extend(unanswered_appends(evidence, fate));
        let leader = appended_by(fate.moments).unwrap_or(broker);
        let mut loss = remedy::Loss::default();
        links.extend(ends_of_copies(evidence, fate, step, Some(leader), &mut loss));
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

/// What the application was told last, or what kept it from being told.
fn how_it_ended(evidence: &Evidence<'_>, fate: Fate<'_>) -> (Vec<Link>, bool) {
    let ends = fate.moments.iter().rev().find(|moment| {
        matches!(moment.what, Happened::Failed { .. } | Happened::Abandoned | Happened::Sent { .. })
    });
    let Some(&Moment { step, what }) = ends else { return (Vec::new(), false) };
    match what {
        Happened::Failed { error } => {
            let expired = fate.moments.iter().find(|m| m.step == step && m.what == Happened::Expired);
            let mut links: Vec<Link> =
                expired.map(|_| Link { step, kind: LinkKind::Expired }).into_iter().collect();
            links.push(Link { step, kind: LinkKind::Failed { error } });
            (links, false)
        }
        Happened::Abandoned => (evidence.why_down(NodeId::Producer(fate.record.producer()), step), true),
        _ => (Vec::new(), false),
    }
}

/// A record that no request ever held: what stood between the producer and the leader.
fn never_sent(evidence: &Evidence<'_>, fate: Fate<'_>) -> Vec<Link> {
    let is_sent = |what| matches!(what, Happened::Sent { .. });
    let Some(sent) = fate.first(is_sent).map(|moment| moment.step) else { return Vec::new() };
    let buffered = fate.first(|what| what == Happened::Buffered).is_some();
    let kind = if buffered { LinkKind::NeverSent } else { LinkKind::Blocked };
    let mut links = vec![Link { step: sent, kind }];
    let until = fate.moments.last().map_or(sent, |moment| moment.step);
    let producer = NodeId::Producer(fate.record.producer());
    links.extend(evidence.leaderless(fate.partition, until));
    let brokers: Vec<BrokerId> = if buffered {
        vec![evidence.last_leader(fate.partition, until)]
    } else {
        (1..=evidence.config.cluster.brokers).map(BrokerId).collect()
    };
    for broker in brokers {
        let mut apart = evidence.apart(broker.into(), producer, sent);
        if apart.is_empty() {
            apart = evidence.why_went_down(broker.into(), sent, until);
        }
        links.extend(apart);
    }
    links
}

/// What became of each attempt that did not end well; of those alike only the first.
pub(super) fn attempts(evidence: &Evidence<'_>, fate: Fate<'_>, moments: &[Moment]) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let mut asked = Vec::new();
    for moment in moments {
        let step = moment.step;
        let (why, link) = match moment.what {
            Happened::Attempted { request, broker, .. } => {
                asked.push((request, broker));
                let mut lost = lost_request(evidence, fate, *moment);
                let link = lost.pop();
                (lost, link)
            }
            Happened::Refused { broker, error } => {
                let link = Link { step, kind: LinkKind::Refused { broker, error } };
                (why_refused(evidence, fate, step, broker, error), Some(link))
            }
            Happened::Unanswered { request, error } => {
                let broker = asked.iter().find(|(other, _)| *other == request).map(|(_, broker)| *broker);
                let link = broker.map(|broker| Link { step, kind: LinkKind::GaveUp { broker, error } });
                (Vec::new(), link)
            }
            _ => continue,
        };
        if let Some(link) = link.filter(|link| !links.iter().any(|other| other.kind == link.kind)) {
            links.extend(why);
            links.push(link);
        }
    }
    links
}

/// What made a broker refuse a record.
fn why_refused(
    evidence: &Evidence<'_>,
    fate: Fate<'_>,
    step: StepNo,
    broker: BrokerId,
    error: Error,
) -> Vec<Link> {
    match error {
        Error::NotEnoughReplicas | Error::NotEnoughReplicasAfterAppend => {
            too_few_in_sync(evidence, fate.partition, broker, step)
        }
        Error::NotLeaderOrFollower => {
            let last = evidence.elections(fate.partition).take_while(|change| change.step <= step).last();
            match last.and_then(|change| Some((change, change.leader?))) {
                Some((change, elected)) if elected != broker => {
                    let mut links = why_elected(evidence, broker, StepNo(0), change);
                    links.push(election(evidence, fate.partition, elected, change));
                    links
                }
                _ => evidence.leaderless(fate.partition, step).into_iter().collect(),
            }
        }
        Error::OutOfOrderSequenceNumber => {
            let producer = NodeId::Producer(fate.record.producer());
            evidence.sequence_unresolved(producer, fate.partition, step).into_iter().collect()
        }
        _ => Vec::new(),
    }
}
