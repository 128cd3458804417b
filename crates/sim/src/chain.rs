//! How long AWS itself needed: the longest chain of its work.

/// Something that AWS did for a server of the fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// When it began.
    pub start_ms: i64,
    /// When it was over.
    pub end_ms: i64,
    /// What it was, such as `launch job`.
    pub label: &'static str,
    /// Index of the server in the fleet.
    pub server: Option<usize>,
}

/// The largest sum of durations over sequences in which each work begins at or after the end of the one before.
///
/// Weighted interval scheduling: sorted by end, the best chain that ends by a moment only grows.
pub fn longest_chain_ms(works: &[Work]) -> i64 {
    let mut spans: Vec<(i64, i64)> = works.iter().map(|work| (work.end_ms, work.start_ms)).collect();
    spans.retain(|(end, start)| end > start);
    spans.sort_unstable();
    let mut best: Vec<(i64, i64)> = Vec::with_capacity(spans.len());
    for (end, start) in spans {
        let before = best.partition_point(|&(ended, _)| ended <= start);
        let chain = end - start + before.checked_sub(1).map_or(0, |i| best[i].1);
        let so_far = best.last().map_or(0, |&(_, sum)| sum);
        best.push((end, chain.max(so_far)));
    }
    best.last().map_or(0, |&(_, sum)| sum)
}
