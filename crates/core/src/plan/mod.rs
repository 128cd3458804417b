//! The plan file: the complete input of a drill or a failback, the same for console, schedule, API and laptop.

mod check;
mod problem;
mod read;
mod text;
mod words;
mod written;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cloud::RecordType;
use crate::id::{HostedZoneId, SecurityGroupId, SourceServerId, SubnetId};
use crate::region::RegionPair;
use crate::tags::{Tags, has_tags};

pub use problem::{Problem, Problems};
pub use text::json_value;

pub use crate::cloud::Address;

/// The value of `instanceType` and `instanceProfile` that means: the same as A1.
pub const LIKE_SOURCE: &str = "like-source";

/// The largest number of servers of a plan, as long as an execution's payload of 256 KiB carries them with their names and
/// the plan. DRS replicates at most 300 of an account in a Region, unless AWS allows more.
pub const SERVERS_MAX: usize = 1_000;

/// The largest number of executions that a plan can take over.
const TAKE_OVER_MAX: usize = 10;

/// A plan file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// A name for reports and notifications: 1 to 60 letters, digits, spaces and `-_.`.
    pub name: String,
    /// The Region to fail back to, and the Region that production leaves.
    pub regions: RegionPair,
    /// The servers to fail back.
    pub servers: Servers,
    /// The order in which servers are launched. Without waves, all are launched at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waves: Vec<Wave>,
    /// Launch settings of A4.
    pub launch: Launch,
    /// Settings of a drill.
    #[serde(default)]
    pub drill: DrillSettings,
    /// The checks that A4 must pass to count as working.
    #[serde(default)]
    pub validation: Validation,
    /// The cut-over of a failback: from the last look at B3's data to the redirection of traffic.
    #[serde(default)]
    pub cutover: Cutover,
    /// The redirection of traffic after a failback.
    pub redirect: Redirect,
    /// Failback only: stop replication of B1 once A2 can be launched and a person has agreed, to avoid double billing.
    /// Deletes every point in time of B1, and makes protecting A4 a full initial sync.
    #[serde(default)]
    pub stop_original_replication: bool,
    /// Optional parts of a failback's clean-up.
    #[serde(default)]
    pub cleanup: Cleanup,
    /// Points at which a failback waits for a person's approval.
    #[serde(default)]
    pub gates: Gates,
    /// Time limits of the waits.
    #[serde(default)]
    pub limits: Limits,
    /// Failback only: end as *ready to go home* once A2 can be launched, and launch nothing. The same plan without it
    /// continues, weeks later too.
    #[serde(default)]
    pub end_when_ready: bool,
    /// Failback only, the reason: lead back what an execution that has ended had begun, before traffic was redirected, and
    /// end as *aborted*. 1 to 1,000 characters, which go into the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abort: Option<String>,
    /// Executions whose servers this run takes over, by ARN, of stacks whose executions this one cannot see. Someone has
    /// made sure that they do not run, and will not be redriven.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub take_over: Vec<String>,
    /// The person or system that started the run, for the report. Written by the API; optional otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<String>,
}

/// The servers of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "written::WrittenServers", into = "written::WrittenServers")]
#[schemars(with = "written::WrittenServers")]
pub enum Servers {
    /// Every source server that replicates from the source to the recovery Region.
    All,
    /// Source servers (B1) by id.
    Ids(Vec<SourceServerId>),
    /// Source servers (B1) that carry all of these tags.
    Tags(Tags),
}

impl Servers {
    /// Returns the ids if the plan selects its servers by id.
    pub fn ids(&self) -> Option<&[SourceServerId]> {
        match self {
            Self::Ids(ids) => Some(ids),
            Self::All | Self::Tags(_) => None,
        }
    }

    /// Returns the tags if the plan selects its servers by tags.
    pub fn tags(&self) -> Option<&Tags> {
        match self {
            Self::Tags(tags) => Some(tags),
            Self::All | Self::Ids(_) => None,
        }
    }
}

/// A wave: servers that are launched together, once the servers of the previous wave work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wave {
    /// A name for reports.
    pub name: String,
    /// Tags of B1. A server belongs to the first wave of which it carries all tags. `{}` takes all remaining servers.
    pub tags: Tags,
    /// What of the wave before it the launch of this one waits for. The first wave waits for nothing.
    #[serde(default)]
    pub waits_for: WaitsFor,
}

/// What a wave waits for, of the wave before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum WaitsFor {
    /// All its servers work.
    #[default]
    Validation,
    /// All its servers are launched.
    Launch,
    /// Nothing: both are launched at once. It is validated after the one before.
    Nothing,
}

/// Launch settings of A4.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Launch {
    /// The network of A4 in a failback.
    pub network: Network,
    /// A4's instance profile, by name or ARN, or `like-source`.
    #[serde(default = "like_source")]
    pub instance_profile: String,
    /// A4's instance type, or `like-source`.
    #[serde(default = "like_source")]
    pub instance_type: String,
    /// The largest lag in seconds at which a server may be launched (Ready with lag). 0: only without lag (Ready).
    #[serde(default)]
    pub lag_seconds_max: u64,
    /// The largest age in seconds of A4's data when clients come to use it: everything that B3 accepts within that time
    /// is lost. An older A4 is launched again first.
    #[serde(default = "data_age_seconds_max")]
    pub data_age_seconds_max: u64,
    /// `true`: A4 may be A1 itself, where the source Region's DRS launches into the source instance.
    /// Failback only; A1 must then be stopped, and is never terminated.
    #[serde(default)]
    pub into_source: bool,
    /// The largest number of times that a server is launched again if its launch fails or it does not work.
    #[serde(default = "relaunches_max")]
    pub relaunches_max: u32,
}

/// The network of A4 in a failback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "written::WrittenNetwork", into = "written::WrittenNetwork")]
#[schemars(with = "written::WrittenNetwork")]
pub enum Network {
    /// The subnet and security groups of A1.
    LikeSource,
    /// A subnet of the source Region with its security groups.
    Named(NamedNetwork),
}

/// The kind of launch that a drill uses. With both, it leaves nothing behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LaunchAs {
    /// `isDrill` false. AWS does not document that replication of a drill instance can be reversed (drs-facts §12.3).
    #[default]
    Recovery,
    /// `isDrill` true.
    Drill,
}

/// Settings of a drill.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DrillSettings {
    /// The isolated network of the source Region into which A4 is launched. A drill is refused without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<NamedNetwork>,
    /// `true`: launch the recovered servers (B1 → B2, B3) first. Refused while B1 has a live recovery instance.
    #[serde(default)]
    pub launch_recovered_servers: bool,
    /// The subnets of the recovery Region in which a drill may launch B3, a copy of production. B1's own launch template
    /// decides in which it does.
    #[serde(default)]
    pub recovered_subnet_ids: Vec<SubnetId>,
    /// `true`: keep B2 and B3, which may be production, and A2, which protects them; only A3 and A4
    /// are cleaned up.
    #[serde(default)]
    pub keep_recovered_servers: bool,
    /// `true`: recovered servers that were not launched as a drill may be terminated by the drill's clean-up, as long as
    /// records show that clients do not use them.
    #[serde(default)]
    pub recovered_servers_are_disposable: bool,
    /// The kind of launch that the drill requests from DRS: `recovery` or `drill`.
    #[serde(default)]
    pub launch_as: LaunchAs,
    /// Keeps A4 for people's tests once every wave works. Without it, the clean-up begins at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
}

/// A wait of a drill in which people test A4. A yes, a no and the end of the time lead to the clean-up; a no is a test that
/// failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hold {
    /// The longest time for which A4 is kept.
    pub timeout_minutes: u64,
}

/// A network that the plan names. For a drill, production must not use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamedNetwork {
    /// A subnet of the source Region.
    pub subnet_id: SubnetId,
    /// The security groups for the subnet.
    pub security_group_ids: Vec<SecurityGroupId>,
}

/// The checks that A4 must pass to count as working.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Validation {
    /// Both EC2 status checks must pass.
    #[serde(default = "yes")]
    pub status_checks: bool,
    /// DRS post-launch actions, where a server has any, must succeed.
    #[serde(default = "yes")]
    pub post_launch_actions: bool,
}

impl Default for Validation {
    fn default() -> Self {
        Self { status_checks: true, post_launch_actions: true }
    }
}

/// The cut-over of a failback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cutover {
    /// The loss in seconds to which nobody needs to agree: the gate `beforeLaunch` is then passed by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept_loss_seconds: Option<u64>,
    /// How writes to B3 are stopped before the launch, so that nothing is lost. Without it, what B3 accepts from each
    /// server's point in time until the redirect is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freeze: Option<Freeze>,
    /// With `byHook`, the longest time for which B3 is frozen before traffic has moved. The last ten minutes of it belong to
    /// the second party.
    #[serde(default = "minutes_60")]
    pub freeze_minutes_max: u64,
    /// What becomes of A4 that runs of the failback have launched, when it is aborted before the redirect.
    #[serde(default)]
    pub on_abort: OnAbort,
}

impl Default for Cutover {
    fn default() -> Self {
        Self {
            accept_loss_seconds: None,
            freeze: None,
            freeze_minutes_max: minutes_60(),
            on_abort: OnAbort::default(),
        }
    }
}

/// What becomes of A4 when a failback is aborted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnAbort {
    /// It is terminated, with A3.
    #[default]
    Terminate,
    /// It is kept, and billed.
    Keep,
}

/// How writes to B3 are stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Freeze {
    /// A person stops and flushes them, says so at the gate `beforeLaunch`, and lets them go on if the failback is held.
    ByHand,
    /// The hook of the stack stops and flushes them. A second party lets them go on if the failback ends or takes too long
    /// before traffic has moved.
    ByHook,
}

/// The redirection of traffic after a failback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "written::WrittenRedirect", into = "written::WrittenRedirect")]
#[schemars(with = "written::WrittenRedirect")]
pub enum Redirect {
    /// Records that are changed to point at A4. A drill does not change them, but identifies production by them.
    Records(Vec<Record>),
    /// A person redirects traffic by other means, confirms this by approving `beforeRedirect`, and again by approving
    /// `beforeCleanup`.
    ByHand {
        /// True if an original that runs beside a recovered server is known not to be production.
        originals_may_run: bool,
    },
}

impl Redirect {
    /// Returns the records; none where traffic is redirected by hand.
    pub fn records(&self) -> &[Record] {
        match self {
            Self::Records(records) => records,
            Self::ByHand { .. } => &[],
        }
    }

    /// Returns true when an original that runs is no sign of production: by records, which show what serves, or by the
    /// plan's word.
    pub fn allows_running_originals(&self) -> bool {
        matches!(self, Self::Records(_) | Self::ByHand { originals_may_run: true })
    }

    /// Returns true when a person redirects traffic.
    pub fn is_by_hand(&self) -> bool {
        matches!(self, Self::ByHand { .. })
    }
}

/// A simple record in Route 53.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Record {
    /// The hosted zone.
    pub zone_id: HostedZoneId,
    /// The record's full name.
    pub name: String,
    /// The record type.
    #[serde(rename = "type")]
    pub kind: RecordType,
    /// The TTL in seconds.
    pub ttl_seconds: u64,
    /// The server that the record points at: its name, or the id of its B1.
    pub server: String,
    /// The address of A4 that the record points at.
    pub address: Address,
}

/// Optional parts of a failback's clean-up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cleanup {
    /// `true`: terminate the original servers (A1). Their disks may be deleted with them.
    #[serde(default)]
    pub terminate_originals: bool,
}

/// Points at which a failback waits for a person's approval. A drill has none of them, and may have a hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gates {
    /// The gate once A2 can be launched, before replication of B1 is stopped and its points in time are deleted. Required
    /// with `stopOriginalReplication`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_stop: Option<Gate>,
    /// The gate before A4 is launched: from its point in time on, what B3 accepts is lost. It is passed by with
    /// `cutover.acceptLossSeconds`.
    #[serde(default = "a_day")]
    pub before_launch: Gate,
    /// The gate between validation of A4 and redirection of traffic. With `byHand`, approval confirms that traffic was
    /// redirected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_redirect: Option<Gate>,
    /// The gate after A4 is protected and before anything is stopped or terminated. With `byHand`, approval confirms that
    /// clients still use A4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_cleanup: Option<Gate>,
}

impl Default for Gates {
    fn default() -> Self {
        Self { before_stop: None, before_launch: a_day(), before_redirect: None, before_cleanup: None }
    }
}

/// A wait for a person's approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gate {
    /// The longest wait for an answer. No answer counts as a refusal.
    pub timeout_minutes: u64,
}

/// Time limits of the waits. A run that reaches one stops safely, and can be continued later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    /// The time until the recovered servers' agents are seen and replication is reversed.
    #[serde(default = "minutes_60")]
    pub reversal_minutes: u64,
    /// The time until A2 is ready. It grows with the disks; at most 14 days.
    #[serde(default = "hours_48")]
    pub replication_hours: u64,
    /// The time until A2 holds all that B3 accepted before a freeze. Nobody writes meanwhile.
    #[serde(default = "minutes_30")]
    pub drain_minutes: u64,
    /// The time until a wave is launched, including all relaunches.
    #[serde(default = "minutes_120")]
    pub launch_minutes: u64,
    /// The time until a launched server's checks pass. After that, it is launched again if the plan allows it.
    #[serde(default = "minutes_20")]
    pub validation_minutes: u64,
    /// The time until Route 53 reports INSYNC.
    #[serde(default = "minutes_15")]
    pub redirect_minutes: u64,
    /// The time until B1 protects A4.
    #[serde(default = "hours_48")]
    pub protection_hours: u64,
    /// The time for each step of the clean-up.
    #[serde(default = "minutes_60")]
    pub cleanup_minutes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            reversal_minutes: minutes_60(),
            replication_hours: hours_48(),
            drain_minutes: minutes_30(),
            launch_minutes: minutes_120(),
            validation_minutes: minutes_20(),
            redirect_minutes: minutes_15(),
            protection_hours: hours_48(),
            cleanup_minutes: minutes_60(),
        }
    }
}

fn yes() -> bool {
    true
}
fn like_source() -> String {
    LIKE_SOURCE.to_owned()
}
fn a_day() -> Gate {
    Gate { timeout_minutes: 1_440 }
}
fn data_age_seconds_max() -> u64 {
    3_600
}
fn relaunches_max() -> u32 {
    2
}
fn minutes_15() -> u64 {
    15
}
fn minutes_20() -> u64 {
    20
}
fn minutes_30() -> u64 {
    30
}
fn minutes_60() -> u64 {
    60
}
fn minutes_120() -> u64 {
    120
}
fn hours_48() -> u64 {
    48
}

impl Plan {
    /// Returns the names of the waves in order: `all` if the plan names none.
    pub fn wave_names(&self) -> Vec<String> {
        if self.waves.is_empty() {
            vec!["all".to_owned()]
        } else {
            self.waves.iter().map(|wave| wave.name.clone()).collect()
        }
    }

    /// Returns the last wave whose launch may start while this wave's does or, if this wave is launched, now.
    pub fn last_wave_beside(&self, wave: usize, is_launched: bool) -> usize {
        let mut last = wave;
        for (index, later) in self.waves.iter().enumerate().skip(wave + 1) {
            match later.waits_for {
                WaitsFor::Nothing => last = index,
                WaitsFor::Launch if is_launched && index == wave + 1 => last = index,
                WaitsFor::Launch | WaitsFor::Validation => break,
            }
        }
        last
    }

    /// Returns the wave of a server with these tags: the first of which it carries all tags.
    pub fn wave_of(&self, tags: &Tags) -> Option<usize> {
        if self.waves.is_empty() {
            return Some(0);
        }
        self.waves.iter().position(|wave| has_tags(tags, &wave.tags))
    }

    /// Returns true when the plan selects a source server with this id and these tags.
    pub fn means(&self, id: &SourceServerId, tags: &Tags) -> bool {
        match &self.servers {
            Servers::All => true,
            Servers::Ids(ids) => ids.contains(id),
            Servers::Tags(wanted) => has_tags(tags, wanted),
        }
    }
}
