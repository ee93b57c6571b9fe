//! Shapes in fewer words.

use crate::scene::{Anchor, Area, Dash, HotTarget, Hotspot, Icon, Packet, Point, Role, Segment, Shape};

/// Collects shapes and hotspots.
#[derive(Default)]
pub(super) struct Pen {
    pub(super) shapes: Vec<Shape>,
    nodes: Vec<Hotspot>,
    links: Vec<Hotspot>,
    papers: Vec<Area>,
}

/// How a text looks.
#[derive(Clone, Copy)]
pub(super) struct Ink {
    pub(super) size: f32,
    pub(super) weight: u16,
    pub(super) role: Role,
    pub(super) anchor: Anchor,
}

impl Ink {
    pub(super) const fn new(size: f32, weight: u16, role: Role) -> Ink {
        Ink { size, weight, role, anchor: Anchor::Start }
    }

    pub(super) const fn end(self) -> Ink {
        Ink { anchor: Anchor::End, ..self }
    }

    pub(super) const fn middle(self) -> Ink {
        Ink { anchor: Anchor::Middle, ..self }
    }
}

impl Pen {
    pub(super) fn text(&mut self, x: f32, y: f32, text: impl Into<String>, ink: Ink) {
        let Ink { size, weight, role, anchor } = ink;
        let (at, text) = (Point { x, y }, text.into());
        if text.is_empty() {
            return;
        }
        self.shapes.push(Shape::Text { at, text, size, weight, anchor, role, mono: false, opacity: 1.0 });
    }

    pub(super) fn card(&mut self, area: Area, fill: Role, stroke: Role, width: f32, dash: Dash) {
        self.shapes.push(Shape::Rect {
            area,
            radius: 10.0,
            fill: Some(fill),
            stroke: Some(stroke),
            width,
            dash,
        });
    }

    pub(super) fn bar(&mut self, area: Area, fill: Role) {
        let radius = area.h / 2.0;
        self.shapes.push(Shape::Rect {
            area,
            radius,
            fill: Some(fill),
            stroke: None,
            width: 0.0,
            dash: Dash::None,
        });
    }

    pub(super) fn line(&mut self, segments: Vec<Segment>, stroke: Role, width: f32, dash: Dash) {
        self.shapes.push(Shape::Path {
            segments,
            fill: None,
            stroke: Some(stroke),
            width,
            dash,
            opacity: 1.0,
        });
    }

    pub(super) fn icon(&mut self, x: f32, y: f32, size: f32, icon: Icon, role: Role) {
        self.shapes.push(Shape::Icon { at: Point { x, y }, size, icon, role, opacity: 1.0 });
    }

    pub(super) fn dot(&mut self, x: f32, y: f32, r: f32, role: Role) {
        let at = Point { x, y };
        self.shapes.push(Shape::Circle { at, r, fill: Some(role), stroke: None, width: 0.0, opacity: 1.0 });
    }

    pub(super) fn packet(&mut self, packet: Packet) {
        self.shapes.push(Shape::Packet(packet));
    }

    /// A piece of paper under words, where no other lies; whether it was laid.
    pub(super) fn patch(&mut self, area: Area) -> bool {
        let free = !self.papers.iter().any(|other| area.overlaps(*other));
        if free {
            self.papers.push(area);
            self.chip(area, Role::Card);
        }
        free
    }

    /// A small ground without a border.
    pub(super) fn chip(&mut self, area: Area, fill: Role) {
        let (radius, fill) = (4.0, Some(fill));
        self.shapes.push(Shape::Rect { area, radius, fill, stroke: None, width: 0.0, dash: Dash::None });
    }

    /// A node that can be clicked.
    pub(super) fn hotspot(&mut self, target: HotTarget, area: Area, label: String) {
        self.nodes.push(Hotspot { target, area, label });
    }

    /// A link that can be clicked.
    pub(super) fn link(&mut self, target: HotTarget, area: Area, label: String) {
        self.links.push(Hotspot { target, area, label });
    }

    /// What was drawn and what can be clicked, nodes before links.
    pub(super) fn finish(mut self) -> (Vec<Shape>, Vec<Hotspot>) {
        self.nodes.append(&mut self.links);
        (self.shapes, self.nodes)
    }
}
