//! Turns what a reader decides into recipes, recipes into runs, and hands runs to player and store. The one place
//! where computing happens; long runs are computed in slices, so that the page never stands still.

use super::catalogue::{self, Source};
use super::dom;
use super::playback::Speed;
use super::player::{Player, Told};
use super::proof;
use super::recipe::{HandFault, Recipe};
use super::run::RunHandle;
use super::store::Action;
use crate::run::timeline::Computation;
use crate::scene::{HotTarget, Lang, Story};
use crate::sim::config::keys::Section;
use crate::sim::config::raw::{RawFault, RawValue};
use crate::sim::{StepNo, Time};
use gloo_timers::callback::Timeout;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use yew::Callback;

/// How long one slice of computing takes; the first one may take longer, so that short runs are there at once.
const SLICE_MS: f64 = 8.0;
const FIRST_SLICE_MS: f64 = 60.0;
/// When what is not urgent begins.
const AFTER_DRAWING_MS: u32 = 50;
/// Steps between two looks at the clock.
const STEPS: u32 = 256;

/// A director in somebody's hand.
#[derive(Clone)]
pub struct Director(Rc<Inner>);

struct Inner {
    player: Player,
    dispatch: Callback<Action>,
    recipe: RefCell<Rc<Recipe>>,
    run: RefCell<Option<RunHandle>>,
    timer: RefCell<Option<Timeout>>,
    remedies: RefCell<Option<Timeout>>,
    /// Plays as soon as the run is there.
    then_play: Cell<bool>,
    /// The scenario that is being fetched.
    awaited: Cell<Option<&'static str>>,
}

impl PartialEq for Director {
    fn eq(&self, other: &Director) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl std::fmt::Debug for Director {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Director")
    }
}

/// A run under way, and where the reader will be when it is ready.
struct Job {
    computation: Computation,
    story: Story,
    at: Time,
    compare: bool,
}

impl Director {
    /// Directs this player.
    pub fn new(player: Player, dispatch: Callback<Action>) -> Director {
        Director(Rc::new(Inner {
            player,
            dispatch,
            recipe: RefCell::default(),
            run: RefCell::default(),
            timer: RefCell::default(),
            remedies: RefCell::default(),
            then_play: Cell::new(false),
            awaited: Cell::new(None),
        }))
    }

    /// The player.
    pub fn player(&self) -> &Player {
        &self.0.player
    }

    /// What is decided at the moment.
    pub fn recipe(&self) -> Rc<Recipe> {
        Rc::clone(&self.0.recipe.borrow())
    }

    fn tell(&self, action: Action) {
        self.0.dispatch.emit(action);
    }

    // Scenarios.

    /// Loads a scenario of the catalogue.
    pub fn load(&self, id: &'static str, at: Time, play: bool) {
        self.0.awaited.set(Some(id));
        let director = self.clone();
        catalogue::load(id, move |text| {
            // Something else may have been chosen meanwhile.
            if director.0.awaited.get() != Some(id) {
                return;
            }
            match text.map(|text| Recipe::read(&text)) {
                Some(Ok(recipe)) => director.begin(Source::Catalogue(id), recipe, at, play),
                _ => director.tell(Action::NotFetched(id)),
            }
        });
    }

    /// Runs a text of the reader's, or says what is wrong with it. It is not read where its length in bytes says
    /// enough.
    pub fn load_text(&self, bytes: usize, text: impl FnOnce() -> String) {
        let read = Recipe::check_size(bytes).and_then(|()| Recipe::read(&text()));
        match read.and_then(|recipe| recipe.resolve().map(|_| recipe)) {
            Ok(recipe) => self.begin(Source::Own, recipe, Time(0), true),
            Err(complaints) => self.tell(Action::Misread(complaints)),
        }
    }

    /// Another scenario, from a moment on.
    pub fn begin(&self, source: Source, recipe: Recipe, at: Time, play: bool) {
        self.0.awaited.set(None);
        let recipe = Rc::new(recipe);
        self.0.recipe.replace(Rc::clone(&recipe));
        self.tell(Action::Load(source, Rc::clone(&recipe)));
        match recipe.resolve() {
            Ok(scenario) => {
                self.0.player.pause();
                self.0.then_play.set(play);
                self.compute(Computation::new(scenario), at, false);
            }
            Err(complaints) => {
                self.0.timer.take();
                self.0.run.take();
                self.0.player.clear();
                self.tell(Action::Barred(complaints));
            }
        }
    }

    /// The same cluster with nothing happening to it, from the beginning: the reader's turn.
    pub fn break_it_yourself(&self) {
        dom::focus(dom::PLAY);
        let recipe = Rc::new(self.recipe().unharmed());
        self.tell(Action::Invite);
        self.0.then_play.set(true);
        self.decide(recipe, Time(0), true);
    }

    // Settings.

    /// Sets a key for the whole run.
    pub fn set(&self, section: Section, key: &'static str, value: RawValue) {
        let mut recipe = (*self.recipe()).clone();
        recipe.set(section, key, value);
        self.decide(Rc::new(recipe), self.0.player.moment().1, true);
    }

    /// Sets several keys for the whole run.
    pub fn set_all(&self, changes: &[(Section, &'static str, RawValue)]) {
        dom::focus(dom::PLAY);
        let mut recipe = (*self.recipe()).clone();
        for (section, key, value) in changes {
            recipe.set(*section, key, value.clone());
        }
        self.decide(Rc::new(recipe), self.0.player.moment().1, true);
    }

    /// Takes all changes of settings back.
    pub fn reset_settings(&self) {
        let mut recipe = (*self.recipe()).clone();
        recipe.changes.clear();
        self.decide(Rc::new(recipe), self.0.player.moment().1, true);
    }

    // Faults.

    /// Breaks something now, that is, at the cursor. What has happened stays.
    pub fn inflict(&self, fault: impl FnOnce(i64) -> RawFault) {
        let (cursor, at) = self.0.player.moment();
        let mut recipe = (*self.recipe()).clone();
        recipe.by_hand.push(HandFault { at, fault: fault(at.0 as i64) });
        let recipe = Rc::new(recipe);
        let run = self.0.run.borrow().clone();
        match (recipe.resolve(), run) {
            (Ok(mut scenario), Some(run)) => {
                self.keep(&recipe);
                let fault = scenario.faults.pop().expect("one was just added");
                self.compute(run.timeline.fork_at(cursor, fault), at, false);
            }
            (Ok(scenario), None) => {
                self.keep(&recipe);
                self.compute(Computation::new(scenario), at, false);
            }
            (Err(complaints), _) => self.tell(Action::Refused(complaints)),
        }
    }

    /// Takes a fault made by hand back.
    pub fn take_back(&self, by_hand: usize) {
        let mut recipe = (*self.recipe()).clone();
        if by_hand < recipe.by_hand.len() {
            recipe.by_hand.remove(by_hand);
            self.decide(Rc::new(recipe), self.0.player.moment().1, false);
        }
    }

    /// Takes all faults made by hand back.
    pub fn take_all_back(&self) {
        let mut recipe = (*self.recipe()).clone();
        recipe.by_hand.clear();
        self.decide(Rc::new(recipe), self.0.player.moment().1, false);
    }

    fn keep(&self, recipe: &Rc<Recipe>) {
        self.0.recipe.replace(Rc::clone(recipe));
        self.tell(Action::Decide(Rc::clone(recipe)));
    }

    /// Runs another recipe from the beginning. Refused settings stay visible, and the run shown stays.
    fn decide(&self, recipe: Rc<Recipe>, at: Time, compare: bool) {
        self.keep(&recipe);
        match recipe.resolve() {
            Ok(scenario) => self.compute(Computation::new(scenario), at, compare),
            Err(complaints) => {
                self.0.timer.take();
                self.tell(Action::Refused(complaints));
            }
        }
    }

    // The stage and the rest.

    /// Opens what can be done to something on the stage; the run stands still meanwhile.
    pub fn open(&self, target: HotTarget) {
        self.0.then_play.set(self.0.player.playing());
        self.0.player.pause();
        self.tell(Action::Open(Some(target)));
    }

    /// Closes it; what played before plays on.
    pub fn close(&self) {
        self.tell(Action::Open(None));
        if self.0.then_play.take() {
            self.0.player.play();
        }
    }

    /// Closes it because something was chosen: plays on as soon as the new future is there.
    pub fn close_and_play(&self) {
        self.tell(Action::Open(None));
        self.0.then_play.set(true);
    }

    /// Speaks another language.
    pub fn speak(&self, lang: Lang) {
        self.0.player.set_view(|view| view.lang = lang);
        self.tell(Action::Speak(lang));
    }

    /// Plays faster or slower.
    pub fn set_speed(&self, speed: Speed) {
        self.0.player.set_speed(speed);
        self.tell(Action::Speed(speed));
    }

    // Computing.

    fn compute(&self, computation: Computation, at: Time, compare: bool) {
        self.0.remedies.take();
        let job = Job { computation, story: Story::default(), at, compare };
        self.slice(job, FIRST_SLICE_MS);
    }

    fn slice(&self, mut job: Job, budget: f64) {
        let until = dom::now_ms() + budget;
        let done = loop {
            if job.computation.advance(STEPS) {
                break true;
            }
            if dom::now_ms() >= until {
                break false;
            }
        };
        job.story.follow(job.computation.trace(), job.computation.world());
        if done {
            self.0.timer.take();
            self.finish(job);
            return;
        }
        self.tell(Action::Computing(job.computation.world().steps().0));
        let director = self.clone();
        let timer = Timeout::new(0, move || director.slice(job, SLICE_MS));
        self.0.timer.replace(Some(timer));
    }

    fn finish(&self, job: Job) {
        let run = RunHandle::new(job.computation.finish(), job.story);
        self.0.run.replace(Some(run.clone()));
        self.0.player.show(run.clone(), job.at);
        self.tell(Action::Computed { run: run.clone(), compare: job.compare });
        self.try_remedies(run);
        if self.0.then_play.take() {
            self.0.player.play();
        }
    }

    /// Tries what may have helped, once the page has been drawn.
    fn try_remedies(&self, run: RunHandle) {
        if run.causes.is_empty() {
            return;
        }
        let director = self.clone();
        let timer = Timeout::new(AFTER_DRAWING_MS, move || {
            let proofs = proof::proofs(&director.recipe(), &run);
            director.tell(Action::Proved(run, proofs));
        });
        self.0.remedies.replace(Some(timer));
    }

    /// The cursor right after a moment of the run that is shown, and the stage where it is seen.
    pub fn jump(&self, step: StepNo) {
        self.0.player.go_to(StepNo(step.0 + 1));
        dom::uncover(".theatre");
    }

    /// What the player tells goes to the store.
    pub fn hear(dispatch: Callback<Action>) -> Callback<Told> {
        Callback::from(move |told| dispatch.emit(Action::Told(told)))
    }
}
