//! RFC 3339 timestamps. Inside the crate a time is a number of milliseconds since 1970.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Formats a time as `2026-01-01T00:00:00.000Z`. A time after the year 9999 becomes the last
/// millisecond of that year, because RFC 3339 has four digits for the year.
pub(crate) fn to_rfc3339(ms: i64) -> String {
    let nanos = i128::from(ms) * 1_000_000;
    let Ok(time) = OffsetDateTime::from_unix_timestamp_nanos(nanos) else {
        return "9999-12-31T23:59:59.999Z".to_owned();
    };
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.millisecond()
    )
}

/// Reads a timestamp. A fraction of a millisecond is rounded up, so that a Wait never ends too early.
pub(crate) fn from_rfc3339(text: &str) -> Option<i64> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from((time.unix_timestamp_nanos() + 999_999).div_euclid(1_000_000)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formatted_time_is_read_back() {
        for ms in [0, 1, 1_767_225_600_000, 951_782_400_123] {
            assert_eq!(from_rfc3339(&to_rfc3339(ms)), Some(ms));
        }
        assert_eq!(to_rfc3339(1_767_225_600_000), "2026-01-01T00:00:00.000Z");
        assert_eq!(from_rfc3339("2026-01-01T01:00:00+01:00"), Some(1_767_225_600_000));
        assert_eq!(from_rfc3339("tomorrow"), None);
        assert_eq!(to_rfc3339(i64::MAX), "9999-12-31T23:59:59.999Z");
    }
}
