//! Moments as text. Inside the crate a moment is a number of milliseconds since 1970.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// `2026-01-01T00:00:00.000Z`; a moment beyond the year 9999 is given as that year's last one.
pub(crate) fn to_iso(ms: i64) -> String {
    let nanos = i128::from(ms) * 1_000_000;
    let Ok(t) = OffsetDateTime::from_unix_timestamp_nanos(nanos) else {
        return "9999-12-31T23:59:59.999Z".to_owned();
    };
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        t.year(),
        u8::from(t.month()),
        t.day(),
        t.hour(),
        t.minute(),
        t.second(),
        t.millisecond()
    )
}

/// Reads an RFC 3339 timestamp. A fraction of a millisecond is rounded up, for nobody may wake early.
pub(crate) fn from_iso(text: &str) -> Option<i64> {
    let t = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from((t.unix_timestamp_nanos() + 999_999).div_euclid(1_000_000)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_survive_the_round_trip() {
        for ms in [0, 1, 1_767_225_600_000, 951_782_400_123] {
            assert_eq!(from_iso(&to_iso(ms)), Some(ms));
        }
        assert_eq!(to_iso(1_767_225_600_000), "2026-01-01T00:00:00.000Z");
        assert_eq!(from_iso("2026-01-01T01:00:00+01:00"), Some(1_767_225_600_000));
        assert_eq!(from_iso("tomorrow"), None);
        assert_eq!(to_iso(i64::MAX), "9999-12-31T23:59:59.999Z");
    }
}
