//! What is said under the stage: what just happened, and why it matters.

mod consuming;
mod faults;
mod producing;
mod storing;

use super::story::Context;
use super::text::{capital, error_text, fill, node_name, spaced};
use super::{Caption, Lang};
use crate::sim::config::Config;
use crate::sim::{BrokerSet, Error, Fact, Kind, NodeId, RecordId, TopicPartition};

/// Whether the loss of a message is no step of the story: when a node dies, its peers lose many a request by which
/// they only ask who is there. What a fault was told to drop is always one.
pub(super) fn is_noise(fact: &Fact, context: Context) -> bool {
    let Fact::MessageLost { .. } = fact else { return false };
    let tells = [
        Kind::ProduceRequest,
        Kind::ProduceResponse,
        Kind::OffsetCommitRequest,
        Kind::OffsetCommitResponse,
        Kind::AlterPartitionRequest,
        Kind::AlterPartitionResponse,
    ];
    !context.silent && !context.message.is_some_and(|(kind, _)| tells.contains(&kind))
}

/// Whether a fact's caption stays for a while, instead of making room for the next routine one.
pub(super) fn lingers(fact: &Fact, context: Context) -> bool {
    match fact {
        Fact::Killed { .. }
        | Fact::PowerLost { .. }
        | Fact::Stopping { .. }
        | Fact::Paused { .. }
        | Fact::LinkCut { .. }
        | Fact::LinkReset { .. }
        | Fact::DiskFailed { .. }
        | Fact::UnflushedLost { .. }
        | Fact::Truncated { .. }
        | Fact::LogStartMoved { .. }
        | Fact::ProduceUnanswered { .. }
        | Fact::Failed { .. }
        | Fact::DuplicateFound { .. }
        | Fact::AppendRefused { .. }
        | Fact::IsrChangeProposed { .. }
        | Fact::Skipped { .. }
        | Fact::Forgotten { .. }
        | Fact::OffsetsExpired
        | Fact::CalledAgain { .. }
        | Fact::ProcessingFailed { .. }
        | Fact::DeadLettered { .. }
        | Fact::CommitFailed { .. }
        | Fact::ConsumerFailed { .. }
        | Fact::RolledBack { .. }
        | Fact::MemberRemoved { .. }
        | Fact::Ended { .. } => true,
        Fact::BecameLeader { leader_epoch, .. } => *leader_epoch > 0,
        Fact::PartitionChanged { leader, .. } => leader.is_none(),
        Fact::Started { .. } => context.again,
        Fact::PositionSet { offset, .. } => *offset > 0,
        Fact::MessageLost { .. } => context.silent,
        Fact::Appended { .. } | Fact::Applied { .. } => context.again,
        _ => false,
    }
}

/// The caption of a fact; none for facts that say nothing by themselves.
pub(super) fn caption(
    fact: &Fact,
    node: NodeId,
    config: &Config,
    context: Context,
    lang: Lang,
) -> Option<Caption> {
    let teller = Teller { node, config, context, lang };
    let said = teller.fault(fact).or_else(|| teller.producing(fact));
    let said = said.or_else(|| teller.storing(fact)).or_else(|| teller.consuming(fact))?;
    Some(teller.caption(said))
}

/// What happened, and why it matters. In both `$0` is the node, `$1` and `$2` are what goes with the sentence.
type Both = [&'static str; 2];

/// A caption whose gaps are not filled yet.
struct Said {
    en: Both,
    zh: Both,
    with: [String; 2],
}

fn say(en: Both, zh: Both) -> Option<Said> {
    with([String::new(), String::new()], en, zh)
}

fn with(with: [String; 2], en: Both, zh: Both) -> Option<Said> {
    Some(Said { en, zh, with })
}

fn one(first: String, en: Both, zh: Both) -> Option<Said> {
    with([first, String::new()], en, zh)
}

/// Who tells what happened, where, and in which language.
struct Teller<'a> {
    node: NodeId,
    config: &'a Config,
    context: Context,
    lang: Lang,
}

impl Teller<'_> {
    fn caption(&self, said: Said) -> Caption {
        let [first, second] = said.with;
        let gaps = [self.name(self.node), first, second];
        let fill = |sentence| fill(sentence, &gaps);
        match self.lang {
            Lang::En => Caption { strong: capital(&fill(said.en[0])), rest: fill(said.en[1]) },
            Lang::Zh => Caption { strong: spaced(&fill(said.zh[0])), rest: spaced(&fill(said.zh[1])) },
        }
    }

    fn name(&self, node: NodeId) -> String {
        node_name(node, self.lang)
    }

    fn error(&self, error: Error) -> String {
        error_text(error, self.lang)
    }

    /// `7`, or `2·7` where there are several producers.
    fn number(&self, record: RecordId) -> String {
        let number = record.number();
        if self.config.producer.count > 1 {
            format!("{}·{number}", record.producer())
        } else {
            number.to_string()
        }
    }

    /// `packet 7`, `packets 7–9`.
    fn packets(&self) -> String {
        let Some((first, last)) = self.context.records else { return String::new() };
        let mut said = match (self.lang, first == last) {
            (Lang::En, true) => "packet ",
            (Lang::En, false) => "packets ",
            (Lang::Zh, _) => "红包 ",
        }
        .to_owned();
        said += &self.number(first);
        if first != last {
            said += "–";
            said += &last.number().to_string();
        }
        said
    }

    /// ` p1` where there are several partitions.
    fn partition(&self, partition: TopicPartition) -> String {
        if self.config.topic.partitions > 1 { format!(" p{}", partition.partition()) } else { String::new() }
    }

    /// Names of brokers.
    fn brokers(&self, brokers: BrokerSet) -> String {
        let names: Vec<String> = brokers.iter().map(|id| self.name(id.into())).collect();
        names.join(", ")
    }
}
