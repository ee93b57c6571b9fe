//! How a run ends: in money, and in a few words.

use super::Lang;
use super::text::packets;
use crate::check::Report;
use crate::sim::EndReason;
use crate::sim::config::Config;

/// How a run ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// In money, or why there is none: the small line.
    pub sub: String,
    /// What went wrong, worst first: the large line.
    pub headline: String,
    /// A promise was broken.
    pub bad: bool,
}

/// How a run ends, or has come so far.
pub fn verdict(report: &Report, config: &Config, lang: Lang) -> Verdict {
    let bad = report.refused.is_some() || !found(report, lang).is_empty();
    Verdict { sub: sub(report, lang), headline: headline(report, config, lang), bad }
}

fn sub(report: &Report, lang: Lang) -> String {
    let ends = match (lang, report.end) {
        (Lang::En, None) => "So far",
        (Lang::En, Some(EndReason::StepBudget)) => "When the step budget is spent",
        (Lang::En, Some(EndReason::StopTime)) => "When this run is stopped",
        (Lang::En, Some(EndReason::Settled)) => "When this run ends",
        (Lang::Zh, None) => "目前",
        (Lang::Zh, Some(EndReason::StepBudget)) => "步数用完时",
        (Lang::Zh, Some(EndReason::StopTime)) => "运行到时停止时",
        (Lang::Zh, Some(EndReason::Settled)) => "运行结束时",
    };
    let sent = report.result.len();
    match (lang, &report.consumption) {
        (Lang::En, Some(c)) => format!("{ends}: ¥{} of ¥{} paid", c.balance_actual, c.balance_expected),
        (Lang::Zh, Some(c)) => format!("{ends}：应付 ¥{}，实付 ¥{}", c.balance_expected, c.balance_actual),
        (Lang::En, None) => format!("{ends}: {}", packets(sent, lang, "sent")),
        (Lang::Zh, None) => format!("{ends}：发出 {sent} 个红包"),
    }
}

/// What is worst: a packet that was promised and is gone outweighs one that is paid twice, and both outweigh what
/// was never promised.
fn headline(report: &Report, config: &Config, lang: Lang) -> String {
    if let Some(refusal) = &report.refused {
        return match lang {
            Lang::En => format!("Kafka refuses these settings: {}", refusal.exception),
            Lang::Zh => format!("Kafka 不接受这些设置：{}", refusal.exception),
        };
    }
    let mut said = found(report, lang);
    said.truncate(2);
    match lang {
        _ if said.is_empty() => fine(report, config, lang),
        Lang::En => said.join(", "),
        Lang::Zh => said.join("，"),
    }
}

fn found(report: &Report, lang: Lang) -> Vec<String> {
    let mut said = Vec::new();
    let mut say = |n: usize, en: &str, zh: &str| {
        if n > 0 {
            said.push(match lang {
                Lang::En => format!("{n} {en}"),
                Lang::Zh => format!("{n} 个{zh}"),
            });
        }
    };
    let log = report.verdict.as_ref();
    let lost = log.map_or(0, |log| log.missed().count());
    say(lost, "acknowledged, then lost", "红包已确认却丢失");
    let differ = report.replicas_differ;
    let places = if differ == 1 { "offset" } else { "offsets" };
    say(differ, &format!("{places} where replicas differ"), " offset 上副本的内容不同");
    let consumption = report.consumption.as_ref();
    if let Some(consumption) = consumption {
        say(consumption.applied_twice.len(), "paid more than once", "红包重复支付");
        let never = consumption.never_applied.as_ref().map_or(0, Vec::len);
        say(never, "stored, never paid", "红包存着却没付");
    }
    if let Some(log) = log {
        if consumption.is_none_or(|consumption| consumption.applied_twice.is_empty()) {
            say(log.duplicated_in_log.len(), "stored more than once", "红包重复存储");
        }
        say(log.out_of_order.len(), "out of order", "红包乱序");
        say(log.ghost.len(), "reported as failed, yet stored", "红包报告失败却存下了");
    } else {
        said.push(match lang {
            Lang::En => "the log cannot be read: nobody leads".to_owned(),
            Lang::Zh => "日志读不了：没有 leader".to_owned(),
        });
    }
    said
}

/// Nothing that was promised is broken.
fn fine(report: &Report, config: &Config, lang: Lang) -> String {
    let never_promised = report.verdict.as_ref().map_or(0, |log| log.lost_unacked.len());
    match (lang, never_promised, config.consumer.is_some()) {
        (Lang::En, 0, true) => "Every packet paid exactly once".to_owned(),
        (Lang::Zh, 0, true) => "每个红包恰好支付一次".to_owned(),
        (Lang::En, 0, false) => "Every packet stored exactly once".to_owned(),
        (Lang::Zh, 0, false) => "每个红包恰好存储一次".to_owned(),
        (Lang::En, n, _) => format!("{n} lost, but never acknowledged"),
        (Lang::Zh, n, _) => format!("{n} 个红包丢失，但从未确认"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;
    use crate::run::catalogue;
    use crate::run::file::parse;
    use crate::run::timeline::{Computation, Timeline};
    use crate::sim::config::{Resolved, Truncation};
    use crate::sim::{RecordId, StepNo};
    use std::collections::BTreeSet;

    fn run(id: &str) -> Timeline {
        let Resolved::Scenario(scenario) = catalogue::find(id).unwrap().file().resolved else {
            panic!("{id} is not refused");
        };
        Timeline::run(scenario)
    }

    fn of(id: &str, lang: Lang) -> Verdict {
        let run = run(id);
        let report = check::report(run.scenario(), run.last(), run.trace());
        verdict(&report, run.last().config(), lang)
    }

    #[test]
    fn money_and_the_worst_that_happened() {
        let opening = of("opening", Lang::En);
        assert_eq!(opening.sub, "When this run ends: ¥180 of ¥240 paid");
        assert_eq!(opening.headline, "3 acknowledged, then lost");
        assert!(opening.bad);
        assert_eq!(of("opening", Lang::Zh).headline, "3 个红包已确认却丢失");
    }

    #[test]
    fn nothing_went_wrong() {
        let calm = of("calm", Lang::En);
        assert_eq!((calm.headline.as_str(), calm.bad), ("Every packet paid exactly once", false));
    }

    #[test]
    fn paid_twice_and_never() {
        assert_eq!(of("retry-makes-a-copy", Lang::En).headline, "1 paid more than once");
        assert_eq!(of("commit-before-processing", Lang::En).headline, "1 stored, never paid");
    }

    /// Only the rules of older versions leave it so.
    #[test]
    fn two_records_at_one_offset_are_named() {
        for (id, today) in [("two-packets-at-one-offset", false), ("asked-once", false), ("opening", true)] {
            let said = of(id, Lang::En).headline;
            assert_eq!(!said.contains("where replicas differ"), today, "{id}: {said}");
        }
        for scenario in catalogue::CATALOGUE {
            let Resolved::Scenario(found) = scenario.file().resolved else { continue };
            if found.config.cluster.truncation != Truncation::Epoch {
                continue;
            }
            let mut run = Computation::new(found.clone());
            loop {
                let over = run.advance(97);
                let report = check::report(&found, run.world(), run.trace());
                assert_eq!(report.replicas_differ, 0, "{} at {:?}", scenario.id, report.steps);
                if over {
                    break;
                }
            }
        }
    }

    /// What was read in its time is not missed, and is no reason to ask why.
    #[test]
    fn what_was_paid_before_it_was_deleted_is_not_lost() {
        let said = of("deleted-unread", Lang::En);
        assert_eq!((said.headline.as_str(), said.bad), ("5 acknowledged, then lost", true));
        let text = catalogue::find("deleted-unread").unwrap().text();
        let all_read = text.replace("when = { applied = 5 }", "when = { applied = 10 }");
        let Resolved::Scenario(scenario) = parse(&all_read).expect("a right file").resolved else {
            panic!("nothing is refused")
        };
        let run = Timeline::run(scenario);
        let report = check::report(run.scenario(), run.last(), run.trace());
        assert_eq!(report.verdict.as_ref().map(|verdict| verdict.lost_after_ack.len()), Some(10));
        let said = verdict(&report, run.last().config(), Lang::En);
        assert_eq!((said.headline.as_str(), said.bad), ("Every packet paid exactly once", false));
        assert!(check::why(run.last(), run.trace(), &report).is_empty());
    }

    /// Packets stored after each step.
    fn stored(run: &Timeline) -> Vec<u32> {
        let fates = check::Fates::new(run.last(), run.trace());
        (0..run.end().0).map(|step| fates.funnel(StepNo(step)).stored).collect()
    }

    #[test]
    fn the_funnel_ends_at_what_the_verdict_found_in_the_logs() {
        for scenario in catalogue::CATALOGUE {
            let Resolved::Scenario(found) = scenario.file().resolved else { continue };
            let run = Timeline::run(found);
            let report = check::report(run.scenario(), run.last(), run.trace());
            let logs: Option<Vec<_>> = report.log.into_iter().collect();
            let records: BTreeSet<RecordId> = logs.expect("somebody leads").into_iter().flatten().collect();
            let last = stored(&run).pop();
            assert_eq!(last, Some(records.len() as u32), "{}", scenario.id);
        }
    }

    #[test]
    fn what_another_broker_has_stays_stored_while_nobody_leads() {
        // A follower that may lead has it all.
        for id in
            ["leader-power-loss", "last-replica-standing-elr", "clean-stop-acks-1", "one-replica-killed"]
        {
            assert!(stored(&run(id)).is_sorted(), "{id}");
        }
        // Who has it all is in neither ISR nor ELR; who leads does not have what was committed.
        for (id, lost) in [("last-replica-standing", 10), ("unclean-election", 10)] {
            let stored = stored(&run(id));
            let fallen = stored.windows(2).map(|pair| pair[0].saturating_sub(pair[1]));
            assert_eq!(fallen.filter(|fallen| *fallen > 0).collect::<Vec<_>>(), [lost], "{id}");
        }
    }
}
