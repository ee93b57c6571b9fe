//! Puts plain shapes on a canvas, in the colours of the style sheet.

mod brush;

use super::icons;
use crate::scene::{Anchor, Dash, Icon, Packet, PacketStyle, Role, Segment, Shape};
use brush::{Brush, Font};
use js_sys::JsString;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, CanvasWindingRule, HtmlCanvasElement, Path2d};

/// Colours by role, as the style sheet has them at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Palette(Vec<JsString>);

impl Palette {
    fn read() -> Palette {
        let root = super::dom::document().document_element().expect("a document has a root");
        let style = super::dom::window().get_computed_style(&root).ok().flatten();
        let value = |role: &Role| {
            let style = style.as_ref()?;
            style.get_property_value(&format!("--{}", role.name())).ok()
        };
        Palette(Role::ALL.iter().map(|role| value(role).unwrap_or_default().trim().into()).collect())
    }

    fn get(&self, role: Role) -> &JsString {
        &self.0[role as usize]
    }
}

/// A canvas, and what was last drawn on it that stays.
#[derive(Debug)]
pub struct Painter {
    canvas: HtmlCanvasElement,
    screen: Brush,
    /// The stage without what moves, drawn when it changes and copied for each frame.
    ground_canvas: HtmlCanvasElement,
    ground: Brush,
    kit: Kit,
    size: (u32, u32),
    ratio: f64,
}

impl Painter {
    /// Takes a canvas over. None where the browser gives no drawing context.
    pub fn new(canvas: HtmlCanvasElement) -> Option<Painter> {
        let ground_canvas = new_canvas()?;
        Some(Painter {
            screen: Brush::of(&canvas)?,
            ground: Brush::of(&ground_canvas)?,
            canvas,
            ground_canvas,
            kit: Kit { palette: Palette::read(), icons: Vec::new(), sans: font_family() },
            size: (0, 0),
            ratio: 1.0,
        })
    }

    /// Colours may have changed.
    pub fn refresh_palette(&mut self) {
        self.kit.palette = Palette::read();
        self.forget();
    }

    fn forget(&mut self) {
        self.screen.forget(self.ratio);
        self.ground.forget(self.ratio);
    }

    /// Draws what stays. Sets the size of the canvas where it differs.
    pub fn draw_ground(&mut self, width: u32, height: u32, shapes: &[Shape]) {
        let ratio = super::dom::window().device_pixel_ratio().clamp(1.0, 3.0);
        if (width, height) != self.size || ratio != self.ratio {
            (self.size, self.ratio) = ((width, height), ratio);
            for canvas in [&self.canvas, &self.ground_canvas] {
                canvas.set_width((f64::from(width) * ratio) as u32);
                canvas.set_height((f64::from(height) * ratio) as u32);
            }
            // At once: where the stage stops waiting its canvas must not be lower for a moment.
            let _ = self.canvas.style().set_property("height", &format!("{height}px"));
            self.forget();
        }
        self.ground.on.clear_rect(0.0, 0.0, width.into(), height.into());
        for shape in shapes {
            self.kit.draw(&mut self.ground, shape);
        }
    }

    /// Draws a frame: what stays, and over it what moves.
    pub fn draw_frame(&mut self, moving: &[Shape]) {
        let (width, height) = self.size;
        let screen = &mut self.screen;
        screen.alpha(1.0);
        screen.on.clear_rect(0.0, 0.0, width.into(), height.into());
        let _ = screen.on.draw_image_with_html_canvas_element_and_dw_and_dh(
            &self.ground_canvas,
            0.0,
            0.0,
            width.into(),
            height.into(),
        );
        for shape in moving {
            self.kit.draw(screen, shape);
        }
    }
}

/// What shapes are drawn with.
#[derive(Debug)]
struct Kit {
    palette: Palette,
    icons: Vec<(Icon, Path2d)>,
    sans: String,
}

impl Kit {
    fn draw(&mut self, on: &mut Brush, shape: &Shape) {
        on.alpha(opacity_of(shape));
        match shape {
            Shape::Rect { area, radius, fill, stroke, width, dash } => {
                rounded(&on.on, area.x, area.y, area.w, area.h, *radius);
                self.fill_and_stroke(on, *fill, *stroke, *width, *dash);
            }
            Shape::Path { segments, fill, stroke, width, dash, .. } => {
                trace(&on.on, segments);
                self.fill_and_stroke(on, *fill, *stroke, *width, *dash);
            }
            Shape::Text { at, text, size, weight, anchor, role, mono, .. } => {
                self.text(on, (at.x, at.y), text, (*size, *weight, *mono), *anchor, *role);
            }
            Shape::Packet(packet) => self.packet(on, packet),
            Shape::Icon { at, size, icon, role, .. } => self.icon(on, (at.x, at.y), *size, *icon, *role),
            Shape::Circle { at, r, fill, stroke, width, .. } => {
                on.on.begin_path();
                let _ = on.on.arc(at.x.into(), at.y.into(), (*r).into(), 0.0, std::f64::consts::TAU);
                self.fill_and_stroke(on, *fill, *stroke, *width, Dash::None);
            }
        }
    }

    fn fill(&self, on: &mut Brush, role: Role) {
        on.fill(role as usize, self.palette.get(role));
    }

    fn line(&self, on: &mut Brush, role: Role, width: f32) {
        on.line(role as usize, self.palette.get(role), width);
    }

    fn fill_and_stroke(
        &self,
        on: &mut Brush,
        fill: Option<Role>,
        stroke: Option<Role>,
        width: f32,
        dash: Dash,
    ) {
        if let Some(role) = fill {
            self.fill(on, role);
            on.on.fill();
        }
        if let Some(role) = stroke {
            self.line(on, role, width);
            on.stroke(dash.pattern());
        }
    }

    fn text(&self, on: &mut Brush, (x, y): (f32, f32), text: &str, font: Font, anchor: Anchor, role: Role) {
        on.font(font, &self.sans);
        on.anchor(anchor);
        self.fill(on, role);
        let _ = on.on.fill_text(text, x.into(), y.into());
    }

    fn packet(&self, on: &mut Brush, packet: &Packet) {
        let (x, y) = (packet.at.x - packet.w / 2.0, packet.at.y - packet.h / 2.0);
        if packet.only_here {
            rounded(&on.on, x - 2.2, y - 2.2, packet.w + 4.4, packet.h + 4.4, 5.5);
            self.fill_and_stroke(on, None, Some(Role::Gold), 2.2, Dash::None);
        }
        if packet.doubled {
            self.envelope(on, packet, x + 4.0, y - 4.0);
        }
        self.envelope(on, packet, x, y);
        for stripe in 0..packet.stripes {
            // Close together in a low packet: its number stands above them.
            let (lowest, apart, h) = if packet.h < 20.0 { (2.9, 2.2, 1.1) } else { (3.5, 3.0, 1.4) };
            let up = lowest + apart * f32::from(stripe);
            rounded(&on.on, x + 3.0, y + packet.h - up, packet.w - 6.0, h, 0.7);
            self.fill_and_stroke(on, Some(label_role(packet.style)), None, 0.0, Dash::None);
        }
        if !packet.label.is_empty() {
            // Lifted a little where stripes stand below it.
            let base = packet.at.y + 4.2 - 2.0 * f32::from(packet.stripes.min(1));
            let size = if packet.label.chars().count() > 3 { 11.0 } else { 11.5 };
            let (at, font) = ((packet.at.x, base), (size, 650, false));
            self.text(on, at, &packet.label, font, Anchor::Middle, label_role(packet.style));
        }
    }

    fn envelope(&self, on: &mut Brush, packet: &Packet, x: f32, y: f32) {
        let (w, h) = (packet.w, packet.h);
        match packet.style {
            PacketStyle::Solid => {
                rounded(&on.on, x, y, w, h, 3.5);
                self.fill_and_stroke(
                    on,
                    Some(Role::Packet),
                    packet.doubled.then_some(Role::Card),
                    1.2,
                    Dash::None,
                );
            }
            PacketStyle::Outlined => {
                rounded(&on.on, x + 0.8, y + 0.8, w - 1.6, h - 1.6, 3.5);
                self.fill_and_stroke(on, Some(Role::PacketOutlineFill), Some(Role::Packet), 1.6, Dash::None);
            }
            PacketStyle::Gone => {
                rounded(&on.on, x + 0.6, y + 0.6, w - 1.2, h - 1.2, 3.5);
                self.line(on, Role::InkSoft, 1.3);
                on.stroke(&[3.0, 2.5]);
            }
        }
    }

    fn icon(&mut self, on: &mut Brush, (x, y): (f32, f32), size: f32, icon: Icon, role: Role) {
        let found = self.icons.iter().position(|(known, _)| *known == icon);
        let place = found.unwrap_or_else(|| {
            let path =
                Path2d::new_with_path_string(icons::path(icon)).expect("our own paths are well formed");
            self.icons.push((icon, path));
            self.icons.len() - 1
        });
        on.place(x - size / 2.0, y - size / 2.0, size / 16.0);
        self.fill(on, role);
        on.on.fill_with_path_2d_and_winding(&self.icons[place].1, CanvasWindingRule::Evenodd);
        on.place(0.0, 0.0, 1.0);
    }
}

fn label_role(style: PacketStyle) -> Role {
    match style {
        PacketStyle::Solid => Role::PacketText,
        PacketStyle::Outlined => Role::PacketOutlineText,
        PacketStyle::Gone => Role::InkSoft,
    }
}

fn opacity_of(shape: &Shape) -> f32 {
    match shape {
        Shape::Rect { .. } => 1.0,
        Shape::Path { opacity, .. }
        | Shape::Text { opacity, .. }
        | Shape::Icon { opacity, .. }
        | Shape::Circle { opacity, .. } => *opacity,
        Shape::Packet(packet) => packet.opacity,
    }
}

fn new_canvas() -> Option<HtmlCanvasElement> {
    super::dom::document().create_element("canvas").ok()?.dyn_into().ok()
}

fn font_family() -> String {
    let body = super::dom::document().body();
    let style = body.and_then(|body| super::dom::window().get_computed_style(&body).ok().flatten());
    style
        .and_then(|style| style.get_property_value("font-family").ok())
        .unwrap_or_else(|| "sans-serif".into())
}

fn rounded(on: &CanvasRenderingContext2d, x: f32, y: f32, w: f32, h: f32, radius: f32) {
    on.begin_path();
    if radius > 0.0 {
        let _ = on.round_rect_with_f64(x.into(), y.into(), w.into(), h.into(), radius.into());
    } else {
        on.rect(x.into(), y.into(), w.into(), h.into());
    }
}

fn trace(on: &CanvasRenderingContext2d, segments: &[Segment]) {
    on.begin_path();
    for segment in segments {
        match segment {
            Segment::Move(p) => on.move_to(p.x.into(), p.y.into()),
            Segment::Line(p) => on.line_to(p.x.into(), p.y.into()),
            Segment::Cubic(a, b, p) => {
                on.bezier_curve_to(a.x.into(), a.y.into(), b.x.into(), b.y.into(), p.x.into(), p.y.into());
            }
            Segment::Close => on.close_path(),
        }
    }
}
