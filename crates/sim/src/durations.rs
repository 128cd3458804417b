//! Durations of AWS's work, in milliseconds, each with the source of its figure.

use fastrand::Rng;

/// A duration between a shortest and a longest one, both included.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Between(pub(crate) i64, pub(crate) i64);

impl Between {
    /// Draws one duration; all are equally likely.
    pub(crate) fn draw(self, rng: &mut Rng) -> i64 {
        rng.i64(self.0..=self.1)
    }
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;

/// Latency of a reading call, without jitter. Assumed: usual for control planes.
pub(crate) const READ_LATENCY: i64 = 40;
/// Latency of a writing call, without jitter. Assumed.
pub(crate) const WRITE_LATENCY: i64 = 80;

/// Latency of any call where calls are slow, without jitter: `slow_calls`.
pub(crate) const SLOW_LATENCY: i64 = 300;

/// A job's creation to its state STARTED. Assumed: "few seconds" (§6).
pub(crate) const JOB_PENDING: Between = Between(2 * SECOND, 5 * SECOND);
/// Termination of the earlier recovery instance of a server. Assumed from EC2 termination.
pub(crate) const CLEANUP: Between = Between(35 * SECOND, 45 * SECOND);
/// `SNAPSHOT_START` to `SNAPSHOT_END` (§6, TOOLS).
pub(crate) const SNAPSHOT: Between = Between(300, 900);
/// `SNAPSHOT_END` to `CONVERSION_START` (§6, TOOLS: 52 s).
pub(crate) const BEFORE_CONVERSION: Between = Between(50 * SECOND, 54 * SECOND);
/// Conversion (§6, TOOLS: 3 min 15 s).
pub(crate) const CONVERSION: Between = Between(180 * SECOND, 210 * SECOND);
/// `LAUNCH_START` to `LAUNCH_END` (§6, TOOLS: 4.6 to 5.2 min).
pub(crate) const LAUNCH: Between = Between(280 * SECOND, 312 * SECOND);
/// The last `LAUNCH_END` to `JOB_END` (§6, TOOLS).
pub(crate) const JOB_END: Between = Between(2 * SECOND, 3 * SECOND);
/// EC2 `pending` to `running`. Assumed.
pub(crate) const BOOT: Between = Between(12 * SECOND, 30 * SECOND);
/// `JOB_END` to both status checks passing. Assumed from EC2.
pub(crate) const CHECKS: Between = Between(60 * SECOND, 150 * SECOND);
/// `JOB_END` to the end of post-launch actions. Assumed.
pub(crate) const POST_LAUNCH: Between = Between(25 * SECOND, 35 * SECOND);
/// Conversion of a slow server (a public capture of Windows servers: 14 min).
pub(crate) const SLOW_CONVERSION: Between = Between(14 * MINUTE, 20 * MINUTE);
/// `LAUNCH_START` to `LAUNCH_END` of a slow server: jobs of 24 to 36 minutes in all.
pub(crate) const SLOW_LAUNCH: Between = Between(9 * MINUTE, 14 * MINUTE);
/// `JOB_END` to both status checks passing, of a slow server: Windows boots within 20 minutes, says AWS.
pub(crate) const SLOW_CHECKS: Between = Between(15 * MINUTE, 20 * MINUTE);
/// `LAUNCH_END` of a slow server to its recovery instance being listed: 32 minutes after the job were reported.
pub(crate) const SLOW_LISTING: Between = Between(25 * MINUTE, 32 * MINUTE);
/// StartRecovery to the job being listed, where it answers late. Assumed.
pub(crate) const SLOW_JOB_LISTING: i64 = 40 * SECOND;
/// The time for which post-launch actions run, once DRS has found the SSM agent. Assumed.
pub const ACTIONS_MS: i64 = 15 * SECOND;
/// Running to the agent's first check-in (§5: "not finished initializing"; minutes).
pub(crate) const AGENT: Between = Between(3 * MINUTE, 6 * MINUTE);

/// ReverseReplication to the first sign of it in state and counters of a re-pointed server (§12.12). Assumed.
pub(crate) const REPOINT_SHOWS: Between = Between(2 * MINUTE, 4 * MINUTE);

/// The eleven initiation steps of a source server (§6: 12 to 25 min in all for 8 GB).
pub(crate) const INITIATION: Between = Between(3 * MINUTE, 6 * MINUTE);
/// Initial sync, bytes a millisecond: 60 to 120 MB/s.
pub(crate) const SYNC_BYTES_PER_MS: Between = Between(60_000, 120_000);
/// BACKLOG after the initial sync. Assumed.
pub(crate) const BACKLOG: Between = Between(MINUTE, 3 * MINUTE);
/// `CREATING_SNAPSHOT`. Assumed.
pub(crate) const CREATING_SNAPSHOT: Between = Between(30 * SECOND, 60 * SECOND);
/// One point in time to the next (§6, PIT policy).
pub(crate) const SNAPSHOT_EVERY: i64 = 10 * MINUTE;
/// A new source server to its visibility in `DescribeSourceServers`. Assumed.
pub(crate) const VISIBLE: Between = Between(2 * SECOND, 8 * SECOND);
/// `AGENT_NOT_SEEN` of a source server whose source instance was just replaced (§3, row 4: briefly).
pub(crate) const REPOINT: Between = Between(100 * SECOND, 140 * SECOND);
/// A rescan, without the share that each byte adds. Assumed: 6 to 12 min in all.
pub(crate) const RESCAN_MIN: i64 = 6 * MINUTE;
/// Bytes that lengthen a rescan by a millisecond: 60 GiB add about six minutes.
pub(crate) const RESCAN_BYTES_PER_MS: i64 = 180_000;

/// `StopReplication(A2)` to B2 being terminable (§0.7, SAMPLE: minutes).
pub(crate) const STOP_SETTLES: Between = Between(MINUTE, 3 * MINUTE);
/// A TERMINATE job, without its PENDING. Assumed.
pub(crate) const TERMINATE_JOB: Between = Between(48 * SECOND, 75 * SECOND);
/// EC2 `shutting-down` to `terminated`. Assumed.
pub(crate) const SHUTTING_DOWN: Between = Between(30 * SECOND, 46 * SECOND);
/// EC2 `stopping` to `stopped`. Assumed.
pub(crate) const STOPPING: Between = Between(20 * SECOND, 40 * SECOND);
/// A TERMINATED recovery instance to its disappearance from the list (§6: they linger).
pub(crate) const LINGERS: i64 = 5 * MINUTE;
/// `DisconnectSourceServer` to DISCONNECTED being visible (§5, SAMPLE polls for it).
pub(crate) const DISCONNECT: Between = Between(10 * SECOND, 40 * SECOND);
/// Route 53 PENDING to INSYNC (§10: within 60 s).
pub(crate) const DNS: Between = Between(20 * SECOND, 50 * SECOND);
