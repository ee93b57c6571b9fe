//! The stage: cards for nodes, links between them, and what moves.

use super::{Hotspot, ScreenUs, Shape, Story, View};
use crate::sim::World;

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
}

/// Draws the world as it stands after a step.
pub fn layout(_world: &World, _story: &Story, view: &View) -> Stage {
    Stage { width: view.width, ..Stage::default() }
}

/// Draws what moves at a moment of screen time; `world` and `stage` are those of that moment's step.
pub fn motion(_world: &World, _stage: &Stage, _story: &Story, _at: ScreenUs, _view: &View) -> Vec<Shape> {
    Vec::new()
}
