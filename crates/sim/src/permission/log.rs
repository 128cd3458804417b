//! The log of authorization requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use failback_core::cloud::Tags;
use failback_core::id::JobId;
use failback_core::region::Region;

use crate::world::Log;

/// Condition keys and their values, as IAM evaluates them.
pub type RequestContext = BTreeMap<String, Vec<String>>;

/// One authorization request: IAM decides whether the action is allowed on the resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// Time of the request, in milliseconds since 1970.
    pub at_ms: i64,
    /// Execution on whose behalf it is made; absent for calls by hand.
    pub actor: Option<Arc<str>>,
    /// Step that made the call; absent for calls by hand.
    pub step: Option<Arc<str>>,
    /// IAM's action, such as `drs:StartRecovery`.
    pub action: &'static str,
    /// ARN of the resource, or `*` where the action has no resource level. A resource that DRS creates and that has
    /// no id here, such as a volume or a snapshot, is written as `volume/*`.
    pub resource: String,
    /// Region of the request; absent for services without Regions.
    pub region: Option<Region>,
    /// DRS makes the request with the caller's permissions. Otherwise the caller makes it.
    pub via_drs: bool,
    /// Condition keys without those that all requests have: tags of the resource and of the request, and the like.
    pub context: RequestContext,
}

impl Permission {
    /// Returns all condition keys of the request.
    pub fn conditions(&self) -> RequestContext {
        let mut all = self.context.clone();
        all.insert("aws:ViaAWSService".to_owned(), vec![self.via_drs.to_string()]);
        if let Some(region) = self.region {
            all.insert("aws:RequestedRegion".to_owned(), vec![region.to_string()]);
        }
        if self.via_drs {
            all.insert("aws:CalledVia".to_owned(), vec!["drs.amazonaws.com".to_owned()]);
        }
        all
    }
}

/// The execution and the step that make calls. Both are absent for calls by hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Caller {
    /// ARN of the execution.
    pub(crate) execution: Option<Arc<str>>,
    pub(crate) step: Option<Arc<str>>,
}

/// An authorization request without its time and its caller.
#[derive(Debug, Clone)]
pub(crate) struct AuthorizationRequest {
    pub(super) action: &'static str,
    pub(super) resource: String,
    pub(super) region: Option<Region>,
    pub(super) context: RequestContext,
}

/// Every authorization request so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct AuthorizationLog {
    requests: Log<Permission>,
    /// Callers that started jobs: DRS continues to make requests on their behalf while the job runs.
    job_callers: BTreeMap<JobId, Caller>,
    /// Condition keys that the parameters of the present call add.
    call_context: RequestContext,
}

impl AuthorizationLog {
    pub(crate) fn requests(&self) -> &Log<Permission> {
        &self.requests
    }

    pub(super) fn push(&mut self, at_ms: i64, caller: &Caller, request: AuthorizationRequest, via_drs: bool) {
        let AuthorizationRequest { action, resource, region, context } = request;
        let Caller { execution: actor, step } = caller.clone();
        self.requests.push(Permission { at_ms, actor, step, action, resource, region, via_drs, context });
    }

    pub(super) fn set_job_caller(&mut self, job: JobId, caller: Caller) {
        self.job_callers.insert(job, caller);
    }

    pub(super) fn job_caller(&self, job: &JobId) -> Caller {
        self.job_callers.get(job).cloned().unwrap_or_default()
    }

    pub(super) fn call_context(&self) -> &RequestContext {
        &self.call_context
    }

    /// Returns the condition keys that the parameters of the present call added, and forgets them.
    pub(super) fn take_call_context(&mut self) -> RequestContext {
        std::mem::take(&mut self.call_context)
    }

    /// Adds a condition key of the present call.
    pub(crate) fn add_key(&mut self, key: impl Into<String>, values: Vec<String>) {
        self.call_context.insert(key.into(), values);
    }

    /// Adds the condition keys of a present call that sets tags.
    pub(crate) fn add_tags(&mut self, tags: &Tags) {
        if tags.is_empty() {
            return;
        }
        self.add_key("aws:TagKeys", tags.keys().cloned().collect());
        for (key, value) in tags {
            self.add_key(format!("aws:RequestTag/{key}"), vec![value.clone()]);
        }
    }
}

/// Returns the condition keys of a resource's tags.
pub(super) fn resource_tags(tags: &Tags) -> RequestContext {
    let mut context = RequestContext::new();
    for (key, value) in tags {
        context.insert(format!("aws:ResourceTag/{key}"), vec![value.clone()]);
    }
    context
}
