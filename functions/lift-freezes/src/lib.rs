//! Beside the machines: lifts every freeze of B3 whose lease is over, or whose execution has ended, unless traffic has moved.
//!
//! A schedule calls it every minute, and EventBridge when a failback fails, times out or is stopped. It reads the leases on
//! B2, marks what is to be lifted, and has the hook lift it once no redirect can be under way and the plan's records show
//! that clients use B3. What it cannot lift after the end of its lease is overdue: the template makes an alarm of that.

use std::collections::BTreeMap;

use failback_core::Result;
use failback_core::at_once::at_once;
use failback_core::catalogue::{Reason, fault, reason};
use failback_core::cloud::{
    Cloud, ExecutionState, HookAnswer, RecoveryInstance, RecoveryInstanceFilter, RunningExecution,
};
use failback_core::fleet::{self, Fleet, Lease, Reads, Server, Times, distinguish, frozen_by, name_of};
use failback_core::guard::{LIFT_SECONDS, Lift, SecondParty};
use failback_core::message::{Reasons, count};
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::region::Region;
use failback_core::run::Run;
use failback_core::step::{Answer, Handler};
use failback_core::timestamp::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The second party.
#[derive(Debug)]
pub struct LiftFreezes;

/// The payload: the input of the schedule and of the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LiftInput {
    /// Region B, where B2 is.
    pub recovery: Region,
    /// ARN of the stack's hook.
    pub hook: String,
}

/// What was found, and done about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lifted {
    /// The answer, which the log shows as it shows those of steps.
    pub answer: Answer,
    /// The number of B2 with a freeze that was not lifted before.
    pub frozen: usize,
    /// The number of them whose lease is over and which are not lifted, of which the template makes an alarm.
    pub overdue: usize,
}

/// The freezes of one execution.
struct Freeze<'a> {
    execution: &'a str,
    b2s: Vec<&'a RecoveryInstance>,
    /// Every B2 of the Region.
    all: &'a [RecoveryInstance],
    read_at: Timestamp,
}

impl Handler for LiftFreezes {
    const NAME: &'static str = "lift-freezes";
    const PROCEDURES: &'static [Procedure] = &[];
    type Input = LiftInput;
    type Output = Lifted;

    async fn handle(cloud: &dyn Cloud, input: LiftInput, _deadline: Timestamp) -> Result<Lifted> {
        let read_at = cloud.now();
        let mut b2s = cloud.recovery_instances(input.recovery, &RecoveryInstanceFilter::All).await?;
        b2s.retain(RecoveryInstance::is_live);
        let mut freezes: BTreeMap<&str, Freeze<'_>> = BTreeMap::new();
        for b2 in b2s.iter().filter(|b2| is_open(b2)) {
            let execution = frozen_by(b2).unwrap_or_default();
            let new = || Freeze { execution, b2s: Vec::new(), all: &b2s, read_at };
            freezes.entry(execution).or_insert_with(new).b2s.push(b2);
        }
        let mut reasons = Reasons::default();
        let mut overdue = 0;
        for freeze in freezes.values() {
            let why = match freeze.lift(cloud, &input.hook).await {
                Ok(Outcome::GoesOn(why)) => why,
                Ok(Outcome::Stays(why)) => {
                    overdue += freeze.overdue(cloud.now());
                    why
                }
                Err(error) => {
                    overdue += freeze.overdue(cloud.now());
                    reason::freeze_stays(freeze.servers(), Reason::from(&error))
                }
            };
            reasons.add(freeze.execution, why);
        }
        let why =
            if reasons.is_empty() { reason::no_freeze_is_to_be_lifted() } else { Reason::from(&reasons) };
        let answer = Answer::done(&why);
        Ok(Lifted { answer, frozen: freezes.values().map(|freeze| freeze.b2s.len()).sum(), overdue })
    }
}

/// What came of one freeze.
enum Outcome {
    /// It is lifted, or need not be yet, or not any more.
    GoesOn(Reason),
    /// It could not be lifted.
    Stays(Reason),
}

fn is_open(b2: &RecoveryInstance) -> bool {
    !matches!(Lease::of(b2), None | Some(Lease::Lifted(_)))
}

impl Freeze<'_> {
    fn servers(&self) -> String {
        count(self.b2s.len(), "server")
    }

    /// Returns the number of servers whose lease is over. A mark is made before that.
    fn overdue(&self, now: Timestamp) -> usize {
        let is_over = |lease| match lease {
            Some(Lease::Until(until)) => until < now,
            Some(Lease::Lifting(since)) => since.plus_seconds(LIFT_SECONDS) < now,
            Some(Lease::Lifted(_)) | None => false,
        };
        self.b2s.iter().filter(|b2| is_over(Lease::of(b2))).count()
    }

    /// Marks the freeze, or has the hook lift it.
    async fn lift(&self, cloud: &dyn Cloud, hook: &str) -> Result<Outcome> {
        let Some((execution, owner)) = cloud.execution(self.execution).await? else {
            return Ok(Outcome::Stays(reason::execution_is_not_shown(self.execution)));
        };
        let run = run_of(execution, hook)?;
        let party = SecondParty::new(cloud);
        if self.mark(cloud, &party, &run, owner).await? {
            return Ok(Outcome::GoesOn(reason::freeze_is_marked(self.servers())));
        }
        if !self.b2s.iter().all(|b2| matches!(Lease::of(b2), Some(Lease::Lifting(_)))) {
            return Ok(Outcome::GoesOn(reason::freeze_goes_on(self.servers())));
        }
        let fleet = self.fleet(cloud, &run).await?;
        let live = fleet::read_for_report(cloud, &run, &fleet, Reads::SERVING).await?;
        let servers = live.servers(&fleet);
        let warrant = match party.lift(&run, &servers)? {
            Lift::Call(warrant) => warrant,
            Lift::TooEarly => return Ok(Outcome::GoesOn(reason::freeze_is_marked(self.servers()))),
            Lift::Moved => return Ok(Outcome::GoesOn(reason::traffic_has_moved(self.servers()))),
        };
        let answer = cloud.call_hook(warrant).await?;
        if let HookAnswer::Waiting(why) | HookAnswer::Missing(why) = answer {
            return Ok(Outcome::Stays(reason::freeze_stays(self.servers(), why)));
        }
        let lifted = self.b2s.iter().map(|b2| party.lifted(b2, &run, &answer));
        at_once(lifted.map(|warrant| async { cloud.tag_resource(warrant?).await })).await?;
        Ok(Outcome::GoesOn(reason::freeze_is_lifted(self.servers())))
    }

    /// Marks what is to be lifted. Returns true when it has marked something.
    async fn mark(
        &self,
        cloud: &dyn Cloud,
        party: &SecondParty<'_>,
        run: &Run,
        owner: ExecutionState,
    ) -> Result<bool> {
        let marks = self.b2s.iter().filter_map(|b2| party.mark(b2, run, owner, self.read_at).transpose());
        let marked = at_once(marks.map(|mark| async { cloud.tag_resource(mark?).await })).await?;
        Ok(!marked.is_empty())
    }

    /// Returns the servers of the plan, by the names that its records call them: what one of them shows about traffic, holds
    /// for all.
    async fn fleet(&self, cloud: &dyn Cloud, run: &Run) -> Result<Fleet> {
        let mut servers = Vec::new();
        for b1 in cloud.source_servers(run.recovery(), None).await? {
            let is_frozen = self.b2s.iter().any(|b2| b2.source_server == b1.id);
            let b2 = self.all.iter().find(|b2| b2.source_server == b1.id);
            if !is_frozen && !run.plan.means(&b1.id, &b1.tags) {
                continue;
            }
            servers.push(Server {
                name: name_of(&b1).0,
                wave: 0,
                a1: None,
                b1: b1.id,
                b2: b2.map(|b2| b2.id.clone()),
                a2: None,
                a3: None,
                replace: None,
                asked: None,
                drained: false,
                already_failed_back: b2.is_none(),
                times: Times::default(),
            });
        }
        distinguish(&mut servers);
        Ok(Fleet { servers, redirected: None })
    }
}

/// Returns the run of an execution, by its input.
fn run_of(execution: RunningExecution, hook: &str) -> Result<Run> {
    let plan = Plan::read(&execution.input).map_err(fault::plan_is_wrong)?;
    Ok(Run {
        id: execution.id,
        procedure: execution.procedure,
        started: execution.started,
        began: None,
        plan,
        traffic_moved_by_hand: false,
        clean_up_approved: None,
        frozen: None,
        hook: Some(hook.to_owned()),
        redrives: 0,
        aborted: None,
        again: None,
    })
}

#[cfg(test)]
mod tests;
