//! `cargo bench --bench frames --profile release --target wasm32-unknown-unknown --no-default-features --features web`
#![cfg(target_arch = "wasm32")]

use ackscope::run::file;
use ackscope::run::timeline::{Cursor, Timeline};
use ackscope::scene::{self, Lang, ScreenUs, Shape, Story, View};
use ackscope::sim::config::Resolved;
use ackscope::ui::dom;
use ackscope::ui::frames::Frames;
use ackscope::ui::painter::Painter;
use ackscope::ui::playback::Speed;
use ackscope::ui::player::Player;
use ackscope::ui::run::RunHandle;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{Criterion, console_log, wasm_bindgen_bench};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};
use yew::Callback;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// What a frame may take at 60 frames a second.
const BUDGET_MS: f64 = 1000.0 / 60.0;
const FRAMES: usize = 300;
const MESSAGES: usize = 500;
const VIEW: View = View { width: 1158, lang: Lang::En, reduced_motion: false, compact: false };

/// Nobody waits for an answer: each millisecond a message sets out on a way that takes long.
fn run() -> RunHandle {
    let text = "format = 1\ntitle = \"Five hundred on their way\"\n[cluster]\nbrokers = 3\n[producer]\nrecords = 600\n\
         every_ms = 1\nacks = \"0\"\n\"enable.idempotence\" = false\n\"linger.ms\" = 0\n\"batch.size\" = 1\n\
         [network]\nlatency_us = [500000, 500000]\n";
    let file = file::parse(text).expect("it is well formed");
    let Resolved::Scenario(scenario) = file.resolved else { panic!("refused: {:?}", file.resolved) };
    let timeline = Timeline::run(scenario);
    let story = Story::of(timeline.trace(), timeline.last());
    RunHandle::new(timeline, story)
}

/// Prints the median, the 95th hundredth and the worst of some times; gives the median.
fn tell(what: &str, mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    let at = |hundredth: usize| times[(times.len() - 1) * hundredth / 100];
    console_log!("{what:<40} median {:>6.2} ms  95 % {:>6.2} ms  worst {:>6.2} ms", at(50), at(95), at(100));
    at(50)
}

fn canvas() -> HtmlCanvasElement {
    let canvas = dom::document().create_element("canvas").expect("a name of an element");
    dom::document().body().expect("a body").prepend_with_node_1(&canvas).expect("a body takes children");
    canvas.unchecked_into()
}

/// Calls back before each of the browser's next frames, and gives the milliseconds between them.
async fn each_frame(count: usize, mut work: impl FnMut(usize) + 'static) -> Vec<f64> {
    let seen: Rc<RefCell<Vec<f64>>> = Rc::default();
    let frames: Rc<RefCell<Option<Frames>>> = Rc::default();
    let (told, again) = (Rc::clone(&seen), Rc::downgrade(&frames));
    frames.replace(Some(Frames::new(move |now| {
        let n = told.borrow().len();
        told.borrow_mut().push(now);
        work(n);
        if n < count {
            again.upgrade().iter().for_each(|frames| frames.borrow().iter().for_each(Frames::request));
        }
    })));
    frames.borrow().iter().for_each(Frames::request);
    while seen.borrow().len() <= count {
        yew::platform::time::sleep(Duration::from_millis(20)).await;
    }
    let seen = seen.borrow();
    seen.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// The first and the last moment at which so many messages are on their way, and the most that ever are.
fn busy(run: &RunHandle) -> ((ScreenUs, ScreenUs), usize) {
    const EVERY: ScreenUs = 200_000;
    let mut cursor = Cursor::new(&run.timeline);
    let mut counts = Vec::new();
    for at in (0..run.story.clock().total()).step_by(EVERY as usize) {
        cursor.seek(&run.timeline, run.story.cursor_at(at));
        let stage = scene::layout(cursor.world(), &run.story, &VIEW);
        let moving = scene::motion(cursor.world(), &stage, &run.story, at, &VIEW);
        counts.push((at, moving.iter().filter(|shape| matches!(shape, Shape::Packet(_))).count()));
    }
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let mut enough = counts.iter().filter(|(_, count)| *count >= MESSAGES).map(|(at, _)| *at);
    let first = enough.next().unwrap_or_else(|| panic!("there are never more than {most}"));
    ((first, enough.next_back().unwrap_or(first)), most)
}

/// What a frame of the page does while a run plays and something happens in each.
async fn painted(
    run: &RunHandle,
    (from, to): (ScreenUs, ScreenUs),
    through_to_pixels: bool,
) -> (Vec<f64>, Vec<f64>) {
    let canvas = canvas();
    let screen: CanvasRenderingContext2d =
        canvas.get_context("2d").ok().flatten().expect("a context").unchecked_into();
    let mut painter = Painter::new(canvas.clone()).expect("a browser draws");
    let mut cursor = Cursor::new(&run.timeline);
    let times: Rc<RefCell<(Vec<f64>, Vec<f64>)>> = Rc::default();
    let (told, run) = (Rc::clone(&times), run.clone());
    each_frame(FRAMES, move |n| {
        let at = from + (to - from) * n as u64 / FRAMES as u64;
        let start = dom::now_ms();
        cursor.seek(&run.timeline, run.story.cursor_at(at));
        let stage = scene::layout(cursor.world(), &run.story, &VIEW);
        let moving = scene::motion(cursor.world(), &stage, &run.story, at, &VIEW);
        let laid_out = dom::now_ms();
        painter.draw_ground(stage.width, stage.height, &stage.shapes);
        painter.draw_frame(&moving);
        if through_to_pixels {
            // A canvas only notes what is drawn on it, until somebody looks.
            screen.get_image_data(0.0, 0.0, 1.0, 1.0).expect("it can be read");
        }
        told.borrow_mut().0.push(laid_out - start);
        told.borrow_mut().1.push(dom::now_ms() - laid_out);
    })
    .await;
    canvas.remove();
    times.take()
}

#[wasm_bindgen_bench]
async fn five_hundred_messages_on_their_way(_: &mut Criterion) {
    let run = run();
    let (busy, most) = busy(&run);
    console_log!(
        "{MESSAGES} to {most} messages on their way, {FRAMES} frames; a frame may take {BUDGET_MS:.1} ms"
    );
    let (scene, paint) = painted(&run, busy, false).await;
    let whole = scene.iter().zip(&paint).map(|(scene, paint)| scene + paint).collect();
    tell("where everything is", scene);
    tell("painting, as our code", paint);
    let whole = tell("together", whole);
    let (_, pixels) = painted(&run, busy, true).await;
    let pixels = tell("painting, down to pixels", pixels);

    let canvas = canvas();
    let player = Player::new(VIEW, Speed::NORMAL, Callback::noop());
    player.attach_canvas(canvas.clone());
    player.show(run.clone(), run.story.clock().to_virtual(busy.0));
    player.play();
    let delivered = each_frame(FRAMES, |_| {}).await;
    player.pause();
    canvas.remove();
    let seconds = delivered.iter().sum::<f64>() / 1000.0;
    let per_second = delivered.len() as f64 / seconds;
    tell("from frame to frame, as the page plays", delivered);
    console_log!("{per_second:.1} frames a second over {seconds:.1} s");
    // By the middle: whatever else the machine has to do shows in the rest.
    assert!(whole <= BUDGET_MS, "our code is too slow");
    assert!(pixels <= BUDGET_MS, "painting is too slow");
}
