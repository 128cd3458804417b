//! Times and durations as the services write them.

use failback_core::timestamp::Timestamp;

/// The end of the year 9999, which stands for a time that is never reached.
const LAST_MS: i64 = 253_402_300_799_000;

/// Formats a time as DRS does: with `+00:00`, although its model asks for `Z` (drs-facts §0.3).
pub(crate) fn drs(ms: i64) -> String {
    zulu(ms).trim_end_matches('Z').to_owned() + "+00:00"
}

/// Formats a time as EC2 and Route 53 do.
pub(crate) fn zulu(ms: i64) -> String {
    Timestamp::from_millis(ms.clamp(0, LAST_MS)).to_string()
}

/// Formats a duration as ISO 8601. DRS writes a zero duration as `P0D`.
pub(crate) fn duration(ms: i64) -> String {
    let ms = ms.max(0);
    if ms == 0 {
        return "P0D".to_owned();
    }
    let (seconds, rest) = (ms / 1_000, ms % 1_000);
    let (days, hours, minutes, seconds) =
        (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let unit = |count: i64, letter: char| if count > 0 { format!("{count}{letter}") } else { String::new() };
    let seconds = if rest > 0 { format!("{seconds}.{rest:03}S") } else { unit(seconds, 'S') };
    let clock = unit(hours, 'H') + &unit(minutes, 'M') + &seconds;
    let clock = if clock.is_empty() { clock } else { format!("T{clock}") };
    format!("P{}{clock}", unit(days, 'D'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_end_as_their_service_ends_them() {
        assert_eq!(drs(1_793_606_400_000), "2026-11-02T08:00:00+00:00");
        assert_eq!(drs(1_793_606_400_120), "2026-11-02T08:00:00.12+00:00");
        assert_eq!(zulu(1_793_606_400_000), "2026-11-02T08:00:00Z");
    }

    #[test]
    fn durations_are_iso_8601() {
        let cases = [
            (0, "P0D"),
            (30_000, "PT30S"),
            (500, "PT0.500S"),
            (86_400_000, "P1D"),
            (178_332_136, "P2DT1H32M12.136S"),
            (-5, "P0D"),
        ];
        for (ms, text) in cases {
            assert_eq!(duration(ms), text);
        }
    }
}
