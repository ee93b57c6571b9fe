//! Finds built-in scenarios by what people have at hand: a setting, a symptom, a line of a log, in English or
//! Chinese. What is searched are their words on screen and their tags, which a test draws from their runs.

use super::Lang;
use super::titles::question;
use crate::run::catalogue::{BuiltIn, CATALOGUE, Listed};
use crate::sim::Error;
use crate::sim::config::keys::nearest_of;

/// What a search came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The scenarios, in the order of the catalogue.
    pub ids: Vec<&'static str>,
    /// Words that none has, each with one like it that some have. They were left out.
    pub unknown: Vec<(String, Option<String>)>,
}

/// All that is searched, ready to be searched often.
#[derive(Debug)]
pub struct Index(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    id: &'static str,
    /// Its words.
    words: String,
    /// The same as they are compared.
    plain: String,
    /// What it sets as most others do, as it is compared.
    common: String,
}

/// More words than these are a sentence,
const MANY: usize = 3;
/// in which words of at most so many letters say nothing.
const SHORT: usize = 3;

/// What people say for a tag.
const MEANS: &[(&str, &str)] = &[
    ("lost", "loss losing missing vanished gone 丢失 丢了 没了 少了"),
    ("not-stored", "lost loss missing failed 丢失 没存 失败"),
    ("ghost", "failed stored phantom 失败"),
    ("duplicate", "duplicated duplicates copies twice double 重复"),
    ("out-of-order", "order ordering reordered reversed 乱序 顺序"),
    ("skipped", "lost loss missing never 丢失 跳过 漏"),
    ("paid-twice", "duplicate duplicated duplicates twice double 重复"),
    ("unavailable", "stuck blocked hangs unavailability 不可用 写不进 卡住"),
    ("unclean-election", "leader 选举"),
    ("truncated", "truncation 截断"),
    ("rebalance", "rebalancing 重平衡"),
    ("kill", "killed crash crashed dies sigkill 宕机 崩溃"),
    ("power-loss", "outage crash 断电 宕机"),
    ("cut", "partition partitioned network 网络 分区 断开"),
    ("pause", "gc stall 停顿"),
];

impl Index {
    /// All built-in scenarios, as the catalogue's index lists them. `about` gives what they are about, where that
    /// is at hand.
    pub fn new(index: &str, about: impl Fn(&BuiltIn) -> Vec<&'static str>) -> Index {
        let entry = |built_in: &BuiltIn| {
            let listed = Listed::of(built_in.id, index);
            let words = words(built_in, &listed, about(built_in));
            Entry { id: built_in.id, plain: plain(&words), words, common: plain(listed.common) }
        };
        Index(CATALOGUE.iter().map(entry).collect())
    }

    /// Finds what has all of these words; a word that none has is left out and named. Where none has all of the
    /// others, they are taken for a line of a log: what has the error named in it is found, or, where no error is
    /// named, what has most of a sentence's words.
    pub fn search(&self, query: &str) -> Found {
        let query = query.replace(" =", "=").replace("= ", "=");
        let mut found = Found::default();
        let mut words: Vec<&str> = Vec::new();
        for word in query.split_whitespace().map(bare).filter(|word| !word.is_empty()) {
            if self.with_all(&[word]).is_empty() {
                found.unknown.push((word.to_owned(), self.like(word)));
            } else {
                words.push(word);
            }
        }
        found.ids = self.with_all(&words);
        let errors: Vec<&str> = words.iter().copied().filter(|word| is_error(word)).collect();
        if found.ids.is_empty() && !errors.is_empty() {
            found.ids = self.with_all(&errors);
        } else if found.ids.is_empty() && words.len() > MANY {
            found.ids = self.with_most(&words);
        }
        found
    }

    fn with_most(&self, words: &[&str]) -> Vec<&'static str> {
        let words: Vec<String> =
            words.iter().filter(|word| word.len() > SHORT).map(|word| plain(word)).collect();
        let has = |entry: &Entry| words.iter().filter(|word| entry.plain.contains(*word)).count();
        let most = self.0.iter().map(has).max().unwrap_or(0);
        let with_most = |entry: &&Entry| most > 1 && has(entry) == most;
        self.0.iter().filter(with_most).map(|entry| entry.id).collect()
    }

    /// What has each of the words. A setting with its value, and what none has among its words, is looked for among
    /// the common settings as well.
    fn with_all(&self, words: &[&str]) -> Vec<&'static str> {
        let words: Vec<(String, bool)> = words
            .iter()
            .map(|word| {
                let word = plain(word);
                let said = self.0.iter().any(|entry| entry.plain.contains(&word));
                (word.clone(), word.contains('=') || !said)
            })
            .collect();
        let has = |entry: &Entry, (word, common): &(String, bool)| {
            entry.plain.contains(word) || (*common && entry.common.contains(word))
        };
        let with_all = |entry: &&Entry| !words.is_empty() && words.iter().all(|word| has(entry, word));
        self.0.iter().filter(with_all).map(|entry| entry.id).collect()
    }

    fn like(&self, word: &str) -> Option<String> {
        let known = self.0.iter().flat_map(|entry| entry.words.split_whitespace()).map(bare);
        let known: Vec<(String, &str)> =
            known.filter(|word| word.len() > 2).map(|word| (plain(word), word)).collect();
        nearest_of(&plain(word), known.iter().map(|(plain, word)| (plain.as_str(), *word))).map(str::to_owned)
    }
}

/// Everything that is said about a scenario.
fn words(built_in: &BuiltIn, listed: &Listed, about: Vec<&str>) -> String {
    let mut words = vec![built_in.id, built_in.row, listed.title, listed.title_in_chinese];
    words.extend([Lang::En, Lang::Zh].map(|lang| question(built_in.question, lang)));
    words.extend(about);
    for tag in listed.tags() {
        words.push(tag);
        words.extend(MEANS.iter().filter(|(of, _)| *of == tag).map(|(_, means)| *means));
        words.extend(Error::ALL.iter().filter(|error| error.name() == tag).map(|error| error.exception()));
    }
    words.join(" ")
}

/// As it is compared: capitals, `-` and `_` make no difference. Beyond ASCII there are no capitals here.
fn plain(text: &str) -> String {
    text.to_ascii_lowercase().replace(['-', '_'], "")
}

/// A word without what stands around it in a sentence or a log.
fn bare(word: &str) -> &str {
    let word = word.trim_matches(|c: char| "\"'`“”‘’()[]{}<>,;:!?，。；：！？（）".contains(c));
    let word = word.strip_suffix('.').unwrap_or(word);
    if word.ends_with("Exception") { word.rsplit(['.', '$']).next().unwrap_or(word) } else { word }
}

/// Whether it looks like the name of an error, as a client or a broker writes it.
fn is_error(word: &str) -> bool {
    let capitals = |c: char| c.is_ascii_uppercase() || c == '_';
    word.ends_with("Exception") || (word.contains('_') && word.chars().all(capitals))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::catalogue::INDEX;

    fn search(query: &str) -> Found {
        Index::new(INDEX, BuiltIn::abouts).search(query)
    }

    fn found(query: &str) -> Vec<&'static str> {
        search(query).ids
    }

    #[track_caller]
    fn finds(query: &str, id: &str) {
        let ids = found(query);
        assert!(ids.contains(&id), "“{query}” finds {ids:?}");
        assert!(ids.len() < CATALOGUE.len() / 2, "“{query}” finds {} scenarios", ids.len());
    }

    #[test]
    fn by_error_as_a_broker_or_a_client_names_it() {
        for query in [
            "NOT_ENOUGH_REPLICAS",
            "not_enough_replicas",
            "NotEnoughReplicasException",
            "not enough replicas",
            "org.apache.kafka.common.errors.NotEnoughReplicasException: Messages are rejected since there are fewer \
             in-sync replicas than required.",
        ] {
            finds(query, "min-isr-three");
        }
        finds("OFFSET_OUT_OF_RANGE", "out-of-range-latest");
        finds("RecordTooLargeException", "acks-1-too-large");
        finds("CommitFailedException", "zombie-pays-twice");
        finds("ConfigException", "refused-acks-1");
        finds(
            "Expiring 1 record(s) for events-0:120000 ms has passed since batch creation",
            "timeout-is-no-no",
        );
    }

    #[test]
    fn by_setting_with_or_without_its_value() {
        finds("acks", "acks-0-too-large");
        finds("acks=0", "acks-0-too-large");
        finds("acks = 0", "acks-0-too-large");
        finds("enable.idempotence=false", "retry-makes-a-copy");
        finds("unclean.leader.election.enable", "unclean-election");
        assert!(!found("acks=0").contains(&"calm"));
        // What most have is found all the same.
        let most = found("enable.idempotence=true");
        assert!(most.contains(&"calm") && !most.contains(&"retry-makes-a-copy"), "{most:?}");
    }

    #[test]
    fn by_symptom_in_both_languages() {
        for query in ["duplicate", "Duplicates", "twice", "重复"] {
            finds(query, "retry-makes-a-copy");
        }
        for query in ["lost ack", "丢失 power-loss", "断电"] {
            finds(query, "one-replica-power-loss");
        }
        finds("乱序", "three-in-flight-reversed");
        finds("重平衡", "second-member-joins");
        finds("S07b", "last-replica-standing-elr");
    }

    #[test]
    fn words_that_none_has_are_named_with_one_like_them() {
        let found = search("unclean electoin");
        assert!(found.ids.contains(&"unclean-election"));
        assert_eq!(found.unknown, [("electoin".to_owned(), Some("election".to_owned()))]);
        let found = search("NOT_ENOUGH_REPLICSA");
        let like = Some("NOT_ENOUGH_REPLICAS".to_owned());
        assert_eq!((found.ids.len(), &found.unknown[0].1), (0, &like));
        assert_eq!(search("zookeeper").unknown, [("zookeeper".to_owned(), None)]);
        assert_eq!(search("  "), Found::default());
    }

    #[test]
    fn what_nobody_has_together_finds_nothing() {
        assert_eq!(search("acks=0 版本"), Found::default());
    }
}
