//! Screen time: silences are shortened, what happens is stretched.

use crate::sim::{Micros, Time};

/// A moment of screen time at normal speed, in microseconds since the beginning.
pub type ScreenUs = u64;

/// How virtual time is shown. The same rule for every run, and causal: up to a moment it depends only on what
/// happened until then, because a silence is shortened by how long it has lasted, not by how long it will.
#[derive(Clone, Debug)]
pub struct ScreenTime {
    /// Moments at which something notable happened: virtual, on screen.
    knots: Vec<(u64, ScreenUs)>,
    gaps: Vec<Gap>,
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

impl Default for ScreenTime {
    fn default() -> ScreenTime {
        ScreenTime { knots: vec![(0, 0)], gaps: Vec::new() }
    }
}

/// Screen time of a silence.
fn shorten(silence: u64) -> u64 {
    let next = CURVE.partition_point(|(virtual_time, _)| *virtual_time <= silence);
    let (from, to) = match CURVE.get(next) {
        Some(to) => (CURVE[next - 1], *to),
        // Beyond the last corner the curve goes on as it ended.
        None => (CURVE[CURVE.len() - 2], CURVE[CURVE.len() - 1]),
    };
    from.1 + (silence - from.0) * (to.1 - from.1) / (to.0 - from.0)
}

/// The silence that takes so long on screen.
fn lengthen(screen: u64) -> u64 {
    let next = CURVE.partition_point(|(_, on_screen)| *on_screen <= screen);
    let (from, to) = match CURVE.get(next) {
        Some(to) => (CURVE[next - 1], *to),
        None => (CURVE[CURVE.len() - 2], CURVE[CURVE.len() - 1]),
    };
    from.0 + ((screen - from.1) * (to.0 - from.0)).div_ceil(to.1 - from.1)
}

impl ScreenTime {
    /// Something notable happened.
    pub(super) fn note(&mut self, at: Time) {
        let (last, screen) = *self.knots.last().expect("there is a first knot");
        if at.0 <= last {
            return;
        }
        let (lasts, to) = (at.0 - last, screen + shorten(at.0 - last));
        if lasts >= WORTH_A_LABEL {
            self.gaps.push(Gap { from: screen, to, lasts });
        }
        self.knots.push((at.0, to));
    }

    /// When a moment of virtual time is shown.
    pub fn to_screen(&self, at: Time) -> ScreenUs {
        let place = self.knots.partition_point(|(virtual_time, _)| *virtual_time <= at.0) - 1;
        let (from, screen) = self.knots[place];
        screen + shorten(at.0 - from)
    }

    /// The moment of virtual time that is shown.
    pub fn to_virtual(&self, at: ScreenUs) -> Time {
        let place = self.knots.partition_point(|(_, screen)| *screen <= at) - 1;
        let (from, screen) = self.knots[place];
        let until = self.knots.get(place + 1).map_or(u64::MAX, |(next, _)| *next);
        Time((from + lengthen(at - screen)).min(until))
    }

    /// How long the run takes on screen, up to the last notable moment.
    pub fn total(&self) -> ScreenUs {
        self.knots.last().map_or(0, |(_, screen)| *screen)
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
        moments.iter().for_each(|at| clock.note(Time(*at)));
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
            assert!(back.abs_diff(screen) <= 260, "{at}: {screen} {back}");
        }
    }

    #[test]
    fn three_seconds_are_most_of_one() {
        let clock = clock(&MOMENTS);
        assert_eq!(clock.gaps().len(), 1);
        assert!((700_000..1_000_000).contains(&(clock.gaps()[0].to - clock.gaps()[0].from)));
    }
}
