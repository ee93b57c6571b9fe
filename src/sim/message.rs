//! What nodes say to each other: requests and responses under Kafka's names, with the fields that the
//! simulation needs of them.

mod error;

use super::batch::Registration;
use super::ids::{
    BatchId, BrokerEpoch, BrokerId, BrokerSet, ConnectionId, LeaderEpoch, MessageId, Micros, NodeId, Offset,
    PartitionEpoch, PerPartition, ProducerIdAndEpoch, RecordId, Time, TopicPartition,
};
use std::fmt;

pub use error::Error;

/// A message on its way.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Its number in order of sending.
    pub id: MessageId,
    /// The connection that carries it.
    pub connection: ConnectionId,
    /// Who sent it.
    pub from: NodeId,
    /// Who is to get it.
    pub to: NodeId,
    /// The request that it answers.
    pub in_reply_to: Option<MessageId>,
    /// When it was sent.
    pub sent_at: Time,
    /// What it says.
    pub body: Message,
}

/// What a connection is for. Each pair of nodes has at most one open connection per channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// A client's connection to a bootstrap server, until it knows the cluster.
    Bootstrap,
    /// A client's connection to a broker: produce, metadata, fetch.
    Client,
    /// A consumer's connection to its group coordinator.
    Coordinator,
    /// A follower's fetcher to a leader.
    Replica,
    /// A broker's registration and heartbeats to the controller.
    Heartbeat,
    /// A broker's AlterPartition requests to the controller.
    AlterPartition,
    /// A broker's fetches of the metadata log.
    Metadata,
    /// A consumer's connection to the database.
    Database,
}

/// Expands to [`Kind`] with its names.
macro_rules! kinds {
    ($($name:ident),* $(,)?) => {
        /// A kind of message, under Kafka's name for it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "the names are Kafka's own")]
        pub enum Kind { $($name),* }

        impl Kind {
            /// Every kind that the engine sends.
            pub const ALL: &[Kind] = &[$(Kind::$name),*];

            /// Kafka's name.
            pub fn name(self) -> &'static str {
                match self { $(Kind::$name => stringify!($name)),* }
            }
        }
    };
}

kinds! {
    ApiVersionsRequest, ApiVersionsResponse,
    MetadataRequest, MetadataResponse,
    InitProducerIdRequest, InitProducerIdResponse,
    ProduceRequest, ProduceResponse,
    FetchRequest, FetchResponse,
    ListOffsetsRequest, ListOffsetsResponse,
    OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse,
    FindCoordinatorRequest, FindCoordinatorResponse,
    JoinGroupRequest, JoinGroupResponse,
    SyncGroupRequest, SyncGroupResponse,
    HeartbeatRequest, HeartbeatResponse,
    LeaveGroupRequest, LeaveGroupResponse,
    OffsetCommitRequest, OffsetCommitResponse,
    OffsetFetchRequest, OffsetFetchResponse,
    BrokerRegistrationRequest, BrokerRegistrationResponse,
    BrokerHeartbeatRequest, BrokerHeartbeatResponse,
    AlterPartitionRequest, AlterPartitionResponse,
    DatabaseRequest, DatabaseResponse,
}

impl Kind {
    /// Whether it answers another message.
    pub fn is_response(self) -> bool {
        self.name().ends_with("Response")
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The body of a message.
#[derive(Clone, Debug)]
pub enum Message {
    /// Opens a connection: sent by the network itself, so is its answer.
    ApiVersionsRequest,
    /// The connection is open.
    ApiVersionsResponse,
    /// A client asks who leads what.
    MetadataRequest,
    /// What the answering broker believes.
    MetadataResponse(ClusterView),
    /// An idempotent producer asks for its id.
    InitProducerIdRequest,
    /// A fresh id, epoch 0.
    InitProducerIdResponse(ProducerIdAndEpoch),
    /// At most one batch for each partition.
    ProduceRequest(ProduceRequest),
    /// What became of each.
    ProduceResponse(PerPartition<ProduceResult>),
    /// A follower or a consumer asks for what stands at and after an offset.
    FetchRequest(FetchRequest),
    /// What stands there.
    FetchResponse(PerPartition<FetchedPartition>),
    /// A consumer asks for the first offset, or the high watermark.
    ListOffsetsRequest(PerPartition<ListOffset>),
    /// Those offsets.
    ListOffsetsResponse(PerPartition<Result<Offset, Error>>),
    /// A consumer asks where a leader epoch ended (KIP-320).
    OffsetForLeaderEpochRequest(PerPartition<EpochQuestion>),
    /// The largest known epoch not above the one asked for, and its end.
    OffsetForLeaderEpochResponse(PerPartition<Result<EpochEnd, Error>>),
    /// A consumer asks any broker who coordinates its group.
    FindCoordinatorRequest,
    /// The leader of `__consumer_offsets`, as the broker believes.
    FindCoordinatorResponse(Result<BrokerId, Error>),
    /// A member joins, or joins anew.
    JoinGroupRequest(JoinGroup),
    /// The generation joined; the leader also gets the members.
    JoinGroupResponse(Result<Joined, Error>),
    /// A member asks for its assignment; the leader hands in everybody's.
    SyncGroupRequest(SyncGroup),
    /// The partitions assigned, as a set of bits by partition number.
    SyncGroupResponse(Result<u8, Error>),
    /// A member is alive.
    HeartbeatRequest(Membership),
    /// Whether its generation still stands.
    HeartbeatResponse(Result<(), Error>),
    /// A member goes in order.
    LeaveGroupRequest(Membership),
    /// It is gone.
    LeaveGroupResponse,
    /// Offsets to be stored.
    OffsetCommitRequest(OffsetCommit),
    /// Whether they are.
    OffsetCommitResponse(Result<(), Error>),
    /// A consumer asks for committed offsets.
    OffsetFetchRequest,
    /// Those there are, by number of the partition.
    OffsetFetchResponse(Result<[Option<Offset>; 3], Error>),
    /// A broker's process asks to be let in.
    BrokerRegistrationRequest(RegisterBroker),
    /// Its epoch.
    BrokerRegistrationResponse(Result<BrokerEpoch, Error>),
    /// A broker is alive.
    BrokerHeartbeatRequest(BrokerHeartbeat),
    /// What the controller makes of it.
    BrokerHeartbeatResponse(Result<BrokerState, Error>),
    /// A leader wants another ISR.
    AlterPartitionRequest(AlterPartition),
    /// The registration as it now is, or why not, for each partition.
    AlterPartitionResponse(Result<PerPartition<Result<Registration, Error>>, Error>),
    /// A broker asks for metadata records from an offset on (a Fetch of `__cluster_metadata`).
    MetadataFetchRequest {
        /// The first one wanted.
        from: u32,
    },
    /// Records up to an offset stand in the arena.
    MetadataFetchResponse {
        /// One past the last.
        end: u32,
    },
    /// A consumer's statement or transaction.
    DatabaseRequest(DatabaseRequest, Option<Token>),
    /// What it came to.
    DatabaseResponse(DatabaseResponse),
}

impl Message {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Message::ApiVersionsRequest => Kind::ApiVersionsRequest,
            Message::ApiVersionsResponse => Kind::ApiVersionsResponse,
            Message::MetadataRequest => Kind::MetadataRequest,
            Message::MetadataResponse(_) => Kind::MetadataResponse,
            Message::InitProducerIdRequest => Kind::InitProducerIdRequest,
            Message::InitProducerIdResponse(_) => Kind::InitProducerIdResponse,
            Message::ProduceRequest(_) => Kind::ProduceRequest,
            Message::ProduceResponse(_) => Kind::ProduceResponse,
            Message::FetchRequest(_) | Message::MetadataFetchRequest { .. } => Kind::FetchRequest,
            Message::FetchResponse(_) | Message::MetadataFetchResponse { .. } => Kind::FetchResponse,
            Message::ListOffsetsRequest(_) => Kind::ListOffsetsRequest,
            Message::ListOffsetsResponse(_) => Kind::ListOffsetsResponse,
            Message::OffsetForLeaderEpochRequest(_) => Kind::OffsetForLeaderEpochRequest,
            Message::OffsetForLeaderEpochResponse(_) => Kind::OffsetForLeaderEpochResponse,
            Message::FindCoordinatorRequest => Kind::FindCoordinatorRequest,
            Message::FindCoordinatorResponse(_) => Kind::FindCoordinatorResponse,
            Message::JoinGroupRequest(_) => Kind::JoinGroupRequest,
            Message::JoinGroupResponse(_) => Kind::JoinGroupResponse,
            Message::SyncGroupRequest(_) => Kind::SyncGroupRequest,
            Message::SyncGroupResponse(_) => Kind::SyncGroupResponse,
            Message::HeartbeatRequest(_) => Kind::HeartbeatRequest,
            Message::HeartbeatResponse(_) => Kind::HeartbeatResponse,
            Message::LeaveGroupRequest(_) => Kind::LeaveGroupRequest,
            Message::LeaveGroupResponse => Kind::LeaveGroupResponse,
            Message::OffsetCommitRequest(_) => Kind::OffsetCommitRequest,
            Message::OffsetCommitResponse(_) => Kind::OffsetCommitResponse,
            Message::OffsetFetchRequest => Kind::OffsetFetchRequest,
            Message::OffsetFetchResponse(_) => Kind::OffsetFetchResponse,
            Message::BrokerRegistrationRequest(_) => Kind::BrokerRegistrationRequest,
            Message::BrokerRegistrationResponse(_) => Kind::BrokerRegistrationResponse,
            Message::BrokerHeartbeatRequest(_) => Kind::BrokerHeartbeatRequest,
            Message::BrokerHeartbeatResponse(_) => Kind::BrokerHeartbeatResponse,
            Message::AlterPartitionRequest(_) => Kind::AlterPartitionRequest,
            Message::AlterPartitionResponse(_) => Kind::AlterPartitionResponse,
            Message::DatabaseRequest(..) => Kind::DatabaseRequest,
            Message::DatabaseResponse(_) => Kind::DatabaseResponse,
        }
    }

    /// Batches that it carries, with their partitions: those of a produce request or of a fetch's answer.
    pub fn batches(&self) -> Vec<(TopicPartition, BatchId)> {
        match self {
            Message::ProduceRequest(request) => {
                request.batches.iter().map(|(tp, batch)| (tp, *batch)).collect()
            }
            Message::FetchResponse(partitions) => partitions
                .iter()
                .flat_map(|(tp, fetched)| fetched.entries.iter().map(move |entry| (tp, entry.batch)))
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// What a broker tells clients of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterView {
    /// Brokers that are not fenced.
    pub brokers: BrokerSet,
    /// Leader (none = no leader) and leader epoch of each partition.
    pub leaders: PerPartition<(Option<BrokerId>, LeaderEpoch)>,
}

/// See [`Message::ProduceRequest`].
#[derive(Clone, Debug)]
pub struct ProduceRequest {
    /// What it waits for.
    pub acks: super::config::Acks,
    /// How long the broker may wait for `acks=all`: the client's `request.timeout.ms`.
    pub timeout: Micros,
    /// The batches.
    pub batches: PerPartition<BatchId>,
}

/// A partition's part of a produce response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProduceResult {
    /// Where the batch stands, or why it does not.
    pub result: Result<Offset, Error>,
    /// With NOT_LEADER_OR_FOLLOWER: the leader that the broker knows of (KIP-951).
    pub current_leader: Option<(BrokerId, LeaderEpoch)>,
}

/// See [`Message::FetchRequest`].
#[derive(Clone, Debug)]
pub struct FetchRequest {
    /// The follower and its broker epoch; none for a consumer.
    pub replica: Option<(BrokerId, BrokerEpoch)>,
    /// How long the broker may wait for data.
    pub max_wait: Micros,
    /// Bytes worth answering for.
    pub min_bytes: u32,
    /// Most bytes of an answer.
    pub max_bytes: u32,
    /// What is wanted.
    pub partitions: PerPartition<FetchPartition>,
}

/// A partition's part of a fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchPartition {
    /// The first offset wanted. From a follower it says that all before are in its log.
    pub offset: Offset,
    /// The leader epoch that the asker believes in; none from a follower under a rule before KIP-320.
    pub current_leader_epoch: Option<LeaderEpoch>,
    /// Epoch of the last record before `offset`, where there is one (KIP-595).
    pub last_fetched_epoch: Option<LeaderEpoch>,
    /// Most bytes of this partition; the first batch is returned even if it is larger.
    pub max_bytes: u32,
}

/// A partition's part of a fetch's answer.
#[derive(Clone, Debug, Default)]
pub struct FetchedPartition {
    /// Why there is nothing.
    pub error: Option<Error>,
    /// The leader's high watermark.
    pub high_watermark: Offset,
    /// The log's first offset.
    pub log_start: Offset,
    /// The asker's log differs from the leader's: largest epoch not above `last_fetched_epoch`, and its end.
    pub diverging: Option<EpochEnd>,
    /// What stands at and after the offset.
    pub entries: Vec<Entry>,
}

/// A batch in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The batch.
    pub batch: BatchId,
    /// Offset of its first record.
    pub base_offset: Offset,
    /// Number of records.
    pub count: u32,
    /// Epoch of the leader that appended it.
    pub leader_epoch: LeaderEpoch,
}

impl Entry {
    /// One past its last offset.
    pub fn end(&self) -> Offset {
        self.base_offset + self.count
    }
}

/// A leader epoch and where it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEnd {
    /// The epoch; none = the broker knows of none not above the one asked for.
    pub epoch: Option<LeaderEpoch>,
    /// One past its last offset.
    pub end: Offset,
}

/// A partition's part of an OffsetForLeaderEpoch request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochQuestion {
    /// The leader epoch that the asker believes in; none from a follower under a rule before KIP-320.
    pub current_leader_epoch: Option<LeaderEpoch>,
    /// The epoch asked for.
    pub epoch: LeaderEpoch,
}

/// Which offset is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListOffset {
    /// The log's first.
    Earliest,
    /// The high watermark.
    Latest,
}

/// Who a group's member is, as it believes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Its id, given by the coordinator at its first join.
    pub member: MemberId,
    /// The generation it joined.
    pub generation: u32,
}

/// A member's id: the consumer, and the how-many-th time that the coordinator gave it one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId {
    /// The consumer's number.
    pub consumer: u8,
    /// Rises with each id given.
    pub instance: u16,
}

/// See [`Message::JoinGroupRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinGroup {
    /// The consumer's number.
    pub consumer: u8,
    /// Its id, if it has one.
    pub member: Option<MemberId>,
    /// `session.timeout.ms`
    pub session_timeout: Micros,
    /// `max.poll.interval.ms`
    pub rebalance_timeout: Micros,
    /// Partitions that it holds on to (cooperative), as bits.
    pub owned: u8,
}

/// See [`Message::JoinGroupResponse`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Its id and the new generation.
    pub membership: Membership,
    /// It leads the group: it assigns.
    pub leads: bool,
    /// For the leader: the members and what each holds on to.
    pub members: Vec<(MemberId, u8)>,
}

/// See [`Message::SyncGroupRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncGroup {
    /// Who asks.
    pub membership: Membership,
    /// From the leader: partitions for each member, as bits.
    pub assignments: Vec<(MemberId, u8)>,
}

/// See [`Message::OffsetCommitRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetCommit {
    /// Who commits.
    pub membership: Membership,
    /// The next offset to read, by number of the partition.
    pub offsets: [Option<Offset>; 3],
}

/// See [`Message::BrokerRegistrationRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisterBroker {
    /// The broker.
    pub broker: BrokerId,
    /// Which process of it: rises with each start.
    pub incarnation: u16,
    /// The broker epoch found in the clean-shutdown file, if there is one.
    pub previous_epoch: Option<BrokerEpoch>,
}

/// See [`Message::BrokerHeartbeatRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokerHeartbeat {
    /// The broker.
    pub broker: BrokerId,
    /// Its epoch.
    pub epoch: BrokerEpoch,
    /// How far it has read the metadata log: one past the last record.
    pub metadata_offset: u32,
    /// It wants to be fenced, as at start-up.
    pub want_fence: bool,
    /// It wants to stop.
    pub want_shutdown: bool,
}

/// What the controller makes of a broker (`BrokerControlState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokerState {
    /// It has read its own registration.
    pub caught_up: bool,
    /// It is fenced.
    pub fenced: bool,
    /// It may stop now.
    pub may_shut_down: bool,
}

/// See [`Message::AlterPartitionRequest`].
#[derive(Clone, Debug)]
pub struct AlterPartition {
    /// The leader.
    pub broker: BrokerId,
    /// Its broker epoch.
    pub broker_epoch: BrokerEpoch,
    /// The ISR wanted for each partition.
    pub partitions: PerPartition<IsrChange>,
}

/// An ISR that a leader wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IsrChange {
    /// The leader's epoch.
    pub leader_epoch: LeaderEpoch,
    /// The registration that it knows.
    pub partition_epoch: PartitionEpoch,
    /// The ISR.
    pub isr: BrokerSet,
    /// Broker epochs of its members as the leader knows them, by broker number minus one (KIP-903).
    pub broker_epochs: [BrokerEpoch; 5],
    /// The leader recovered from an unclean election.
    pub recovered: bool,
}

/// A statement or transaction of a consumer; each is atomic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseRequest {
    /// `SELECT` from the dedup table: was this id noted?
    IsRecorded(RecordId, DedupId),
    /// `INSERT` into the dedup table.
    Record(RecordId, DedupId),
    /// `UPDATE account SET amount = amount + 20, version = version + 1`, if what guards it, if anything, lets it.
    Pay(RecordId, Option<Guard>),
    /// `SELECT version FROM account`
    ReadVersion(RecordId),
    /// `INSERT` into the table of dead letters.
    SetAside(RecordId),
    /// One transaction: the effect of a record under its guard, and the offset after it.
    PayAndStore {
        /// The record.
        record: RecordId,
        /// What its effect is.
        booking: Booking,
        /// What guards a payment, if anything does.
        guard: Option<Guard>,
        /// The partition whose offset is stored.
        partition: TopicPartition,
        /// The next offset to read.
        offset: Offset,
        /// Store only over this offset (none = over none).
        expected: Option<Option<Offset>>,
    },
    /// `SELECT` the stored offsets; with fencing also the generations in which partitions were assigned to who asks
    /// (0: not its), which the database takes note of.
    ReadOffsets([u32; 3]),
}

/// What a payment asks of the database before it takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// `… WHERE version = ?`
    Version(u32),
    /// The id is looked up, and noted, in the same transaction.
    Once(DedupId),
    /// `… SET last = ? WHERE last < ?`: the number of the event within its account, or the offset within its partition.
    Newer(DedupId),
}

/// A fencing token: who holds a partition by an older one than the database has seen is refused
/// (Kleppmann, "How to do distributed locking", 2016).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// The partition.
    pub partition: TopicPartition,
    /// The generation of the group in which it was assigned.
    pub generation: u32,
}

/// What a transaction does for a record beside storing its offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Booking {
    /// It pays.
    Payment,
    /// It puts the record aside.
    DeadLetter,
    /// Nothing.
    Nothing,
}

/// The id by which a record is known again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DedupId {
    /// The event's own.
    Event,
    /// The place of this copy of it: partition and offset.
    Place(TopicPartition, Offset),
}

/// What a statement or transaction came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseResponse {
    /// Whether the id was noted.
    IsRecorded(bool),
    /// The row was inserted, or was there already.
    Recorded {
        /// It was new.
        new: bool,
    },
    /// How many rows the update hit; none if the transaction rolled back.
    Updated(u32),
    /// The account's version.
    Version(u32),
    /// Stored offsets, by number of the partition.
    Offsets([Option<Offset>; 3]),
    /// Nothing was done: a newer token than the one that came with it has been seen.
    Fenced,
}
