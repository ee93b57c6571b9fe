use super::to_toml;
use crate::run::file::parse;
use crate::sim::config::Resolved;
use crate::sim::config::keys::{Kind, Section};
use crate::sim::config::raw::{Entry, RawFault, RawScenario, RawValue};
use expect_test::expect;

/// Numbers that look random and are the same in each run (an LCG; its upper half).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn text(&mut self) -> String {
        let letters: Vec<char> = "abc \"\\\n\t\r\u{1}\u{7f}'#=[]{}.,é红包\u{2028}".chars().collect();
        (0..self.below(12)).map(|_| letters[self.below(letters.len() as u64) as usize]).collect()
    }

    /// A value that the key can hold, or now and then anything.
    fn value(&mut self, kind: Kind) -> RawValue {
        match kind {
            _ if self.below(20) == 0 => RawValue::List(vec![RawValue::Text(self.text()), RawValue::Int(-3)]),
            Kind::Bool => RawValue::Bool(self.below(2) == 0),
            Kind::Int(min, max) => RawValue::Int(min.saturating_add(self.below(1000) as i64).min(max)),
            Kind::Choice(words) | Kind::Choices(words) => {
                RawValue::from(words[self.below(words.len() as u64) as usize])
            }
            Kind::Text => RawValue::Text(self.text()),
            Kind::Records => RawValue::List(vec![RawValue::from("p1-3"), RawValue::from("p2-1")]),
            Kind::Ints(max) => RawValue::List(vec![RawValue::Int(0), RawValue::Int(max)]),
        }
    }

    fn entries(&mut self, section: Section) -> Vec<Entry> {
        let mut entries = Vec::new();
        for key in section.keys() {
            if self.below(3) == 0 {
                entries.push(Entry { key: key.name.to_owned(), value: self.value(key.kind) });
            }
        }
        if self.below(4) == 0 {
            entries.push(Entry::new("some.other key\"", 1));
        }
        entries
    }

    fn scenario(&mut self) -> RawScenario {
        let mut raw = RawScenario::default();
        for section in Section::SETTINGS {
            if self.below(4) > 0 {
                if *section != Section::Root {
                    raw.add_section(*section);
                }
                for entry in self.entries(*section) {
                    raw.set(*section, &entry.key, entry.value);
                }
            }
        }
        for _ in 0..self.below(4) {
            raw.add_fault(RawFault {
                entries: self.entries(Section::Fault),
                when: self.entries(Section::When),
            });
        }
        raw
    }
}

/// What a text says, right or wrong.
fn read(text: &str) -> RawScenario {
    crate::run::file::read(text).unwrap_or_else(|errors| panic!("{errors:#?}\n{text}"))
}

#[test]
fn what_is_written_reads_back_the_same() {
    for seed in 0..300 {
        let raw = Dice(seed).scenario();
        assert_eq!(read(&to_toml(&raw)), raw, "seed {seed}");
    }
}

#[test]
fn a_setting_changed_and_a_fault_made_by_hand_are_written() {
    let text = "title = \"t\"\nformat = 1\n[consumer]\n[producer]\n\"linger.ms\" = 0\nrecords = 3\n";
    let mut raw = parse(text).expect("right").raw;
    raw.set(Section::Producer, "linger.ms", 9);
    raw.set(Section::Producer, "acks", "1");
    raw.unset(Section::Producer, "records");
    raw.set(Section::Stop, "after_ms", 10_000);
    raw.add_fault(RawFault::at(1_500_000, "kill", "leader").with("restart_after_ms", 2000));
    raw.add_fault(RawFault::at(1_500_000, "pause", "producer-1"));
    raw.remove_fault(1);
    let written = to_toml(&raw);
    expect![[r#"
        title = "t"
        format = 1
        stop = { after_ms = 10000 }

        [producer]
        "linger.ms" = 9
        acks = "1"

        [consumer]

        [[fault]]
        when = { at_us = 1500000 }
        do = "kill"
        on = "leader"
        restart_after_ms = 2000
    "#]]
    .assert_eq(&written);
    let resolved = parse(&written).expect("right").resolved;
    assert!(matches!(resolved, Resolved::Scenario(scenario) if scenario.faults.len() == 1));
}
