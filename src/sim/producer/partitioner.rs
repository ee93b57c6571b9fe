//! Which partition a record goes to: murmur2 of its key, the sign bit cleared, modulo the number of
//! partitions (`BuiltInPartitioner.partitionForKey`, `Utils.murmur2`). The key is the record's id as text.

use super::size::Text;
use crate::sim::ids::{RecordId, TopicPartition};

/// The partition of a record.
pub(crate) fn partition_of(record: RecordId, partitions: u8) -> TopicPartition {
    if partitions == 1 {
        return TopicPartition::events(0);
    }
    let positive = murmur2(Text::of(record).as_bytes()) & 0x7fff_ffff;
    TopicPartition::events((positive % u32::from(partitions)) as u8)
}

/// `Utils.murmur2`, with Kafka's seed.
pub(super) fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut h = 0x9747_b28c ^ data.len() as u32;
    let mut words = data.chunks_exact(4);
    for word in &mut words {
        let mut k = u32::from_le_bytes([word[0], word[1], word[2], word[3]]).wrapping_mul(M);
        k ^= k >> 24;
        h = h.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        for (i, byte) in rest.iter().enumerate() {
            h ^= u32::from(*byte) << (8 * i);
        }
        h = h.wrapping_mul(M);
    }
    h ^= h >> 13;
    h = h.wrapping_mul(M);
    h ^ h >> 15
}
