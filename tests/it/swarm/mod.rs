//! Random settings, workloads and faults from a seed, each run under all invariants.
//!
//! `ACKSCOPE_SEED=123` runs that seed alone and prints it, with `ACKSCOPE_FACTS=1` also its facts;
//! `ACKSCOPE_SCHEDULES=100000` runs so many. `ACKSCOPE_HEALING_SEED` and `ACKSCOPE_HEALING` are their like for
//! schedules whose faults end.

mod judge;

use crate::draw;
use crate::oracle::never_alone;
use ackscope::check::Invariant;
use ackscope::run::write::to_toml;
use ackscope::sim::config::Mutant;
use ackscope::sim::config::raw::RawScenario;
use ackscope::sim::{Fact, Observation};
use judge::{Failure, Shown, breaks, catch_quietly, judge, resolve, shrink};
use std::hash::{Hash, Hasher};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

const SCHEDULES: u64 = 20_000;
/// Schedules whose faults end, after which the cluster must become whole again.
const HEALING: u64 = 1_000;
const THREADS: usize = 2;
/// Schedules within which each mutant must be seen.
const MUTANT_SCHEDULES: u64 = 4_000;

#[test]
fn invariants_hold_over_random_schedules() {
    catch_quietly();
    if let Some(seed) = number("ACKSCOPE_SEED") {
        return one(seed, draw::scenario);
    }
    let swarm = Swarm::run(draw::scenario, number("ACKSCOPE_SCHEDULES").unwrap_or(SCHEDULES));
    let census = swarm.census.into_inner().expect("no thread panicked");
    let shown = swarm.shown.into_inner().expect("no thread panicked");
    println!("{} schedules ran\n{}{:?}", swarm.ran.into_inner(), census.table(), shown.alone);
    assert_eq!(census.missing(), Vec::<&str>::new(), "facts that no schedule led to");
    assert_eq!(never_alone(&shown.alone), [], "what the oracle says may happen, and no schedule led to");
}

/// When all is mended, everything becomes whole again and what waited for it ends well.
#[test]
fn clusters_recover_from_random_schedules() {
    catch_quietly();
    if let Some(seed) = number("ACKSCOPE_HEALING_SEED") {
        return one(seed, draw::healing);
    }
    let swarm = Swarm::run(draw::healing, number("ACKSCOPE_HEALING").unwrap_or(HEALING));
    let (ran, shown) = (swarm.ran.into_inner(), swarm.shown.into_inner().expect("no thread panicked"));
    println!("{ran} schedules ran, {} had to recover", shown.recovered);
    assert!(shown.recovered > ran / 3, "too few schedules came to rest");
}

/// Each broken rule is seen by the invariant that it is named for, in some schedule by that one alone; the same
/// schedule without it is clean.
#[test]
fn each_mutant_is_reported() {
    catch_quietly();
    let mutants: Vec<(Mutant, Invariant)> =
        Invariant::ALL.iter().flat_map(|i| i.mutants().iter().map(|mutant| (*mutant, *i))).collect();
    let (next, unseen) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some((mutant, invariant)) =
                    mutants.get(next.fetch_add(1, Ordering::Relaxed) as usize)
                {
                    match (0..MUTANT_SCHEDULES).find(|seed| reports(*seed, *mutant, *invariant)) {
                        Some(seed) => println!("{mutant:?}: {invariant:?} at schedule {seed}"),
                        None => unseen.lock().expect("no thread panicked").push(mutant),
                    }
                }
            });
        }
    });
    let unseen = unseen.into_inner().expect("no thread panicked");
    assert!(unseen.is_empty(), "never reported alone: {unseen:?}");
}

/// Whether a schedule makes an invariant, and no other, report a mutant.
fn reports(seed: u64, mutant: Mutant, invariant: Invariant) -> bool {
    let raw = if invariant == Invariant::Recovers { draw::healing(seed) } else { draw::scenario(seed) };
    let Some(broken) = resolve(&raw, Some(mutant)) else { return false };
    if !breaks(&broken).iter().eq([&invariant]) {
        return false;
    }
    let sound = resolve(&raw, None).expect("a mutant is no setting");
    let clean = judge(&sound, &mut Shown::default(), &mut |_| {});
    assert!(clean.is_ok(), "without {mutant:?}, schedule {seed}: {clean:?}");
    true
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

fn one(seed: u64, draw: fn(u64) -> RawScenario) {
    let raw = draw(seed);
    println!("{}", to_toml(&raw));
    let Some(scenario) = resolve(&raw, None) else {
        println!("refused: {:?}", raw.resolve());
        return;
    };
    let facts = std::env::var_os("ACKSCOPE_FACTS").is_some();
    let mut print = |observation: &Observation| {
        if facts && !matches!(observation.fact, Fact::ConnectionOpened { .. }) {
            println!("{:>6} {:<12} {:?}", observation.step.0, observation.node.to_string(), observation.fact);
        }
    };
    if let Err(failure) = judge(&scenario, &mut Shown::default(), &mut print) {
        panic!("{}", story(seed, &raw, &failure));
    }
}

fn story(seed: u64, raw: &RawScenario, failure: &Failure) -> String {
    let smallest = shrink(raw, &failure.wrong, None);
    format!(
        "seed {seed}: {:?}\n{}\nsmallest schedule that does the same:\n{smallest}",
        failure.wrong, failure.details
    )
}

/// What all threads share.
#[derive(Default)]
struct Swarm {
    next: AtomicU64,
    ran: AtomicU64,
    failures: Mutex<Vec<(u64, Failure)>>,
    census: Mutex<Census>,
    shown: Mutex<Shown>,
}

impl Swarm {
    /// Runs seeds from 0 on; panics with all that failed, and the story of the first.
    fn run(draw: fn(u64) -> RawScenario, schedules: u64) -> Swarm {
        let swarm = Swarm::default();
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| swarm.run_until(draw, schedules));
            }
        });
        let failures = swarm.failures.lock().expect("no thread panicked");
        if let Some((seed, failure)) = failures.iter().min_by_key(|(seed, _)| *seed) {
            let kinds: Vec<String> =
                failures.iter().map(|(seed, failure)| format!("{seed} {:?}", failure.wrong)).collect();
            let story = story(*seed, &draw(*seed), failure);
            panic!("failed: {}\nthe first of them:\n{story}", kinds.join(", "));
        }
        drop(failures);
        swarm
    }

    /// Takes seeds until they are used up, or enough has failed.
    fn run_until(&self, draw: fn(u64) -> RawScenario, schedules: u64) {
        let (mut census, mut shown) = (Census::default(), Shown::default());
        loop {
            let seed = self.next.fetch_add(1, Ordering::Relaxed);
            if seed >= schedules || self.failures.lock().expect("no thread panicked").len() > 20 {
                break;
            }
            let Some(scenario) = resolve(&draw(seed), None) else { continue };
            self.ran.fetch_add(1, Ordering::Relaxed);
            if let Err(failure) = judge(&scenario, &mut shown, &mut |observation| census.count(observation)) {
                self.failures.lock().expect("no thread panicked").push((seed, failure));
            }
        }
        self.census.lock().expect("no thread panicked").add(&census);
        self.shown.lock().expect("no thread panicked").add(shown);
    }
}

/// How often each kind of fact occurred, with its name.
#[derive(Clone, Default)]
struct Census(Vec<(u64, String)>);

impl Census {
    fn count(&mut self, observation: &Observation) {
        let place = kind_of(&observation.fact);
        if place >= self.0.len() {
            self.0.resize(place + 1, (0, String::new()));
        }
        let (count, name) = &mut self.0[place];
        if *count == 0 {
            let text = format!("{:?}", observation.fact);
            text.split([' ', '{']).next().unwrap_or_default().clone_into(name);
        }
        *count += 1;
    }

    fn add(&mut self, other: &Census) {
        self.0.resize(self.0.len().max(other.0.len()), (0, String::new()));
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            mine.0 += theirs.0;
            if mine.1.is_empty() {
                mine.1.clone_from(&theirs.1);
            }
        }
    }

    fn table(&self) -> String {
        let seen = self.0.iter().filter(|(count, _)| *count > 0);
        seen.map(|(count, name)| format!("{count:>12} {name}\n")).collect()
    }

    fn missing(&self) -> Vec<&'static str> {
        let seen = |name: &&&str| self.0.iter().any(|(count, other)| *count > 0 && other == **name);
        EXPECTED.iter().filter(|name| !seen(name)).copied().collect()
    }
}

/// The place of a fact's variant among all, which `Hash` gives away.
fn kind_of(fact: &Fact) -> usize {
    struct Grab(u64);
    impl Hasher for Grab {
        fn finish(&self) -> u64 {
            self.0
        }
        fn write(&mut self, bytes: &[u8]) {
            self.0 = bytes.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte));
        }
        fn write_isize(&mut self, value: isize) {
            self.0 = value as u64;
        }
    }
    let mut grab = Grab(0);
    std::mem::discriminant(fact).hash(&mut grab);
    grab.finish() as usize
}

/// Without these a swarm would prove little.
const EXPECTED: &[&str] = &[
    "FaultFired",
    "FaultHadNoEffect",
    "LinkCut",
    "LinkHealed",
    "LinkReset",
    "DropArmed",
    "DelayArmed",
    "DiskFailed",
    "DiskHealed",
    "Started",
    "Killed",
    "PowerLost",
    "Stopping",
    "Stopped",
    "Paused",
    "Resumed",
    "ConnectionOpened",
    "ConnectionClosed",
    "MessageSent",
    "MessageDelivered",
    "MessageHeld",
    "MessageDelayed",
    "MessageLost",
    "Sent",
    "SendBlocked",
    "Buffered",
    "ProducerIdObtained",
    "ProduceAttempted",
    "ProduceAnswered",
    "ProduceUnanswered",
    "RetryQueued",
    "BatchExpired",
    "SequenceUnresolved",
    "ProducerEpochBumped",
    "Acked",
    "Failed",
    "MetadataUpdated",
    "Appended",
    "Replicated",
    "DuplicateFound",
    "AppendRefused",
    "ProduceWaits",
    "ProduceDecided",
    "Flushed",
    "UnflushedLost",
    "Truncated",
    "HighWatermarkMoved",
    "FollowerFetched",
    "BecameLeader",
    "BecameFollower",
    "IsrChangeProposed",
    "IsrChangeRefused",
    "RegistrationApplied",
    "LogLoaded",
    "OffsetStored",
    "RebalanceStarted",
    "MemberRemoved",
    "GenerationStarted",
    "BrokerRegistered",
    "RegistrationRefused",
    "BrokerFenced",
    "BrokerUnfenced",
    "PartitionChanged",
    "Assigned",
    "Revoked",
    "PositionSet",
    "Delivered",
    "Skipped",
    "CommitSent",
    "Committed",
    "CommitFailed",
    "ConsumerFailed",
    "Applied",
    "Recorded",
    "Forgotten",
    "LogStartMoved",
    "OffsetsExpired",
    "CalledAgain",
    "ProcessingFailed",
    "DeadLettered",
    "OffsetStoredInDatabase",
    "RolledBack",
    "Ended",
];
