//! Moves the reader through a run: clock, world at the cursor, canvas. It draws each frame by itself, so that Yew
//! renders panels, never frames, and it asks for frames only while something moves and can be seen.

use super::dom;
use super::frames::Frames;
use super::painter::Painter;
use super::playback::{Playback, Speed};
use super::run::RunHandle;
use super::scrub::Scrub;
use crate::run::timeline::Cursor;
use crate::scene::{self, Hotspot, Lang, ScreenUs, Stage, View};
use crate::sim::{StepNo, Time, World};
use std::cell::RefCell;
use std::rc::Rc;
use web_sys::HtmlCanvasElement;
use yew::Callback;

/// Where the reader is, as panels need to know it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Steps taken.
    pub cursor: StepNo,
    /// The moment of virtual time.
    pub time: Time,
    /// Whether it moves by itself.
    pub playing: bool,
    /// Whether the run is over.
    pub at_end: bool,
    /// The reader came here step by step.
    pub by_hand: bool,
}

/// What a player tells the page.
#[derive(Clone, Debug)]
pub enum Told {
    /// The reader is somewhere else, or stands still, or goes on.
    Moved(Moment),
    /// What can be clicked is somewhere else, or called otherwise.
    Stage {
        /// Height of the stage.
        height: u32,
        /// What can be clicked.
        hotspots: Rc<Vec<Hotspot>>,
    },
}

/// While a run plays, panels follow at most so often.
const PANELS_EVERY_MS: f64 = 120.0;

/// A player in somebody's hand.
#[derive(Clone)]
pub struct Player(Rc<Inner>);

struct Inner {
    data: RefCell<Data>,
    frames: Frames,
    tell: Callback<Told>,
}

struct Data {
    run: Option<(RunHandle, Cursor)>,
    playback: Playback,
    view: View,
    painter: Option<Painter>,
    scrub: Option<Scrub>,
    stage: Stage,
    /// What the stage shows; none = it is to be laid out anew.
    drawn: Option<StepNo>,
    last_frame: Option<f64>,
    visible: bool,
    by_hand: bool,
    told: Option<Moment>,
    told_at: f64,
    told_hotspots: Rc<Vec<Hotspot>>,
    told_height: u32,
}

impl PartialEq for Player {
    fn eq(&self, other: &Player) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl std::fmt::Debug for Player {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Player")
    }
}

impl Player {
    /// A player without a run.
    pub fn new(view: View, speed: Speed, tell: Callback<Told>) -> Player {
        let data = Data {
            run: None,
            playback: Playback::new(speed),
            view,
            painter: None,
            scrub: None,
            stage: Stage::default(),
            drawn: None,
            last_frame: None,
            visible: true,
            by_hand: false,
            told: None,
            told_at: 0.0,
            told_hotspots: Rc::default(),
            told_height: 0,
        };
        let inner = Rc::new_cyclic(|weak: &std::rc::Weak<Inner>| {
            let weak = weak.clone();
            let frames = Frames::new(move |now| {
                if let Some(inner) = weak.upgrade() {
                    Player(inner).frame(now);
                }
            });
            Inner { data: RefCell::new(data), frames, tell }
        });
        Player(inner)
    }

    /// Draws on this canvas from now on.
    pub fn attach_canvas(&self, canvas: HtmlCanvasElement) {
        self.change(|data| {
            data.painter = Painter::new(canvas);
            data.drawn = None;
        });
    }

    /// Moves this scrubber from now on.
    pub fn attach_scrub(&self, scrub: Scrub) {
        self.change(|data| data.scrub = Some(scrub));
    }

    /// Shows another run at a moment of virtual time.
    pub fn show(&self, run: RunHandle, at: Time) {
        self.change(|data| {
            let cursor = Cursor::new(&run.timeline);
            let at = at.min(run.timeline.time_at(run.timeline.end()));
            data.playback.set_total(run.story.clock().total());
            data.playback.seek(run.story.clock().to_screen(at));
            data.run = Some((run, cursor));
            data.drawn = None;
            data.told = None;
        });
    }

    /// Shows nothing.
    pub fn clear(&self) {
        self.change(|data| {
            data.run = None;
            data.playback.pause();
            data.playback.set_total(0);
            data.scrub.iter().for_each(|scrub| scrub.follow(0, 0, Time(0), Time(0)));
            if let Some(painter) = &mut data.painter {
                painter.draw_ground(data.stage.width, data.stage.height, &[]);
                painter.draw_frame(&[]);
            }
        });
    }

    /// Draws in another size or language.
    pub fn set_view(&self, change: impl FnOnce(&mut View)) {
        self.change(|data| {
            let before = data.view;
            change(&mut data.view);
            if data.view != before {
                data.drawn = None;
            }
        });
    }

    /// Colours have changed.
    pub fn refresh_palette(&self) {
        self.change(|data| {
            data.painter.iter_mut().for_each(Painter::refresh_palette);
            data.drawn = None;
        });
    }

    /// Whether the stage can be seen. What cannot be seen does not move; a frame that was asked for still comes, with
    /// what panels have to hear.
    pub fn set_visible(&self, visible: bool) {
        let was = std::mem::replace(&mut self.0.data.borrow_mut().visible, visible);
        if visible && !was {
            self.0.data.borrow_mut().last_frame = None;
            self.0.frames.request();
        }
    }

    /// Goes on.
    pub fn play(&self) {
        self.change(|data| {
            data.by_hand = false;
            data.playback.play();
        });
    }

    /// Stands still.
    pub fn pause(&self) {
        self.change(|data| data.playback.pause());
    }

    /// Goes on, or stands still.
    pub fn toggle(&self) {
        if self.playing() { self.pause() } else { self.play() }
    }

    /// Whether it moves by itself.
    pub fn playing(&self) -> bool {
        self.0.data.borrow().playback.playing()
    }

    /// Plays faster or slower.
    pub fn set_speed(&self, speed: Speed) {
        self.change(|data| data.playback.set_speed(speed));
    }

    /// Jumps to a moment of screen time; what plays goes on from there.
    pub fn seek(&self, at: ScreenUs) {
        self.change(|data| {
            data.by_hand = false;
            data.playback.seek(at);
        });
    }

    /// Moves by so much screen time.
    pub fn seek_by(&self, by: i64) {
        let at = self.0.data.borrow().playback.at();
        self.seek(at.saturating_add_signed(by));
    }

    /// Jumps to a share of the run, in hundredths.
    pub fn seek_share(&self, hundredths: u64) {
        let total = self.0.data.borrow().playback.total();
        self.seek(total * hundredths / 100);
    }

    /// Moves by a share of the run, in hundredths.
    pub fn seek_by_share(&self, hundredths: i64) {
        let total = self.0.data.borrow().playback.total() as i64;
        self.seek_by(total * hundredths / 100);
    }

    /// Jumps to the next mark, or the one before.
    pub fn to_mark(&self, forward: bool) {
        let at = self.0.data.borrow().playback.at();
        let marks = self.with_cursor(|run, _| run.story.markers(Lang::En)).unwrap_or_default();
        let found = if forward {
            marks.iter().find(|mark| mark.screen > at)
        } else {
            marks.iter().rev().find(|mark| mark.screen < at)
        };
        found.into_iter().for_each(|mark| self.go_to(mark.step));
    }

    /// Stands still at a cursor.
    pub fn go_to(&self, cursor: StepNo) {
        self.change(|data| {
            let Some((run, _)) = &data.run else { return };
            data.playback.pause();
            data.playback.seek(run.story.screen_of(cursor));
            data.by_hand = true;
        });
    }

    /// Stands still after the next notable step.
    pub fn step(&self) {
        let next = self.with_cursor(|run, cursor| run.story.next(cursor).unwrap_or(run.timeline.end()));
        next.into_iter().for_each(|next| self.go_to(next));
    }

    /// Stands still after the notable step before.
    pub fn step_back(&self) {
        let previous = self.with_cursor(|run, cursor| {
            // Steps of one microsecond are shown together: back from them all.
            let mut to = cursor;
            while let Some(previous) = run.story.previous(to) {
                if run.story.cursor_at(run.story.screen_of(previous)) < cursor {
                    return previous;
                }
                to = previous;
            }
            StepNo(0)
        });
        previous.into_iter().for_each(|previous| self.go_to(previous));
    }

    fn with_cursor<T>(&self, ask: impl FnOnce(&RunHandle, StepNo) -> T) -> Option<T> {
        let data = self.0.data.borrow();
        let (run, _) = data.run.as_ref()?;
        Some(ask(run, run.story.cursor_at(data.playback.at())))
    }

    /// Where the reader is: cursor and moment of virtual time. The moment never lies before what the cursor has
    /// seen, nor after what it has not.
    pub fn moment(&self) -> (StepNo, Time) {
        self.0.data.borrow().moment()
    }

    /// Asks the world at the cursor.
    pub fn ask<T>(&self, ask: impl FnOnce(&World) -> T) -> Option<T> {
        let mut data = self.0.data.borrow_mut();
        let at = data.playback.at();
        let (run, cursor) = data.run.as_mut()?;
        cursor.seek(&run.timeline, run.story.cursor_at(at));
        Some(ask(cursor.world()))
    }

    fn change(&self, change: impl FnOnce(&mut Data)) {
        change(&mut self.0.data.borrow_mut());
        self.0.data.borrow_mut().told_at = 0.0;
        // Out of sight too, once: panels and the clock may be in sight when the stage is not.
        self.0.frames.request();
    }

    fn frame(&self, now: f64) {
        let told = {
            let mut data = self.0.data.borrow_mut();
            data.advance(now);
            data.draw();
            data.news(now)
        };
        told.into_iter().for_each(|told| self.0.tell.emit(told));
        let goes_on = self.0.data.borrow().playback.playing() && self.0.data.borrow().visible;
        if goes_on {
            self.0.frames.request();
        }
    }

    /// Draws at once, without waiting for the browser's next frame.
    pub fn draw_now(&self) {
        self.frame(dom::now_ms());
    }
}

impl Data {
    fn advance(&mut self, now: f64) {
        let since = self.last_frame.map_or(0.0, |last| (now - last).max(0.0));
        self.last_frame = self.playback.playing().then_some(now);
        self.playback.advance((since * 1000.0) as u64);
        if !self.playback.playing() {
            self.last_frame = None;
        }
    }

    fn moment(&self) -> (StepNo, Time) {
        let Some((run, _)) = &self.run else { return (StepNo(0), Time(0)) };
        let at = self.playback.at();
        let cursor = run.story.cursor_at(at);
        let (from, to) = (run.timeline.time_at(cursor), run.timeline.time_at(StepNo(cursor.0 + 1)));
        let until = if to > from { Time(to.0 - 1) } else { from };
        (cursor, run.story.clock().to_virtual(at).clamp(from, until))
    }

    fn draw(&mut self) {
        let at = self.playback.at();
        // Nothing is laid out in a place without width, such as a frame that is not shown yet.
        let Some((run, cursor)) = self.run.as_mut().filter(|_| self.view.width > 0) else { return };
        let to = run.story.cursor_at(at);
        if self.drawn != Some(to) {
            cursor.seek(&run.timeline, to);
            self.stage = scene::layout(cursor.world(), &run.story, &self.view);
            self.drawn = Some(to);
            if let Some(painter) = &mut self.painter {
                painter.draw_ground(self.stage.width, self.stage.height, &self.stage.shapes);
            }
        }
        if let Some(painter) = &mut self.painter {
            let at = if self.view.reduced_motion { run.story.screen_of(to) } else { at };
            let moving = scene::motion(cursor.world(), &self.stage, &run.story, at, &self.view);
            painter.draw_frame(&moving);
        }
        if let Some(scrub) = &self.scrub {
            let time = run.story.clock().to_virtual(at);
            scrub.follow(at, self.playback.total(), time, run.timeline.time_at(run.timeline.end()));
        }
    }

    /// What panels should hear about now.
    fn news(&mut self, now: f64) -> Vec<Told> {
        let mut news = Vec::new();
        let (cursor, time) = self.moment();
        let playing = self.playback.playing();
        let moment = Moment { cursor, time, playing, at_end: self.playback.at_end(), by_hand: self.by_hand };
        let due = !playing || now - self.told_at >= PANELS_EVERY_MS;
        if self.run.is_none() || !due {
            return news;
        }
        if self.told != Some(moment) {
            self.told = Some(moment);
            self.told_at = now;
            news.push(Told::Moved(moment));
        }
        // Also where the reader stands still: in another size or language.
        if *self.told_hotspots != self.stage.hotspots || self.told_height != self.stage.height {
            self.told_hotspots = Rc::new(self.stage.hotspots.clone());
            self.told_height = self.stage.height;
            news.push(Told::Stage { height: self.told_height, hotspots: Rc::clone(&self.told_hotspots) });
        }
        news
    }
}
