use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use failback_core::cloud::{
    ExecutionState, HookAnswer, Instance, Job, LaunchConfiguration, RecordSet, RecoveryInstance,
    ReplicationState, RunningExecution, SourceServer, Tags,
};
use failback_core::fleet::Lease;
use failback_core::guard::ChangeRecords;
use failback_core::region::Region;
use failback_core::tags::tag;
use failback_core::timestamp::Timestamp;
use failback_sim::{CallRequest, ChangeAction, RecordChange, World};
use serde_json::{Value, json};

use crate::bug::Bug;

/// The drill's clean-up stops B1 as a failback's may stop A2, in a Region in which it must not.
pub(crate) struct ProductionPermit;

impl Bug for ProductionPermit {
    fn besides(&self, world: &mut World, step: &str, done: bool) {
        if step == "stop-reversed-replication" && done && is_drill(world) {
            let (_, recovery) = world.region_pair();
            for b1 in b1s(world) {
                let request = CallRequest::new("drs:StopReplication", Some(recovery), [b1.as_str()]);
                world.call(request, |world| world.stop_replication(recovery, &b1)).ok();
            }
        }
    }
}

/// Everything in the recovery Region is taken for the fleet's.
pub(crate) struct OwnedByRegion;

impl Bug for OwnedByRegion {
    fn besides(&self, world: &mut World, step: &str, done: bool) {
        if step == "terminate-recovered-servers" && done {
            let (_, recovery) = world.region_pair();
            let ids: Vec<_> = world.recovery_instances(recovery).map(|found| found.id.clone()).collect();
            for id in ids {
                let request =
                    CallRequest::new("drs:TerminateRecoveryInstances", Some(recovery), [id.as_str()]);
                world.call(request, |world| world.terminate_recovery_instances(recovery, &[id])).ok();
            }
        }
    }
}

/// A server that has just started to rescan is taken for one without lag.
pub(crate) struct ContinuousIsHealthy;

impl Bug for ContinuousIsHealthy {
    fn source_servers(&self, _world: &World, _region: Region, servers: &mut Vec<SourceServer>) {
        for server in servers {
            let replication = &mut server.replication;
            if !matches!(replication.state, ReplicationState::Stopped | ReplicationState::Disconnected) {
                replication.state = ReplicationState::Continuous;
                replication.lag_seconds = None;
                replication.backlog_bytes = 0;
                replication.replicated_bytes = replication.total_bytes;
                replication.rescanned_bytes = replication.total_bytes;
                replication.rescan_complete = true;
                replication.error = None;
            }
        }
    }
}

/// Data of more than an hour is taken for fresh.
pub(crate) struct OldIsFresh;

impl Bug for OldIsFresh {
    fn recovery_instances(&self, world: &World, region: Region, found: &mut Vec<RecoveryInstance>) {
        let (source, _) = world.region_pair();
        let now = Timestamp::from_millis(world.now_ms());
        for instance in found.iter_mut().filter(|_| region == source) {
            if instance.point_in_time.is_some_and(|taken| now.seconds_since(taken) > 3_600) {
                instance.point_in_time = Some(now);
            }
        }
    }
}

/// B3 is taken for what serves, whatever the records hold.
pub(crate) struct B3AlwaysServes;

impl Bug for B3AlwaysServes {
    fn records(&self, world: &World, sets: &mut Vec<RecordSet>) {
        let (_, recovery) = world.region_pair();
        let mut b3s = world.fleet().iter().filter_map(|server| world.instance(recovery, server.b3.last()?));
        let Some(b3) = b3s.next_back() else { return };
        for set in sets {
            set.values = vec![b3.public_ip.clone()];
        }
    }
}

/// A COMPLETED job is taken for a launch, and a missing server for one that works.
pub(crate) struct FailedIsLaunched;

impl Bug for FailedIsLaunched {
    fn failed(&self, step: &str, given: &Value) -> Option<Value> {
        let launches = ["launch-for-failback", "validate-failed-back-servers"].contains(&step);
        let answer = json!({ "status": "done", "why": "launched", "waitSeconds": 0 });
        launches.then(|| json!({ "answer": answer, "fleet": given["fleet"], "wait": null }))
    }
}

/// A job is started without a check for an earlier one.
pub(crate) struct BlindRetry;

impl Bug for BlindRetry {
    fn jobs(&self, _world: &World, _region: Region, jobs: &mut Vec<Job>) {
        jobs.clear();
    }

    fn recovery_instances(&self, world: &World, region: Region, found: &mut Vec<RecoveryInstance>) {
        let fresh: BTreeSet<String> = world.jobs(region).map(|job| job.id.to_string()).collect();
        found.retain(|instance| {
            instance.job.as_ref().is_none_or(|job| !fresh.contains(job.as_str()))
                || world.now_ms() - world.start_ms() > 6 * 3_600_000
        });
    }
}

/// The step that terminates A1 terminates A4.
pub(crate) struct TerminatesA4;

impl Bug for TerminatesA4 {
    fn besides(&self, world: &mut World, step: &str, done: bool) {
        if step == "terminate-original-servers" && done {
            let a4s: Vec<_> = world.fleet().iter().flat_map(|server| server.a4.clone()).collect();
            terminate_home(world, &a4s);
        }
    }
}

/// A1 is terminated although the plan keeps it.
pub(crate) struct TerminatesA1Unasked;

impl Bug for TerminatesA1Unasked {
    fn besides(&self, world: &mut World, step: &str, done: bool) {
        if step == "delete-recovery-instances" && done {
            let a1s: Vec<_> = world.fleet().iter().map(|server| server.a1.clone()).collect();
            terminate_home(world, &a1s);
        }
    }
}

/// B3 is terminated once A4 works, while traffic is still on B3.
pub(crate) struct StopsBeforeRedirect;

impl Bug for StopsBeforeRedirect {
    fn besides(&self, world: &mut World, step: &str, done: bool) {
        if step == "validate-failed-back-servers" && done && !is_drill(world) {
            let (_, recovery) = world.region_pair();
            let ids: Vec<_> = world.fleet().iter().flat_map(|server| server.b3.clone()).collect();
            let names: Vec<&str> = ids.iter().map(failback_core::id::InstanceId::as_str).collect();
            let request = CallRequest::new("ec2:TerminateInstances", Some(recovery), names);
            world.call(request, |world| world.terminate_instances(recovery, &ids)).ok();
        }
    }
}

/// A2 is disconnected before B2 is gone. The page has the reverse order.
pub(crate) struct DisconnectsEarly;

impl Bug for DisconnectsEarly {
    fn besides(&self, world: &mut World, step: &str, done: bool) {
        if step == "stop-reversed-replication" && done {
            let (source, _) = world.region_pair();
            let a2s: Vec<_> = world.fleet().iter().flat_map(|server| server.a2.clone()).collect();
            for a2 in a2s {
                let request = CallRequest::new("drs:DisconnectSourceServer", Some(source), [a2.as_str()]);
                world.call(request, |world| world.disconnect_source_server(source, &a2)).ok();
            }
        }
    }
}

/// A drill points production's records at its own copy.
pub(crate) struct RedirectsInDrill;

impl Bug for RedirectsInDrill {
    fn besides(&self, world: &mut World, step: &str, done: bool) {
        if step != "validate-failed-back-servers" || !done || !is_drill(world) {
            return;
        }
        let Some((zone, record)) = world.zones().find_map(|zone| {
            let record = zone.records().find(|record| record.name.starts_with("shop."))?;
            Some((zone.id.clone(), record.clone()))
        }) else {
            return;
        };
        let address = vec!["10.9.9.9".to_owned()];
        let change = RecordChange::of_simple(ChangeAction::Upsert, &record.name, 60, address);
        let request = CallRequest::new("route53:ChangeResourceRecordSets", None, [zone.as_str()]);
        world.call(request, |world| world.change_record_sets(&zone, &[change])).ok();
    }
}

/// Returns an UPSERT of a record set.
fn upsert(name: &str, address: &str) -> RecordChange {
    RecordChange::of_simple(ChangeAction::Upsert, name, 60, vec![address.to_owned()])
}

/// A person points each record elsewhere after it was read. The step is the deployed one.
pub(crate) struct PersonChangesRecords;

impl Bug for PersonChangesRecords {
    fn changes(&self, world: &mut World, allowed: &ChangeRecords) {
        for record in &allowed.records {
            world.change_record_sets(&allowed.zone, &[upsert(&record.seen.name, "198.51.100.9")]).ok();
        }
    }
}

/// The step makes an UPSERT, and a person has pointed the record elsewhere after it was read.
pub(crate) struct OverwritesRecords;

impl Bug for OverwritesRecords {
    fn changes(&self, world: &mut World, allowed: &ChangeRecords) {
        PersonChangesRecords.changes(world, allowed);
        for record in &allowed.records {
            let change = upsert(&record.seen.name, &record.value);
            let request = CallRequest::new("route53:ChangeResourceRecordSets", None, [allowed.zone.as_str()]);
            world.call(request, |world| world.change_record_sets(&allowed.zone, &[change])).ok();
        }
    }
}

/// The TTL that the records had is forgotten.
pub(crate) struct ForgetsOldTtl;

impl Bug for ForgetsOldTtl {
    fn given(&self, _step: &str, payload: &mut Value) {
        if let Some(redirected) = payload.pointer_mut("/fleet/redirected").and_then(Value::as_object_mut) {
            redirected.insert("oldTtlSeconds".to_owned(), json!(0));
        }
    }
}

/// An instance that existed before B1 was launched into it is taken for one that DRS launched.
pub(crate) struct ExistingIsDrsOwn;

impl Bug for ExistingIsDrsOwn {
    fn launch_configuration(&self, _region: Region, settings: &mut LaunchConfiguration) {
        settings.launch_into = None;
    }

    fn instances(&self, _world: &World, instances: &mut Vec<Instance>) {
        for instance in instances {
            instance.tags.remove(tag::LAUNCH_INTO);
        }
    }
}

/// Every B2 is taken for one that a drill of this program launched.
pub(crate) struct EveryB2IsADrills;

impl Bug for EveryB2IsADrills {
    fn recovery_instances(&self, world: &World, region: Region, found: &mut Vec<RecoveryInstance>) {
        let (_, recovery) = world.region_pair();
        for b2 in found.iter_mut().filter(|_| region == recovery) {
            b2.tags.insert(tag::PROCEDURE.to_owned(), "drill".to_owned());
        }
    }
}

/// B1 is looked at once, just after it was re-pointed.
pub(crate) struct LooksOnce;

impl Bug for LooksOnce {
    fn answered(&self, step: &str, payload: &mut Value) {
        let why = payload["answer"]["why"].as_str().unwrap_or_default();
        if step == "protect-failed-back-servers" && why.contains("looked at once more") {
            payload["answer"]["status"] = json!("done");
            payload["wait"] = Value::Null;
        }
    }
}

/// The report is written from the run's assumptions.
pub(crate) struct NothingLeft;

impl Bug for NothingLeft {
    fn answered(&self, step: &str, payload: &mut Value) {
        if step == "write-report" {
            for server in payload["servers"].as_array_mut().into_iter().flatten() {
                server["left"] = json!("A1 B1");
            }
        }
    }
}

/// The report takes for granted that production stays where it was before the run.
pub(crate) struct ServedWhereItWas;

impl Bug for ServedWhereItWas {
    fn answered(&self, step: &str, payload: &mut Value) {
        if step == "write-report" {
            for server in payload["servers"].as_array_mut().into_iter().flatten() {
                server["serves"] = json!("B3");
            }
        }
    }
}

/// The report leaves out the records that were written to B3 after A4's point in time.
pub(crate) struct NothingLost;

impl Bug for NothingLost {
    fn answered(&self, step: &str, payload: &mut Value) {
        if step == "write-report" {
            payload["loss"] = Value::Null;
        }
    }
}

/// A step waits without a reason.
pub(crate) struct SilentWait;

impl Bug for SilentWait {
    fn answered(&self, _step: &str, payload: &mut Value) {
        if payload["answer"]["status"] == "waiting" {
            payload["answer"]["why"] = json!("");
        }
    }
}

/// Neither other executions nor their claims are seen.
pub(crate) struct AloneInTheWorld;

impl Bug for AloneInTheWorld {
    fn executions(&self, executions: &mut Vec<RunningExecution>) {
        executions.clear();
    }

    fn source_servers(&self, world: &World, _region: Region, servers: &mut Vec<SourceServer>) {
        for server in servers {
            owned_by_caller(world, &mut server.tags);
        }
    }

    fn recovery_instances(&self, world: &World, _region: Region, found: &mut Vec<RecoveryInstance>) {
        for found in found {
            owned_by_caller(world, &mut found.tags);
        }
    }
}

/// A server that was claimed stays claimed: only the claim itself reads the tags.
pub(crate) struct ClaimsForEver;

impl Bug for ClaimsForEver {
    fn source_servers(&self, world: &World, region: Region, servers: &mut Vec<SourceServer>) {
        if world.caller_step() != Some("claim-servers") {
            AloneInTheWorld.source_servers(world, region, servers);
        }
    }

    fn recovery_instances(&self, world: &World, region: Region, found: &mut Vec<RecoveryInstance>) {
        if world.caller_step() != Some("claim-servers") {
            AloneInTheWorld.recovery_instances(world, region, found);
        }
    }
}

fn owned_by_caller(world: &World, tags: &mut Tags) {
    if let Some(caller) = world.caller().filter(|_| tags.contains_key(tag::RUN)) {
        tags.insert(tag::RUN.to_owned(), caller.to_owned());
    }
}

/// Every other run is taken for one that has ended.
pub(crate) struct OthersHaveEnded;

impl Bug for OthersHaveEnded {
    fn executions(&self, executions: &mut Vec<RunningExecution>) {
        executions.clear();
    }

    fn execution_state(&self, state: &mut Option<ExecutionState>) {
        *state = Some(ExecutionState::Ended);
    }
}

/// Every launch in the source Region is taken for one of a run of this program.
pub(crate) struct EveryLaunchIsARuns;

impl Bug for EveryLaunchIsARuns {
    fn jobs(&self, world: &World, region: Region, jobs: &mut Vec<Job>) {
        for job in jobs.iter_mut().filter(|_| region == world.region_pair().0) {
            job.tags.entry(tag::RUN.to_owned()).or_insert_with(|| "an earlier run".to_owned());
        }
    }
}

/// Every launch in the source Region is taken for one of a failback of this program.
pub(crate) struct EveryLaunchIsAFailbacks;

impl Bug for EveryLaunchIsAFailbacks {
    fn jobs(&self, world: &World, region: Region, jobs: &mut Vec<Job>) {
        EveryLaunchIsARuns.jobs(world, region, jobs);
        for job in jobs.iter_mut().filter(|_| region == world.region_pair().0) {
            job.tags.entry(tag::PROCEDURE.to_owned()).or_insert_with(|| "failback".to_owned());
        }
    }
}

/// An abort takes every plan for one that keeps A4.
pub(crate) struct AbortKeepsA4;

impl Bug for AbortKeepsA4 {
    fn given(&self, step: &str, payload: &mut Value) {
        if step == "terminate-failed-back-servers" {
            payload["run"]["plan"]["cutover"]["onAbort"] = Value::from("keep");
        }
    }
}

/// From the clean-up on, DRS shows another A2 that replicates the first server's B3. The steps are the deployed ones.
#[derive(Default)]
pub(crate) struct TwoA2OfOneB3 {
    is_cleaning: AtomicBool,
}

impl Bug for TwoA2OfOneB3 {
    fn given(&self, step: &str, _payload: &mut Value) {
        if step == "stop-reversed-replication" {
            self.is_cleaning.store(true, Ordering::Relaxed);
        }
    }

    fn source_servers(&self, world: &World, region: Region, servers: &mut Vec<SourceServer>) {
        let (source, _) = world.region_pair();
        if region != source || !self.is_cleaning.load(Ordering::Relaxed) {
            return;
        }
        let first = world.fleet().first().and_then(|server| server.a2.last());
        if let Some(mut other) = servers.iter().find(|a2| Some(&a2.id) == first).cloned() {
            other.id = "s-00000000000000002".parse().expect("an id");
            servers.push(other);
        }
    }
}

/// Readiness tags resources before its checks are complete.
pub(crate) struct TagsBeforeItRefuses;

impl Bug for TagsBeforeItRefuses {
    fn besides(&self, world: &mut World, step: &str, _done: bool) {
        if step == "check-readiness" {
            let (_, recovery) = world.region_pair();
            let Some(b1) = b1s(world).first().cloned() else { return };
            let Some(arn) = world.source_server(recovery, &b1).map(|b1| b1.arn.clone()) else { return };
            let tags = std::iter::once(("looked-at".to_owned(), world.now_ms().to_string())).collect();
            let request = CallRequest::new("drs:TagResource", Some(recovery), [arn.as_str()]);
            world.call(request, |world| world.tag_resource(&arn, &tags)).ok();
        }
    }
}

fn b1s(world: &World) -> Vec<failback_core::id::SourceServerId> {
    world.fleet().iter().map(|server| server.b1.clone()).collect()
}

fn is_drill(world: &World) -> bool {
    world.running_executions().iter().any(|run| run.id.contains("drill"))
}

fn terminate_home(world: &mut World, ids: &[failback_core::id::InstanceId]) {
    let (source, _) = world.region_pair();
    let names: Vec<&str> = ids.iter().map(failback_core::id::InstanceId::as_str).collect();
    let request = CallRequest::new("ec2:TerminateInstances", Some(source), names);
    world.call(request, |world| world.terminate_instances(source, ids)).ok();
}

/// A2 is taken to hold everything as soon as writes are stopped.
pub(crate) struct NothingIsOnItsWay;

impl Bug for NothingIsOnItsWay {
    fn source_servers(&self, world: &World, _region: Region, servers: &mut Vec<SourceServer>) {
        for server in servers {
            server.last_seen = Some(Timestamp::from_millis(world.now_ms()));
        }
    }
}

/// The step that reads now.
#[derive(Default)]
pub(crate) struct Reader(Mutex<String>);

impl Reader {
    pub(crate) fn begins(&self, step: &str) {
        step.clone_into(&mut self.0.lock().expect("no panic"));
    }

    pub(crate) fn is(&self, step: &str) -> bool {
        *self.0.lock().expect("no panic") == step
    }
}

/// The lease of a freeze is taken to last as long as its execution, and what the hook says of A4 is not heard.
#[derive(Default)]
pub(crate) struct LeaseForEver(Reader);

impl Bug for LeaseForEver {
    fn given(&self, step: &str, _payload: &mut Value) {
        self.0.begins(step);
    }

    fn recovery_instances(&self, world: &World, _region: Region, found: &mut Vec<RecoveryInstance>) {
        if self.0.is("lift-freezes") || self.0.is("freeze-writes") {
            return;
        }
        let until = Lease::Until(Timestamp::from_millis(world.now_ms()).plus_seconds(86_400));
        for b2 in found.iter_mut().filter(|b2| b2.tags.contains_key(tag::FREEZE)) {
            b2.tags.extend(until.tags());
        }
    }

    fn hook(&self, answer: &mut HookAnswer) {
        *answer = HookAnswer::Done;
    }
}

/// The second party takes B3 for what serves, wherever the records lead.
#[derive(Default)]
pub(crate) struct SecondPartySeesB3(Reader);

impl Bug for SecondPartySeesB3 {
    fn given(&self, step: &str, _payload: &mut Value) {
        self.0.begins(step);
    }

    fn records(&self, world: &World, sets: &mut Vec<RecordSet>) {
        let (_, recovery) = world.region_pair();
        let b3s = world.fleet().iter().filter_map(|server| world.instance(recovery, server.b3.last()?));
        let address = b3s.map(|b3| b3.private_ip.clone()).next();
        for set in sets.iter_mut().filter(|_| self.0.is("lift-freezes")) {
            set.values = address.iter().cloned().collect();
        }
    }
}

/// The second party finds no freeze.
#[derive(Default)]
pub(crate) struct NobodyLifts(Reader);

impl Bug for NobodyLifts {
    fn given(&self, step: &str, _payload: &mut Value) {
        self.0.begins(step);
    }

    fn recovery_instances(&self, _world: &World, _region: Region, found: &mut Vec<RecoveryInstance>) {
        found.retain(|_| !self.0.is("lift-freezes"));
    }
}
