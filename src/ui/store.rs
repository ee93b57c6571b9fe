//! The one store: plain data. Timers, canvas and storage live elsewhere.

use super::catalogue::Source;
use super::parts::Parts;
use super::playback::Speed;
use super::player::{Moment, Told};
use super::proof::Proof;
use super::recipe::Recipe;
use super::run::RunHandle;
use crate::scene::{HotTarget, Hotspot, Lang};
use crate::sim::config::keys::Section;
use std::rc::Rc;
use yew::Reducible;

/// What stands in the way of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The line of the text that it is about, from 1, where there is a text.
    pub line: Option<u32>,
    /// The settings that it is about.
    pub keys: Vec<(Section, String)>,
    /// What is wrong, and what to do about it.
    pub text: String,
}

/// Everything that panels show.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The language.
    pub lang: Lang,
    /// Parts that are left out.
    pub hide: Parts,
    /// Where the scenario came from.
    pub source: Source,
    /// What was decided.
    pub recipe: Rc<Recipe>,
    /// The run that is shown.
    pub run: Option<RunHandle>,
    /// The run before the settings were changed.
    pub before: Option<RunHandle>,
    /// For each cause of the run the settings that help, as far as they were tried.
    pub proofs: Rc<Vec<Option<Proof>>>,
    /// Steps computed so far of a run that is not ready.
    pub computing: Option<u32>,
    /// What is wrong with the settings; the run shown is the one before.
    pub refused: Rc<Vec<Complaint>>,
    /// What is wrong with the text in the scenario file's field.
    pub misread: Rc<Vec<Complaint>>,
    /// Where the reader is.
    pub moment: Moment,
    /// How fast it plays.
    pub speed: Speed,
    /// What can be clicked on the stage.
    pub hotspots: Rc<Vec<Hotspot>>,
    /// Height of the stage.
    pub height: u32,
    /// What the reader has opened on the stage.
    pub open: Option<HotTarget>,
    /// The reader was told that it is their turn.
    pub invited: bool,
    /// The address named a scenario that there is none of.
    pub unknown: bool,
    /// The scenario that was asked for and could not be fetched.
    pub not_fetched: Option<&'static str>,
}

/// What changes it.
#[derive(Clone, Debug)]
pub enum Action {
    /// The player moved.
    Told(Told),
    /// Another scenario.
    Load(Source, Rc<Recipe>),
    /// A scenario of the catalogue could not be fetched.
    NotFetched(&'static str),
    /// The reader decided something.
    Decide(Rc<Recipe>),
    /// A run is being computed.
    Computing(u32),
    /// A run is ready. Whether it stands beside the one before.
    Computed {
        /// The run.
        run: RunHandle,
        /// Settings were changed: the verdict before is still of interest.
        compare: bool,
    },
    /// Settings were tried that may help the run that is shown.
    Proved(RunHandle, Vec<Option<Proof>>),
    /// The settings were refused; the run shown stays.
    Refused(Vec<Complaint>),
    /// Another scenario was refused: there is no run of it.
    Barred(Vec<Complaint>),
    /// A text is no scenario.
    Misread(Vec<Complaint>),
    /// Something on the stage was opened or closed.
    Open(Option<HotTarget>),
    /// Another language.
    Speak(Lang),
    /// Another speed.
    Speed(Speed),
    /// It is the reader's turn.
    Invite,
}

impl Reducible for State {
    type Action = Action;

    fn reduce(self: Rc<State>, action: Action) -> Rc<State> {
        let mut state = (*self).clone();
        match action {
            Action::Told(Told::Moved(moment)) => state.moment = moment,
            Action::Told(Told::Stage { height, hotspots }) => {
                (state.height, state.hotspots) = (height, hotspots);
            }
            Action::Load(source, recipe) => {
                state.unknown &= source == state.source;
                (state.source, state.recipe) = (source, recipe);
                (state.before, state.open, state.invited) = (None, None, false);
                state.not_fetched = None;
                (state.refused, state.misread) = Default::default();
            }
            Action::NotFetched(id) => state.not_fetched = Some(id),
            Action::Decide(recipe) => {
                state.recipe = recipe;
                state.refused = Rc::default();
            }
            Action::Computing(steps) => state.computing = Some(steps),
            Action::Computed { run, compare } => {
                state.before = state.run.take().filter(|_| compare);
                (state.run, state.computing) = (Some(run), None);
                state.proofs = Rc::default();
            }
            Action::Proved(run, proofs) if state.run.as_ref() == Some(&run) => state.proofs = Rc::new(proofs),
            Action::Proved(..) => {}
            Action::Refused(complaints) => state.refused = Rc::new(complaints),
            Action::Barred(complaints) => {
                (state.run, state.computing) = (None, None);
                (state.moment, state.hotspots) = Default::default();
                state.refused = Rc::new(complaints);
            }
            Action::Misread(complaints) => state.misread = Rc::new(complaints),
            Action::Open(target) => state.open = target,
            Action::Speak(lang) => state.lang = lang,
            Action::Speed(speed) => state.speed = speed,
            Action::Invite => state.invited = true,
        }
        Rc::new(state)
    }
}
