//! What the page's address asks for: the one list of parameters for URL and element.

use super::parts::Parts;
use super::playback::Speed;
use crate::scene::Lang;
use crate::sim::Time;

/// Light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// What stands after the `?` of the address. What cannot be read counts as not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params {
    /// The run to show: an id of the catalogue.
    pub scenario: Option<String>,
    /// Whether it starts by itself; not said = as the page sees fit.
    pub autoplay: Option<bool>,
    /// How fast it plays.
    pub speed: Option<Speed>,
    /// The language; not said = the browser's.
    pub lang: Option<Lang>,
    /// The theme; not said = the system's.
    pub theme: Option<Theme>,
    /// Parts of the page that are left out.
    pub hide: Parts,
    /// The moment of virtual time to begin at, in seconds in the address.
    pub t: Option<Time>,
}

impl Params {
    /// Reads a query, with or without its `?`.
    pub fn read(query: &str) -> Params {
        let mut params = Params::default();
        for pair in query.trim_start_matches('?').split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decode(value);
            match name {
                "scenario" if !value.is_empty() => params.scenario = Some(value),
                "autoplay" => params.autoplay = Some(!matches!(value.as_str(), "0" | "false" | "no")),
                "speed" => params.speed = Speed::read(&value),
                "lang" => params.lang = language(&value),
                "theme" => params.theme = theme(&value),
                "hide" => params.hide = Parts::read(&value),
                "t" => params.t = seconds(&value),
                _ => {}
            }
        }
        params
    }
}

/// The language that a tag such as `zh-CN` asks for, as far as the page speaks it.
pub fn language(tag: &str) -> Option<Lang> {
    match tag.get(..2)? {
        "zh" => Some(Lang::Zh),
        "en" => Some(Lang::En),
        _ => None,
    }
}

fn theme(name: &str) -> Option<Theme> {
    match name {
        "light" => Some(Theme::Light),
        "dark" => Some(Theme::Dark),
        _ => None,
    }
}

/// `4.71` as a moment. Without floats: their parser weighs more than the rest of this file.
fn seconds(text: &str) -> Option<Time> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut micros: u64 = whole.parse::<u32>().ok()?.into();
    for place in 0..6 {
        let digit = fraction.as_bytes().get(place).map_or(Some(0), |digit| char::from(*digit).to_digit(10));
        micros = micros * 10 + u64::from(digit?);
    }
    Some(Time(micros))
}

/// Undoes percent encoding; `+` is a space.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        bytes.push(match (first, after) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high * 16 + low
                }
                _ => b'%',
            },
            (byte, _) => *byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::parts::Part;

    #[test]
    fn everything_can_be_said() {
        let params = Params::read(
            "?scenario=leader%2Dkilled&autoplay&speed=0.5&lang=zh-CN&theme=dark&hide=ledger,why&t=4.71",
        );
        assert_eq!(params.scenario.as_deref(), Some("leader-killed"));
        assert_eq!((params.autoplay, params.speed), (Some(true), Speed::read("0.5")));
        assert_eq!((params.lang, params.theme), (Some(Lang::Zh), Some(Theme::Dark)));
        assert!(
            params.hide.has(Part::Ledger) && params.hide.has(Part::Why) && !params.hide.has(Part::Funnel)
        );
        assert_eq!(params.t, Some(Time(4_710_000)));
    }

    #[test]
    fn what_cannot_be_read_counts_as_not_said() {
        let params = Params::read("scenario=&speed=7&lang=xx&theme=blue&t=1.x&hide=nothing&%%%=&=");
        assert_eq!(params, Params::default());
        assert_eq!(Params::read(""), Params::default());
    }

    #[test]
    fn percent_signs_that_encode_nothing_stay() {
        assert_eq!(decode("a%zz+b%4"), "a%zz b%4");
        assert_eq!(decode("%E4%B8%AD"), "中");
    }

    #[test]
    fn autoplay_can_be_forbidden() {
        assert_eq!(Params::read("autoplay=0").autoplay, Some(false));
        assert_eq!(Params::read("autoplay=true").autoplay, Some(true));
    }
}
