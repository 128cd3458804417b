//! The hook of the stack: the user's function that stops the applications on B3, and starts them again.

use std::collections::BTreeMap;

use failback_core::id::InstanceId;
use failback_core::tags::tag;
use serde_json::{Value, json};

use super::event::ScheduledEvent;
use super::state::World;
use crate::service_error::ServiceError;

/// The time from a call to the stop of the applications where the hook is slow, or says too early that it is done, in
/// milliseconds.
const STOPS_AFTER_MS: i64 = 90_000;

/// The time whose writes are only in the memory of an application that is not flushed, in milliseconds.
const UNFLUSHED_MS: i64 = 45_000;

/// The freezes of the hook, by instance.
#[derive(Debug, Clone, Default)]
pub(crate) struct HookFreezes(BTreeMap<InstanceId, HookFreeze>);

/// A freeze of one instance by the hook.
#[derive(Debug, Clone)]
struct HookFreeze {
    /// The end of the lease that the hook was told, in milliseconds since 1970.
    until_ms: i64,
    /// The applications are stopped.
    is_stopped: bool,
    /// The stretch of writes that were acknowledged and are on no disk.
    unflushed: Option<(i64, i64)>,
}

impl HookFreezes {
    pub(super) fn has_stopped(&self, instance: &InstanceId) -> bool {
        self.0.get(instance).is_some_and(|freeze| freeze.is_stopped)
    }
}

/// A call's payload, as the hook reads it.
struct Asked {
    action: String,
    until_ms: i64,
    /// B3 and A4 of each server.
    servers: Vec<(InstanceId, Option<InstanceId>)>,
}

impl Asked {
    fn read(payload: &Value) -> Option<Self> {
        let id = |server: &Value, name: &str| server[name].as_str()?.parse::<InstanceId>().ok();
        let until = failback_core::timestamp::Timestamp::parse(payload["until"].as_str()?)?;
        let servers = payload["servers"].as_array()?.iter();
        let servers = servers.map(|server| Some((id(server, "b3")?, id(server, "a4"))));
        Some(Self {
            action: payload["action"].as_str()?.to_owned(),
            until_ms: until.millis(),
            servers: servers.collect::<Option<_>>()?,
        })
    }
}

impl World {
    /// Returns the ARN of the hook; `None` for a stack without one.
    pub fn hook_arn(&self) -> Option<String> {
        let (_, region) = self.region_pair;
        let arn = || format!("arn:{}:lambda:{region}:{}:function:freeze", region.partition(), self.account);
        (!self.switches.no_hook).then(arn)
    }

    /// Calls the hook, and returns its answer, or the message of its failure.
    ///
    /// # Errors
    /// `ResourceNotFoundException` for a stack without a hook.
    pub fn invoke_hook(&mut self, payload: &Value) -> Result<Result<Value, String>, ServiceError> {
        if self.switches.no_hook {
            return Err(ServiceError {
                http: 404,
                ..ServiceError::new("ResourceNotFoundException", "no such function")
            });
        }
        let Some(asked) = Asked::read(payload) else {
            return Ok(Err(format!("the hook does not understand {payload}")));
        };
        if self.switches.hook_fails {
            return Ok(Err("the hook cannot reach the application".to_owned()));
        }
        Ok(match asked.action.as_str() {
            "freeze" => Ok(self.hook_freezes(&asked)),
            "verify" => Ok(self.hook_verifies(&asked)),
            "lift" => Ok(self.hook_lifts(&asked)),
            other => Err(format!("the hook knows no action {other}")),
        })
    }

    fn hook_freezes(&mut self, asked: &Asked) -> Value {
        let (is_early, is_slow) = (self.switches.hook_acknowledges_early, self.switches.hook_is_slow);
        for (number, (b3, _)) in asked.servers.iter().enumerate() {
            let until_ms = asked.until_ms;
            if let Some(known) = self.workload.by_hook.0.get_mut(b3) {
                known.until_ms = until_ms;
                continue;
            }
            let freeze = HookFreeze { until_ms, is_stopped: false, unflushed: None };
            self.workload.by_hook.0.insert(b3.clone(), freeze);
            let leaks = self.switches.hook_leaks && number == 0;
            if is_early || is_slow {
                let instance = b3.clone();
                self.schedule(STOPS_AFTER_MS, ScheduledEvent::ApplicationsStop { instance });
            } else if !leaks {
                self.stop_applications(b3);
            }
        }
        let stops = asked.servers.iter().any(|(b3, _)| !self.workload.by_hook.has_stopped(b3));
        if is_slow && stops {
            return json!({ "status": "waiting", "why": "the applications are stopping" });
        }
        json!({ "status": "done" })
    }

    /// Stops the applications on an instance, if the hook still wants that.
    pub(crate) fn stop_applications(&mut self, instance: &InstanceId) {
        let (_, recovery) = self.region_pair;
        let now = self.now_ms;
        let flushes = !self.switches.hook_does_not_flush;
        let Some(freeze) = self.workload.by_hook.0.get_mut(instance).filter(|freeze| !freeze.is_stopped)
        else {
            return;
        };
        freeze.is_stopped = true;
        if !flushes {
            let last = self
                .regions
                .get_mut(&recovery)
                .and_then(|state| state.instances.get_mut(instance))
                .and_then(|instance| instance.disk.written.last_mut());
            if let Some((from, end @ None)) = last {
                let flushed = (now - UNFLUSHED_MS).max(*from);
                *end = Some(flushed);
                freeze.unflushed = Some((flushed, now));
            }
        }
        self.follow_all_traffic();
    }

    fn hook_verifies(&self, asked: &Asked) -> Value {
        let (source, recovery) = self.region_pair;
        let missing = |(b3, a4): &(InstanceId, Option<InstanceId>)| {
            let (b3, a4) = (self.instance(recovery, b3)?, self.instance(source, a4.as_ref()?)?);
            let mut accepted = self.disk_content(b3, self.now_ms);
            let freeze = self.workload.by_hook.0.get(&b3.id);
            if let Some((from, to)) = freeze.and_then(|freeze| freeze.unflushed) {
                accepted.extend(&self.workload.written(from, to));
            }
            Some(accepted.without(&self.disk_content(a4, self.now_ms)).count())
        };
        let missing: u64 = asked.servers.iter().filter_map(missing).sum();
        if missing == 0 {
            return json!({ "status": "done" });
        }
        json!({ "status": "missing", "why": format!("{missing} records of B3 are not on A4") })
    }

    fn hook_lifts(&mut self, asked: &Asked) -> Value {
        for (b3, _) in &asked.servers {
            self.start_applications(b3);
        }
        json!({ "status": "done" })
    }

    /// Starts the applications again, which then write to disk what they had in memory.
    fn start_applications(&mut self, instance: &InstanceId) {
        let (_, recovery) = self.region_pair;
        let Some(freeze) = self.workload.by_hook.0.remove(instance) else { return };
        if let Some((from, to)) = freeze.unflushed
            && let Some(instance) = self.instance_mut(recovery, instance)
        {
            instance.disk.written.push((from, Some(to)));
        }
        self.follow_all_traffic();
    }

    /// Returns the end of the lease under which the hook keeps an instance frozen, in milliseconds since 1970.
    pub fn frozen_by_hook_until_ms(&self, instance: &InstanceId) -> Option<i64> {
        let freeze = self.workload.by_hook.0.get(instance)?;
        freeze.is_stopped.then_some(freeze.until_ms)
    }

    /// Returns true while the tag of a B2 says that a freeze is not lifted.
    pub fn has_lease(&self) -> bool {
        let (_, recovery) = self.region_pair;
        let mut leases = self.recovery_instances(recovery).filter_map(|b2| b2.tags.get(tag::FREEZE));
        leases.any(|lease| !lease.starts_with("lifted"))
    }

    /// Returns true while the hook keeps an instance frozen whose clients would use it.
    pub fn has_frozen_production(&self) -> bool {
        let serving = (0..self.fleet.len()).filter_map(|server| self.serving(server));
        !self.workload.by_hook.0.is_empty()
            && serving
                .into_iter()
                .any(|serving| serving.running && self.workload.by_hook.0.contains_key(&serving.instance))
    }
}
