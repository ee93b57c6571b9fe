//! The stage: cards for nodes, links between them, and what moves.
//!
//! [`frame`] says where everything stands, by counts and width alone; [`ways`] along which curves links run;
//! the other parts draw.

mod broker;
mod clients;
mod frame;
mod links;
mod motion;
mod notes;
mod pen;
mod records;
mod state;
mod text;
mod ways;

#[cfg(test)]
mod tests;

use super::{Hotspot, Shape, Story, View};
use crate::sim::{BrokerId, World};
use frame::{Counts, Frame};
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

/// The nearest number to `value` between two. Not `f32::clamp`: the message of its panic brings along all that
/// writes floats, six kilobytes of the page.
fn within(value: f32, least: f32, most: f32) -> f32 {
    value.max(least).min(most)
}

/// Draws the world as it stands after a step.
pub fn layout(world: &World, story: &Story, view: &View) -> Stage {
    let frame = Frame::of(Counts::of(world.config()), view);
    let mut pen = pen::Pen::default();
    links::draw(&mut pen, world, &frame, view);
    for (n, area) in (1..).zip(&frame.producers) {
        clients::shop(&mut pen, world, &frame, view, n, *area);
    }
    for (n, area) in (1..).zip(&frame.brokers) {
        broker::draw(&mut pen, (world, story), &frame, view, BrokerId(n), *area);
    }
    for (n, area) in (1..).zip(&frame.consumers) {
        clients::consumer(&mut pen, world, &frame, view, n, *area);
    }
    if let Some(area) = frame.account {
        clients::account(&mut pen, world, view, area);
    }
    notes::controller(&mut pen, world, &frame, view);
    if let Some(area) = frame.legend {
        notes::legend(&mut pen, area, view.lang);
    }
    links::marks(&mut pen, world, &frame);
    let (shapes, hotspots) = pen.finish();
    Stage { width: view.width, height: frame.height.ceil() as u32, shapes, hotspots, frame }
}
