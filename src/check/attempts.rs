//! Every produce request, partition by partition, and how each ended.

use crate::sim::{
    Action, BatchId, BrokerId, Error, Fact, FaultId, MessageId, NodeId, Observation, Offset, RecordId,
    TopicPartition, World,
};

/// A partition's part of a produce request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Who sent it, by number.
    pub producer: u8,
    /// To whom.
    pub broker: BrokerId,
    /// The partition.
    pub partition: TopicPartition,
    /// The records.
    pub ids: Vec<RecordId>,
    /// Producer epoch and sequence; none without idempotence.
    pub sequence: Option<(i16, i32)>,
    /// The broker got it.
    pub reached: bool,
    /// What the producer got to hear; none = nothing.
    pub answer: Option<Answer>,
    /// What it would have heard, had a fault not eaten the answer.
    pub lost_answer: Option<Answer>,
}

/// What a broker answers for a partition: where the batch stands, or why it does not.
pub type Answer = Result<Option<Offset>, Error>;

/// What a message has to do with an attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Carries {
    #[default]
    Nothing,
    /// It is the request; its first attempt stands here.
    Request(u32),
    /// It is the answer to that request.
    Answer(u32),
}

#[derive(Debug)]
struct Open {
    request: MessageId,
    decided: Option<Answer>,
    answer_lost: bool,
    done: Attempt,
}

/// The fold.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    attempts: Vec<Open>,
    /// By number of the message.
    messages: Vec<Carries>,
    /// The message that the last fact tells to have been sent.
    just_sent: Option<MessageId>,
}

impl Attempts {
    pub(super) fn observe(&mut self, world: &World, observation: &Observation) {
        let just_sent = self.just_sent.take();
        match observation.fact {
            Fact::MessageSent { message, in_reply_to, .. } => {
                self.just_sent = Some(message);
                if let Some(Carries::Request(first)) = in_reply_to.map(|request| self.carries(request)) {
                    self.note(message, Carries::Answer(first));
                }
            }
            Fact::ProduceAttempted { message, batch, to, .. } => {
                if let NodeId::Producer(producer) = observation.node {
                    self.attempted(world, producer, message, batch, to);
                }
            }
            Fact::MessageDelivered { message } => {
                if let Carries::Request(first) = self.carries(message) {
                    self.of_request(first).for_each(|open| open.done.reached = true);
                }
            }
            Fact::MessageLost { message, fault: Some(fault) } => {
                // Eaten on the spot. What is held first and lost later is nobody's to know.
                if just_sent == Some(message)
                    && drops(world, fault)
                    && let Carries::Answer(first) = self.carries(message)
                {
                    self.of_request(first).for_each(|open| open.answer_lost = true);
                }
            }
            Fact::ProduceDecided { request, partition, error, base_offset } => {
                let answer = error.map_or(Ok(base_offset), Err);
                self.of_part(request, partition).for_each(|open| open.decided = Some(answer));
            }
            Fact::ProduceAnswered { request, partition, error } => {
                self.of_part(request, partition).for_each(|open| {
                    open.done.answer = Some(match (error, open.decided) {
                        (Some(error), _) => Err(error),
                        (None, Some(Ok(offset))) => Ok(offset),
                        (None, _) => Ok(None),
                    });
                });
            }
            _ => {}
        }
    }

    fn attempted(&mut self, world: &World, producer: u8, message: MessageId, batch: BatchId, to: BrokerId) {
        if self.carries(message) == Carries::Nothing {
            self.note(message, Carries::Request(self.attempts.len() as u32));
        }
        let stored = world.arena().batch(batch);
        let done = Attempt {
            producer,
            broker: to,
            partition: stored.partition,
            ids: world.records(batch).collect(),
            sequence: stored.producer.map(|producer| (producer.epoch, stored.base_sequence)),
            reached: false,
            answer: None,
            lost_answer: None,
        };
        self.attempts.push(Open { request: message, decided: None, answer_lost: false, done });
    }

    fn carries(&self, message: MessageId) -> Carries {
        self.messages.get(message.0 as usize).copied().unwrap_or_default()
    }

    fn note(&mut self, message: MessageId, carries: Carries) {
        let place = message.0 as usize;
        if place >= self.messages.len() {
            self.messages.resize(place + 1, Carries::Nothing);
        }
        self.messages[place] = carries;
    }

    /// The attempts of one request, which stand together.
    fn of_request(&mut self, first: u32) -> impl Iterator<Item = &mut Open> {
        let attempts = &mut self.attempts[first as usize..];
        let request = attempts.first().map(|open| open.request);
        attempts.iter_mut().take_while(move |open| Some(open.request) == request)
    }

    fn of_part(&mut self, request: MessageId, partition: TopicPartition) -> impl Iterator<Item = &mut Open> {
        let first = match self.carries(request) {
            Carries::Request(first) => first,
            _ => self.attempts.len() as u32,
        };
        self.of_request(first).filter(move |open| open.done.partition == partition)
    }

    pub(super) fn finish(self) -> Vec<Attempt> {
        let finished = |mut open: Open| {
            if open.done.answer.is_none() && open.answer_lost {
                open.done.lost_answer = open.decided;
            }
            open.done
        };
        self.attempts.into_iter().map(finished).collect()
    }
}

fn drops(world: &World, fault: FaultId) -> bool {
    matches!(world.faults()[usize::from(fault.0)].action, Action::DropNext { .. })
}
