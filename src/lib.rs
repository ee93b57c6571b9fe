//! ackscope shows how a message queue loses a message, delivers it twice, and what it takes to have it
//! take effect exactly once: a deterministic simulation of a Kafka cluster, the properties folded over
//! its trace, and the page that draws it.
//!
//! # Layers
//!
//! `embed → ui → scene → run → check → sim`: each imports only what stands to its right.
//!
//! * **Architecture Invariant:** [`sim`] knows no screen, no file, no wall clock, no float, no hash order
//!   and no randomness that it was not given.
//! * **Architecture Invariant:** `check` reads a trace and a world; nothing decides by reading a trace.
//! * **Architecture Invariant:** `run` does not know how a run is drawn.
//! * **Architecture Invariant:** `cli` stands beside `ui` and is imported by nobody; it exists only behind the
//!   feature `cli`.
//! * **Architecture Invariant:** `scene` makes plain shapes and words; no markup, no DOM.
//! * **Architecture Invariant:** `yew`, `web-sys`, `gloo` and `wasm-bindgen` exist only behind the feature
//!   `web`, that is in `ui` and `embed`.

pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "web")]
pub mod embed;
pub mod run;
pub mod scene;
pub mod sim;
#[cfg(feature = "web")]
pub mod ui;
