//! Watches an element: how wide it is, whether it can be seen.

use super::dom;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, ResizeObserver};

/// Watches until it is dropped.
pub struct Watch(Option<Box<dyn FnOnce()>>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(|stop| stop());
    }
}

/// Tells the width of an element whenever it changes.
pub fn size(element: &Element, on_width: impl Fn(u32) + 'static) -> Watch {
    let watched = element.clone();
    let closure = Closure::<dyn FnMut()>::new(move || on_width(watched.client_width().max(0) as u32));
    let Ok(observer) = ResizeObserver::new(closure.as_ref().unchecked_ref()) else { return Watch(None) };
    observer.observe(element);
    Watch(Some(Box::new(move || {
        observer.disconnect();
        drop(closure);
    })))
}

/// Tells whether any of an element can be seen: it is on screen and the tab is in front.
pub fn visibility(element: &Element, on_change: impl Fn(bool) + 'static) -> Watch {
    let on_screen = Rc::new(Cell::new(true));
    let on_change = Rc::new(on_change);
    let look = {
        let on_screen = Rc::clone(&on_screen);
        move || on_change(on_screen.get() && !dom::document().hidden())
    };
    let again = look.clone();
    let crossing = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
        // The last entry is how it is now.
        if let Some(entry) =
            entries.iter().last().and_then(|entry| entry.dyn_into::<IntersectionObserverEntry>().ok())
        {
            on_screen.set(entry.is_intersecting());
            again();
        }
    });
    let hiding = Closure::<dyn FnMut()>::new(look);
    let observer = IntersectionObserver::new(crossing.as_ref().unchecked_ref());
    if let Ok(observer) = &observer {
        observer.observe(element);
    }
    let document = dom::document();
    let _ = document.add_event_listener_with_callback("visibilitychange", hiding.as_ref().unchecked_ref());
    Watch(Some(Box::new(move || {
        observer.iter().for_each(IntersectionObserver::disconnect);
        let _ =
            document.remove_event_listener_with_callback("visibilitychange", hiding.as_ref().unchecked_ref());
        drop(crossing);
    })))
}

/// Tells when a media query begins or ceases to hold.
pub fn media(query: &str, on_change: impl Fn(bool) + 'static) -> Watch {
    let Some(list) = dom::window().match_media(query).ok().flatten() else { return Watch(None) };
    let watched = list.clone();
    let closure = Closure::<dyn FnMut()>::new(move || on_change(watched.matches()));
    let _ = list.add_event_listener_with_callback("change", closure.as_ref().unchecked_ref());
    Watch(Some(Box::new(move || {
        let _ = list.remove_event_listener_with_callback("change", closure.as_ref().unchecked_ref());
    })))
}

/// Hears an event of the document.
pub fn document_event<E: JsCast + 'static>(name: &'static str, on_event: impl Fn(E) + 'static) -> Watch {
    let closure = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
        event.dyn_into::<E>().into_iter().for_each(&on_event);
    });
    let document = dom::document();
    let _ = document.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
    Watch(Some(Box::new(move || {
        let _ = document.remove_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
    })))
}
