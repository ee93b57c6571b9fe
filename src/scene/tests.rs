use super::{Lang, Story, settings_text};
use crate::check::{Setting, SettingValue};
use crate::run::catalogue::{CATALOGUE, find};
use crate::run::timeline::Timeline;
use crate::sim::StepNo;
use crate::sim::config::Resolved;
use crate::sim::config::keys::Section;

fn run(id: &str) -> Timeline {
    match find(id).expect("it is built in").file().resolved {
        Resolved::Scenario(scenario) => Timeline::run(scenario),
        Resolved::Refused(refusal) => Timeline::run(refusal.scenario),
    }
}

/// All that is said, for a reader who steps by hand and for one who watches.
fn told(story: &Story, end: StepNo, lang: Lang) -> (Vec<String>, Vec<String>) {
    let (mut stepped, mut watched) = (Vec::new(), Vec::new());
    let mut cursor = StepNo(0);
    while let Some(next) = story.next(cursor) {
        cursor = next;
        let caption = story.caption_of_step(cursor, lang);
        stepped.push(format!("{} {}", caption.strong, caption.rest));
    }
    for step in 0..=end.0 {
        let caption = story.caption(StepNo(step), lang).unwrap_or_default();
        watched.push(format!("{} {}", caption.strong, caption.rest));
    }
    stepped.dedup();
    watched.dedup();
    (stepped, watched)
}

#[test]
fn what_is_said_has_no_gaps_and_every_mark_a_name() {
    for scenario in CATALOGUE {
        let timeline = run(scenario.id);
        let story = Story::of(timeline.trace(), timeline.last());
        for lang in [Lang::En, Lang::Zh] {
            let (stepped, watched) = told(&story, timeline.end(), lang);
            for said in stepped.iter().chain(&watched) {
                assert!(!said.contains('$') && !said.trim().contains("  "), "{}: {said}", scenario.id);
            }
            for mark in story.markers(lang) {
                assert!(!mark.label.is_empty(), "{}: {mark:?}", scenario.id);
            }
        }
    }
}

#[test]
fn the_opening_takes_twenty_odd_seconds_and_tells_its_loss() {
    let timeline = run("opening");
    let story = Story::of(timeline.trace(), timeline.last());
    let total = story.clock().total();
    assert!((20_000_000..=25_000_000).contains(&total), "{total} µs");
    let (_, watched) = told(&story, timeline.end(), Lang::En);
    let lines = watched.join("\n");
    let mut from = 0;
    for said in [
        "Nothing gets through from",
        "Broker-1 is killed.",
        "Broker-2 leads now, and 3 acknowledged packets are not in its log.",
        "Broker-1 cuts the last 3 off its log, to match broker-2. They were acknowledged. Now they are nowhere.",
    ] {
        from += lines[from..].find(said).unwrap_or_else(|| panic!("“{said}” is missing in\n{lines}"));
    }
}

/// Nobody can put it into a file of Kafka's.
#[test]
fn a_rule_of_versions_is_called_by_its_version() {
    let of = |key, value| Setting { section: Section::Cluster, key, value };
    let settings = [
        of("truncation", SettingValue::Text("epoch")),
        of("eligible.leader.replicas.version", SettingValue::Number(1)),
    ];
    let written = "Kafka ≥ 2.1 (truncation=epoch), eligible.leader.replicas.version=1";
    assert_eq!(settings_text(&settings), written);
}
