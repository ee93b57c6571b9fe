//! The parts of the page that an address may leave out.

/// A part of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Brand, scenario picker, language.
    Header,
    /// What just happened, under the stage.
    Caption,
    /// Play, step, scrub.
    Transport,
    /// Sent, acked, stored, paid, and the verdict.
    Funnel,
    /// What became of each record.
    Ledger,
    /// The causes of what went wrong.
    Why,
    /// Settings.
    Settings,
    /// Buttons that break something, and the list of what was broken.
    Faults,
    /// The scenario as a file.
    File,
}

impl Part {
    const ALL: [(Part, &str); 9] = [
        (Part::Header, "header"),
        (Part::Caption, "caption"),
        (Part::Transport, "transport"),
        (Part::Funnel, "verdict"),
        (Part::Ledger, "ledger"),
        (Part::Why, "why"),
        (Part::Settings, "settings"),
        (Part::Faults, "faults"),
        (Part::File, "file"),
    ];
    /// Everything below the verdict, in one word.
    const PANELS: [Part; 5] = [Part::Ledger, Part::Why, Part::Settings, Part::Faults, Part::File];
}

/// A set of parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts(u16);

impl Parts {
    /// Reads `ledger,why`; `panels` is everything below the verdict. Other words are ignored.
    pub fn read(names: &str) -> Parts {
        let mut parts = Parts::default();
        for name in names.split(',') {
            match Part::ALL.iter().find(|(_, known)| *known == name.trim()) {
                Some((part, _)) => parts.add(*part),
                None if name.trim() == "panels" => Part::PANELS.into_iter().for_each(|part| parts.add(part)),
                None => {}
            }
        }
        parts
    }

    fn add(&mut self, part: Part) {
        self.0 |= 1 << part as u16;
    }

    /// Whether a part is in it.
    pub fn has(self, part: Part) -> bool {
        self.0 & 1 << part as u16 != 0
    }

    /// Whether everything below the verdict is in it.
    pub fn has_panels(self) -> bool {
        Part::PANELS.into_iter().all(|part| self.has(part))
    }
}
