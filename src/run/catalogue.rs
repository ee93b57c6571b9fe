//! The built-in scenarios, embedded as files in a program that asks for their texts; the page fetches them. An id
//! names one wherever a file may stand: on the command line, in a link, in the page's `scenario` parameter.
//!
//! They are grouped by the questions that people ask, in the order of the lessons.

use super::file::{ScenarioFile, parse};

/// A built-in scenario.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// Its name: what happens.
    pub id: &'static str,
    /// The case of the list of canonical scenarios that it shows; empty where it stands beside one.
    pub row: &'static str,
    /// What it answers.
    pub question: Question,
}

impl BuiltIn {
    /// The file.
    pub fn text(&self) -> &'static str {
        text_of(self.id)
    }

    /// The file, read.
    pub fn file(&self) -> ScenarioFile {
        parse(self.text()).unwrap_or_else(|errors| panic!("{} is a right file: {errors:?}", self.id))
    }

    /// What it says of itself in English.
    pub fn words(&self) -> Words<'static> {
        Words::english(self.text())
    }

    /// The same in Chinese.
    pub fn words_in_chinese(&self) -> Words<'static> {
        Words::chinese(self.text())
    }

    /// What it is about, in each language.
    pub fn abouts(&self) -> Vec<&'static str> {
        vec![self.words().about, self.words_in_chinese().about]
    }
}

/// What a file says of itself: in English its `title` and `about`; the same in Chinese may stand in comments,
/// `# title.zh = "…"` and `# about.zh = "…"`. They are only looked for where a line begins with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Words<'a> {
    /// What happens, as a headline.
    pub title: &'a str,
    /// One or two sentences.
    pub about: &'a str,
}

impl<'a> Words<'a> {
    fn english(text: &'a str) -> Words<'a> {
        Words { title: quoted(text, "title = \""), about: quoted(text, "about = \"") }
    }

    /// Those in comments; empty where there are none.
    pub fn chinese(text: &'a str) -> Words<'a> {
        Words { title: quoted(text, "# title.zh = \""), about: quoted(text, "# about.zh = \"") }
    }
}

/// What stands between this beginning of a line and the quotation mark that ends the line.
fn quoted<'a>(text: &'a str, opening: &str) -> &'a str {
    let quoted = |line: &'a str| line.strip_prefix(opening)?.strip_suffix('"');
    text.lines().find_map(quoted).unwrap_or_default()
}

/// Titles of all scenarios and what else they can be found by, a line for each: written by the test that draws it
/// from files and runs. The page fetches it.
#[cfg(feature = "cli")]
pub const INDEX: &str = include_str!("catalogue/index.txt");

/// A line of the index.
#[derive(Clone, Copy, Debug, Default)]
pub struct Listed<'a> {
    /// Its title in English.
    pub title: &'a str,
    /// Its title in Chinese.
    pub title_in_chinese: &'a str,
    tags: &'a str,
    /// What it sets as most others do.
    pub common: &'a str,
}

/// A scenario whose file a real cluster was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded<'a> {
    /// What the case is called: `s03a`.
    pub case: &'a str,
    /// It had the consumers as well; else what was recorded ends with the log.
    pub consumers: bool,
}

/// Stands before the name of a recorded case.
const RECORDED: &str = "recorded:";

/// Stands between the parts of a line of the index.
pub const BETWEEN: &str = " | ";

impl<'a> Listed<'a> {
    /// What the index says of a scenario; empty where it says nothing.
    pub fn of(id: &str, index: &'a str) -> Listed<'a> {
        let of_id = |line: &'a str| line.strip_prefix(id)?.strip_prefix(BETWEEN);
        let mut parts = index.lines().find_map(of_id).unwrap_or_default().split(BETWEEN);
        let mut part = || parts.next().unwrap_or_default();
        Listed { title: part(), title_in_chinese: part(), tags: part(), common: part() }
    }

    /// Symptoms, errors by Kafka's names, faults, and settings that most others do not have.
    pub fn tags(self) -> impl Iterator<Item = &'a str> {
        self.tags.split(' ').filter(|tag| !tag.contains(RECORDED))
    }

    /// The recorded case that it is, if it is one.
    pub fn recorded(self) -> Option<Recorded<'a>> {
        self.tags.split(' ').find_map(|tag| {
            let (how, case) = tag.split_once(RECORDED)?;
            Some(Recorded { case, consumers: how.is_empty() })
        })
    }
}

/// The file of the first one, which opens the page.
pub const OPENING: &str = include_str!("catalogue/opening.toml");

/// The scenario of that id.
pub fn find(id: &str) -> Option<&'static BuiltIn> {
    CATALOGUE.iter().find(|scenario| scenario.id == id)
}

/// FNV-1a.
#[cfg(feature = "web")]
const fn fingerprint(mut hash: u32, bytes: &[u8]) -> u32 {
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u32).wrapping_mul(0x0100_0193);
        i += 1;
    }
    hash
}

/// Lists questions and files, so that each is named once.
macro_rules! catalogue {
    ($($question:ident $asked:literal { $($row:literal $id:literal)* })*) => {
        /// What people ask about lost, doubled and reordered messages.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Question {
            $(#[doc = $asked] $question,)*
        }

        impl Question {
            /// In words.
            pub fn asked(self) -> &'static str {
                match self {
                    $(Question::$question => $asked,)*
                }
            }
        }

        fn text_of(id: &str) -> &'static str {
            match id {
                $($($id => include_str!(concat!("catalogue/", $id, ".toml")),)*)*
                _ => unreachable!("{id} is not built in"),
            }
        }

        /// Another one whenever a file of the catalogue is, or the index.
        #[cfg(feature = "web")]
        pub const VERSION: u32 = {
            let hash = fingerprint(0x811c_9dc5, include_bytes!("catalogue/index.txt"));
            $($(let hash = fingerprint(hash, include_bytes!(concat!("catalogue/", $id, ".toml")));)*)*
            hash
        };

        /// Every built-in scenario, in the order of the lessons.
        pub const CATALOGUE: &[BuiltIn] = &[$($(BuiltIn {
            id: $id,
            row: $row,
            question: Question::$question,
        },)*)*];
    };
}

catalogue! {
    NoLoss "How do I make sure that no message is lost?" {
        "S03" "opening"
        "S00" "calm"
        "S01" "acks-0-connection-reset"
        "S02" "acks-0-too-large"
        "" "acks-1-too-large"
    }
    Flush "Must I call flush() or close()?" {
        "S36" "killed-before-flush"
    }
    TimedOut "TimeoutException, “Expiring 1 record(s)”: is it lost?" {
        "S18" "timeout-is-no-no"
        "" "timeout-and-not-stored"
        "" "never-sent-expires"
        "" "producer-killed-in-flight"
    }
    Copies "Why are there copies after a retry?" {
        "S10" "retry-makes-a-copy"
        "S10" "reset-makes-a-copy"
        "S10" "retries-3-answer-lost"
        "" "retries-3-request-lost"
    }
    Order "Can retries change the order?" {
        "S13a" "refused-then-accepted"
        "S13b" "three-in-flight-reversed"
        "S13c" "three-in-flight-copied"
        "S13d" "one-in-flight"
        "S14" "three-in-flight-idempotent"
    }
    OnDisk "Is it on disk before the ack? kill -9, or a power cut" {
        "S04" "one-replica-killed"
        "S05" "one-replica-power-loss"
        "S05" "one-replica-power-loss-flushed"
        "S05" "one-partition-power-loss"
    }
    NoError "No error anywhere, yet messages are missing" {
        "S03" "leader-dies-before-copy"
        "" "leader-dies-before-copy-acks-all"
        "" "clean-stop-acks-1"
        "S03" "clean-stop-while-cut-off"
    }
    AllOfThem "acks=all: does it wait for all replicas?" {
        "S06" "isr-of-one"
        "S04" "isr-of-one-killed"
        "S29" "follower-cannot-fetch"
        "S29" "follower-stuck-copies"
    }
    NoWrites "One broker is down and every write is refused" {
        "S27" "min-isr-three"
        "S28" "two-followers-down"
    }
    BelowMinIsr "Below min.insync.replicas, acks=1 is still acknowledged" {
        "S25a" "acked-but-unreadable"
        "S25b" "read-and-then-gone"
    }
    NotEnough "NOT_ENOUGH_REPLICAS: was it written or not?" {
        "S26a" "isr-falls-while-waiting"
        "S26b" "stored-and-refused"
    }
    ThreeReplicas "acks=all with three replicas: can it still lose?" {
        "S08" "leader-power-loss"
        "S07a" "last-replica-standing"
        "S07b" "last-replica-standing-elr"
        "S07c" "both-replicas-power-loss-elr"
        "S09" "all-power-loss"
    }
    Unclean "When does an unclean election lose data?" {
        "S19" "unclean-election"
        "S24" "zombie-alone-in-isr"
        "S48" "truncated-below-the-consumer"
    }
    OlderVersions "Do all replicas hold the same log? Up to 2.0 not always" {
        "S20" "committed-and-cut"
        "S21" "two-packets-at-one-offset"
        "S22" "asked-once"
        "" "copy-of-an-older-epoch"
    }
    Sequence "OUT_OF_ORDER_SEQUENCE_NUMBER: did I lose something?" {
        "S32" "gap-goes-on-silently"
        "" "expired-poisons-the-next"
    }
    CutOff "Cut off from the cluster, does the old leader still take writes?" {
        "S23a" "zombie-leader"
        "S23b" "zombie-leader-acks-all"
    }
    CommitWhen "Commit before or after processing?" {
        "S42" "commit-before-processing"
        "S43" "commit-after-processing"
        "" "crash-before-effect"
        "S44" "async-commits-lost"
    }
    AutoCommit "Auto-commit: does a crash skip messages?" {
        "S40" "auto-commit-crash"
        "S41" "workers-lose"
    }
    Rebalance "Everything twice after a rebalance, a deploy, a scale-up" {
        "S46" "rebalance-without-commit"
        "S46" "second-member-joins"
        "S46" "second-member-joins-cooperative"
        "S46" "member-leaves"
    }
    Zombie "CommitFailedException: does my work still count?" {
        "S45" "zombie-pays-twice"
        "" "pause-alone"
        "S45" "slow-between-polls"
    }
    NewGroup "A new group misses the first messages" {
        "S47" "latest-misses-all"
    }
    ReadAgain "After a stop it reads everything again" {
        "S49" "out-of-range-earliest"
        "S55" "committed-offsets-lost"
        "S52" "offsets-forgotten"
    }
    OutOfRange "OFFSET_OUT_OF_RANGE: was a block skipped?" {
        "S50" "out-of-range-latest"
        "S50" "offset-in-another-log"
        "S51" "deleted-unread"
    }
    Cost "What does acks=all cost?" {
        "S29" "acks-all-slow-disk"
        "" "acks-1-slow-disk"
    }
    Idempotence "Idempotence and retries: do they contradict?" {
        "S11" "retry-idempotent"
        "S11" "late-answer-idempotent"
    }
    NewSession "Does idempotence survive a new leader, a restart?" {
        "S12" "leader-dies-before-ack"
        "S17" "producer-restarts"
    }
    LookUp "I look the id up before I act; why twice?" {
        "S61" "dedup-table"
        "S60" "zombie-dedup-table"
        "" "zombie-before-check"
        "S66" "forgotten-too-soon"
        "D8" "ids-in-memory"
        "D8" "ids-in-memory-of-another"
    }
    NoteFirst "Is noting the id first enough (SETNX)?" {
        "S62" "note-first"
        "S62" "commit-first-with-table"
    }
    OneEffect "How do I stop a message from taking effect twice?" {
        "S63" "one-transaction"
        "S63" "zombie-one-transaction"
        "D6" "copies-found-in-table"
        "S65" "known-by-offset"
    }
    StoredOffset "Can I keep the offset in my database?" {
        "" "offset-in-database"
        "" "zombie-overwrites-offset"
        "S64" "zombie-offset-check"
    }
    Fencing "What does a fencing token stop, and what not?" {
        "D13" "zombie-fenced"
        "" "crash-fenced"
    }
    Version "Does a version column make it idempotent?" {
        "S68" "version-in-message"
        "S67" "version-reread"
        "" "copies-meet-version"
        "" "reversed-order-version-check"
        "" "lost-record-version-check"
    }
    Highest "Is a number that only grows enough (WHERE last < ?)?" {
        "D11" "number-in-message"
        "" "reversed-order-sequence-check"
    }
    StillTwice "Idempotence is on; why is it stored twice?" {
        "S16" "application-resends"
        "S33" "producer-forgotten"
    }
    Poison "One message fails each time: is all behind it stuck?" {
        "S53" "poison-blocks"
        "S54" "poison-aside"
    }
    Call "A call to a payment API: is it safe to repeat it?" {
        "S72" "call-crash"
        "" "call-answer-lost"
        "" "call-with-key"
    }
    Rest "What else happens to a cluster?" {
        "" "follower-killed"
        "S30" "controller-killed"
        "S30" "leader-dies-without-controller"
        "S31" "disk-fails"
        "S15" "refused-in-flight-6"
        "S15" "refused-acks-1"
        "" "session-refused"
    }
}
