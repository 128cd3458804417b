//! Authorization requests of calls: the IAM action of each operation, on the resources that the call names.

use failback_core::cloud::RunningExecution;
use failback_core::procedure::Procedure;
use failback_core::region::Region;

use super::log::{AuthorizationRequest, Permission, RequestContext, resource_tags};
use crate::operation::Operation;
use crate::world::{BUCKET, Log, World};

/// The kind of resource that the targets of a call name.
#[derive(Debug, Clone, Copy)]
enum TargetKind {
    /// None: the action has no resource level.
    None,
    /// Resources of DRS of one type, by id.
    Drs(&'static str),
    /// Resources of DRS or Lambda, by ARN.
    Arn,
    /// Instances, by id.
    Instance,
    /// Launch templates, by id.
    LaunchTemplate,
    /// A hosted zone, by id. The targets after it are names of record sets.
    Zone,
    /// Changes of record sets, by id.
    Change,
    /// Objects in the bucket for evidence, by key.
    Evidence,
    /// None: the resources are both state machines, and their running executions.
    StateMachines,
    /// Executions, by id. Those of other stacks are not described.
    Execution,
}

/// The actions that have a resource level, by the Service Authorization Reference.
const TARGETS: &[(&str, TargetKind)] = &[
    ("drs:DescribeJobLogItems", TargetKind::Drs("job")),
    ("drs:DescribeRecoverySnapshots", TargetKind::Drs("source-server")),
    ("drs:GetLaunchConfiguration", TargetKind::Drs("source-server")),
    ("drs:StartRecovery", TargetKind::Drs("source-server")),
    ("drs:ReverseReplication", TargetKind::Drs("recovery-instance")),
    ("drs:UpdateLaunchConfiguration", TargetKind::Drs("source-server")),
    ("drs:StartReplication", TargetKind::Drs("source-server")),
    ("drs:StopReplication", TargetKind::Drs("source-server")),
    ("drs:TerminateRecoveryInstances", TargetKind::Drs("recovery-instance")),
    ("drs:DeleteRecoveryInstance", TargetKind::Drs("recovery-instance")),
    ("drs:DisconnectRecoveryInstance", TargetKind::Drs("recovery-instance")),
    ("drs:DisconnectSourceServer", TargetKind::Drs("source-server")),
    ("drs:DeleteSourceServer", TargetKind::Drs("source-server")),
    ("drs:TagResource", TargetKind::Arn),
    ("lambda:InvokeFunction", TargetKind::Arn),
    ("ec2:CreateLaunchTemplateVersion", TargetKind::LaunchTemplate),
    ("ec2:ModifyLaunchTemplate", TargetKind::LaunchTemplate),
    ("ec2:TerminateInstances", TargetKind::Instance),
    ("ec2:StopInstances", TargetKind::Instance),
    ("ec2:StartInstances", TargetKind::Instance),
    ("route53:ListResourceRecordSets", TargetKind::Zone),
    ("route53:ChangeResourceRecordSets", TargetKind::Zone),
    ("route53:GetChange", TargetKind::Change),
    ("s3:PutObject", TargetKind::Evidence),
    ("states:ListExecutions", TargetKind::StateMachines),
    ("states:DescribeExecution", TargetKind::Execution),
];

impl World {
    /// Returns every authorization request so far: of each call that no fault refused, and of everything that DRS did
    /// on behalf of its caller.
    pub fn permissions(&self) -> &Log<Permission> {
        self.authorizations.requests()
    }

    /// Returns the authorization requests of a call, with the tags that its resources have before the call.
    pub(crate) fn authorization_requests(
        &mut self,
        operation: Operation,
        region: Option<Region>,
        targets: &[String],
    ) -> Vec<AuthorizationRequest> {
        // An operation that was not run by `World::call` has left its keys behind.
        self.authorizations.take_call_context();
        if matches!(target_kind(operation), TargetKind::StateMachines) {
            return self.list_executions_requests();
        }
        if matches!(target_kind(operation), TargetKind::Execution) {
            let known = targets.iter().filter_map(|id| self.execution(id));
            return known.map(|(execution, _)| self.describe_execution_request(execution)).collect();
        }
        let mut requests = Vec::new();
        for (resource, context) in self.target_resources(target_kind(operation), region, targets) {
            requests.push(AuthorizationRequest { action: operation.name, resource, region, context });
        }
        requests
    }

    /// Returns the ARN of each target, with the condition keys of its tags.
    fn target_resources(
        &self,
        kind: TargetKind,
        region: Option<Region>,
        targets: &[String],
    ) -> Vec<(String, RequestContext)> {
        let targets = targets.iter();
        let partition = self.region_pair.0.partition();
        let arns: Vec<String> = match (kind, region) {
            (TargetKind::Drs(kind), Some(region)) => {
                return targets.map(|id| self.drs_resource(&self.drs_arn(region, kind, id))).collect();
            }
            (TargetKind::Arn, _) => return targets.map(|arn| self.drs_resource(arn)).collect(),
            (TargetKind::Instance, Some(region)) => {
                return targets.map(|id| self.instance_resource(region, id)).collect();
            }
            (TargetKind::LaunchTemplate, Some(region)) => {
                return targets.map(|id| self.launch_template_resource(region, id)).collect();
            }
            (TargetKind::Zone, _) => {
                targets.take(1).map(|id| format!("arn:{partition}:route53:::hostedzone/{id}")).collect()
            }
            (TargetKind::Change, _) => {
                targets.map(|id| format!("arn:{partition}:route53:::change/{id}")).collect()
            }
            (TargetKind::Evidence, _) => {
                targets.map(|key| format!("arn:{partition}:s3:::{BUCKET}/{key}")).collect()
            }
            _ => vec!["*".to_owned()],
        };
        arns.into_iter().map(|arn| (arn, RequestContext::new())).collect()
    }

    /// Logs the authorization requests of a call, with the condition keys that its parameters added.
    pub(crate) fn log_authorization(&mut self, requests: Vec<AuthorizationRequest>) {
        let call_context = self.authorizations.take_call_context();
        for mut request in requests {
            request.context.extend(call_context.clone());
            self.authorizations.push(self.now_ms, &self.caller, request, false);
        }
    }

    /// Returns an ARN of DRS with the condition keys of the resource's tags.
    pub(super) fn drs_resource(&self, arn: &str) -> (String, RequestContext) {
        (arn.to_owned(), self.tags_of(arn).map(resource_tags).unwrap_or_default())
    }

    /// Returns the ARN of an instance with the condition keys of its tags.
    pub(super) fn instance_resource(&self, region: Region, id: &str) -> (String, RequestContext) {
        let instance = id.parse().ok().and_then(|id| self.instance(region, &id));
        let context = instance.map(|instance| resource_tags(&instance.tags));
        (self.ec2_arn(region, "instance", id), context.unwrap_or_default())
    }

    /// Returns the ARN of a launch template with the condition keys of its tags.
    pub(super) fn launch_template_resource(&self, region: Region, id: &str) -> (String, RequestContext) {
        let template = id.parse().ok().and_then(|id| self.launch_template(region, &id));
        let context = template.map(|template| resource_tags(&template.tags));
        (self.ec2_arn(region, "launch-template", id), context.unwrap_or_default())
    }

    /// Returns an ARN of EC2.
    pub(super) fn ec2_arn(&self, region: Region, kind: &str, id: &str) -> String {
        // ARNs of AMIs and snapshots have no account.
        let account = if matches!(kind, "image" | "snapshot") { "" } else { self.account.as_str() };
        format!("arn:{}:ec2:{region}:{account}:{kind}/{id}", region.partition())
    }

    /// Returns the requests of listing the running executions: one to list those of each state machine, and one to
    /// describe each execution, because the list leaves out their inputs.
    fn list_executions_requests(&self) -> Vec<AuthorizationRequest> {
        let mut requests = Vec::new();
        for procedure in [Procedure::Drill, Procedure::Failback] {
            let resource = self.states_arn("stateMachine", procedure);
            requests.push(self.states_request("states:ListExecutions", resource));
        }
        for execution in self.running_executions() {
            requests.push(self.describe_execution_request(&execution));
        }
        requests
    }

    fn describe_execution_request(&self, execution: &RunningExecution) -> AuthorizationRequest {
        let name = execution.id.rsplit(':').next().unwrap_or_default();
        let resource = format!("{}:{name}", self.states_arn("execution", execution.procedure));
        self.states_request("states:DescribeExecution", resource)
    }

    fn states_request(&self, action: &'static str, resource: String) -> AuthorizationRequest {
        let region = Some(self.region_pair.1);
        AuthorizationRequest { action, resource, region, context: RequestContext::new() }
    }

    /// Returns an ARN of Step Functions, up to the name of the state machine. They are deployed in the recovery Region.
    fn states_arn(&self, kind: &str, procedure: Procedure) -> String {
        let (region, account) = (self.region_pair.1, &self.account);
        format!("arn:{}:states:{region}:{account}:{kind}:drs-failback-{procedure}", region.partition())
    }
}

fn target_kind(operation: Operation) -> TargetKind {
    match TARGETS.iter().find(|(name, _)| *name == operation.name) {
        Some((_, kind)) => *kind,
        None => TargetKind::None,
    }
}
