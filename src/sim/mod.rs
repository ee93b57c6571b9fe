//! What is true: the simulated cluster, as a discrete-event simulation in integer microseconds.
//!
//! [`World`] holds everything; [`World::step`] takes the earliest event, [`World::inject`] adds a fault at the
//! cursor. Nodes (brokers, controller, producers, consumers, database) decide by what reaches them and act
//! through a context; the world executes. What happens is recorded as [`Fact`]s in a [`Trace`].

mod batch;
mod broker;
mod client;
pub mod config;
mod consumer;
mod controller;
mod cow;
mod cx;
mod database;
mod fact;
mod fault;
mod hash;
mod ids;
mod message;
mod network;
mod notes;
pub(crate) mod order;
mod producer;
mod queue;
mod trigger;
mod view;
mod world;

pub use batch::{Arena, Batch, Content, MetadataRecord, Registration};
pub use cow::CowVec;
pub use fact::{
    ChangeReason, CloseReason, EndReason, Fact, Observation, PositionSource, SkipReason, StepInfo, Trace,
};
pub use fault::{Action, Count, End, Fault, Target, When};
pub use ids::*;
pub use message::{
    Booking, Channel, DatabaseRequest, DatabaseResponse, DedupId, Entry, Envelope, Error, Guard, Kind,
    MemberId, Message, ProduceResult, Token,
};
pub use network::{Connection, InFlight, LinkEffect, LinkFault};
pub use queue::{Queue, Rank, Ticket};
pub use view::{Account, ConsumerStep, ConsumerView, ProcessState, ProducerView, ReplicaView, RoleView};
pub use world::{Scenario, Step, World};
