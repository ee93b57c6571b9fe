//! The keys of a media player.

use crate::rig::{Alone, built_in, press};
use ackscope::scene::Lang;
use ackscope::sim::Time;
use ackscope::ui::run::RunHandle;
use ackscope::ui::{keys, observers};
use wasm_bindgen_test::wasm_bindgen_test as test;
use yew::html;

/// A run, and the page's keys.
async fn keyed(run: &RunHandle) -> (Alone, observers::Watch) {
    let shown = Alone::show(html! { <><input type="text" /><button>{ "b" }</button><p>{ "p" }</p></> }).await;
    shown.director.player().show(run.clone(), Time(0));
    let director = shown.director.clone();
    let watch = observers::document_event("keydown", move |event| keys::pressed(&director, &event));
    (shown, watch)
}

#[test]
async fn space_plays_and_pauses() {
    let run = built_in("opening");
    let (shown, _watch) = keyed(&run).await;
    let player = shown.director.player();
    assert!(press(&shown.part.one("p"), " ", false) && player.playing());
    assert!(press(&shown.part.one("p"), " ", false) && !player.playing());
}

#[test]
async fn home_and_end_lead_to_the_first_moment_and_to_the_last() {
    let run = built_in("opening");
    let (shown, _watch) = keyed(&run).await;
    let player = shown.director.player();
    let on = shown.part.one("p");
    assert!(press(&on, "End", false));
    assert_eq!(player.moment(), (run.timeline.end(), run.timeline.time_at(run.timeline.end())));
    assert!(press(&on, "Home", false));
    assert_eq!(player.moment(), (run.story.cursor_at(0), Time(0)));
}

#[test]
async fn digits_lead_to_tenths_of_the_run() {
    let run = built_in("opening");
    let (shown, _watch) = keyed(&run).await;
    let (player, total) = (shown.director.player(), run.story.clock().total());
    for digit in (0..=9).rev() {
        assert!(press(&shown.part.one("p"), &digit.to_string(), false));
        assert_eq!(player.moment().0, run.story.cursor_at(total / 10 * digit), "{digit}");
    }
}

#[test]
async fn arrows_move_by_five_seconds_and_with_shift_by_a_tenth() {
    const FIVE: u64 = 5_000_000;
    let run = built_in("opening");
    let (shown, _watch) = keyed(&run).await;
    let (player, total) = (shown.director.player(), run.story.clock().total());
    let tenth = total / 10;
    assert!(total > FIVE + 2 * tenth, "there is room for it");
    let on = shown.part.one("p");
    for (key, shift, expected) in [
        ("ArrowLeft", false, 0),
        ("ArrowRight", false, FIVE),
        ("ArrowRight", true, FIVE + tenth),
        ("ArrowLeft", false, tenth),
        ("ArrowLeft", true, 0),
        ("ArrowLeft", true, 0),
    ] {
        assert!(press(&on, key, shift));
        assert_eq!(player.moment().0, run.story.cursor_at(expected), "{key} with shift: {shift}");
    }
    press(&on, "End", false);
    press(&on, "ArrowRight", false);
    assert_eq!(player.moment().0, run.timeline.end(), "not beyond the end");
}

#[test]
async fn brackets_jump_from_mark_to_mark() {
    let run = built_in("opening");
    let (shown, _watch) = keyed(&run).await;
    let (player, on) = (shown.director.player(), shown.part.one("p"));
    let mut screens: Vec<_> = run.story.markers(Lang::En).iter().map(|mark| mark.screen).collect();
    screens.dedup();
    assert!(screens.len() > 5);
    let forth: Vec<_> = screens.iter().map(|screen| run.story.cursor_at(*screen)).collect();
    for cursor in &forth {
        assert!(press(&on, "]", false));
        assert_eq!(player.moment().0, *cursor);
    }
    press(&on, "]", false);
    assert_eq!(Some(&player.moment().0), forth.last(), "after the last there is none");
    for cursor in forth.iter().rev().skip(1) {
        assert!(press(&on, "[", false));
        assert_eq!(player.moment().0, *cursor);
    }
}

#[test]
async fn comma_and_full_stop_step_as_the_buttons_do() {
    let run = built_in("opening");
    let (shown, _watch) = keyed(&run).await;
    let (player, on) = (shown.director.player(), shown.part.one("p"));
    let start = player.moment().0;
    assert!(press(&on, ".", false));
    let next = run.story.next(start).expect("something happens");
    assert_eq!(player.moment().0, run.story.cursor_at(run.story.screen_of(next)));
    assert!(press(&on, ",", false));
    assert_eq!(player.moment().0, start);
}

#[test]
async fn keys_that_belong_to_something_else_are_left_alone() {
    let run = built_in("opening");
    let (shown, _watch) = keyed(&run).await;
    let before = shown.director.player().moment().0;
    assert!(!press(&shown.part.one("input"), "5", false), "a field takes letters");
    assert!(!press(&shown.part.one("button"), " ", false), "a button is pressed by space");
    assert!(!press(&shown.part.one("p"), "x", false), "no key of ours");
    assert_eq!((shown.director.player().moment().0, shown.director.player().playing()), (before, false));
    assert!(press(&shown.part.one("button"), ".", false), "a button knows no full stop");
}
