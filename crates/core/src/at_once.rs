//! Several calls of AWS at a time. A fleet needs hundreds of calls that do not depend on each other, and one after the other
//! they would take longer than a Lambda function may run.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt as _;
use futures_util::stream;

use crate::cloud::Clock;
use crate::error::{ErrorName, Result};

/// The number of calls that are under way at a time: enough for hundreds of servers in a call of a step, and few enough that AWS
/// seldom asks to slow down.
pub const CALLS_AT_ONCE: usize = 8;

/// The pause after a call that AWS asked to slow down, in milliseconds.
pub const SLOW_DOWN_MS: u64 = 1_000;

/// The number of pauses before a read is given up: the calls of a step have less than a minute.
const PAUSES_MAX: usize = 20;

/// Does independent work, several at a time, and returns the results in order. After an error nothing more begins, and what
/// is under way is done.
///
/// # Errors
/// The first in order.
pub async fn at_once<T: Send, F: Future<Output = Result<T>> + Send>(
    work: impl IntoIterator<Item = F>,
) -> Result<Vec<T>> {
    let failed = AtomicBool::new(false);
    let work: Vec<_> = work.into_iter().enumerate().map(|(index, work)| one(index, work, &failed)).collect();
    let mut done: Vec<_> = stream::iter(work).buffer_unordered(CALLS_AT_ONCE).collect().await;
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().filter_map(|(_, result)| result).collect()
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
    let read = &read;
    at_once(of.into_iter().map(|of| patiently(clock, of, read)).collect::<Vec<_>>()).await
}

pub(crate) async fn patiently<I: Copy, T, F: Future<Output = Result<T>>>(
    clock: &dyn Clock,
    of: I,
    read: &(impl Fn(I) -> F + Sync),
) -> Result<T> {
    for _ in 0..PAUSES_MAX {
        match read(of).await {
            Err(error) if error.name() == ErrorName::Throttled => clock.pause(SLOW_DOWN_MS).await,
            result => return result,
        }
    }
    read(of).await
}

/// Does one piece of work, unless another has failed.
async fn one<T, F: Future<Output = Result<T>>>(
    index: usize,
    work: F,
    failed: &AtomicBool,
) -> (usize, Option<Result<T>>) {
    if failed.load(Ordering::Relaxed) {
        return (index, None);
    }
    let result = work.await;
    if result.is_err() {
        failed.store(true, Ordering::Relaxed);
    }
    (index, Some(result))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

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
}
