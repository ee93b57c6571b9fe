//! What is said of a run, gathered from `scene` for the panels.

use super::player::Moment;
use super::recipe::Recipe;
use super::run::RunHandle;
use super::text::seconds;
use crate::check::Funnel;
use crate::scene::{self, Caption, Lang, Verdict};
use crate::sim::{StepNo, Time};
use yew::AttrValue;

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

/// What a run is about, as long as nothing of it was changed.
pub fn about(recipe: &Recipe, lang: Lang) -> Option<AttrValue> {
    let about = Some(recipe.about(lang)).filter(|about| !about.is_empty() && recipe.is_as_loaded());
    about.map(|about| about.to_owned().into())
}

/// What is said of a moment.
pub fn now(run: &RunHandle, moment: &Moment, about: Option<&str>, lang: Lang) -> Said {
    let caption = if moment.at_end {
        closing(run, about, lang)
    } else if moment.by_hand {
        run.story.caption_of_step(moment.cursor, lang)
    } else {
        let beginning = || match about {
            Some(about) => Caption { strong: String::new(), rest: about.to_owned() },
            None => run.story.caption_of_step(moment.cursor, lang),
        };
        run.story.caption(moment.cursor, lang).unwrap_or_else(beginning)
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

/// What is said when all is over: how it ended, and what it was about.
fn closing(run: &RunHandle, about: Option<&str>, lang: Lang) -> Caption {
    let verdict = verdict(run, lang);
    let stop = if lang == Lang::En { "." } else { "。" };
    let rest = about.map_or(verdict.sub + stop, str::to_owned);
    Caption { strong: verdict.headline + stop, rest }
}

/// How a run ends.
pub fn verdict(run: &RunHandle, lang: Lang) -> Verdict {
    scene::verdict(&run.report, run.timeline.last().config(), lang)
}

/// Why something went wrong.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Why {
    /// The question.
    pub title: String,
    /// The causes.
    pub links: Vec<WhyLink>,
    /// What helps where no setting does.
    pub advice: &'static str,
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

/// Why it went wrong, violation by violation.
pub fn whys(run: &RunHandle, lang: Lang) -> Vec<Why> {
    let why = |cause: &crate::check::Cause| Why {
        title: scene::why_title(cause, lang),
        links: cause
            .links
            .iter()
            .map(|link| WhyLink {
                at: run.timeline.time_at(StepNo(link.step.0 + 1)),
                step: link.step,
                text: scene::why_text(&link.kind, lang),
            })
            .collect(),
        advice: cause.remedy.advice.map_or("", |advice| scene::advice_text(advice, lang)),
    };
    run.causes.iter().map(why).collect()
}
