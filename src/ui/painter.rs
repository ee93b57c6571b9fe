//! Puts plain shapes on a canvas, in the colours of the style sheet.

use super::icons;
use crate::scene::{Anchor, Dash, Icon, Packet, PacketStyle, Role, Segment, Shape};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, CanvasWindingRule, HtmlCanvasElement, Path2d};

/// Colours by role, as the style sheet has them at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Palette(Vec<String>);

impl Palette {
    fn read() -> Palette {
        let root = super::dom::document().document_element().expect("a document has a root");
        let style = super::dom::window().get_computed_style(&root).ok().flatten();
        let value = |role: &Role| {
            let style = style.as_ref()?;
            style.get_property_value(&format!("--{}", role.name())).ok()
        };
        Palette(Role::ALL.iter().map(|role| value(role).unwrap_or_default().trim().to_owned()).collect())
    }

    fn get(&self, role: Role) -> &str {
        &self.0[role as usize]
    }
}

/// A canvas, and what was last drawn on it that stays.
#[derive(Debug)]
pub struct Painter {
    canvas: HtmlCanvasElement,
    screen: CanvasRenderingContext2d,
    /// The stage without what moves, drawn when it changes and copied for each frame.
    ground_canvas: HtmlCanvasElement,
    ground: CanvasRenderingContext2d,
    palette: Palette,
    icons: Vec<(Icon, Path2d)>,
    sans: String,
    size: (u32, u32),
    ratio: f64,
}

impl Painter {
    /// Takes a canvas over. None where the browser gives no drawing context.
    pub fn new(canvas: HtmlCanvasElement) -> Option<Painter> {
        let ground_canvas = super::dom::document().create_element("canvas").ok()?.dyn_into().ok()?;
        Some(Painter {
            screen: context(&canvas)?,
            ground: context(&ground_canvas)?,
            canvas,
            ground_canvas,
            palette: Palette::read(),
            icons: Vec::new(),
            sans: font_family(),
            size: (0, 0),
            ratio: 1.0,
        })
    }

    /// Colours may have changed.
    pub fn refresh_palette(&mut self) {
        self.palette = Palette::read();
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
            for context in [&self.screen, &self.ground] {
                let _ = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
            }
        }
        let ground = self.ground.clone();
        ground.clear_rect(0.0, 0.0, width.into(), height.into());
        self.draw(&ground, shapes);
    }

    /// Draws a frame: what stays, and over it what moves.
    pub fn draw_frame(&mut self, moving: &[Shape]) {
        let (width, height) = self.size;
        let screen = self.screen.clone();
        screen.clear_rect(0.0, 0.0, width.into(), height.into());
        let _ = screen.draw_image_with_html_canvas_element_and_dw_and_dh(
            &self.ground_canvas,
            0.0,
            0.0,
            width.into(),
            height.into(),
        );
        self.draw(&screen, moving);
    }

    fn draw(&mut self, on: &CanvasRenderingContext2d, shapes: &[Shape]) {
        for shape in shapes {
            match shape {
                Shape::Rect { area, radius, fill, stroke, width, dash } => {
                    rounded(on, area.x, area.y, area.w, area.h, *radius);
                    self.fill_and_stroke(on, *fill, *stroke, *width, *dash);
                }
                Shape::Path { segments, fill, stroke, width, dash, opacity } => {
                    on.set_global_alpha((*opacity).into());
                    trace(on, segments);
                    self.fill_and_stroke(on, *fill, *stroke, *width, *dash);
                    on.set_global_alpha(1.0);
                }
                Shape::Text { at, text, size, weight, anchor, role, mono, opacity } => {
                    on.set_global_alpha((*opacity).into());
                    self.text(on, (at.x, at.y), text, (*size, *weight, *mono), *anchor, *role);
                    on.set_global_alpha(1.0);
                }
                Shape::Packet(packet) => self.packet(on, packet),
                Shape::Icon { at, size, icon, role, opacity } => {
                    on.set_global_alpha((*opacity).into());
                    self.icon(on, (at.x, at.y), *size, *icon, *role);
                    on.set_global_alpha(1.0);
                }
                Shape::Circle { at, r, fill, stroke, width, opacity } => {
                    on.set_global_alpha((*opacity).into());
                    on.begin_path();
                    let _ = on.arc(at.x.into(), at.y.into(), (*r).into(), 0.0, std::f64::consts::TAU);
                    self.fill_and_stroke(on, *fill, *stroke, *width, Dash::None);
                    on.set_global_alpha(1.0);
                }
            }
        }
    }

    fn fill_and_stroke(
        &self,
        on: &CanvasRenderingContext2d,
        fill: Option<Role>,
        stroke: Option<Role>,
        width: f32,
        dash: Dash,
    ) {
        if let Some(role) = fill {
            on.set_fill_style_str(self.palette.get(role));
            on.fill();
        }
        if let Some(role) = stroke {
            on.set_stroke_style_str(self.palette.get(role));
            on.set_line_width(width.into());
            if dash == Dash::None {
                on.stroke();
            } else {
                set_dash(on, dash);
                on.stroke();
                set_dash(on, Dash::None);
            }
        }
    }

    fn text(
        &self,
        on: &CanvasRenderingContext2d,
        (x, y): (f32, f32),
        text: &str,
        (size, weight, mono): (f32, u16, bool),
        anchor: Anchor,
        role: Role,
    ) {
        let family = if mono { "ui-monospace, Menlo, monospace" } else { self.sans.as_str() };
        // Sizes come in halves; whole numbers keep the formatting of floats out of the page.
        let (whole, half) = (size as u32, if size.fract() >= 0.5 { ".5" } else { "" });
        on.set_font(&format!("{weight} {whole}{half}px {family}"));
        on.set_text_align(match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "center",
            Anchor::End => "end",
        });
        on.set_fill_style_str(self.palette.get(role));
        let _ = on.fill_text(text, x.into(), y.into());
    }

    fn packet(&self, on: &CanvasRenderingContext2d, packet: &Packet) {
        on.set_global_alpha(packet.opacity.into());
        let (x, y) = (packet.at.x - packet.w / 2.0, packet.at.y - packet.h / 2.0);
        if packet.only_here {
            rounded(on, x - 2.2, y - 2.2, packet.w + 4.4, packet.h + 4.4, 5.5);
            self.fill_and_stroke(on, None, Some(Role::Gold), 2.2, Dash::None);
        }
        if packet.doubled {
            self.envelope(on, packet, x + 4.0, y - 4.0);
        }
        self.envelope(on, packet, x, y);
        for stripe in 0..packet.stripes {
            let up = 3.5 + 3.0 * f32::from(stripe);
            rounded(on, x + 3.0, y + packet.h - up, packet.w - 6.0, 1.4, 0.7);
            self.fill_and_stroke(on, Some(label_role(packet.style)), None, 0.0, Dash::None);
        }
        if !packet.label.is_empty() {
            // Lifted a little where stripes stand below it.
            let base = packet.at.y + 4.2 - 2.0 * f32::from(packet.stripes.min(1));
            let size = if packet.label.chars().count() > 3 { 11.0 } else { 11.5 };
            let style = (size, 650, false);
            self.text(
                on,
                (packet.at.x, base),
                &packet.label,
                style,
                Anchor::Middle,
                label_role(packet.style),
            );
        }
        on.set_global_alpha(1.0);
    }

    fn envelope(&self, on: &CanvasRenderingContext2d, packet: &Packet, x: f32, y: f32) {
        let (w, h) = (packet.w, packet.h);
        match packet.style {
            PacketStyle::Solid => {
                rounded(on, x, y, w, h, 3.5);
                self.fill_and_stroke(
                    on,
                    Some(Role::Packet),
                    packet.doubled.then_some(Role::Card),
                    1.2,
                    Dash::None,
                );
            }
            PacketStyle::Outlined => {
                rounded(on, x + 0.8, y + 0.8, w - 1.6, h - 1.6, 3.5);
                self.fill_and_stroke(on, Some(Role::PacketOutlineFill), Some(Role::Packet), 1.6, Dash::None);
            }
            PacketStyle::Gone => {
                rounded(on, x + 0.6, y + 0.6, w - 1.2, h - 1.2, 3.5);
                on.set_stroke_style_str(self.palette.get(Role::InkSoft));
                on.set_line_width(1.3);
                let _ = on.set_line_dash(&pattern(&[3.0, 2.5]));
                on.stroke();
                set_dash(on, Dash::None);
            }
        }
    }

    fn icon(&mut self, on: &CanvasRenderingContext2d, (x, y): (f32, f32), size: f32, icon: Icon, role: Role) {
        let found = self.icons.iter().position(|(known, _)| *known == icon);
        let place = found.unwrap_or_else(|| {
            let path =
                Path2d::new_with_path_string(icons::path(icon)).expect("our own paths are well formed");
            self.icons.push((icon, path));
            self.icons.len() - 1
        });
        on.save();
        let _ = on.translate((x - size / 2.0).into(), (y - size / 2.0).into());
        let _ = on.scale((size / 16.0).into(), (size / 16.0).into());
        on.set_fill_style_str(self.palette.get(role));
        on.fill_with_path_2d_and_winding(&self.icons[place].1, CanvasWindingRule::Evenodd);
        on.restore();
    }
}

fn label_role(style: PacketStyle) -> Role {
    match style {
        PacketStyle::Solid => Role::PacketText,
        PacketStyle::Outlined => Role::PacketOutlineText,
        PacketStyle::Gone => Role::InkSoft,
    }
}

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok()??.dyn_into().ok()
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

fn set_dash(on: &CanvasRenderingContext2d, dash: Dash) {
    let _ = on.set_line_dash(&pattern(dash.pattern()));
}

fn pattern(lengths: &[f32]) -> JsValue {
    lengths.iter().map(|length| JsValue::from_f64((*length).into())).collect::<js_sys::Array>().into()
}
