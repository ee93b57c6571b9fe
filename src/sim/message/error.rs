//! Kafka's error codes, and the exceptions that applications get for them.

use std::fmt;

/// Expands to [`Error`] with Kafka's names.
macro_rules! errors {
    ($($name:ident = $kafka:literal / $exception:literal),* $(,)?) => {
        /// An error code that a broker answers (`org.apache.kafka.common.protocol.Errors`), or, at a client,
        /// what became of a request without an answer.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "the names are Kafka's own")]
        pub enum Error { $($name),* }

        impl Error {
            /// Kafka's name of the code.
            pub fn name(self) -> &'static str {
                match self { $(Error::$name => $kafka),* }
            }

            /// Simple class name of the exception that an application gets.
            pub fn exception(self) -> &'static str {
                match self { $(Error::$name => $exception),* }
            }

            /// Every code.
            pub const ALL: &[Error] = &[$(Error::$name),*];
        }
    };
}

errors! {
    UnknownServerError = "UNKNOWN_SERVER_ERROR" / "UnknownServerException",
    OffsetOutOfRange = "OFFSET_OUT_OF_RANGE" / "OffsetOutOfRangeException",
    CorruptMessage = "CORRUPT_MESSAGE" / "CorruptRecordException",
    UnknownTopicOrPartition = "UNKNOWN_TOPIC_OR_PARTITION" / "UnknownTopicOrPartitionException",
    LeaderNotAvailable = "LEADER_NOT_AVAILABLE" / "LeaderNotAvailableException",
    NotLeaderOrFollower = "NOT_LEADER_OR_FOLLOWER" / "NotLeaderOrFollowerException",
    RequestTimedOut = "REQUEST_TIMED_OUT" / "TimeoutException",
    NetworkException = "NETWORK_EXCEPTION" / "NetworkException",
    MessageTooLarge = "MESSAGE_TOO_LARGE" / "RecordTooLargeException",
    CoordinatorLoadInProgress = "COORDINATOR_LOAD_IN_PROGRESS" / "CoordinatorLoadInProgressException",
    CoordinatorNotAvailable = "COORDINATOR_NOT_AVAILABLE" / "CoordinatorNotAvailableException",
    NotCoordinator = "NOT_COORDINATOR" / "NotCoordinatorException",
    NotEnoughReplicas = "NOT_ENOUGH_REPLICAS" / "NotEnoughReplicasException",
    NotEnoughReplicasAfterAppend = "NOT_ENOUGH_REPLICAS_AFTER_APPEND" / "NotEnoughReplicasAfterAppendException",
    IllegalGeneration = "ILLEGAL_GENERATION" / "CommitFailedException",
    UnknownMemberId = "UNKNOWN_MEMBER_ID" / "CommitFailedException",
    MemberIdRequired = "MEMBER_ID_REQUIRED" / "MemberIdRequiredException",
    RebalanceInProgress = "REBALANCE_IN_PROGRESS" / "RebalanceInProgressException",
    OutOfOrderSequenceNumber = "OUT_OF_ORDER_SEQUENCE_NUMBER" / "OutOfOrderSequenceException",
    InvalidProducerEpoch = "INVALID_PRODUCER_EPOCH" / "InvalidProducerEpochException",
    KafkaStorageError = "KAFKA_STORAGE_ERROR" / "KafkaStorageException",
    FencedLeaderEpoch = "FENCED_LEADER_EPOCH" / "FencedLeaderEpochException",
    UnknownLeaderEpoch = "UNKNOWN_LEADER_EPOCH" / "UnknownLeaderEpochException",
    OffsetNotAvailable = "OFFSET_NOT_AVAILABLE" / "OffsetNotAvailableException",
    NotController = "NOT_CONTROLLER" / "NotControllerException",
    StaleBrokerEpoch = "STALE_BROKER_EPOCH" / "StaleBrokerEpochException",
    DuplicateBrokerRegistration = "DUPLICATE_BROKER_REGISTRATION" / "DuplicateBrokerRegistrationException",
    InvalidUpdateVersion = "INVALID_UPDATE_VERSION" / "InvalidUpdateVersionException",
    IneligibleReplica = "INELIGIBLE_REPLICA" / "IneligibleReplicaException",
    NewLeaderElected = "NEW_LEADER_ELECTED" / "NewLeaderElectedException",
    InvalidRequest = "INVALID_REQUEST" / "InvalidRequestException",
    BrokerNotAvailable = "BROKER_NOT_AVAILABLE" / "BrokerNotAvailableException",
    InvalidSessionTimeout = "INVALID_SESSION_TIMEOUT" / "InvalidSessionTimeoutException",
    // Not a broker's answers: what only a client can come to.
    BufferExhausted = "BUFFER_EXHAUSTED" / "BufferExhaustedException",
    NoOffsetForPartition = "NO_OFFSET_FOR_PARTITION" / "NoOffsetForPartitionException",
    IllegalArgument = "ILLEGAL_ARGUMENT" / "IllegalArgumentException",
    LogTruncation = "LOG_TRUNCATION" / "LogTruncationException",
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
