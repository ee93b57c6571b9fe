//! Faults: from what was written to what the world can do, with all that does not go together.

use super::keys::nearest_of;
use super::raw::{Entry, Place, Problem, RawFault, Value, check};
use super::{Config, raw};
use crate::sim::fault::{Action, Count, End, Fault, Target, When};
use crate::sim::ids::{FaultId, Micros, NodeId, ms};
use crate::sim::message::Kind;
use litemap::LiteMap;

/// Most faults of a scenario.
const MOST: usize = 1000;

/// Every fault that has nothing wrong with it, and what is wrong with the others.
pub(super) fn faults(raw: &[RawFault], config: &Config) -> (Vec<Fault>, Vec<Problem>) {
    let mut reader = Reader { config, names: Vec::new(), problems: Vec::new() };
    if raw.len() > MOST {
        let what = format!("{} faults are more than {MOST}", raw.len());
        reader.problems.push(Problem::new(Place::Fault(MOST), "", what, "take some out"));
        return (Vec::new(), reader.problems);
    }
    reader.read_names(raw);
    let faults: Vec<Fault> = raw.iter().enumerate().filter_map(|(n, fault)| reader.fault(n, fault)).collect();
    if reader.problems.is_empty() {
        reader.check_references(&faults);
    }
    (faults, reader.problems)
}

/// What the keys of a fault or of its `when` are set to.
type Values<'a> = LiteMap<&'a str, Value>;

struct Reader<'a> {
    config: &'a Config,
    /// By number of the fault.
    names: Vec<Option<&'a str>>,
    problems: Vec<Problem>,
}

/// What a fault's `on` names.
#[derive(Clone, Copy)]
enum On<'a> {
    Node(&'a str),
    Link { from: &'a str, to: &'a str, both: bool },
}

impl<'a> Reader<'a> {
    fn problem(&mut self, place: Place, key: &str, what: String, remedy: impl Into<String>) {
        self.problems.push(Problem::new(place, key, what, remedy));
    }

    fn read_names(&mut self, raw: &'a [RawFault]) {
        let mut seen: LiteMap<&str, usize> = LiteMap::new();
        for (n, fault) in raw.iter().enumerate() {
            let name = fault.entries.iter().find(|entry| entry.key == "name");
            let name = name.and_then(|entry| as_text(&entry.value));
            if let Some(name) = name {
                if name.is_empty() || name.starts_with('@') || name.contains(char::is_whitespace) {
                    let what = format!("`name` cannot be \"{name}\"");
                    self.problem(
                        Place::Fault(n),
                        "name",
                        what,
                        "a name has no spaces and does not begin with @",
                    );
                } else if let Some(first) = seen.insert(name, n) {
                    let what = format!("faults {} and {} are both called \"{name}\"", first + 1, n + 1);
                    self.problem(Place::Fault(n), "name", what, "give one of them another name");
                }
            }
            self.names.push(name);
        }
    }

    fn fault(&mut self, n: usize, raw: &'a RawFault) -> Option<Fault> {
        let before = self.problems.len();
        let when = self.values(Place::When(n), &raw.when);
        let mut values = self.values(Place::Fault(n), &raw.entries);
        let when = self.when(n, &when);
        let action = self.required(n, &mut values, raw, "do", "say what happens, such as `do = \"kill\"`");
        let on = self.required(n, &mut values, raw, "on", "say what it hits, such as `on = \"leader\"`");
        let action = action.and_then(|action| self.action(n, &action, &mut values, raw));
        let target = match (on, action) {
            (Some(on), Some(action)) => self.target(n, &on, action),
            _ => None,
        };
        let name = self.names[n].map(str::to_owned);
        (self.problems.len() == before)
            .then(|| Some(Fault { name, when: when?, action: action?, on: target? }))
            .flatten()
    }

    fn values(&mut self, place: Place, entries: &'a [Entry]) -> Values<'a> {
        let mut values = Values::new();
        for entry in entries {
            match check(place, entry) {
                Ok(value) => _ = values.insert(&entry.key, value),
                Err(problem) => self.problems.push(problem),
            }
        }
        values
    }

    /// A text that a fault cannot be without. Where it is there but wrong, that has been said already.
    fn required(
        &mut self,
        n: usize,
        values: &mut Values,
        raw: &RawFault,
        key: &str,
        remedy: &str,
    ) -> Option<String> {
        if !raw.entries.iter().any(|entry| entry.key == key) {
            self.problem(Place::Fault(n), "", format!("fault {} has no `{key}`", n + 1), remedy);
        }
        match values.remove(key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn when(&mut self, n: usize, values: &Values) -> Option<When> {
        let place = Place::When(n);
        let before = self.problems.len();
        let int = |key: &str| match values.get(key) {
            Some(Value::Int(value)) => Some(*value as u64),
            _ => None,
        };
        let mut when = When {
            at: int("at_us"),
            isr_size: int("isr_size").map(|size| size as u32),
            elected: int("elected").map(|times| times as u32),
            producer: int("producer").map(|number| number as u8),
            consumer: int("consumer").map(|number| number as u8),
            partition: int("partition").map(|number| number as u8),
            ..When::default()
        };
        for (count, name) in Count::ALL.iter().zip(COUNTS) {
            when.counts.extend(int(name).map(|reached| (*count, reached as u32)));
        }
        if let Some(Value::Text(after)) = values.get("after") {
            let id = self.named(place, "after", after)?;
            when.after = Some((id, ms(int("ms").unwrap_or(0))));
        } else if values.contains_key("ms") {
            let what = "`ms` counts from another fault, and none is named".to_owned();
            self.problem(place, "ms", what, "add `after = \"name of that fault\"`");
        }
        self.check_when(n, &when, values.is_empty());
        (self.problems.len() == before).then_some(when)
    }

    fn check_when(&mut self, n: usize, when: &When, empty: bool) {
        let place = Place::When(n);
        if empty && !self.problems.iter().any(|problem| problem.place == place) {
            let what = format!("fault {} does not say when", n + 1);
            self.problem(Place::Fault(n), "", what, "add for example `when = { acked = 10 }`");
        }
        let config = self.config;
        let numbers = [
            ("producer", when.producer, config.producer.count, "producer"),
            ("consumer", when.consumer, config.members(), "consumer"),
            ("partition", when.partition.map(|p| p + 1), config.topic.partitions, "partition"),
        ];
        for (key, number, there, what) in numbers {
            if number.is_some_and(|number| number > there) {
                let what = format!("there is no such {what} (the scenario has {there})");
                self.problem(place, key, what, "name one that there is, or make more of them");
            }
            if number.is_some() && when.counts.is_empty() {
                let what = format!("`{key}` narrows a count, and there is none");
                self.problem(place, key, what, "add one, such as `acked = 10`");
            }
        }
        let commits = when.counts.iter().any(|(count, _)| *count == Count::Committed);
        if commits && when.producer.is_some() {
            let what = "commits are not counted by producer: an offset counts the records of all".to_owned();
            self.problem(place, "producer", what, "leave it out");
        }
        let factor = u32::from(config.topic.replication_factor);
        if when.isr_size.is_some_and(|size| size > factor) {
            let what = format!("the ISR never has more than {factor} members");
            self.problem(place, "isr_size", what, "ask for less, or raise `replication.factor`");
        }
        let of_consumers = [Count::Delivered, Count::Applied, Count::Recorded, Count::Committed];
        for (count, name) in Count::ALL.iter().zip(COUNTS) {
            let asked = when.counts.iter().any(|(asked, _)| asked == count);
            if asked && of_consumers.contains(count) && config.consumer.is_none() {
                self.problem(
                    place,
                    name,
                    format!("nothing is ever {name}: nobody consumes"),
                    "add [consumer]",
                );
            }
        }
    }

    fn action(&mut self, n: usize, word: &str, values: &mut Values, raw: &RawFault) -> Option<Action> {
        let allowed: &[&str] = match word {
            "kill" | "clean-stop" => &["restart_after_ms"],
            "power-loss" => &["restart_after_ms", "silent"],
            "pause" | "cut" | "disk-full" => &["for_ms"],
            "drop-next" => &["message"],
            "delay-next" => &["message", "by_ms"],
            "disk-slow" => &["by_ms", "for_ms"],
            _ => &[],
        };
        for key in ["restart_after_ms", "silent", "for_ms", "message", "by_ms"] {
            if values.contains_key(key) && !allowed.contains(&key) {
                let what = format!("`{key}` does not go with `do = \"{word}\"`");
                let remedy = match allowed {
                    [] => "leave it out".to_owned(),
                    allowed => format!("leave it out (`{word}` takes `{}`)", allowed.join("`, `")),
                };
                self.problem(Place::Fault(n), key, what, remedy);
            }
        }
        let needs = |key: &str| allowed.contains(&key) && !raw.entries.iter().any(|entry| entry.key == key);
        for (key, example) in [("message", "\"ProduceResponse\""), ("by_ms", "1000")] {
            if needs(key) {
                let what = format!("`do = \"{word}\"` needs `{key}`");
                self.problem(Place::Fault(n), "do", what, format!("add for example `{key} = {example}`"));
            }
        }
        self.action_with(n, word, values)
    }

    fn action_with(&mut self, n: usize, word: &str, values: &Values) -> Option<Action> {
        let time = |key: &str| -> Option<Micros> {
            match values.get(key) {
                Some(Value::Int(value)) => Some(ms(*value as u64)),
                _ => None,
            }
        };
        let (restart_after, lasting) = (time("restart_after_ms"), time("for_ms"));
        Some(match word {
            "kill" => Action::Kill { restart_after },
            "power-loss" => {
                let silent = values.get("silent") == Some(&Value::Bool(true));
                Action::PowerLoss { silent, restart_after }
            }
            "clean-stop" => Action::CleanStop { restart_after },
            "restart" => Action::Restart,
            "pause" => Action::Pause { lasting },
            "resume" => Action::Resume,
            "cut" => Action::Cut { lasting },
            "heal" => Action::Heal,
            "reset" => Action::Reset,
            "drop-next" => Action::DropNext { message: self.kind(n, values)? },
            "delay-next" => Action::DelayNext { message: self.kind(n, values)?, by: time("by_ms")? },
            "disk-full" => Action::DiskFull { lasting },
            _ => Action::DiskSlow { by: time("by_ms")?, lasting },
        })
    }

    fn kind(&mut self, n: usize, values: &Values) -> Option<Kind> {
        let Some(Value::Text(name)) = values.get("message") else { return None };
        let found = Kind::ALL.iter().find(|kind| kind.name() == name);
        if found.is_none() {
            let remedy = match nearest_of(name, Kind::ALL.iter().map(|kind| (kind.name(), kind))) {
                Some(kind) => format!("did you mean \"{kind}\"?"),
                None => "name a request or response of Kafka's, such as \"ProduceResponse\"".to_owned(),
            };
            self.problem(Place::Fault(n), "message", format!("no message is called \"{name}\""), remedy);
        }
        found.copied()
    }

    fn target(&mut self, n: usize, on: &str, action: Action) -> Option<Target> {
        let place = Place::Fault(n);
        let on_link = is_on_link(action);
        match parse_on(on) {
            On::Node(name) if !on_link || name.starts_with('@') => {
                let end = self.end(place, name)?;
                self.check_node(n, name, end, action);
                Some(Target::Node(end))
            }
            On::Node(name) => {
                let what = format!("\"{name}\" is a node, and this hits what is between two");
                self.problem(place, "on", what, format!("name a link, such as \"{name} - *\""));
                None
            }
            On::Link { .. } if !on_link => {
                let what = format!("\"{on}\" is a link, and this hits a node");
                self.problem(place, "on", what, "name one node, such as \"leader\"");
                None
            }
            On::Link { from, to, both } => {
                let ends = (self.end(place, from), self.end(place, to));
                let (from_end, to_end) = (ends.0?, ends.1?);
                if from_end == to_end {
                    let what = format!("\"{on}\" has the same on both ends");
                    self.problem(place, "on", what, "name two different nodes");
                }
                Some(Target::Link { from: from_end, to: to_end, both })
            }
        }
    }

    fn check_node(&mut self, n: usize, name: &str, end: End, action: Action) {
        let place = Place::Fault(n);
        if end == End::Everyone {
            let what = "\"*\" is everyone but the other end of a link".to_owned();
            self.problem(place, "on", what, "name one node, such as \"leader\"");
        }
        let only_brokers =
            matches!(action, Action::PowerLoss { .. } | Action::DiskFull { .. } | Action::DiskSlow { .. });
        let other = matches!(end, End::Node(node) if node.broker().is_none());
        if only_brokers && other {
            let what = format!("only a broker has a disk here, and \"{name}\" is none");
            self.problem(place, "on", what, "name a broker, or use `do = \"kill\"`");
        }
    }

    /// Who a word names, if there is such a node.
    fn end(&mut self, place: Place, word: &str) -> Option<End> {
        if let Some(name) = word.strip_prefix('@') {
            return self.named(place, "on", name).map(End::Hit);
        }
        let followers = self.config.topic.replication_factor.saturating_sub(1);
        let follower = word.strip_prefix("follower-").and_then(|number| number.parse::<u8>().ok());
        match word {
            "*" => return Some(End::Everyone),
            "leader" => return Some(End::Leader),
            "followers" if followers > 0 => return Some(End::Followers),
            _ => {}
        }
        if let Some(number) = follower
            && (1..=followers).contains(&number)
        {
            return Some(End::Follower(number));
        }
        if let Some(node) = self.config.nodes().find(|node| node.to_string() == word) {
            return Some(End::Node(node));
        }
        self.no_such_node(place, word, followers);
        None
    }

    fn no_such_node(&mut self, place: Place, word: &str, followers: u8) {
        let config = self.config;
        let how_many = match word.split('-').next() {
            Some("broker") => Some(format!("`brokers` is {}", config.cluster.brokers)),
            Some("producer") => Some(format!("`count` is {}", config.producer.count)),
            Some("consumer" | "database") if config.consumer.is_none() => {
                Some("the scenario has no [consumer]".to_owned())
            }
            Some("consumer") => Some(format!("`members` is {}", config.members())),
            Some("follower" | "followers") => Some(format!(
                "`replication.factor` is {}, so that partition 0 has {}",
                config.topic.replication_factor,
                match followers {
                    0 => "no follower".to_owned(),
                    1 => "one follower".to_owned(),
                    n => format!("{n} followers"),
                }
            )),
            _ => None,
        };
        let known: Vec<String> = config.nodes().map(|node: NodeId| node.to_string()).collect();
        let roles = ["leader", "followers", "follower-1", "follower-2"];
        let all = known.iter().map(String::as_str).chain(roles);
        let (what, remedy) = match (how_many, nearest_of(word, all.map(|name| (name, name)))) {
            (Some(how_many), _) => {
                (format!("there is no \"{word}\": {how_many}"), "name one that there is".to_owned())
            }
            (None, Some(known)) => (format!("there is no \"{word}\""), format!("did you mean \"{known}\"?")),
            (None, None) => {
                let remedy =
                    "name a node such as broker-1, producer-1, leader, or a link such as \"leader - *\"";
                (format!("there is no \"{word}\""), remedy.to_owned())
            }
        };
        self.problem(place, "on", what, remedy);
    }

    fn named(&mut self, place: Place, key: &str, name: &str) -> Option<FaultId> {
        let found = self.names.iter().position(|known| *known == Some(name));
        if found.is_none() {
            let known = self.names.iter().flatten().map(|known| (*known, *known));
            let remedy = match nearest_of(name, known) {
                Some(known) => format!("did you mean \"{known}\"?"),
                None => format!("give that fault `name = \"{name}\"`"),
            };
            self.problem(place, key, format!("no fault is called \"{name}\""), remedy);
        }
        found.map(|n| FaultId(n as u16))
    }
}

/// As in the file, in the order of [`Count::ALL`].
const COUNTS: [&str; Count::ALL.len()] =
    ["sent", "acked", "failed", "appended", "delivered", "applied", "recorded", "committed"];

fn as_text(value: &raw::RawValue) -> Option<&str> {
    match value {
        raw::RawValue::Text(text) => Some(text),
        _ => None,
    }
}

fn parse_on(on: &str) -> On<'_> {
    let (from, to, both) = match (on.split_once("->"), on.split_once(" - ")) {
        (Some((from, to)), _) => (from, to, false),
        (None, Some((from, to))) => (from, to, true),
        (None, None) => return On::Node(on.trim()),
    };
    On::Link { from: from.trim(), to: to.trim(), both }
}

fn is_on_link(action: Action) -> bool {
    match action {
        Action::Cut { .. }
        | Action::Heal
        | Action::Reset
        | Action::DropNext { .. }
        | Action::DelayNext { .. } => true,
        Action::Kill { .. }
        | Action::PowerLoss { .. }
        | Action::CleanStop { .. }
        | Action::Restart
        | Action::Pause { .. }
        | Action::Resume
        | Action::DiskFull { .. }
        | Action::DiskSlow { .. } => false,
    }
}

impl Reader<'_> {
    /// `after` in a circle, and `@name` where the other fault hit something of the wrong sort.
    fn check_references(&mut self, faults: &[Fault]) {
        for (n, fault) in faults.iter().enumerate() {
            if in_a_circle(faults, n) {
                let what = format!("fault {} waits for itself, by way of `after`", n + 1);
                self.problem(Place::When(n), "after", what, "let one of them fire by a count");
            }
            let (hit, wants_link) = match &fault.on {
                Target::Node(End::Hit(id)) => (vec![*id], is_on_link(fault.action)),
                Target::Link { from, to, .. } => {
                    let hit = [from, to].into_iter().filter_map(|end| match end {
                        End::Hit(id) => Some(*id),
                        _ => None,
                    });
                    (hit.collect(), false)
                }
                Target::Node(_) => continue,
            };
            for id in hit {
                let other = usize::from(id.0);
                let is_link = is_on_link(faults[other].action);
                let sort = |link: bool| if link { "a link" } else { "a node" };
                if other == n {
                    let what = format!("fault {} names itself", n + 1);
                    self.problem(Place::Fault(n), "on", what, "name another fault, or a node");
                } else if is_link != wants_link {
                    let name = self.names[other].unwrap_or_default();
                    let what =
                        format!("\"@{name}\" is {}, and this hits {}", sort(is_link), sort(wants_link));
                    self.problem(Place::Fault(n), "on", what, "name what it hits");
                }
            }
        }
    }
}

fn in_a_circle(faults: &[Fault], start: usize) -> bool {
    let mut seen = vec![false; faults.len()];
    let mut at = start;
    while let Some((next, _)) = faults[at].when.after {
        at = usize::from(next.0);
        if at == start {
            return true;
        }
        if std::mem::replace(&mut seen[at], true) {
            return false;
        }
    }
    false
}
