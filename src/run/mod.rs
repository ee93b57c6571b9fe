//! Which run: how it is chosen, and how any moment of it is reached.

pub mod timeline;
