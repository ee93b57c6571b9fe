//! Hashes that are the same on every target: randomness without state, and the digest of a trace.
//!
//! A latency or a jitter is a hash of what it belongs to (seed, connection, kind, n-th of its kind), so that
//! a message which a changed scenario does not touch keeps its latency, and copies of a world need no care.

use std::hash::{Hash, Hasher};

/// SplitMix64's finalizer: every bit of the input reaches every bit of the output.
fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number drawn from `parts`, the same for the same parts.
pub fn draw(parts: &[u64]) -> u64 {
    parts.iter().fold(0, |drawn, part| draw_on(drawn, *part))
}

/// The number drawn from one part more than `drawn` was.
pub fn draw_on(drawn: u64, part: u64) -> u64 {
    mix(drawn ^ part)
}

/// A number from `least` to `most`, both included, drawn from `parts`.
pub fn draw_between(least: u64, most: u64, parts: &[u64]) -> u64 {
    between(least, most, draw(parts))
}

/// What was drawn as a number from `least` to `most`, both included.
pub fn between(least: u64, most: u64, drawn: u64) -> u64 {
    least + drawn % (most - least + 1)
}

/// A hasher with a fixed encoding: integers as eight little-endian bytes, whatever their width and the
/// target's. (`Hash` writes an enum's discriminant as `isize`, which is narrower in WebAssembly.)
#[derive(Clone, Copy, Debug, Default)]
pub struct Digest(u64);

impl Digest {
    /// Adds a value.
    pub fn add(&mut self, value: &impl Hash) {
        value.hash(self);
    }
}

impl Hasher for Digest {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u16(&mut self, value: u16) {
        self.write_u64(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = mix(self.0 ^ value);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn write_i16(&mut self, value: i16) {
        self.write_u64(value as u64);
    }

    fn write_i32(&mut self, value: i32) {
        self.write_u64(value as u64);
    }

    fn write_i64(&mut self, value: i64) {
        self.write_u64(value as u64);
    }

    fn write_isize(&mut self, value: isize) {
        self.write_u64(value as u64);
    }
}
