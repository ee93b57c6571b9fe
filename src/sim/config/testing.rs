//! Settings for tests of a part: those of a scenario file, with all that it leaves out at its default.

use super::raw::RawScenario;
use super::{Config, Resolved};

/// The settings of a file that says what `set` sets.
pub(crate) fn config(set: impl FnOnce(&mut RawScenario)) -> Config {
    let mut raw = RawScenario::default();
    set(&mut raw);
    match raw.resolve() {
        Ok(Resolved::Scenario(scenario)) => scenario.config,
        other => panic!("settings for a test: {other:?}"),
    }
}

/// A cluster that is quick to notice: a session of 3 s, three replicas, minimum ISR 2.
pub(crate) fn quick_cluster(raw: &mut RawScenario) {
    use super::keys::Section::{Cluster, Root, Topic};
    raw.set(Root, "format", 1_i64);
    raw.set(Root, "title", "A test of a part");
    raw.set(Cluster, "brokers", 3_i64);
    raw.set(Cluster, "broker.session.timeout.ms", 3_000_i64);
    raw.set(Cluster, "broker.heartbeat.interval.ms", 500_i64);
    raw.set(Cluster, "replica.lag.time.max.ms", 3_000_i64);
    raw.set(Cluster, "replica.socket.timeout.ms", 2_000_i64);
    raw.set(Cluster, "eligible.leader.replicas.version", 0_i64);
    raw.set(Cluster, "auto.leader.rebalance.enable", false);
    raw.set(Cluster, "group.initial.rebalance.delay.ms", 0_i64);
    raw.set(Topic, "min.insync.replicas", 2_i64);
}
