//! Frames of the browser, through one closure that is built once.

use super::dom;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// Calls back when the browser is about to draw, once for each request.
pub struct Frames {
    closure: Closure<dyn FnMut(f64)>,
    pending: Rc<Cell<Option<i32>>>,
}

impl Frames {
    /// `on_frame` is given milliseconds since the page was opened.
    pub fn new(mut on_frame: impl FnMut(f64) + 'static) -> Frames {
        let pending = Rc::new(Cell::new(None));
        let asked = Rc::clone(&pending);
        let closure = Closure::new(move |now: f64| {
            asked.set(None);
            on_frame(now);
        });
        Frames { closure, pending }
    }

    /// Asks for one frame, if none is asked for yet.
    pub fn request(&self) {
        if self.pending.get().is_none() {
            let callback = self.closure.as_ref().unchecked_ref();
            self.pending.set(dom::window().request_animation_frame(callback).ok());
        }
    }

    /// Takes the request back.
    pub fn cancel(&self) {
        if let Some(id) = self.pending.take() {
            let _ = dom::window().cancel_animation_frame(id);
        }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        self.cancel();
    }
}
