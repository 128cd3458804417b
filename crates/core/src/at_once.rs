//! Several calls of AWS at a time. A fleet needs hundreds of calls that do not depend on each other, and one after the other
//! they would take longer than a Lambda function may run.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use futures_util::future::join_all;

use crate::cloud::Clock;
use crate::error::{ErrorName, Result};

/// The number of calls that are under way at a time: enough for hundreds of servers in a call of a step.
pub const CALLS_AT_ONCE: usize = 16;

/// The number once AWS has asked to slow down. More would only be refused more often: these reach the rates of DRS and EC2,
/// also when a call takes 0.4 seconds.
const SLOWED_CALLS_AT_ONCE: usize = 8;

/// The pause after a call that AWS asked to slow down, in milliseconds.
pub const SLOW_DOWN_MS: u64 = 1_000;

/// The number of pauses before a read is given up: the calls of a step have less than a minute.
const PAUSES_MAX: usize = 20;

/// Whether AWS has asked to slow down, so that fewer calls are under way at a time.
#[derive(Debug, Default)]
pub(crate) struct Pace(AtomicBool);

impl Pace {
    pub(crate) fn slow_down(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn calls_at_once(&self) -> usize {
        if self.0.load(Ordering::Relaxed) { SLOWED_CALLS_AT_ONCE } else { CALLS_AT_ONCE }
    }
}

/// Does independent work, several at a time, and returns the results in order. After an error nothing more begins, and what
/// is under way is done.
///
/// # Errors
/// The first in order.
pub async fn at_once<T: Send, F: Future<Output = Result<T>> + Send>(
    work: impl IntoIterator<Item = F>,
) -> Result<Vec<T>> {
    at_pace(&Pace::default(), work).await
}

/// Does the same, and less at a time once AWS has asked to slow down.
pub(crate) async fn at_pace<T: Send, F: Future<Output = Result<T>> + Send>(
    pace: &Pace,
    work: impl IntoIterator<Item = F>,
) -> Result<Vec<T>> {
    let failed = AtomicBool::new(false);
    let work: Vec<_> = work.into_iter().enumerate().collect();
    let next = Mutex::new(work.into_iter());
    let workers = (0..CALLS_AT_ONCE).map(|number| worker(number, pace, &next, &failed));
    let mut done: Vec<_> = join_all(workers).await.into_iter().flatten().collect();
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Reads something of each of these, several at a time, and returns the answers in order. Reads that AWS asks to slow down
/// are made again after a pause: a read changes nothing.
///
/// # Errors
/// The first in order; `Throttled` when AWS asks to slow down for long.
pub async fn read_at_once<I, T: Send, F: Future<Output = Result<T>> + Send>(
    clock: &dyn Clock,
    of: impl IntoIterator<Item = I>,
    read: impl Fn(I) -> F + Sync,
) -> Result<Vec<T>>
where
    I: Copy + Send,
{
    let (pace, read) = (Pace::default(), &read);
    let reads: Vec<_> = of.into_iter().map(|of| patiently(clock, &pace, of, read)).collect();
    at_pace(&pace, reads).await
}

pub(crate) async fn patiently<I: Copy, T, F: Future<Output = Result<T>>>(
    clock: &dyn Clock,
    pace: &Pace,
    of: I,
    read: &(impl Fn(I) -> F + Sync),
) -> Result<T> {
    for _ in 0..PAUSES_MAX {
        match read(of).await {
            Err(error) if error.name() == ErrorName::Throttled => {
                pace.slow_down();
                clock.pause(SLOW_DOWN_MS).await;
            }
            result => return result,
        }
    }
    read(of).await
}

/// Does one piece of work after the other, until nothing is left, one has failed, or there are too many workers.
async fn worker<T, F: Future<Output = Result<T>>>(
    number: usize,
    pace: &Pace,
    next: &Mutex<impl Iterator<Item = (usize, F)>>,
    failed: &AtomicBool,
) -> Vec<(usize, Result<T>)> {
    let mut done = Vec::new();
    while number < pace.calls_at_once() && !failed.load(Ordering::Relaxed) {
        let taken = next.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some((index, work)) = taken else { break };
        let result = work.await;
        if result.is_err() {
            failed.store(true, Ordering::Relaxed);
        }
        done.push((index, result));
    }
    done
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::sync::atomic::AtomicUsize;
    use std::task::Poll;

    use futures_util::FutureExt as _;

    use super::*;
    use crate::catalogue::fault;
    use crate::error::Error;

    #[test]
    fn results_are_in_order_and_nothing_begins_after_an_error() {
        let doubled = at_once((0..20).map(|n| async move { Ok(n * 2) })).now_or_never().unwrap().unwrap();
        assert_eq!(doubled, (0..20).map(|n| n * 2).collect::<Vec<_>>());
        let begun = AtomicUsize::new(0);
        let work = (0..100).map(|n| {
            let begun = &begun;
            async move {
                begun.fetch_add(1, Ordering::Relaxed);
                if n == 3 { Err(Error::from(fault::was_not_read("the third"))) } else { Ok(n) }
            }
        });
        let error = at_once(work).now_or_never().unwrap().unwrap_err();
        assert_eq!(error.to_string(), Error::from(fault::was_not_read("the third")).to_string());
        assert!(begun.load(Ordering::Relaxed) <= CALLS_AT_ONCE, "{begun:?} began");
    }

    #[test]
    fn fewer_are_under_way_once_aws_has_asked_to_slow_down() {
        let (pace, under_way) = (Pace::default(), AtomicUsize::new(0));
        let most = [AtomicUsize::new(0), AtomicUsize::new(0)];
        let work = (0..100).map(|n| {
            let (pace, under_way, most) = (&pace, &under_way, &most);
            async move {
                let others = under_way.fetch_add(1, Ordering::Relaxed);
                most[usize::from(n >= 2 * CALLS_AT_ONCE)].fetch_max(others + 1, Ordering::Relaxed);
                Yield::default().await;
                if n == 0 {
                    pace.slow_down();
                }
                under_way.fetch_sub(1, Ordering::Relaxed);
                Ok(n)
            }
        });
        let mut all = pin!(at_pace(&pace, work));
        let done = loop {
            if let Some(done) = all.as_mut().now_or_never() {
                break done.unwrap();
            }
        };
        assert_eq!(done, (0..100).collect::<Vec<_>>());
        assert_eq!(
            most.each_ref().map(|most| most.load(Ordering::Relaxed)),
            [CALLS_AT_ONCE, SLOWED_CALLS_AT_ONCE]
        );
    }

    /// Is ready the second time.
    #[derive(Default)]
    struct Yield(bool);

    impl Future for Yield {
        type Output = ();

        fn poll(mut self: Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<()> {
            if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
        }
    }
}
