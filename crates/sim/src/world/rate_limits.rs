//! How many calls AWS answers in a second. Calls beyond that are refused, and take no effect.

use std::collections::BTreeMap;

use failback_core::region::Region;

use super::state::World;
use crate::operation::{Access, Operation};
use crate::service_error::ServiceError;

/// A token bucket: calls that may come at once, and calls that are added in a second.
#[derive(Debug, Clone, Copy)]
struct Limit {
    burst: i64,
    per_second: i64,
    code: &'static str,
}

/// Route 53 answers five requests a second for all of an account (drs-facts §10).
const ROUTE_53: Limit = Limit { burst: 5, per_second: 5, code: "Throttling" };
/// Reads of EC2, for each operation and Region (EC2 developer guide, request throttling: unfiltered DescribeInstances).
const EC2_READS: Limit = Limit { burst: 100, per_second: 20, code: "RequestLimitExceeded" };
/// Writes of EC2, likewise (mutating actions).
const EC2_WRITES: Limit = Limit { burst: 50, per_second: 5, code: "RequestLimitExceeded" };
/// DRS, for each operation and Region. Assumed: AWS publishes no number (drs-facts §12.8).
const DRS: Limit = Limit { burst: 50, per_second: 20, code: "ThrottlingException" };
/// Step Functions, for each operation (drs-facts §10: DescribeExecution, in the smaller Regions).
const STATES: Limit = Limit { burst: 250, per_second: 10, code: "ThrottlingException" };

/// Thousandths of a call, in which buckets are counted.
const MILLI: i64 = 1_000;

impl Limit {
    fn of(operation: Operation) -> Option<(Self, &'static str)> {
        match operation.service() {
            "route53" => Some((ROUTE_53, "route53")),
            "ec2" if operation.kind == Access::Read => Some((EC2_READS, operation.name)),
            "ec2" => Some((EC2_WRITES, operation.name)),
            "drs" => Some((DRS, operation.name)),
            "states" => Some((STATES, operation.name)),
            _ => None,
        }
    }
}

/// A token bucket of one operation in one Region.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    limit: Limit,
    /// What is left, in thousandths of a call.
    left: i64,
    /// The time up to which calls have been added.
    since_ms: i64,
    /// The number of writing calls that were answered.
    writes: i64,
}

/// All buckets.
#[derive(Debug, Clone, Default)]
pub(crate) struct RateLimits(BTreeMap<(&'static str, Option<Region>), Bucket>);

impl RateLimits {
    fn takes(
        &mut self,
        limit: Limit,
        bucket: (&'static str, Option<Region>),
        kind: Access,
        now_ms: i64,
    ) -> bool {
        let full = limit.burst * MILLI;
        let new = Bucket { limit, left: full, since_ms: now_ms, writes: 0 };
        let bucket = self.0.entry(bucket).or_insert(new);
        bucket.left = full.min(bucket.left + (now_ms - bucket.since_ms) * limit.per_second);
        bucket.since_ms = now_ms;
        if bucket.left < MILLI {
            return false;
        }
        bucket.left -= MILLI;
        bucket.writes += i64::from(kind == Access::Write);
        true
    }

    /// Returns the milliseconds that the writing calls took at least.
    fn writes_ms(&self) -> i64 {
        let one =
            |bucket: &Bucket| (bucket.writes - bucket.limit.burst).max(0) * MILLI / bucket.limit.per_second;
        self.0.values().map(one).sum()
    }
}

impl World {
    /// Returns the seconds that the writing calls of executions take at least at AWS's rates, if those of one operation
    /// follow those of another: calls are counted, not waits.
    #[allow(clippy::cast_precision_loss)] // Milliseconds of a few weeks fit in 53 bits.
    pub fn rate_limit_seconds(&self) -> f64 {
        self.rate_limits.writes_ms() as f64 / 1_000.0
    }

    /// Counts a call of an execution, and refuses it when there were too many. People make few calls, and are not counted.
    pub(crate) fn too_many(&mut self, operation: Operation, region: Option<Region>) -> Option<ServiceError> {
        if self.caller.execution.is_none() || !self.switches.rate_limits {
            return None;
        }
        let (limit, bucket) = Limit::of(operation)?;
        let takes = self.rate_limits.takes(limit, (bucket, region), operation.kind, self.now_ms);
        (!takes).then(|| ServiceError::new(limit.code, "Rate exceeded"))
    }
}
