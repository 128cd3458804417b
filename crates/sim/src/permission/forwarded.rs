//! Authorization requests of DRS with the permissions of its caller, also long after the call (drs-facts §8.1).

use failback_core::cloud::JobKind;
use failback_core::id::{InstanceId, JobId, SourceServerId};
use failback_core::region::Region;

use super::dependent_actions::{Owner, Purpose, Resource, condition_keys, dependent_actions};
use super::log::{AuthorizationRequest, Caller, RequestContext};
use crate::objects::TemplateVersion;
use crate::world::World;

/// The objects that DRS works on with the permissions of its caller.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Affected<'a> {
    pub(crate) server: Option<&'a SourceServerId>,
    pub(crate) instance: Option<&'a InstanceId>,
    /// ARN of a recovery instance.
    pub(crate) recovery_instance: Option<&'a str>,
}

impl World {
    /// Logs the requests of DRS on behalf of the present caller.
    pub(crate) fn forward(&mut self, purpose: Purpose, region: Region, affected: Affected<'_>) {
        let caller = self.caller.clone();
        self.forward_for(&caller, purpose, region, affected);
    }

    /// Logs the requests of DRS on behalf of the caller that started a job.
    pub(crate) fn forward_for_job(
        &mut self,
        job: &JobId,
        purpose: Purpose,
        region: Region,
        affected: Affected<'_>,
    ) {
        let caller = self.authorizations.job_caller(job);
        self.forward_for(&caller, purpose, region, affected);
    }

    /// Logs the requests of a job that the present caller starts. Tags of the job are a request of their own.
    pub(crate) fn authorize_job(&mut self, region: Region, job: &JobId, kind: JobKind) {
        let caller = self.caller.clone();
        let mut context = self.authorizations.call_context().clone();
        if kind == JobKind::Launch && context.contains_key("aws:TagKeys") {
            context.insert("drs:CreateAction".to_owned(), vec!["StartRecovery".to_owned()]);
            let resource = self.drs_arn(region, "job", job);
            let action = "drs:TagResource";
            let request = AuthorizationRequest { action, resource, region: Some(region), context };
            self.authorizations.push(self.now_ms, &caller, request, false);
        }
        self.authorizations.set_job_caller(job.clone(), caller.clone());
        let purpose = match kind {
            JobKind::Launch => Purpose::StartLaunchJob,
            JobKind::Terminate => Purpose::StartTerminateJob,
            JobKind::Other => return,
        };
        self.forward_for(&caller, purpose, region, Affected::default());
    }

    fn forward_for(&mut self, caller: &Caller, purpose: Purpose, region: Region, affected: Affected<'_>) {
        for (action, resource, condition) in dependent_actions(purpose) {
            // IAM has no Regions.
            let requested = if action.starts_with("iam:") { None } else { Some(region) };
            for (resource, mut context) in self.resources(resource, region, affected) {
                context.extend(condition_keys(condition));
                let request = AuthorizationRequest { action, resource, region: requested, context };
                self.authorizations.push(self.now_ms, caller, request, true);
            }
        }
    }

    /// Returns the ARN of each resource that an action is done to, with the condition keys of its tags.
    fn resources(
        &self,
        resource: Resource,
        region: Region,
        affected: Affected<'_>,
    ) -> Vec<(String, RequestContext)> {
        let (partition, account) = (region.partition(), &self.account);
        let version = self.affected_version(region, affected);
        let found = match resource {
            Resource::All => Some(untagged("*".to_owned())),
            Resource::Drs => self.affected_drs_resource(region, affected),
            Resource::NewRecoveryInstance => {
                Some(untagged(format!("arn:{partition}:drs:{region}:{account}:recovery-instance/*")))
            }
            Resource::Instance => affected.instance.map(|id| self.instance_resource(region, id.as_str())),
            Resource::LaunchTemplate => {
                let id = self.affected_template(region, affected);
                id.map(|id| self.launch_template_resource(region, id))
            }
            Resource::Subnet => {
                let subnet = version.and_then(|version| version.subnet.as_ref());
                subnet.map(|id| untagged(self.ec2_arn(region, "subnet", id.as_str())))
            }
            Resource::SecurityGroups => {
                let Some(version) = version else { return Vec::new() };
                let groups = version.security_groups.iter();
                return groups
                    .map(|id| untagged(self.ec2_arn(region, "security-group", id.as_str())))
                    .collect();
            }
            Resource::Any(kind) => Some(untagged(self.ec2_arn(region, kind, "*"))),
            Resource::Ssm(name, owner) => {
                let account = match owner {
                    Owner::Aws => "",
                    Owner::Account => account.as_str(),
                };
                Some(untagged(format!("arn:{partition}:ssm:{region}:{account}:{name}")))
            }
            Resource::Key => Some(untagged(format!("arn:{partition}:kms:{region}:{account}:key/*"))),
            Resource::ServiceRole(name) => {
                Some(untagged(format!("arn:{partition}:iam::{account}:role/service-role/{name}")))
            }
            Resource::ProfileRole => {
                let profile = version.and_then(|version| version.profile.as_deref());
                // A profile that was created in the console has the name of its role.
                let role = profile.and_then(|profile| profile.rsplit('/').next());
                role.map(|role| untagged(format!("arn:{partition}:iam::{account}:role/{role}")))
            }
        };
        found.into_iter().collect()
    }

    fn affected_drs_resource(
        &self,
        region: Region,
        affected: Affected<'_>,
    ) -> Option<(String, RequestContext)> {
        if let Some(arn) = affected.recovery_instance {
            return Some(self.drs_resource(arn));
        }
        let server = self.source_server(region, affected.server?)?;
        Some(self.drs_resource(&server.arn))
    }

    /// Returns the id of the affected server's launch template.
    fn affected_template(&self, region: Region, affected: Affected<'_>) -> Option<&str> {
        let server = self.source_server(region, affected.server?)?;
        Some(self.launch_template(region, &server.launch.template)?.id.as_str())
    }

    /// Returns the default version of the affected server's launch template.
    fn affected_version(&self, region: Region, affected: Affected<'_>) -> Option<&TemplateVersion> {
        let server = self.source_server(region, affected.server?)?;
        self.launch_template(region, &server.launch.template)?.default()
    }
}

/// Returns an ARN without condition keys: the resource has no tags that a policy could ask for.
fn untagged(arn: String) -> (String, RequestContext) {
    (arn, RequestContext::new())
}
