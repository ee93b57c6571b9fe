//! Sizes of records and batches in bytes, as Kafka's format 2 has them (`DefaultRecord`,
//! `DefaultRecordBatch`).
//!
//! A record's key is its id, `p1-7`; its value says what to pay, from which version on: `a1:20:6`.

use crate::sim::ids::RecordId;

/// A batch's header (`DefaultRecordBatch.RECORD_BATCH_OVERHEAD`).
pub(super) const BATCH_OVERHEAD: u32 = 61;
/// Most that a record takes beyond key, value and headers (`DefaultRecord.MAX_RECORD_OVERHEAD`).
const MAX_RECORD_OVERHEAD: u32 = 21;

/// A record's id as text, without an allocation.
pub(super) struct Text {
    bytes: [u8; 10],
    len: usize,
}

impl Text {
    /// The text of an id: as `RecordId` is displayed.
    pub(super) fn of(record: RecordId) -> Text {
        let mut text = Text { bytes: [0; 10], len: 0 };
        text.push(b'p');
        text.push_number(u32::from(record.producer()));
        text.push(b'-');
        text.push_number(record.number());
        text
    }

    fn push(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    fn push_number(&mut self, n: u32) {
        for place in (0..digits(n)).rev() {
            self.push(b'0' + (n / 10_u32.pow(place) % 10) as u8);
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

fn digits(n: u32) -> u32 {
    n.checked_ilog10().map_or(1, |log| log + 1)
}

/// Length of key and value.
fn lengths(record: RecordId) -> (u32, u32) {
    let producer = digits(u32::from(record.producer()));
    let key = 2 + producer + digits(record.number());
    let value = "a:20:".len() as u32 + producer + digits(record.number().saturating_sub(1));
    (key, value)
}

/// Bytes of an unsigned number, seven bits each.
fn varint(n: u64) -> u32 {
    n.checked_ilog2().map_or(1, |log| log / 7 + 1)
}

/// Bytes of a non-negative number in zigzag encoding (`ByteUtils.sizeOfVarint`).
fn zigzag(n: u64) -> u32 {
    varint(n << 1)
}

/// Key, value and the number of headers, none (`DefaultRecord.sizeOf`).
fn content(record: RecordId) -> u32 {
    let (key, value) = lengths(record);
    zigzag(key.into()) + key + zigzag(value.into()) + value + 1
}

/// A record as the `delta`-th after the first of its batch, `ms` milliseconds younger
/// (`DefaultRecord.sizeInBytes`).
pub(super) fn record_size(record: RecordId, delta: u32, ms: u64) -> u32 {
    let body = 1 + zigzag(delta.into()) + zigzag(ms) + content(record);
    body + zigzag(body.into())
}

/// Most that a batch of this one record can take (`AbstractRecords.estimateSizeInBytesUpperBound`): what
/// `max.request.size` is compared with and what is allocated at least.
pub(super) fn upper_bound(record: RecordId) -> u32 {
    BATCH_OVERHEAD + MAX_RECORD_OVERHEAD + content(record)
}
