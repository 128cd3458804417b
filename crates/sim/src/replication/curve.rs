//! Bytes over time.

/// Bytes over time: straight lines between knots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Curve(pub(super) Vec<(i64, u64)>);

impl Curve {
    pub(super) fn at(&self, now: i64) -> u64 {
        let next = self.0.partition_point(|&(ms, _)| ms <= now);
        let Some(&(from_ms, from)) = next.checked_sub(1).and_then(|i| self.0.get(i)) else { return 0 };
        let Some(&(to_ms, to)) = self.0.get(next) else { return from };
        let part =
            u128::from(to - from) * u128::from(now.abs_diff(from_ms)) / u128::from(to_ms.abs_diff(from_ms));
        from + u64::try_from(part).unwrap_or(0)
    }

    pub(super) fn freeze(&mut self, now: i64) {
        let value = self.at(now);
        self.0.retain(|&(ms, _)| ms < now);
        self.0.push((now, value));
    }
}
