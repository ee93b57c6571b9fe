//! Which facts a reader steps through: the one list.

use crate::sim::Fact;

/// Whether a fact is worth a stop of the step button.
pub fn notable(fact: &Fact) -> bool {
    match fact {
        Fact::Sent { .. }
        | Fact::SendBlocked { .. }
        | Fact::ProduceAttempted { .. }
        | Fact::ProduceUnanswered { .. }
        | Fact::BatchExpired { .. }
        | Fact::ProducerEpochBumped { .. }
        | Fact::Acked { .. }
        | Fact::Failed { .. }
        | Fact::DuplicateFound { .. }
        | Fact::AppendRefused { .. }
        | Fact::UnflushedLost { .. }
        | Fact::Truncated { .. }
        | Fact::LogLoaded { .. }
        | Fact::IsrChangeProposed { .. }
        | Fact::BrokerRegistered { .. }
        | Fact::RegistrationRefused { .. }
        | Fact::BrokerFenced { .. }
        | Fact::BrokerUnfenced { .. }
        | Fact::PartitionChanged { .. }
        | Fact::MemberRemoved { .. }
        | Fact::GenerationStarted { .. }
        | Fact::PositionSet { .. }
        | Fact::Delivered { .. }
        | Fact::Skipped { .. }
        | Fact::Committed { .. }
        | Fact::CommitFailed { .. }
        | Fact::ConsumerFailed { .. }
        | Fact::Applied { .. }
        | Fact::Recorded { .. }
        | Fact::Forgotten { .. }
        | Fact::OffsetsExpired
        | Fact::CalledAgain { .. }
        | Fact::ProcessingFailed { .. }
        | Fact::DeadLettered { .. }
        | Fact::OffsetStoredInDatabase { .. }
        | Fact::RolledBack { .. }
        | Fact::FaultFired { .. }
        | Fact::FaultHadNoEffect { .. }
        | Fact::LinkCut { .. }
        | Fact::LinkHealed { .. }
        | Fact::LinkReset { .. }
        | Fact::DropArmed { .. }
        | Fact::DelayArmed { .. }
        | Fact::DiskFailed { .. }
        | Fact::DiskHealed { .. }
        | Fact::Started { .. }
        | Fact::Killed { .. }
        | Fact::PowerLost { .. }
        | Fact::Stopping { .. }
        | Fact::Stopped
        | Fact::Paused { .. }
        | Fact::Resumed
        | Fact::Ended { .. } => true,
        Fact::Appended { partition, .. } | Fact::Replicated { partition, .. } => partition.is_events(),
        Fact::MessageLost { fault, .. } => fault.is_some(),
        Fact::BecameLeader { partition, .. } | Fact::LogStartMoved { partition, .. } => partition.is_events(),
        _ => false,
    }
}
