//! Points in time, to the millisecond.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time in UTC, in milliseconds. Written as RFC 3339.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Returns the time that lies this many milliseconds after 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Returns the milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339; DRS ends its timestamps in `Z` or in `+00:00` (drs-facts §0.3).
    pub fn parse(text: &str) -> Option<Self> {
        let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok().map(Self)
    }

    /// Returns the whole seconds from `earlier` to this time, 0 when `earlier` is later.
    pub fn seconds_since(self, earlier: Self) -> u64 {
        u64::try_from((self.0 - earlier.0) / 1000).unwrap_or(0)
    }

    /// Returns the time `seconds` later.
    #[must_use]
    pub fn plus_seconds(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX / 1000).saturating_mul(1000)))
    }

    /// Returns the time as people read it: `2026-01-02 03:04 UTC`.
    pub fn to_the_minute(self) -> String {
        let text = self.to_string();
        let minute = text.get(..16).unwrap_or(&text);
        format!("{} UTC", minute.replace('T', " "))
    }

    /// Returns the time `days` of 24 hours earlier.
    #[must_use]
    pub fn days_before(self, days: u32) -> Self {
        Self(self.0.saturating_sub(i64::from(days) * 86_400_000))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.0) * 1_000_000;
        let time = OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| fmt::Error)?;
        f.write_str(&time.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not an RFC 3339 time")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_endings_that_drs_writes_are_read() {
        let zulu = Timestamp::parse("2026-01-02T03:04:05.678Z").unwrap();
        let offset = Timestamp::parse("2026-01-02T03:04:05.678901+00:00").unwrap();
        assert_eq!(zulu, offset);
        assert_eq!(zulu.to_string(), "2026-01-02T03:04:05.678Z");
        assert_eq!(zulu.to_the_minute(), "2026-01-02 03:04 UTC");
    }

    #[test]
    fn days_are_counted_back() {
        let moment = Timestamp::parse("2026-03-01T03:04:05.678Z").unwrap();
        assert_eq!(moment.days_before(2).to_string(), "2026-02-27T03:04:05.678Z");
        assert_eq!(moment.days_before(0), moment);
    }
}
