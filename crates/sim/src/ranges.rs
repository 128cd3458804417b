//! Sets of numbers as intervals: which records a disk holds.

/// A set of numbers, kept as ordered half-open intervals that neither touch nor overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RangeSet {
    ranges: Vec<(i64, i64)>,
}

impl RangeSet {
    /// The numbers from `from` up to but without `to`.
    pub fn of(from: i64, to: i64) -> Self {
        let mut set = Self::default();
        set.insert(from, to);
        set
    }

    /// Adds the numbers from `from` up to but without `to`.
    pub fn insert(&mut self, from: i64, to: i64) {
        if from >= to {
            return;
        }
        let begin = self.ranges.partition_point(|&(_, end)| end < from);
        let end = self.ranges.partition_point(|&(start, _)| start <= to);
        let (mut low, mut high) = (from, to);
        if begin < end {
            low = low.min(self.ranges[begin].0);
            high = high.max(self.ranges[end - 1].1);
        }
        self.ranges.splice(begin..end, [(low, high)]);
    }

    /// Adds every number of another set.
    pub fn extend(&mut self, other: &Self) {
        for &(from, to) in &other.ranges {
            self.insert(from, to);
        }
    }

    /// The numbers that are here and not in `other`.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut left = Vec::new();
        let mut j = 0;
        for &(start, end) in &self.ranges {
            let mut at = start;
            while j < other.ranges.len() && other.ranges[j].1 <= start {
                j += 1;
            }
            let mut k = j;
            while at < end {
                match other.ranges.get(k) {
                    Some(&(from, to)) if from < end => {
                        if at < from {
                            left.push((at, from));
                        }
                        at = at.max(to);
                        k += 1;
                    }
                    _ => {
                        left.push((at, end));
                        at = end;
                    }
                }
            }
        }
        Self { ranges: left }
    }

    /// How many numbers.
    pub fn count(&self) -> u64 {
        self.ranges.iter().map(|&(from, to)| from.abs_diff(to)).sum()
    }

    /// The smallest number.
    pub fn first(&self) -> Option<i64> {
        self.ranges.first().map(|&(from, _)| from)
    }

    /// The largest number.
    pub fn last(&self) -> Option<i64> {
        self.ranges.last().map(|&(_, to)| to - 1)
    }

    /// True when there is no number.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// True when the number is here.
    pub fn contains(&self, number: i64) -> bool {
        let i = self.ranges.partition_point(|&(_, to)| to <= number);
        self.ranges.get(i).is_some_and(|&(from, _)| from <= number)
    }
}
