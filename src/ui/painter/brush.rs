//! A drawing context that is told only what changes: each call into the browser takes longer than all that our own code
//! does for a shape.

use crate::scene::Anchor;
use js_sys::JsString;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

/// A context of a canvas, with what it was last told.
#[derive(Debug)]
pub(super) struct Brush {
    pub(super) on: CanvasRenderingContext2d,
    /// Device pixels to one of ours.
    ratio: f64,
    told: Told,
}

#[wasm_bindgen]
extern "C" {
    /// A context as one that takes colours in the browser's own strings. To make one of ours takes longer than to draw
    /// with it.
    #[wasm_bindgen(extends = CanvasRenderingContext2d, js_name = CanvasRenderingContext2D)]
    type Coloured;
    #[wasm_bindgen(method, setter, js_name = fillStyle)]
    fn set_fill(this: &Coloured, colour: &JsString);
    #[wasm_bindgen(method, setter, js_name = strokeStyle)]
    fn set_stroke(this: &Coloured, colour: &JsString);
}

/// What a context holds until it is told otherwise. Colours and fonts are numbers of whoever draws.
#[derive(Debug, Default, PartialEq)]
struct Told {
    fill: Option<usize>,
    stroke: Option<usize>,
    font: Option<Font>,
    anchor: Option<Anchor>,
    alpha: Option<f32>,
    width: Option<f32>,
}

/// Size, weight, and whether all letters have one width.
pub(super) type Font = (f32, u16, bool);

impl Brush {
    /// The context of a canvas. None where the browser gives none.
    pub(super) fn of(canvas: &HtmlCanvasElement) -> Option<Brush> {
        let on = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        Some(Brush { on, ratio: 1.0, told: Told::default() })
    }

    /// Its canvas has a new size, which makes it forget everything, or colours have changed.
    pub(super) fn forget(&mut self, ratio: f64) {
        (self.ratio, self.told) = (ratio, Told::default());
        self.place(0.0, 0.0, 1.0);
    }

    /// Moves the origin, and enlarges what is drawn from there.
    pub(super) fn place(&self, x: f32, y: f32, scale: f32) {
        let (ratio, scale) = (self.ratio, f64::from(scale) * self.ratio);
        let _ = self.on.set_transform(scale, 0.0, 0.0, scale, f64::from(x) * ratio, f64::from(y) * ratio);
    }

    pub(super) fn alpha(&mut self, alpha: f32) {
        if self.told.alpha.replace(alpha) != Some(alpha) {
            self.on.set_global_alpha(alpha.into());
        }
    }

    /// The colour that areas and letters are filled with.
    pub(super) fn fill(&mut self, number: usize, colour: &JsString) {
        if self.told.fill.replace(number) != Some(number) {
            self.on.unchecked_ref::<Coloured>().set_fill(colour);
        }
    }

    /// The colour and width of lines.
    pub(super) fn line(&mut self, number: usize, colour: &JsString, width: f32) {
        if self.told.stroke.replace(number) != Some(number) {
            self.on.unchecked_ref::<Coloured>().set_stroke(colour);
        }
        if self.told.width.replace(width) != Some(width) {
            self.on.set_line_width(width.into());
        }
    }

    /// The letters; `sans` names the family where they have widths of their own.
    pub(super) fn font(&mut self, font: Font, sans: &str) {
        if self.told.font.replace(font) == Some(font) {
            return;
        }
        let (size, weight, mono) = font;
        let family = if mono { "ui-monospace, Menlo, monospace" } else { sans };
        // Sizes come in halves; whole numbers keep the formatting of floats out of the page.
        let (whole, half) = (size as u32, if size.fract() >= 0.5 { ".5" } else { "" });
        self.on.set_font(&format!("{weight} {whole}{half}px {family}"));
    }

    pub(super) fn anchor(&mut self, anchor: Anchor) {
        if self.told.anchor.replace(anchor) != Some(anchor) {
            self.on.set_text_align(match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "center",
                Anchor::End => "end",
            });
        }
    }

    /// Draws the outline of what was traced, broken into strokes and gaps of these lengths.
    pub(super) fn stroke(&self, dash: &[f32]) {
        if dash.is_empty() {
            self.on.stroke();
            return;
        }
        let _ = self.on.set_line_dash(&pattern(dash));
        self.on.stroke();
        let _ = self.on.set_line_dash(&pattern(&[]));
    }
}

fn pattern(lengths: &[f32]) -> JsValue {
    lengths.iter().map(|length| JsValue::from_f64((*length).into())).collect::<js_sys::Array>().into()
}
