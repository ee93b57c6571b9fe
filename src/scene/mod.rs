//! Where a run is drawn: from a [`World`](crate::sim::World), its trace and a cursor to plain shapes,
//! labels and words. It knows no markup and no DOM, and decides nothing.
//!
//! * [`Story`] is what a run means to a reader, built once from its trace: screen time, notable steps, captions.
//! * [`layout`] draws the stage at a step, [`motion`] what moves on it at a moment of screen time.

mod captions;
mod find;
mod notable;
mod screen_time;
mod shape;
mod stage;
mod story;
mod text;
mod titles;
mod verdict;
mod why;

#[cfg(test)]
mod tests;

pub use find::{Found, Index};
pub use notable::notable;
pub use shape::{
    Anchor, Area, Dash, HotTarget, Hotspot, Icon, Lang, Packet, PacketStyle, Point, Role, Segment, Shape,
    View,
};
pub use stage::{Stage, layout, motion};
pub use story::{Gap, Marker, MarkerKind, ScreenTime, ScreenUs, Story};
pub use titles::{question, title};
pub use verdict::{Verdict, verdict};
pub use why::{advice_text, packet_list, remedy_text, settings_text, why_text, why_title};

/// What is said under the stage: what just happened, and why it matters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caption {
    /// What just happened; in bold.
    pub strong: String,
    /// Why it matters; may be empty.
    pub rest: String,
}
