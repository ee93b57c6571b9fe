//! The stage: cards for nodes, links between them, and what moves.

mod cards;
mod frame;
mod links;
mod motion;
mod pen;

use super::{Hotspot, Shape, Story, View};
use crate::sim::World;
pub use frame::Frame;
pub use motion::motion;

/// A picture of the cluster at a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stage {
    /// Width in CSS pixels.
    pub width: u32,
    /// Height in CSS pixels.
    pub height: u32,
    /// What to draw, in order.
    pub shapes: Vec<Shape>,
    /// What can be clicked.
    pub hotspots: Vec<Hotspot>,
    /// Where things stand, for what moves between them.
    frame: Frame,
}

/// Draws the world as it stands after a step.
pub fn layout(world: &World, _story: &Story, view: &View) -> Stage {
    let frame = Frame::of(world.config(), view);
    let mut pen = pen::Pen::default();
    links::draw(&mut pen, world, &frame, view);
    cards::draw(&mut pen, world, &frame, view);
    Stage {
        width: view.width,
        height: frame.height.ceil() as u32,
        shapes: pen.shapes,
        hotspots: pen.hotspots,
        frame,
    }
}
