//! Names and quantities: one type for each, so that an offset is never taken for an epoch.

use std::fmt;

/// A moment of virtual time, in microseconds since the producers may start (all brokers up, topic there).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

/// A length of virtual time in microseconds.
pub type Micros = u64;

impl Time {
    /// The moment `after` microseconds later; never past the end of time.
    pub fn plus(self, after: Micros) -> Time {
        Time(self.0.saturating_add(after))
    }

    /// Microseconds from `earlier` to this moment, zero if it lies before.
    pub fn since(self, earlier: Time) -> Micros {
        self.0.saturating_sub(earlier.0)
    }

    /// Whole milliseconds.
    pub fn ms(self) -> u64 {
        self.0 / 1000
    }
}

/// Milliseconds as microseconds.
pub const fn ms(n: u64) -> Micros {
    n.saturating_mul(1000)
}

/// A broker, by its number on screen: 1 is broker-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BrokerId(pub u8);

impl BrokerId {
    /// Place in a vector of all brokers.
    pub fn index(self) -> usize {
        usize::from(self.0) - 1
    }
}

/// Anything that runs and can be hit by a fault. Numbers are those on screen, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeId {
    /// The one KRaft controller.
    Controller,
    /// A broker.
    Broker(u8),
    /// A producer process: the application and its `KafkaProducer`.
    Producer(u8),
    /// A consumer process: the application and its `KafkaConsumer`.
    Consumer(u8),
    /// The database that holds the accounts.
    Database,
}

impl NodeId {
    /// The broker's id where the node is a broker.
    pub fn broker(self) -> Option<BrokerId> {
        match self {
            NodeId::Broker(n) => Some(BrokerId(n)),
            _ => None,
        }
    }
}

impl NodeId {
    /// A number that no other node has.
    pub fn number(self) -> u8 {
        match self {
            NodeId::Controller => 0,
            NodeId::Broker(n) => n,
            NodeId::Producer(n) => 16 + n,
            NodeId::Consumer(n) => 32 + n,
            NodeId::Database => 48,
        }
    }
}

impl From<BrokerId> for NodeId {
    fn from(id: BrokerId) -> NodeId {
        NodeId::Broker(id.0)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NodeId::Controller => f.write_str("controller"),
            NodeId::Broker(n) => write!(f, "broker-{n}"),
            NodeId::Producer(n) => write!(f, "producer-{n}"),
            NodeId::Consumer(n) => write!(f, "consumer-{n}"),
            NodeId::Database => f.write_str("database"),
        }
    }
}

/// A set of brokers: an ISR, an ELR.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BrokerSet(pub u8);

impl BrokerSet {
    /// No broker.
    pub const EMPTY: BrokerSet = BrokerSet(0);

    /// One broker.
    pub fn of(id: BrokerId) -> BrokerSet {
        BrokerSet(1 << id.0)
    }

    /// This set and one more.
    #[must_use]
    pub fn with(self, id: BrokerId) -> BrokerSet {
        BrokerSet(self.0 | 1 << id.0)
    }

    /// This set but one.
    #[must_use]
    pub fn without(self, id: BrokerId) -> BrokerSet {
        BrokerSet(self.0 & !(1 << id.0))
    }

    /// Members of either.
    #[must_use]
    pub fn union(self, other: BrokerSet) -> BrokerSet {
        BrokerSet(self.0 | other.0)
    }

    /// Members of this one that are not in `other`.
    #[must_use]
    pub fn minus(self, other: BrokerSet) -> BrokerSet {
        BrokerSet(self.0 & !other.0)
    }

    /// Members of both.
    #[must_use]
    pub fn intersection(self, other: BrokerSet) -> BrokerSet {
        BrokerSet(self.0 & other.0)
    }

    /// Whether `id` is a member.
    pub fn contains(self, id: BrokerId) -> bool {
        self.0 & 1 << id.0 != 0
    }

    /// Number of members.
    pub fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether nobody is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Members by rising number.
    pub fn iter(self) -> impl Iterator<Item = BrokerId> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let first = BrokerId(left.trailing_zeros() as u8);
            left &= left.checked_sub(1)?;
            Some(first)
        })
    }
}

impl FromIterator<BrokerId> for BrokerSet {
    fn from_iter<I: IntoIterator<Item = BrokerId>>(ids: I) -> BrokerSet {
        ids.into_iter().fold(BrokerSet::EMPTY, BrokerSet::with)
    }
}

impl fmt::Display for BrokerSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (i, id) in self.iter().enumerate() {
            write!(f, "{}{}", if i == 0 { "" } else { ", " }, id.0)?;
        }
        f.write_str("}")
    }
}

/// A topic of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// The topic that the producers write and the group reads.
    Events,
    /// `__consumer_offsets`, where committed offsets are stored.
    ConsumerOffsets,
}

impl Topic {
    /// Its name in Kafka.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Events => "events",
            Topic::ConsumerOffsets => "__consumer_offsets",
        }
    }
}

/// One partition of a topic, as its place among all partitions of the cluster: those of `events` first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition(u8);

impl TopicPartition {
    /// Most partitions that a cluster can have, of all topics together.
    pub const MAX: usize = 4;

    /// The one partition of `__consumer_offsets`.
    pub const OFFSETS: TopicPartition = TopicPartition(3);

    /// Partition `partition` (0 to 2) of topic `events`.
    pub const fn events(partition: u8) -> TopicPartition {
        assert!(partition < 3, "events has at most three partitions");
        TopicPartition(partition)
    }

    /// Its topic.
    pub fn topic(self) -> Topic {
        if self == TopicPartition::OFFSETS { Topic::ConsumerOffsets } else { Topic::Events }
    }

    /// Its number within the topic, from 0.
    pub fn partition(self) -> u8 {
        if self == TopicPartition::OFFSETS { 0 } else { self.0 }
    }

    /// Place in an array of [`TopicPartition::MAX`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The partition at a place.
    pub fn at(index: usize) -> TopicPartition {
        assert!(index < TopicPartition::MAX, "no partition stands there");
        TopicPartition(index as u8)
    }

    /// Whether it belongs to the topic that the scenario is about.
    pub fn is_events(self) -> bool {
        self != TopicPartition::OFFSETS
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic().name(), self.partition())
    }
}

/// At most one `T` for each partition of the cluster, in the order of partitions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PerPartition<T>([Option<T>; TopicPartition::MAX]);

impl<T> Default for PerPartition<T> {
    fn default() -> PerPartition<T> {
        PerPartition([const { None }; TopicPartition::MAX])
    }
}

impl<T> PerPartition<T> {
    /// What is there for a partition.
    pub fn get(&self, partition: TopicPartition) -> Option<&T> {
        self.0[partition.index()].as_ref()
    }

    /// What is there for a partition, to be changed.
    pub fn get_mut(&mut self, partition: TopicPartition) -> Option<&mut T> {
        self.0[partition.index()].as_mut()
    }

    /// Puts a value, and hands back the one before.
    pub fn insert(&mut self, partition: TopicPartition, value: T) -> Option<T> {
        self.0[partition.index()].replace(value)
    }

    /// Takes a value out.
    pub fn remove(&mut self, partition: TopicPartition) -> Option<T> {
        self.0[partition.index()].take()
    }

    /// Partitions with their values.
    pub fn iter(&self) -> impl Iterator<Item = (TopicPartition, &T)> {
        (0..).zip(&self.0).filter_map(|(i, value)| Some((TopicPartition(i), value.as_ref()?)))
    }

    /// Partitions with their values, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (TopicPartition, &mut T)> {
        (0..).zip(&mut self.0).filter_map(|(i, value)| Some((TopicPartition(i), value.as_mut()?)))
    }

    /// What a function makes of each value.
    pub fn map<U>(&self, make: impl Fn(&T) -> U) -> PerPartition<U> {
        PerPartition(self.0.each_ref().map(|value| value.as_ref().map(&make)))
    }

    /// Partitions that have a value.
    pub fn keys(&self) -> impl Iterator<Item = TopicPartition> + use<'_, T> {
        self.iter().map(|(partition, _)| partition)
    }

    /// How many have a value.
    pub fn len(&self) -> usize {
        self.0.iter().flatten().count()
    }

    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }
}

impl<T> FromIterator<(TopicPartition, T)> for PerPartition<T> {
    fn from_iter<I: IntoIterator<Item = (TopicPartition, T)>>(values: I) -> PerPartition<T> {
        let mut all = PerPartition::default();
        for (partition, value) in values {
            all.insert(partition, value);
        }
        all
    }
}

/// An offset in a log. An end is one past the last: a log of three records ends at 3, and a high
/// watermark of 3 says that 0, 1 and 2 are committed.
pub type Offset = u32;

/// A leader epoch: rises with each change of leader, "no leader" included.
pub type LeaderEpoch = u32;

/// A partition epoch: rises with each change of a partition's registration.
pub type PartitionEpoch = u32;

/// A broker epoch: the metadata log's offset of the broker's registration.
pub type BrokerEpoch = u32;

/// An event's own id: who made it and its number, `p1-7`. The same through every resend and copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(u32);

impl RecordId {
    /// Most records a producer can send.
    pub const MAX_NUMBER: u32 = 1_000_000;

    /// Record `number` (from 1) of producer `producer` (from 1).
    pub fn new(producer: u8, number: u32) -> RecordId {
        RecordId(u32::from(producer) << 24 | number)
    }

    /// The record of that name, such as `p1-7`.
    pub fn parse(name: &str) -> Option<RecordId> {
        let (producer, number) = name.strip_prefix('p')?.split_once('-')?;
        match (producer.parse().ok()?, number.parse().ok()?) {
            (producer @ 1..=3, number @ 1..=RecordId::MAX_NUMBER) => Some(RecordId::new(producer, number)),
            _ => None,
        }
    }

    /// Number of the producer, from 1.
    pub fn producer(self) -> u8 {
        (self.0 >> 24) as u8
    }

    /// Number among this producer's records, from 1.
    pub fn number(self) -> u32 {
        self.0 & 0x00ff_ffff
    }

    /// Both, from 0.
    fn places(self) -> [usize; 2] {
        [usize::from(self.producer()) - 1, self.number() as usize - 1]
    }
}

/// A value for each record, where nothing was put the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PerRecord<T>([Vec<T>; 3]);

impl<T: Copy + Default> PerRecord<T> {
    /// What is there for a record.
    pub fn get(&self, record: RecordId) -> T {
        let [producer, number] = record.places();
        self.0[producer].get(number).copied().unwrap_or_default()
    }

    /// What is there for a record, to be changed.
    pub fn of(&mut self, record: RecordId) -> &mut T {
        let [producer, number] = record.places();
        let values = &mut self.0[producer];
        if values.len() <= number {
            values.resize(number + 1, T::default());
        }
        &mut values[number]
    }

    /// Puts a value, and hands back the one before.
    pub fn replace(&mut self, record: RecordId, value: T) -> T {
        std::mem::replace(self.of(record), value)
    }

    /// Records with their values, in order; among them some where nothing was put.
    pub fn iter(&self) -> impl Iterator<Item = (RecordId, T)> {
        self.0.iter().zip(1..).flat_map(|(values, producer)| {
            values.iter().zip(1..).map(move |(value, number)| (RecordId::new(producer, number), *value))
        })
    }
}

impl From<RecordId> for u64 {
    /// A number that puts ids in the same order.
    fn from(id: RecordId) -> u64 {
        id.0.into()
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}-{}", self.producer(), self.number())
    }
}

/// A producer id and its epoch, as `InitProducerId` hands them out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProducerIdAndEpoch {
    /// The id.
    pub id: u32,
    /// Its epoch.
    pub epoch: i16,
}

/// A batch in the arena of the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub u32);

/// A message, numbered in order of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub u32);

/// A connection, numbered in order of opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u32);

/// A fault of the scenario, by its place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaultId(pub u16);

/// A step of a run: one popped event. The cursor of a page is a number of steps taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepNo(pub u32);
