//! Screen time: silences are shortened, what happens is stretched.

use crate::sim::{Micros, Time};

/// A moment of screen time at normal speed, in microseconds since the beginning.
pub type ScreenUs = u64;

/// How virtual time is shown. The same rule for every run, and causal: up to a moment it depends only on what
/// happened until then, because a silence is shortened by how long it has lasted, not by how long it will.
#[derive(Clone, Debug)]
pub struct ScreenTime {
    knots: Vec<Knot>,
    /// How often it has gone slowly.
    readings: u8,
    gaps: Vec<Gap>,
}

/// A moment at which something notable happened.
#[derive(Clone, Copy, Debug, Default)]
struct Knot {
    at: u64,
    screen: ScreenUs,
    /// Screen time by which the first [`SLOW`] after it is stretched, so that it can be read what happened.
    slow: u64,
}

/// A silence that is long enough to be mentioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Where it begins on screen.
    pub from: ScreenUs,
    /// Where it ends.
    pub to: ScreenUs,
    /// How long it is in virtual time.
    pub lasts: Micros,
}

/// Silences from here on get a label.
const WORTH_A_LABEL: Micros = 1_000_000;

/// Corners of the curve that shortens the time since the last notable moment: virtual, on screen. A message's
/// way is stretched 250 times; a tenth of a second between two sends becomes a third, three seconds become
/// most of one.
const CURVE: [(u64, u64); 5] =
    [(0, 0), (1_000, 250_000), (100_000, 330_000), (3_000_000, 900_000), (60_000_000, 2_000_000)];

/// Virtual time that goes slowly after what has to be read, and by how much at the most: whatever happens within it
/// is still seen to move.
const SLOW: u64 = CURVE[1].0;
const READING: ScreenUs = 1_200_000;
/// So often at the most, so that no run takes long.
const MOST_READINGS: u8 = 6;

impl Default for ScreenTime {
    fn default() -> ScreenTime {
        ScreenTime { knots: vec![Knot::default()], readings: 0, gaps: Vec::new() }
    }
}

/// Screen time of a silence after a knot.
fn shorten(silence: u64, slow: u64) -> u64 {
    curve(silence) + slow * silence.min(SLOW) / SLOW
}

/// Screen time of a silence.
fn curve(silence: u64) -> u64 {
    let next = CURVE.partition_point(|(virtual_time, _)| *virtual_time <= silence);
    let (from, to) = match CURVE.get(next) {
        Some(to) => (CURVE[next - 1], *to),
        // Beyond the last corner the curve goes on as it ended.
        None => (CURVE[CURVE.len() - 2], CURVE[CURVE.len() - 1]),
    };
    from.1 + (silence - from.0) * (to.1 - from.1) / (to.0 - from.0)
}

/// The silence that takes so long on screen.
fn lengthen(screen: u64, slow: u64) -> u64 {
    let first = CURVE[1].1 + slow;
    if screen < first {
        return (screen * SLOW).div_ceil(first);
    }
    let screen = screen - slow;
    let next = CURVE.partition_point(|(_, on_screen)| *on_screen <= screen);
    let (from, to) = match CURVE.get(next) {
        Some(to) => (CURVE[next - 1], *to),
        None => (CURVE[CURVE.len() - 2], CURVE[CURVE.len() - 1]),
    };
    from.0 + ((screen - from.1) * (to.0 - from.0)).div_ceil(to.1 - from.1)
}

impl ScreenTime {
    /// Something notable happened; it may take time to read what.
    pub(super) fn note(&mut self, at: Time, reading: bool) {
        let last = self.knots.last_mut().expect("there is a first knot");
        let same = at.0 <= last.at;
        let reading = reading && self.readings < MOST_READINGS && !(same && last.slow == READING);
        self.readings += u8::from(reading);
        if same {
            last.slow = if reading { READING } else { last.slow };
            return;
        }
        let lasts = at.0 - last.at;
        let (from, to) = (last.screen, last.screen + shorten(lasts, last.slow));
        // What comes soon after it takes over the slowness that is left.
        let left = last.slow - last.slow * lasts.min(SLOW) / SLOW;
        if lasts >= WORTH_A_LABEL {
            self.gaps.push(Gap { from, to, lasts });
        }
        self.knots.push(Knot { at: at.0, screen: to, slow: if reading { READING } else { left } });
    }

    /// When a moment of virtual time is shown.
    pub fn to_screen(&self, at: Time) -> ScreenUs {
        let knot = self.knots[self.knots.partition_point(|knot| knot.at <= at.0) - 1];
        knot.screen + shorten(at.0 - knot.at, knot.slow)
    }

    /// The moment of virtual time that is shown.
    pub fn to_virtual(&self, at: ScreenUs) -> Time {
        let place = self.knots.partition_point(|knot| knot.screen <= at) - 1;
        let knot = self.knots[place];
        let until = self.knots.get(place + 1).map_or(u64::MAX, |next| next.at);
        Time((knot.at + lengthen(at - knot.screen, knot.slow)).min(until))
    }

    /// How long the run takes on screen, up to the last notable moment.
    pub fn total(&self) -> ScreenUs {
        self.knots.last().map_or(0, |knot| knot.screen)
    }

    /// Silences that a label should name.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(moments: &[u64]) -> ScreenTime {
        let mut clock = ScreenTime::default();
        // Every other one has to be read.
        moments.iter().enumerate().for_each(|(i, at)| clock.note(Time(*at), i % 2 == 1));
        clock
    }

    const MOMENTS: [u64; 7] = [300, 800, 1_300, 100_300, 101_000, 3_400_000, 3_400_400];

    #[test]
    fn a_prefix_shows_the_same() {
        let whole = clock(&MOMENTS);
        for n in 0..MOMENTS.len() {
            let part = clock(&MOMENTS[..n]);
            let until = MOMENTS[n];
            for at in (0..=until).step_by(97) {
                assert_eq!(part.to_screen(Time(at)), whole.to_screen(Time(at)), "{n} {at}");
            }
        }
    }

    #[test]
    fn there_and_back() {
        let clock = clock(&MOMENTS);
        let mut last = 0;
        for at in (0..3_500_000).step_by(61) {
            let screen = clock.to_screen(Time(at));
            assert!(screen >= last, "time goes forward");
            last = screen;
            let back = clock.to_screen(clock.to_virtual(screen));
            // A microsecond is so long on screen, at the most.
            assert!(back.abs_diff(screen) <= 1_460, "{at}: {screen} {back}");
        }
    }

    #[test]
    fn three_seconds_are_most_of_one() {
        let mut clock = ScreenTime::default();
        MOMENTS.iter().for_each(|at| clock.note(Time(*at), false));
        assert_eq!(clock.gaps().len(), 1);
        assert!((700_000..1_000_000).contains(&(clock.gaps()[0].to - clock.gaps()[0].from)));
    }

    #[test]
    fn what_has_to_be_read_is_followed_by_slowness_however_soon_the_next_thing_comes() {
        let end = |moments: &[(u64, bool)]| {
            let mut clock = ScreenTime::default();
            moments.iter().for_each(|(at, reading)| clock.note(Time(*at), *reading));
            clock.total()
        };
        let plain = end(&[(500, false), (700, false), (9_000, false)]);
        assert_eq!(end(&[(500, true), (700, false), (9_000, false)]), plain + READING);
        assert_eq!(end(&[(500, false), (500, true), (700, false), (9_000, false)]), plain + READING);
    }
}
