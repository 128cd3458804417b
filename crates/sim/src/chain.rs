//! The longest chain of AWS's own work: the time that AWS itself needs.

/// Work that AWS did for one server of the fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Start, in milliseconds since 1970.
    pub start_ms: i64,
    /// End, in milliseconds since 1970.
    pub end_ms: i64,
    /// Kind of work, such as `launch job`.
    pub label: &'static str,
    /// Index of the server in the fleet.
    pub server: Option<usize>,
}

/// Returns the longest total duration of a chain in which each work starts at or after the end of the one before.
///
/// This is weighted interval scheduling: sorted by end, the best chain that ends by a moment only grows.
pub fn longest_chain_ms(works: &[Work]) -> i64 {
    let mut spans: Vec<(i64, i64)> = works.iter().map(|work| (work.end_ms, work.start_ms)).collect();
    spans.retain(|(end, start)| end > start);
    spans.sort_unstable();
    // The end of each work, and the longest chain that ends by then.
    let mut best: Vec<(i64, i64)> = Vec::with_capacity(spans.len());
    for (end, start) in spans {
        let ended_before = best.partition_point(|&(ended, _)| ended <= start);
        let before = if ended_before == 0 { 0 } else { best[ended_before - 1].1 };
        let so_far = best.last().map_or(0, |&(_, sum)| sum);
        best.push((end, so_far.max(before + end - start)));
    }
    best.last().map_or(0, |&(_, sum)| sum)
}
