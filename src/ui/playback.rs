//! The playback clock: where in screen time the reader is. Pure; whoever draws tells it how much time passed.

use crate::scene::ScreenUs;

/// How fast a run plays, in quarters of normal speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed(u8);

impl Speed {
    /// What the page offers.
    pub const ALL: [Speed; 5] = [Speed(1), Speed(2), Speed(4), Speed(8), Speed(16)];
    /// Normal speed.
    pub const NORMAL: Speed = Speed(4);

    /// Reads `0.5`; only what the page offers.
    pub fn read(text: &str) -> Option<Speed> {
        Speed::ALL.into_iter().find(|speed| speed.label() == text)
    }

    /// As the page writes it, without the ×.
    pub fn label(self) -> &'static str {
        match self.0 {
            1 => "0.25",
            2 => "0.5",
            8 => "2",
            16 => "4",
            _ => "1",
        }
    }
}

/// The most that one frame moves the clock: a tab that was hidden goes on where it was.
const LONGEST_FRAME: ScreenUs = 100_000;

/// Where the reader is, and whether that moves by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Playback {
    at: ScreenUs,
    total: ScreenUs,
    /// Quarters of a microsecond that the last frame left over.
    rest: u64,
    speed: Speed,
    playing: bool,
}

impl Playback {
    /// At the beginning of a run, standing still.
    pub fn new(speed: Speed) -> Playback {
        Playback { at: 0, total: 0, rest: 0, speed, playing: false }
    }

    /// The moment.
    pub fn at(&self) -> ScreenUs {
        self.at
    }

    /// The length of the run.
    pub fn total(&self) -> ScreenUs {
        self.total
    }

    /// Whether it moves by itself.
    pub fn playing(&self) -> bool {
        self.playing
    }

    /// How fast.
    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// Whether the run is over.
    pub fn at_end(&self) -> bool {
        self.at >= self.total
    }

    /// Another run, or the same one longer: the moment stays where it is as far as there is one.
    pub fn set_total(&mut self, total: ScreenUs) {
        self.total = total;
        self.at = self.at.min(total);
    }

    /// Goes on, from the beginning where it stands at the end.
    pub fn play(&mut self) {
        if self.at_end() {
            self.at = 0;
        }
        self.playing = self.total > 0;
    }

    /// Stands still.
    pub fn pause(&mut self) {
        self.playing = false;
    }

    /// Jumps.
    pub fn seek(&mut self, at: ScreenUs) {
        self.at = at.min(self.total);
        self.rest = 0;
    }

    /// Plays faster or slower.
    pub fn set_speed(&mut self, speed: Speed) {
        self.speed = speed;
    }

    /// Time passes: `real` microseconds of the reader's.
    pub fn advance(&mut self, real: u64) {
        if !self.playing {
            return;
        }
        let quarters = real.min(LONGEST_FRAME) * u64::from(self.speed.0) + self.rest;
        self.rest = quarters % 4;
        self.at = (self.at + quarters / 4).min(self.total);
        if self.at_end() {
            self.playing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn playing(total: ScreenUs, speed: &str) -> Playback {
        let mut playback = Playback::new(Speed::read(speed).unwrap());
        playback.set_total(total);
        playback.play();
        playback
    }

    #[test]
    fn time_passes_at_its_speed_and_nothing_is_rounded_away() {
        let mut playback = playing(1_000_000, "0.25");
        (0..8).for_each(|_| playback.advance(16_667));
        assert_eq!(playback.at(), 8 * 16_667 / 4);
        playback.set_speed(Speed::read("4").unwrap());
        playback.advance(10_000);
        assert_eq!(playback.at(), 8 * 16_667 / 4 + 40_000);
    }

    #[test]
    fn it_pauses_at_the_end_and_begins_anew_from_there() {
        let mut playback = playing(150_000, "1");
        playback.advance(100_000);
        assert!(playback.playing());
        playback.advance(100_000);
        assert_eq!((playback.at(), playback.playing()), (150_000, false));
        playback.play();
        assert_eq!((playback.at(), playback.playing()), (0, true));
    }

    #[test]
    fn a_hidden_tab_does_not_run_ahead() {
        let mut playback = playing(60_000_000, "1");
        playback.advance(30_000_000);
        assert_eq!(playback.at(), LONGEST_FRAME);
    }

    #[test]
    fn a_shorter_run_keeps_the_moment_inside() {
        let mut playback = playing(1_000_000, "1");
        playback.seek(900_000);
        playback.set_total(500_000);
        assert_eq!(playback.at(), 500_000);
        playback.seek(7_000_000);
        assert_eq!(playback.at(), 500_000);
    }

    #[test]
    fn an_empty_run_does_not_play() {
        assert!(!playing(0, "1").playing());
    }
}
