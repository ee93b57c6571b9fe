//! Numbers as the page writes them. Integers only: formatting floats would weigh more than all of this.

use crate::sim::Time;

/// `4.71 s`
pub fn seconds(at: Time) -> String {
    let hundredths = at.0 / 10_000;
    format!("{}.{:02} s", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_places() {
        assert_eq!(seconds(Time(4_719_999)), "4.71 s");
        assert_eq!(seconds(Time(0)), "0.00 s");
    }
}
