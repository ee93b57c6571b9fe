//! Moving through a run: buttons, the slider and its marks; and standing still out of sight.

use crate::rig::{Alone, Page, built_in, frames, until};
use ackscope::scene::Lang;
use ackscope::sim::{StepNo, Time};
use ackscope::ui::components::scrubber::Scrubber;
use ackscope::ui::components::transport::Transport;
use ackscope::ui::dom;
use ackscope::ui::playback::Speed;
use ackscope::ui::run::RunHandle;
use ackscope::ui::text::seconds;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test as test;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::{Html, html};

#[test]
async fn it_plays_and_stands_still() {
    let page = Page::open("?scenario=opening&lang=en").await;
    assert_eq!(page.clock(), "0.00 s");
    page.part.button("Play").click();
    until("it moves", || page.clock() != "0.00 s").await;
    page.part.button("Pause").click();
    page.has("[aria-label=Play]", true).await;
    let stood = page.clock();
    frames(5).await;
    assert_eq!(page.clock(), stood);
    page.part.button("From the beginning").click();
    page.has("[aria-label=Pause]", true).await;
    page.part.button("Pause").click();
}

#[test]
async fn steps_lead_from_one_notable_moment_to_the_next_and_back() {
    let run = built_in("opening");
    let transport = html! {
        <Transport lang={Lang::En} playing={false} speed={Speed::NORMAL} run={run.clone()} marks={Rc::default()}
            said="" computing={None} />
    };
    let shown = Alone::show(transport).await;
    let player = shown.director.player();
    player.show(run.clone(), Time(0));
    let mut cursors = vec![player.moment().0];
    while run.story.next(player.moment().0).is_some() {
        shown.part.button("Next step").click();
        let cursor = player.moment().0;
        assert!(cursor > cursors[cursors.len() - 1], "stuck at {cursor:?}");
        cursors.push(cursor);
    }
    assert!(cursors.len() > 50);
    assert_eq!(cursors[1], shown_at(&run, run.story.next(cursors[0]).expect("something happens")));
    for expected in cursors.iter().rev().skip(1) {
        shown.part.button("Previous step").click();
        assert_eq!(player.moment().0, *expected);
    }
}

/// What is shown where a step is gone to: steps of one microsecond are shown together.
fn shown_at(run: &RunHandle, step: StepNo) -> StepNo {
    run.story.cursor_at(run.story.screen_of(step))
}

#[test]
async fn another_speed_is_chosen() {
    let page = Page::open("?scenario=opening&lang=en&speed=0.5").await;
    let select: HtmlSelectElement = page.part.one(".speed select").unchecked_into();
    assert_eq!(select.value(), "0.5");
    page.part.enter(".speed select", "4");
    page.part.button("Play").click();
    // At normal speed this would take twenty seconds.
    let started = dom::now_ms();
    page.reads(".caption-next", "Break it yourself").await;
    assert!(dom::now_ms() - started < 15_000.0);
    assert_eq!(select.value(), "4");
}

fn scrubber(run: &RunHandle, lang: Lang, said: &str) -> Html {
    let marks = Rc::new(run.story.markers(lang));
    html! { <Scrubber {lang} run={run.clone()} {marks} said={said.to_owned()} computing={None} /> }
}

#[test]
async fn the_slider_says_its_moment_and_moves_the_reader() {
    let run = built_in("opening");
    let mut shown = Alone::show(scrubber(&run, Lang::En, "4.71 s, gone")).await;
    shown.director.player().show(run.clone(), Time(0));
    let slider: HtmlInputElement = shown.part.one(".range").unchecked_into();
    assert_eq!(slider.get_attribute("aria-label").as_deref(), Some("Moment of the run"));
    assert_eq!(slider.get_attribute("aria-valuetext").as_deref(), Some("4.71 s, gone"));
    shown.part.enter(".range", "5000");
    let half = run.story.clock().total() / 2;
    assert_eq!(shown.director.player().moment().0, run.story.cursor_at(half));
    let time = seconds(run.story.clock().to_virtual(half));
    until("the clock follows", || shown.part.text(".clock-now") == time).await;
    assert_eq!(
        shown.part.text(".clock-end"),
        format!("/ {}", seconds(run.timeline.time_at(run.timeline.end())))
    );
    shown.update(scrubber(&run, Lang::Zh, "4.71 s，没了")).await;
    assert_eq!(slider.get_attribute("aria-label").as_deref(), Some("运行的时刻"));
}

#[test]
async fn marks_stand_for_what_happened_and_lead_there() {
    let run = built_in("opening");
    let shown = Alone::show(scrubber(&run, Lang::En, "")).await;
    shown.director.player().show(run.clone(), Time(0));
    let (marks, shapes) = (run.story.markers(Lang::En), shown.part.all(".mark"));
    assert_eq!(shapes.len(), marks.len());
    for (shape, mark) in shapes.iter().zip(&marks) {
        assert_eq!(shape.get_attribute("aria-label").as_deref(), Some(mark.label.as_str()));
        assert!(!mark.label.is_empty());
        shape.click();
        assert_eq!(shown.director.player().moment().0, shown_at(&run, mark.step));
    }
    assert!(shown.part.has(".mark-loss"));
    let lefts: Vec<f64> = shapes.iter().map(|shape| shape.get_bounding_client_rect().left()).collect();
    assert!(lefts.windows(2).all(|pair| pair[1] - pair[0] > 14.0), "{lefts:?}");
}

#[test]
async fn out_of_sight_the_clock_stands() {
    let page = Page::open_below(20_000, "?scenario=opening&lang=en").await;
    // The browser tells what can be seen after it has drawn.
    frames(3).await;
    page.part.button("Play").click();
    page.has("[aria-label=Pause]", true).await;
    frames(10).await;
    assert_eq!(page.clock(), "0.00 s", "nothing runs where nobody looks");
    page.part.one("canvas").scroll_into_view();
    until("it moves", || page.clock() != "0.00 s").await;
    dom::window().scroll_to_with_x_and_y(0.0, 0.0);
    frames(3).await;
    let stood = page.clock();
    frames(10).await;
    assert_eq!(page.clock(), stood);
    page.part.button("Pause").click();
}

#[test]
async fn what_can_be_clicked_follows_the_stages_width_also_while_it_stands() {
    let page = Page::open("?scenario=opening&lang=en&t=2").await;
    let right = || page.part.one("#spot-database").get_bounding_client_rect().right();
    let wide = right();
    let narrower = page.part.one("canvas").client_width() - 100;
    let theatre = page.part.one(".theatre").style();
    theatre.set_property("width", &format!("{narrower}px")).expect("a style");
    until("it stands elsewhere", || right() < wide - 20.0).await;
    let edge = page.part.one("canvas").get_bounding_client_rect().right();
    until("it stands on the stage", || right() <= edge).await;
}
