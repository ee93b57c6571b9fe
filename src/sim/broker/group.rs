//! The group coordinator (to come).
use super::super::batch::Batch;
use super::super::cx::Cx;
use super::super::ids::*;
use super::super::message::*;
#[derive(Clone, Debug)]
pub(crate) enum Output {
    Reply { connection: ConnectionId, request: MessageId, body: Message },
    Append { batch: BatchId, token: u64 },
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupTimer {}
#[derive(Clone, Debug)]
pub(crate) struct GroupCoordinator {}
impl GroupCoordinator {
    pub(crate) fn new() -> Self {
        Self {}
    }
    pub(crate) fn load<'a>(&mut self, _cx: &mut Cx<'_>, _batches: impl Iterator<Item = &'a Batch>) {}
    pub(crate) fn resign(&mut self, _cx: &mut Cx<'_>, _out: &mut Vec<Output>) {}
    pub(crate) fn on_request(&mut self, _cx: &mut Cx<'_>, _envelope: &Envelope, _out: &mut Vec<Output>) {}
    pub(crate) fn on_appended(
        &mut self,
        _cx: &mut Cx<'_>,
        _token: u64,
        _result: Result<(), Error>,
        _out: &mut Vec<Output>,
    ) {
    }
    pub(crate) fn on_timer(&mut self, _cx: &mut Cx<'_>, _timer: GroupTimer, _out: &mut Vec<Output>) {}
    pub(crate) fn offsets(&self) -> [Option<Offset>; 3] {
        [None; 3]
    }
}
