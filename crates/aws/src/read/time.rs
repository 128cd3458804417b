//! Times and durations as DRS writes them.

use failback_core::timestamp::Timestamp;

/// What stands for a lag that cannot be read. Absent would mean that there is none.
const UNREADABLE_SECONDS: u64 = u32::MAX as u64;

/// A time; it ends in `Z` or in `+00:00`.
pub(super) fn moment(text: Option<&str>) -> Option<Timestamp> {
    let text = text?;
    let moment = Timestamp::parse(text);
    if moment.is_none() {
        tracing::warn!(text, "left out a time that cannot be read");
    }
    moment
}

/// An ISO 8601 duration such as `P0D`, `PT30S` or `P2DT1H32M12.136909S`, in seconds begun.
pub(super) fn seconds(text: Option<&str>) -> Option<u64> {
    let text = text.filter(|text| !text.is_empty())?;
    let seconds = parse(text);
    if seconds.is_none() {
        tracing::warn!(text, "a lag cannot be read; it counts as the longest");
    }
    Some(seconds.unwrap_or(UNREADABLE_SECONDS))
}

fn parse(text: &str) -> Option<u64> {
    let text = text.strip_prefix('P')?;
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    if date.is_empty() && time.is_empty() {
        return None;
    }
    // Months and years have no length in seconds, and no lag is that long.
    let days = parts(date, &[('W', 604_800), ('D', 86_400)])?;
    let rest = parts(time, &[('H', 3_600), ('M', 60), ('S', 1)])?;
    days.checked_add(rest)
}

/// Adds up `12H30M…`: each unit at most once, in order.
fn parts(mut text: &str, units: &[(char, u64)]) -> Option<u64> {
    let mut total = 0_u64;
    for (unit, length) in units {
        let Some((number, rest)) = text.split_once(*unit) else { continue };
        total = total.checked_add(whole(number)?.checked_mul(*length)?)?;
        text = rest;
    }
    text.is_empty().then_some(total)
}

/// A number, rounded up: half a second of lag is a lag.
fn whole(number: &str) -> Option<u64> {
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let up = u64::from(fraction.bytes().any(|byte| byte != b'0'));
    whole.parse::<u64>().ok()?.checked_add(up)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds_begun() {
        let expected = [
            ("P0D", 0),
            ("PT0S", 0),
            ("PT30S", 30),
            ("PT0.2S", 1),
            ("PT1M", 60),
            ("P1W", 604_800),
            ("P2DT1H32M12.136909S", 2 * 86_400 + 3_600 + 32 * 60 + 13),
        ];
        for (text, seconds) in expected {
            assert_eq!(super::seconds(Some(text)), Some(seconds), "{text}");
        }
    }

    #[test]
    fn a_lag_that_cannot_be_read_is_not_no_lag() {
        assert_eq!(seconds(None), None);
        assert_eq!(seconds(Some("")), None);
        for text in ["soon", "P", "-PT5S", "PTS", "PT1.S", "P1M", "PT5S30M", "PT99999999999999999999S"] {
            assert_eq!(seconds(Some(text)), Some(UNREADABLE_SECONDS), "{text}");
        }
    }

    #[test]
    fn both_endings_of_a_time_are_read() {
        let zulu = moment(Some("2022-12-07T19:15:38.846Z"));
        assert!(zulu.is_some());
        assert_eq!(zulu, moment(Some("2022-12-07T19:15:38.846723+00:00")));
        assert_eq!(moment(Some("yesterday")), None);
    }
}
