//! Bytes over time.

/// Copied bytes over time: straight lines, or steps down, between points of milliseconds since 1970 and bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Curve(pub(super) Vec<(i64, u64)>);

impl Curve {
    /// Returns the bytes at a moment: 0 before the first point, and those of the last point after it.
    pub(super) fn at(&self, now: i64) -> u64 {
        let next = self.0.partition_point(|&(ms, _)| ms <= now);
        if next == 0 {
            return 0;
        }
        let (from_ms, from) = self.0[next - 1];
        let Some(&(to_ms, to)) = self.0.get(next) else { return from };
        let part = u128::from(to.saturating_sub(from)) * u128::from(now.abs_diff(from_ms))
            / u128::from(to_ms.abs_diff(from_ms));
        from + u64::try_from(part).unwrap_or(0)
    }

    /// Keeps the bytes of a moment for all time after it.
    pub(super) fn freeze(&mut self, now: i64) {
        let value = self.at(now);
        self.0.retain(|&(ms, _)| ms < now);
        self.0.push((now, value));
    }
}
