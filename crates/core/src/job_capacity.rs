//! The job capacity of DRS: its quotas of jobs, divided into calls (drs-facts §6).

use crate::cloud::{DrsQuotas, Job};

/// The capacity that is left for jobs in one Region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobCapacity {
    /// The largest number of servers in one job.
    pub per_job: usize,
    /// The number of jobs that can still be started.
    pub jobs: usize,
    /// The number of servers that can still be added to jobs.
    pub servers: usize,
}

impl JobCapacity {
    /// Returns the capacity that the quotas leave beside the running jobs.
    pub fn left(quotas: DrsQuotas, jobs: &[Job]) -> Self {
        let active = || jobs.iter().filter(|job| job.is_active());
        let in_jobs: usize = active().map(|job| job.servers.len()).sum();
        Self {
            per_job: quotas.servers_per_job.max(1),
            jobs: quotas.concurrent_jobs.saturating_sub(active().count()),
            servers: quotas.servers_in_jobs.saturating_sub(in_jobs),
        }
    }

    /// Returns the items that fit now, one slice for each job. The others wait until jobs end.
    pub fn batches<'i, T>(&self, items: &'i [T]) -> impl Iterator<Item = &'i [T]> + use<'i, T> {
        items[..items.len().min(self.servers)].chunks(self.per_job).take(self.jobs)
    }

    /// Returns the number of items that [`batches`](Self::batches) leaves out.
    pub fn left_out<T>(&self, items: &[T]) -> usize {
        items.len() - self.batches(items).map(<[T]>::len).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_divided_and_the_rest_is_left_out() {
        let capacity = JobCapacity { per_job: 100, jobs: 3, servers: 500 };
        let items = vec![0; 420];
        let sizes: Vec<usize> = capacity.batches(&items).map(<[i32]>::len).collect();
        assert_eq!(sizes, [100, 100, 100]);
        assert_eq!(capacity.left_out(&items), 120);
        let full = JobCapacity { per_job: 100, jobs: 0, servers: 500 };
        assert_eq!(full.left_out(&items), 420);
        let narrow = JobCapacity { per_job: 100, jobs: 9, servers: 150 };
        assert_eq!(narrow.batches(&items).map(<[i32]>::len).collect::<Vec<_>>(), [100, 50]);
    }
}
