use failback_core::Result;
use failback_core::cloud::{
    ExecutionState, HookAnswer, Instance, Job, LaunchConfiguration, RecordSet, RecoveryInstance,
    RunningExecution, SourceServer,
};
use failback_core::guard::{ChangeRecords, TerminateRecoveryInstances};
use failback_core::region::Region;
use failback_core::timestamp::Timestamp;
use failback_rehearsal::program::Performer;
use failback_rehearsal::steps::StepEntry;
use failback_sim::{Simulation, World};
use failback_testkit::{Response, Tampered};
use serde_json::Value;

/// A planted bug: a step reads something wrong, or does something other than decided. The guard itself is unchanged.
/// It is weakened only by its inputs, and wrong calls are made in the step's name.
pub(crate) trait Bug: Send + Sync {
    /// Changes the payload of a step.
    fn given(&self, _step: &str, _payload: &mut Value) {}

    /// Changes the answer of a step.
    fn answered(&self, _step: &str, _payload: &mut Value) {}

    /// Returns an answer in place of a step's failure.
    fn failed(&self, _step: &str, _given: &Value) -> Option<Value> {
        None
    }

    /// Makes additional calls in the name of the step that has just answered, with `done` or not.
    fn besides(&self, _world: &mut World, _step: &str, _done: bool) {}

    /// Changes the source servers that a step sees.
    fn source_servers(&self, _world: &World, _region: Region, _servers: &mut Vec<SourceServer>) {}

    /// Changes the recovery instances that a step sees.
    fn recovery_instances(&self, _world: &World, _region: Region, _found: &mut Vec<RecoveryInstance>) {}

    /// Changes the jobs that a step sees.
    fn jobs(&self, _world: &World, _region: Region, _jobs: &mut Vec<Job>) {}

    /// Changes the EC2 instances that a step sees.
    fn instances(&self, _world: &World, _instances: &mut Vec<Instance>) {}

    /// Changes the launch settings that a step sees.
    fn launch_configuration(&self, _region: Region, _settings: &mut LaunchConfiguration) {}

    /// Changes the records that a step sees.
    fn records(&self, _world: &World, _sets: &mut Vec<RecordSet>) {}

    /// Changes the executions that a step sees.
    fn executions(&self, _executions: &mut Vec<RunningExecution>) {}

    /// Changes the state of another execution that a step sees.
    fn execution_state(&self, _state: &mut Option<ExecutionState>) {}

    /// Changes what the hook answers to a step.
    fn hook(&self, _answer: &mut HookAnswer) {}

    /// Terminates something before the call that the guard has allowed.
    fn terminates(&self, _world: &mut World, _allowed: &TerminateRecoveryInstances) {}

    /// Acts before a change of records that the guard has allowed.
    fn changes(&self, _world: &mut World, _allowed: &ChangeRecords) {}
}

/// The deployed steps, with a bug between them and the world.
pub(crate) struct Bugged<B>(pub(crate) B);

impl<B: Bug> Performer for Bugged<B> {
    fn perform(
        &self,
        simulation: &Simulation,
        step: StepEntry,
        payload: &Value,
        deadline: Timestamp,
    ) -> Option<Result<Value>> {
        let mut payload = payload.clone();
        self.0.given(step.name, &mut payload);
        let tamper = |seen: Response<'_>| {
            let world = &mut simulation.world();
            match seen {
                Response::SourceServers(region, servers) => self.0.source_servers(world, region, servers),
                Response::RecoveryInstances(region, found) => self.0.recovery_instances(world, region, found),
                Response::Jobs(region, jobs) => self.0.jobs(world, region, jobs),
                Response::Instances(_, instances) => self.0.instances(world, instances),
                Response::LaunchConfiguration(region, settings) => {
                    self.0.launch_configuration(region, settings);
                }
                Response::Records(sets) => self.0.records(world, sets),
                Response::Executions(executions) => self.0.executions(executions),
                Response::ExecutionState(_, state) => self.0.execution_state(state),
                Response::Hook(answer) => self.0.hook(answer),
                Response::Terminates(allowed) => self.0.terminates(world, allowed),
                Response::Changes(allowed) => self.0.changes(world, allowed),
                _ => {}
            }
        };
        let tampered = Tampered { world: simulation, tamper: &tamper };
        let mut answer = simulation.run(step.call(&tampered, &payload, deadline))?;
        if let (Err(_), Some(instead)) = (&answer, self.0.failed(step.name, &payload)) {
            answer = Ok(instead);
        }
        let done = matches!(&answer, Ok(payload) if payload["answer"]["status"] == "done");
        self.0.besides(&mut simulation.world(), step.name, done);
        if let Ok(payload) = &mut answer {
            self.0.answered(step.name, payload);
        }
        Some(answer)
    }
}
