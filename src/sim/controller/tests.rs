//! The controller by itself: a bench plays the brokers.

use super::*;
use crate::sim::batch::Arena;
use crate::sim::config::{Mutant, testing};
use crate::sim::cx::{Event, Kernel, Timer as AnyTimer};
use crate::sim::fact::Trace;
use crate::sim::hash::draw;
use crate::sim::message::{
    AlterPartition, BrokerHeartbeat, BrokerState, Channel, Error, IsrChange, RegisterBroker,
};
use crate::sim::network::Network;
use crate::sim::queue::Queue;
use crate::sim::trigger::Counters;
use std::sync::Arc;

const P0: TopicPartition = TopicPartition::events(0);

fn set(ids: &[u8]) -> BrokerSet {
    ids.iter().copied().map(BrokerId).collect()
}

fn config() -> Config {
    testing::config(testing::quick_cluster)
}

/// A controller at work, and what a world would give it.
struct Bench {
    controller: Controller,
    kernel: Kernel,
    trace: Trace,
    incarnations: [u16; 5],
    /// Brokers that send heartbeats while time passes.
    alive: BrokerSet,
}

impl Bench {
    fn new(config: &Config) -> Bench {
        let kernel = Kernel {
            config: Arc::new(config.clone()),
            now: Time(0),
            step: StepNo(0),
            queue: Queue::default(),
            network: Network::default(),
            arena: Arena::default(),
            counters: Counters::default(),
            exits: Vec::new(),
            last_change: Time(0),
        };
        let mut bench = Bench {
            controller: Controller::new(config),
            kernel,
            trace: Trace::default(),
            incarnations: [1; 5],
            alive: config.brokers().collect(),
        };
        for broker in config.brokers() {
            bench.kernel.arena.metadata.push(MetadataRecord::Register { broker, epoch: broker.0.into() });
        }
        bench.act(|controller, cx| controller.start(cx, true));
        bench
    }

    fn act<T>(&mut self, act: impl FnOnce(&mut Controller, &mut Cx<'_>) -> T) -> T {
        let Bench { controller, kernel, trace, .. } = self;
        act(controller, &mut Cx { kernel, trace, node: NodeId::Controller, incarnation: 1 })
    }

    fn heartbeat(&mut self, id: u8, change: impl FnOnce(&mut BrokerHeartbeat)) -> Result<BrokerState, Error> {
        let broker = BrokerId(id);
        let epoch = self.controller.brokers[broker.index()].epoch;
        let metadata_offset = self.kernel.arena.metadata.len() as u32;
        let mut request =
            BrokerHeartbeat { broker, epoch, metadata_offset, want_fence: false, want_shutdown: false };
        change(&mut request);
        self.act(|controller, cx| controller.heartbeat(cx, request))
    }

    /// Time passes: living brokers send heartbeats, timers fire.
    fn run_to(&mut self, at: u64) {
        let until = Time(ms(at));
        loop {
            let beat = Time(self.kernel.now.0 / ms(500) * ms(500) + ms(500));
            let timer = self.kernel.queue.next_at().unwrap_or(until).max(self.kernel.now);
            if beat.min(timer) > until || beat.min(timer) == until && timer > until {
                break;
            }
            if timer <= beat {
                let (at, scheduled) = self.kernel.queue.pop().expect("it is there");
                self.kernel.now = at.max(self.kernel.now);
                if let Event::Timer { timer: AnyTimer::Controller(timer), .. } = scheduled.event {
                    self.act(|controller, cx| controller.on_timer(cx, timer));
                }
            } else {
                self.kernel.now = beat;
                for id in self.alive.iter() {
                    let _ = self.heartbeat(id.0, |request| request.want_fence = false);
                }
            }
        }
        self.kernel.now = until;
    }

    fn kill(&mut self, id: u8) {
        self.alive = self.alive.without(BrokerId(id));
    }

    fn register(&mut self, id: u8, clean: bool) -> Result<BrokerEpoch, Error> {
        let broker = BrokerId(id);
        let incarnation = self.incarnations[broker.index()] + 1;
        let previous_epoch = clean.then(|| self.controller.brokers[broker.index()].epoch);
        let request = RegisterBroker { broker, incarnation, previous_epoch };
        let answer = self.act(|controller, cx| controller.register(cx, request));
        if answer.is_ok() {
            self.incarnations[broker.index()] = incarnation;
        }
        answer
    }

    /// A new process registers, catches up and is unfenced.
    fn restart(&mut self, id: u8, clean: bool) {
        self.register(id, clean).expect("the old session is over");
        assert!(self.controller.fenced(BrokerId(id)));
        assert!(!self.heartbeat(id, |_| ()).unwrap().fenced);
        self.alive = self.alive.with(BrokerId(id));
    }

    /// A request as the leader would send it.
    fn wanted(&self, isr: BrokerSet) -> (AlterPartition, IsrChange) {
        let now = self.controller.registration(P0);
        let broker = now.leader.unwrap_or(BrokerId(1));
        let mut broker_epochs = [0; 5];
        broker_epochs.iter_mut().zip(&self.controller.brokers).for_each(|(to, entry)| *to = entry.epoch);
        let change = IsrChange {
            leader_epoch: now.leader_epoch,
            partition_epoch: now.partition_epoch,
            isr,
            broker_epochs,
            recovered: true,
        };
        let broker_epoch = self.controller.brokers[broker.index()].epoch;
        (AlterPartition { broker, broker_epoch, partitions: PerPartition::default() }, change)
    }

    fn alter(&mut self, isr: &[u8], spoil: impl FnOnce(&mut IsrChange)) -> Result<Registration, Error> {
        let (mut request, mut change) = self.wanted(set(isr));
        spoil(&mut change);
        request.partitions.insert(P0, change);
        self.act(|controller, cx| controller.alter_partition(cx, &request))
            .map(|answers| *answers.get(P0).expect("each partition is answered"))?
    }

    /// What became of partition 0, change by change: `leader epoch isr elr`.
    fn story(&self) -> Vec<String> {
        let of = |fact: &Fact| match *fact {
            Fact::PartitionChanged { partition, leader, leader_epoch, isr, elr, unclean, .. }
                if partition == P0 =>
            {
                let leader = leader.map_or(-1, |id| i32::from(id.0));
                let elr = if elr.is_empty() { String::new() } else { format!(" elr {elr}") };
                Some(format!("{leader} @{leader_epoch} {isr}{elr}{}", if unclean { " unclean" } else { "" }))
            }
            Fact::BrokerFenced { broker, .. } => Some(format!("fenced {}", broker.0)),
            Fact::BrokerUnfenced { broker } => Some(format!("unfenced {}", broker.0)),
            Fact::BrokerRegistered { broker, .. } => Some(format!("registered {}", broker.0)),
            _ => None,
        };
        self.trace.observations.iter().filter_map(|observation| of(&observation.fact)).collect()
    }
}

fn with(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = config();
    change(&mut config);
    config
}

// The orders below are those of recorded clusters.

#[test]
fn s03_a_dead_leader_is_replaced_by_the_next_in_the_isr() {
    let mut bench = Bench::new(&config());
    bench.run_to(1_200);
    bench.kill(1);
    bench.run_to(10_000);
    bench.restart(1, false);
    bench.alter(&[1, 2, 3], |_| ()).unwrap();
    let expected = ["2 @1 {2, 3}", "fenced 1", "registered 1", "unfenced 1", "2 @1 {1, 2, 3}"];
    assert_eq!(bench.story(), expected);
    assert_eq!((bench.controller.elections(), bench.controller.isr_changes()), (1, 2));
}

#[test]
fn s06_last_in_the_isr_comes_back() {
    let history = |elr: bool| {
        let mut bench = Bench::new(&with(|c| {
            c.cluster.elr = elr;
            c.topic.min_insync_replicas = 1;
        }));
        for id in [2, 3, 1] {
            bench.kill(id);
            bench.run_to(bench.kernel.now.ms() + 5_000);
        }
        bench.restart(1, false);
        bench.alter(&[1], |_| ()).unwrap();
        bench.story()
    };
    let off = ["1 @0 {1, 3}", "fenced 2", "1 @0 {1}", "fenced 3", "-1 @1 {1}", "fenced 1"];
    assert_eq!(history(false)[..6], off);
    assert_eq!(history(false)[6..], ["registered 1", "unfenced 1", "1 @2 {1}"]);
    // Removed from the ELR at its registration, elected as the last known leader.
    let on = [
        "-1 @1 {} elr {1}",
        "fenced 1",
        "-1 @1 {}",
        "registered 1",
        "unfenced 1",
        "1 @2 {1} unclean",
        "1 @2 {1}",
    ];
    assert_eq!(history(true)[4..], on);
}

/// Broker-2 leaves first, then broker-1 loses power and comes back first.
fn last_replica_standing(elr: bool, two_is_clean: Option<bool>) -> Vec<String> {
    let mut bench = Bench::new(&with(|c| {
        c.cluster.brokers = 2;
        c.topic.replication_factor = 2;
        c.cluster.elr = elr;
    }));
    for id in [2, 1] {
        bench.kill(id);
        bench.run_to(bench.kernel.now.ms() + 5_000);
    }
    bench.restart(1, false);
    match two_is_clean {
        // It was only cut off: the same process is heard from again.
        None => drop(bench.heartbeat(2, |_| ())),
        Some(clean) => bench.restart(2, clean),
    }
    bench.story().split_off(4)
}

#[test]
fn s07_last_replica_standing() {
    let a = last_replica_standing(false, None);
    assert_eq!(a, ["registered 1", "unfenced 1", "1 @2 {1}", "unfenced 2"]);
    let b = last_replica_standing(true, None);
    assert_eq!(b, ["-1 @1 {} elr {2}", "registered 1", "unfenced 1", "unfenced 2", "2 @2 {2}"]);
    let clean = last_replica_standing(true, Some(true));
    assert_eq!(clean[3..], ["registered 2", "unfenced 2", "2 @2 {2}"]);
    // Two unclean shutdowns are more than minimum ISR − 1: the last known leader is taken once nobody is eligible.
    let c = last_replica_standing(true, Some(false));
    assert_eq!(c[3..], ["1 @2 {1} unclean", "registered 2", "unfenced 2"]);
}

#[test]
fn s09_all_lose_power_and_the_one_fenced_last_leads() {
    for elr in [false, true] {
        let mut bench = Bench::new(&with(|c| c.cluster.elr = elr));
        for id in [1, 3, 2] {
            bench.kill(id);
            bench.run_to(bench.kernel.now.ms() + 700);
        }
        bench.run_to(12_000);
        assert_eq!(bench.story()[0..2], ["2 @1 {2, 3}", "fenced 1"]);
        assert_eq!(bench.controller.registration(P0).leader, None);
        bench.restart(1, false);
        bench.restart(3, false);
        assert_eq!(bench.controller.registration(P0).leader, None, "neither may lead");
        bench.restart(2, false);
        let now = bench.controller.registration(P0);
        assert_eq!((now.leader, now.leader_epoch, now.isr), (Some(BrokerId(2)), 3, set(&[2])));
        assert_eq!(now.recovering, elr);
    }
}

#[test]
fn s19_unclean_election_takes_whoever_is_there() {
    let mut bench = Bench::new(&with(|c| c.topic.unclean_leader_election = true));
    bench.alter(&[1], |_| ()).unwrap();
    bench.kill(1);
    bench.run_to(5_000);
    assert_eq!(bench.story(), ["1 @0 {1}", "2 @1 {2} unclean", "fenced 1"]);
    let refused = bench.alter(&[2, 3], |change| change.recovered = false);
    assert_eq!(refused, Err(Error::InvalidRequest));
    assert!(!bench.alter(&[2, 3], |_| ()).unwrap().recovering);
}

#[test]
fn s25_whoever_comes_from_the_elr_is_all_of_the_isr() {
    let mut bench = Bench::new(&with(|c| c.cluster.elr = true));
    bench.alter(&[1], |_| ()).unwrap();
    bench.kill(1);
    bench.run_to(5_000);
    bench.alter(&[2, 3], |_| ()).unwrap();
    let expected = ["1 @0 {1} elr {2, 3}", "2 @1 {2} elr {1, 3}", "fenced 1", "2 @1 {2, 3}"];
    assert_eq!(bench.story(), expected);
}

#[test]
fn f03_clean_stop_moves_leadership_first() {
    let mut bench = Bench::new(&config());
    let stop = |request: &mut BrokerHeartbeat| request.want_shutdown = true;
    let before = bench.kernel.arena.metadata.len() as u32;
    assert!(!bench.heartbeat(1, stop).unwrap().may_shut_down);
    assert_eq!(bench.story(), ["2 @1 {2, 3}"]);
    bench.heartbeat(2, |_| ()).unwrap();
    bench.heartbeat(3, |request| request.metadata_offset = before).unwrap();
    assert!(!bench.heartbeat(1, stop).unwrap().may_shut_down, "broker-3 has not read of it");
    bench.heartbeat(3, |_| ()).unwrap();
    assert_eq!(bench.alter(&[1, 2, 3], |_| ()), Err(Error::IneligibleReplica));
    assert!(bench.heartbeat(1, stop).unwrap().may_shut_down);
    assert_eq!(bench.story(), ["2 @1 {2, 3}", "fenced 1"]);
    bench.restart(1, true);
}

#[test]
fn a_quick_restart_waits_for_the_end_of_the_session() {
    let mut bench = Bench::new(&config());
    bench.run_to(1_000);
    bench.kill(3);
    bench.run_to(2_000);
    assert_eq!(bench.register(3, false), Err(Error::DuplicateBrokerRegistration));
    bench.run_to(4_400);
    let epoch = bench.register(3, false).unwrap();
    let (broker, incarnation) = (BrokerId(3), bench.incarnations[2]);
    let again = RegisterBroker { broker, incarnation, previous_epoch: None };
    assert_eq!(bench.act(|controller, cx| controller.register(cx, again)), Ok(epoch));
    assert_eq!(bench.heartbeat(3, |request| request.epoch = 3), Err(Error::StaleBrokerEpoch));
    let behind = bench.heartbeat(3, |request| request.metadata_offset = epoch).unwrap();
    assert_eq!((behind.caught_up, behind.fenced), (false, true));
    assert!(!bench.heartbeat(3, |_| ()).unwrap().fenced);
}

#[test]
fn a_silent_broker_is_fenced_within_nine_eighths_of_a_session() {
    for seed in 0..50 {
        let mut bench = Bench::new(&with(|c| c.seed = seed));
        bench.run_to(1_200);
        bench.kill(1);
        while bench.story().is_empty() {
            bench.run_to(bench.kernel.now.ms() + 1);
        }
        let at = bench.kernel.now.ms();
        assert!((4_000..=4_376).contains(&at), "fenced at {at}");
        assert!(bench.kernel.queue.len() < 4);
    }
}

#[test]
fn a_controller_that_stood_still_reads_heartbeats_before_it_fences() {
    let mut bench = Bench::new(&config());
    bench.run_to(1_000);
    let (_, scheduled) = bench.kernel.queue.pop().unwrap();
    bench.kernel.now = Time(ms(20_000));
    let Event::Timer { timer: AnyTimer::Controller(look), .. } = scheduled.event else { panic!("a timer") };
    bench.act(|controller, cx| controller.on_timer(cx, look));
    assert_eq!(bench.story(), [""; 0]);
    for id in [1, 2] {
        bench.heartbeat(id, |_| ()).unwrap();
    }
    bench.kill(3);
    bench.run_to(20_100);
    assert_eq!(bench.story(), ["1 @0 {1, 2}", "fenced 3"]);
}

#[test]
fn s30_a_restarted_controller_begins_all_sessions_anew() {
    let mut bench = Bench::new(&config());
    bench.run_to(450);
    bench.act(|controller, cx| controller.on_death(cx, false));
    assert!(bench.controller.starting());
    while bench.kernel.queue.pop().is_some() {}
    bench.kernel.now = Time(ms(7_006));
    bench.act(|controller, cx| controller.start(cx, false));
    bench.alive = set(&[2, 3]);
    bench.run_to(12_000);
    assert_eq!(bench.story(), [""; 0]);
    bench.run_to(13_000);
    assert_eq!(bench.story(), ["2 @1 {2, 3}", "fenced 1"]);
}

#[test]
fn leadership_goes_back_to_the_preferred_replica() {
    let mut bench = Bench::new(&with(|c| {
        c.cluster.auto_leader_rebalance = true;
        c.cluster.leader_imbalance_check_interval = ms(10_000);
    }));
    bench.kill(1);
    bench.run_to(6_000);
    bench.restart(1, false);
    bench.run_to(10_100);
    assert_eq!(bench.controller.registration(P0).leader, Some(BrokerId(2)), "it is not in the ISR");
    bench.alter(&[1, 2, 3], |_| ()).unwrap();
    bench.run_to(20_100);
    assert_eq!(bench.story().last().unwrap(), "1 @2 {1, 2, 3}");
}

#[test]
fn what_a_leader_may_not_ask() {
    let mut bench = Bench::new(&config());
    bench.kill(3);
    bench.run_to(5_000);
    let mut refuse = |isr: &[u8], spoil: fn(&mut IsrChange)| bench.alter(isr, spoil).unwrap_err();
    assert_eq!(refuse(&[1, 2, 3], |_| ()), Error::IneligibleReplica);
    assert_eq!(refuse(&[1], |change| change.partition_epoch -= 1), Error::InvalidUpdateVersion);
    assert_eq!(refuse(&[1], |change| change.leader_epoch += 1), Error::NotController);
    assert_eq!(refuse(&[2], |_| ()), Error::InvalidRequest);
    assert_eq!(refuse(&[1, 4], |_| ()), Error::InvalidRequest);
    assert_eq!(refuse(&[1, 2], |change| change.broker_epochs[1] = 77), Error::IneligibleReplica);
    let (mut stranger, change) = bench.wanted(set(&[1, 2]));
    stranger.partitions.insert(P0, change);
    stranger.broker_epoch = 9;
    let answer = bench.act(|controller, cx| controller.alter_partition(cx, &stranger));
    assert_eq!(answer, Err(Error::StaleBrokerEpoch));
    // The ISR that it has already: nothing happens.
    let records = bench.kernel.arena.metadata.len();
    assert_eq!(bench.alter(&[1, 2], |_| ()).unwrap().partition_epoch, 1);
    assert_eq!(bench.kernel.arena.metadata.len(), records);
    bench.kill(1);
    bench.run_to(10_000);
    assert_eq!(bench.alter(&[2], |change| change.leader_epoch = 0), Err(Error::FencedLeaderEpoch));
}

#[test]
fn fetches_of_the_metadata_log_wait_for_news() {
    let mut bench = Bench::new(&config());
    let connection = bench.kernel.network.open(NodeId::Broker(2), NodeId::Controller, Channel::Metadata);
    let fetch = |bench: &mut Bench, from: u32, id: u32| {
        let envelope = Envelope {
            id: MessageId(1_000 + id),
            connection,
            from: NodeId::Broker(2),
            to: NodeId::Controller,
            in_reply_to: None,
            sent_at: bench.kernel.now,
            body: Message::MetadataFetchRequest { from },
        };
        bench.act(|controller, cx| controller.on_message(cx, Box::new(envelope)));
        bench.kernel.network.in_flight().count()
    };
    let end = bench.kernel.arena.metadata.len() as u32;
    assert_eq!(fetch(&mut bench, end - 1, 0), 1, "answered at once");
    assert_eq!(fetch(&mut bench, end, 1), 1, "waits");
    bench.run_to(600);
    assert_eq!(bench.kernel.network.in_flight().count(), 2, "waited for long enough");
    fetch(&mut bench, end, 2);
    let AlterPartition { broker, broker_epoch, .. } = bench.wanted(set(&[1, 2])).0;
    let body = Message::AlterPartitionRequest(AlterPartition {
        broker,
        broker_epoch,
        partitions: [(P0, bench.wanted(set(&[1, 2])).1)].into_iter().collect(),
    });
    let envelope = Envelope {
        id: MessageId(2_000),
        connection,
        from: NodeId::Broker(1),
        to: NodeId::Controller,
        in_reply_to: None,
        sent_at: bench.kernel.now,
        body,
    };
    bench.act(|controller, cx| controller.on_message(cx, Box::new(envelope)));
    assert_eq!(bench.kernel.network.in_flight().count(), 4, "the answer, and the news");
    assert!(bench.controller.waiting.is_empty());
}

/// Random lives of three to five brokers. The broken rule of I1 to I3, if one was.
fn random_life(seed: u64, elr: bool, unclean: bool, mutant: Option<Mutant>) -> Result<(), &'static str> {
    let mut bench = Bench::new(&with(|c| {
        c.cluster.elr = elr;
        c.cluster.brokers = 3 + (seed % 3) as u8;
        c.topic.unclean_leader_election = unclean;
        c.topic.min_insync_replicas = 1 + (draw(&[seed]) % 3) as u8;
        c.mutant = mutant;
    }));
    let brokers = u64::from(bench.kernel.config.cluster.brokers);
    let mut seen = bench.kernel.arena.metadata.len();
    let mut before = bench.controller.registration(P0);
    for turn in 0..200 {
        let pick = |n: u64, what: u64| draw(&[seed, turn, what]) % n;
        let id = 1 + pick(brokers, 0) as u8;
        bench.kernel.now = bench.kernel.now.plus(ms(10));
        match pick(5, 1) {
            0 => drop(bench.heartbeat(id, |request| request.want_fence = true)),
            1 => drop(bench.heartbeat(id, |_| ())),
            2 => {
                let _ = bench.heartbeat(id, |request| request.want_fence = true);
                bench.restart(id, pick(2, 2) == 0);
            }
            3 => drop(bench.heartbeat(id, |request| request.want_shutdown = true)),
            _ => {
                let active = bench.controller.active().intersection(set(&[1, 2, 3]));
                let isr: Vec<u8> =
                    active.iter().map(|id| id.0).filter(|id| pick(3, 9 + u64::from(*id)) > 0).collect();
                let _ = bench.alter(&isr, |_| ());
            }
        }
        for record in bench.kernel.arena.metadata.iter_from(seen) {
            if let MetadataRecord::Partition { registration, .. } = record {
                holds(&before, registration, &bench)?;
                before = *registration;
            }
        }
        seen = bench.kernel.arena.metadata.len();
        let (isr, fenced) = (before.isr, bench.controller.entry(BrokerId(id)).unwrap().fenced);
        let last = !elr && isr.len() == 1;
        assert!(!fenced || last || !isr.contains(BrokerId(id)), "I9");
    }
    Ok(())
}

fn holds(before: &Registration, after: &Registration, bench: &Bench) -> Result<(), &'static str> {
    let config = &bench.kernel.config;
    let rises = after.leader_epoch == before.leader_epoch + u32::from(after.leader != before.leader);
    let (isr, elr) = (after.isr, after.elr);
    let within = isr.union(elr).minus(config.replica_set(P0)).is_empty() && isr.intersection(elr).is_empty();
    let enough = isr.len() >= config.effective_min_isr(P0);
    let sized =
        if config.cluster.elr { !enough || elr.is_empty() } else { !isr.is_empty() && elr.is_empty() };
    match () {
        () if !rises || after.partition_epoch != before.partition_epoch + 1 => Err("I1"),
        () if after.leader.is_some_and(|leader| !isr.contains(leader)) => Err("I2"),
        () if !within || !sized => Err("I3"),
        () => Ok(()),
    }
}

#[test]
fn structure_holds_over_random_lives() {
    for seed in 0..300 {
        for (elr, unclean) in [(false, false), (true, false), (false, true), (true, true)] {
            assert_eq!(
                random_life(seed, elr, unclean, None),
                Ok(()),
                "seed {seed} elr {elr} unclean {unclean}"
            );
        }
    }
}

#[test]
fn each_broken_rule_is_seen() {
    for (mutant, rule) in
        [(Mutant::ElectionKeepsEpoch, "I1"), (Mutant::LeaderOutsideIsr, "I2"), (Mutant::ElrNotPurged, "I3")]
    {
        let broken =
            (0..50).filter(|seed| random_life(*seed, true, false, Some(mutant)) == Err(rule)).count();
        assert!(broken > 25, "{mutant:?} was seen {broken} times");
    }
}
