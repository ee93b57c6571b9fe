//! Small pictures as paths in a box of 16 by 16, for the canvas and for markup alike. They are filled by the
//! even-odd rule.

use crate::scene::Icon;
use yew::{Html, html};

/// The path of a picture that the stage draws.
pub fn path(icon: Icon) -> &'static str {
    match icon {
        Icon::Crown => "M2 12.6h12V14H2zM1.8 11 1 4.5l3.8 2.6L8 2l3.2 5.1L15 4.5 14.2 11z",
        Icon::Scissors => {
            "M4 9.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zm0 1.4a1.1 1.1 0 1 0 0 2.2 1.1 1.1 0 0 0 0-2.2z\
             M12 9.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zm0 1.4a1.1 1.1 0 1 0 0 2.2 1.1 1.1 0 0 0 0-2.2z\
             M4.7 9.6 10.9 1.3l1.3 1-5.4 8zM11.3 9.6 5.1 1.3l-1.3 1 5.4 8z"
        }
        Icon::Bolt => "M9.5 1 3 9.2h4L6.2 15 13 6.6H8.8z",
        Icon::Skull => {
            "M8 1.2a6 6 0 0 0-6 5.9c0 2.1 1 3.6 2.6 4.6v2.1c0 .6.4 1 1 1h4.8c.6 0 1-.4 1-1v-2.1c1.6-1 2.6-2.5 \
             2.6-4.6a6 6 0 0 0-6-5.9zM5.5 5.9a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2zm5 0a1.6 1.6 0 1 1 0 \
             3.2 1.6 1.6 0 0 1 0-3.2zM8 9.7l.9 1.8H7.1z"
        }
        Icon::Pause => PAUSE,
        Icon::Trap => {
            "M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zm0 1.6a4.9 4.9 0 1 0 0 9.8 4.9 4.9 0 0 0 \
             0-9.8zM5 7.2h6v1.6H5z"
        }
        Icon::Clock => {
            "M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zm0 1.6a4.9 4.9 0 1 0 0 9.8 4.9 4.9 0 0 0 \
             0-9.8zM7.2 4.5h1.6v3.3l2.2 1.3-.8 1.3-3-1.8z"
        }
        Icon::ArrowLeft => "M1.5 8 7 2.5v3.3h7.5v4.4H7v3.3z",
        Icon::ArrowUp => "M8 1.5 2.5 7h3.3v7.5h4.4V7h3.3z",
        Icon::ArrowRight => "M14.5 8 9 2.5v3.3H1.5v4.4H9v3.3z",
        Icon::ArrowDown => "M8 14.5 2.5 9h3.3V1.5h4.4V9h3.3z",
        Icon::Cross => CROSS,
        Icon::Restart => RESTART,
        Icon::Disk => {
            "M8 1.5c3.3 0 5.5 1 5.5 2.3v8.4c0 1.3-2.2 2.3-5.5 2.3s-5.5-1-5.5-2.3V3.8c0-1.3 2.2-2.3 \
             5.5-2.3zm0 1.3c-2.6 0-4.1.7-4.1 1s1.5 1 4.1 1 4.1-.7 4.1-1-1.5-1-4.1-1z"
        }
        Icon::Truncate => "M1 5h6.5v6H1zM9 2h1.5v12H9zM12 5h3v1.4h-1.6v3.2H15V11h-3z",
        Icon::Double => {
            "M5.5 1.5h8a1 1 0 0 1 1 1v8h-1.6V3.1H5.5zM2.5 4.5H10a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H2.5a1 1 0 0 \
             1-1-1v-8a1 1 0 0 1 1-1z"
        }
        Icon::Flag => "M3 1.5h1.6V3H13l-2 3 2 3H4.6v5.5H3z",
    }
}

/// Goes on.
pub const PLAY: &str = "M3.5 1.5v13L14 8z";
/// Stands still.
pub const PAUSE: &str = "M3.5 2h3.2v12H3.5zM9.3 2h3.2v12H9.3z";
/// To the next notable step.
pub const STEP: &str = "M11.6 2H14v12h-2.4zM2 2v12l9-6z";
/// To the notable step before.
pub const STEP_BACK: &str = "M2 2h2.4v12H2zM14 2v12L5 8z";
/// From the beginning.
pub const RESTART: &str = "M8 2.5a5.7 5.7 0 1 1-5.5 4.2h1.7A4.1 4.1 0 1 0 8 4.1v2.6L3.9 3.3 8 0z";
/// Closes.
pub const CROSS: &str =
    "M3.5 2.3 8 6.8l4.5-4.5 1.2 1.2L9.2 8l4.5 4.5-1.2 1.2L8 9.2l-4.5 4.5-1.2-1.2L6.8 8 2.3 3.5z";
/// Takes back.
pub const UNDO: &str = "M6.5 2v3H10a4.5 4.5 0 0 1 0 9H5v-1.6h5a2.9 2.9 0 0 0 0-5.8H6.5v3L1.5 5.8z";
/// Opens downwards.
pub const CARET: &str = "M3.5 5.5h9L8 11z";

/// A picture in markup, beside words that say the same.
pub fn svg(d: &'static str) -> Html {
    html! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path fill-rule="evenodd" d={d} />
        </svg>
    }
}
