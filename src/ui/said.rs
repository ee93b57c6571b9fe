//! What is said of a run, gathered from `scene` for the panels.

use super::catalogue::{self, Source};
use super::components::Remedy;
use super::player::Moment;
use super::recipe::Recipe;
use super::run::RunHandle;
use super::text::seconds;
use crate::check::Funnel;
use crate::scene::{Caption, Lang, Marker};
use crate::sim::{StepNo, Time};
use std::rc::Rc;
use yew::AttrValue;

/// What is said of a run as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Whole {
    /// Marks for the scrubber.
    pub marks: Rc<Vec<Marker>>,
    /// What would have prevented what went wrong.
    pub remedy: Option<Remedy>,
}

/// What is said of a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// Under the stage.
    pub caption: Caption,
    /// The same for those who listen.
    pub narration: AttrValue,
    /// The moment in words.
    pub spoken: AttrValue,
    /// How far packets have come.
    pub funnel: Funnel,
}

/// How a run ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// In money.
    pub money: String,
    /// In a few words.
    pub word: String,
    /// As promised.
    pub good: bool,
}

impl Verdict {
    /// For those who listen.
    pub fn aloud(&self) -> String {
        format!("{}. {}.", self.word, self.money)
    }
}

/// Why something went wrong.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Why {
    /// The question.
    pub title: String,
    /// The causes.
    pub links: Vec<WhyLink>,
    /// What would have prevented it.
    pub remedy_text: String,
    /// The same as settings.
    pub remedy: Option<Remedy>,
}

/// A cause.
#[derive(Clone, Debug, PartialEq)]
pub struct WhyLink {
    /// When.
    pub at: Time,
    /// The step.
    pub step: StepNo,
    /// What.
    pub text: String,
}

/// The title of a run.
pub fn title(source: &Source, recipe: &Recipe, lang: Lang) -> AttrValue {
    match source {
        Source::Catalogue(id) => catalogue::title(id, lang).into(),
        Source::Own => recipe.base.title().to_owned().into(),
    }
}

/// What is said of a run as a whole.
pub fn whole(run: &RunHandle, _source: &Source, lang: Lang) -> Whole {
    Whole { marks: Rc::new(run.story.markers(lang)), remedy: None }
}

/// What is said of a moment.
pub fn now(run: &RunHandle, moment: &Moment, lang: Lang) -> Said {
    let caption = if moment.by_hand {
        run.story.caption_of_step(moment.cursor, lang)
    } else {
        run.story.caption(moment.cursor, lang)
    };
    let funnel = match moment.cursor.0.checked_sub(1) {
        Some(step) => run.fates.funnel(StepNo(step)),
        None => Funnel::default(),
    };
    Said {
        narration: format!("{} {}", caption.strong, caption.rest).into(),
        spoken: format!("{}, {}", seconds(moment.time), caption.strong).into(),
        caption,
        funnel,
    }
}

/// How a run ends.
pub fn verdict(run: &RunHandle, _lang: Lang) -> Verdict {
    let (expected, actual) = run
        .report
        .consumption
        .as_ref()
        .map_or((0, 0), |consumption| (consumption.balance_expected, consumption.balance_actual));
    Verdict {
        money: format!("¥{actual} / ¥{expected}"),
        word: String::new(),
        good: run.report.promise_kept(),
    }
}

/// Why it went wrong.
pub fn whys(_run: &RunHandle, _lang: Lang) -> Vec<Why> {
    Vec::new()
}
