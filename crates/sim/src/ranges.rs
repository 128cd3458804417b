//! Sets of numbers as intervals: the records that a disk holds.

/// A set of numbers, kept as ordered half-open intervals that neither touch nor overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RangeSet {
    ranges: Vec<(i64, i64)>,
}

impl RangeSet {
    /// Creates the set of the numbers from `from` up to but without `to`.
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
        // The intervals that the new one overlaps or touches become one with it.
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

    /// Returns the numbers of this set that are not in `other`.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut left = Vec::new();
        // Both lists are in order: intervals of `other` that end before this one are never needed again.
        let mut passed = 0;
        for &(start, end) in &self.ranges {
            while passed < other.ranges.len() && other.ranges[passed].1 <= start {
                passed += 1;
            }
            let mut at = start;
            for &(from, to) in &other.ranges[passed..] {
                if from >= end {
                    break;
                }
                if at < from {
                    left.push((at, from));
                }
                at = at.max(to);
            }
            if at < end {
                left.push((at, end));
            }
        }
        Self { ranges: left }
    }

    /// Returns the count of the numbers.
    pub fn count(&self) -> u64 {
        self.ranges.iter().map(|&(from, to)| from.abs_diff(to)).sum()
    }

    /// Returns the smallest number.
    pub fn first(&self) -> Option<i64> {
        self.ranges.first().map(|&(from, _)| from)
    }

    /// Returns the largest number.
    pub fn last(&self) -> Option<i64> {
        self.ranges.last().map(|&(_, to)| to - 1)
    }

    /// Returns true when the set has no number.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Returns true when the set has the number.
    pub fn contains(&self, number: i64) -> bool {
        let i = self.ranges.partition_point(|&(_, to)| to <= number);
        self.ranges.get(i).is_some_and(|&(from, _)| from <= number)
    }
}
