//! Fetches a text that lies beside the page.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::XmlHttpRequest;

/// What is done with a text, or without it where it cannot be had.
type Then = Box<dyn FnOnce(Option<String>)>;

/// Asks for a text. One event tells how that ended, whatever went wrong; a chain of promises would weigh more.
pub fn text(address: &str, then: Then) {
    let Ok(request) = XmlHttpRequest::new() else { return then(None) };
    let sent = request.open("GET", address).and_then(|()| request.send());
    if sent.is_err() {
        return then(None);
    }
    let asked = request.clone();
    let ended = Closure::once_into_js(move || {
        let found = asked.status() == Ok(200);
        then(asked.response_text().ok().flatten().filter(|_| found));
    });
    request.set_onloadend(Some(ended.unchecked_ref()));
}
