//! DRS asks with the rights of its caller, also long after the call (drs-facts §8.1).

use failback_core::cloud::JobKind;
use failback_core::id::{InstanceId, JobId, LaunchTemplateId, SourceServerId};
use failback_core::region::Region;

use super::rows::{Stage, To, keys, rows};
use super::{Asker, Context, Question};
use crate::world::World;

/// What a stage is about.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct About<'a> {
    pub(crate) server: Option<&'a SourceServerId>,
    pub(crate) instance: Option<&'a InstanceId>,
    /// ARN of a recovery instance.
    pub(crate) recovery_instance: Option<&'a str>,
}

impl World {
    /// DRS asks in the name of whoever acts now.
    pub(crate) fn forwarded(&mut self, stage: Stage, region: Region, about: About<'_>) {
        let asker = self.asker();
        self.forwarded_for(&asker, stage, region, about);
    }

    /// DRS asks in the name of whoever began a job.
    pub(crate) fn forwarded_by_job(&mut self, job: &JobId, stage: Stage, region: Region, about: About<'_>) {
        let asker = self.permissions.jobs.get(job).cloned().unwrap_or_default();
        self.forwarded_for(&asker, stage, region, about);
    }

    /// Whoever acts now begins a job. Its tags are a question of their own.
    pub(crate) fn job_is_asked_for(&mut self, region: Region, job: &JobId, kind: JobKind) {
        let asker = self.asker();
        let request = self.permissions.request.clone();
        if kind == JobKind::Launch && request.contains_key("aws:TagKeys") {
            let mut context = request;
            context.insert("drs:CreateAction".to_owned(), vec!["StartRecovery".to_owned()]);
            let resource = self.drs_arn(region, "job", job);
            let question = Question { action: "drs:TagResource", resource, region: Some(region), context };
            self.note_permission(&asker, question, false);
        }
        self.permissions.jobs.insert(job.clone(), asker.clone());
        let stage = match kind {
            JobKind::Launch => Stage::LaunchBegins,
            JobKind::Terminate => Stage::TerminateBegins,
            JobKind::Other => return,
        };
        self.forwarded_for(&asker, stage, region, About::default());
    }

    fn forwarded_for(&mut self, asker: &Asker, stage: Stage, region: Region, about: About<'_>) {
        for (action, to, with) in rows(stage) {
            for (resource, mut context) in self.resources(to, region, about) {
                context.extend(keys(with));
                // IAM has no Regions, and no Region is asked for.
                let region = (!action.starts_with("iam:")).then_some(region);
                self.note_permission(asker, Question { action, resource, region, context }, true);
            }
        }
    }

    fn resources(&self, to: To, region: Region, about: About<'_>) -> Vec<(String, Context)> {
        let none = Context::new;
        let server = about.server.and_then(|id| self.source_server(region, id));
        let template = server.and_then(|server| self.launch_template(region, &server.launch.template));
        let version = template.and_then(|template| template.default());
        let (partition, account) = (region.partition(), &self.account);
        match to {
            To::Everything => vec![("*".to_owned(), none())],
            To::Drs => {
                let arn = about.recovery_instance.or(server.map(|server| server.arn.as_str()));
                let tags = |arn: &str| self.tags_of(arn).map(super::resource_tags).unwrap_or_default();
                arn.map(|arn| (arn.to_owned(), tags(arn))).into_iter().collect()
            }
            To::Instance => {
                let arn = |id: &InstanceId| self.ec2_arn(region, "instance", id.as_str());
                let tags = |id| self.about_instance(region, id).unwrap_or_default();
                about.instance.map(|id| (arn(id), tags(id))).into_iter().collect()
            }
            To::LaunchTemplate => {
                let arn = |id: &LaunchTemplateId| self.ec2_arn(region, "launch-template", id.as_str());
                let found = template.map(|found| (arn(&found.id), super::resource_tags(&found.tags)));
                found.into_iter().collect()
            }
            To::Subnet => {
                let subnet = version.and_then(|version| version.subnet.as_ref());
                subnet.map(|id| (self.ec2_arn(region, "subnet", id.as_str()), none())).into_iter().collect()
            }
            To::SecurityGroups => {
                let groups = version.into_iter().flat_map(|version| &version.security_groups);
                groups.map(|id| (self.ec2_arn(region, "security-group", id.as_str()), none())).collect()
            }
            To::Any(kind) => vec![(self.ec2_arn(region, kind, "*"), none())],
            To::Key => vec![(format!("arn:{partition}:kms:{region}:{account}:key/*"), none())],
            To::ServiceRole(name) => {
                vec![(format!("arn:{partition}:iam::{account}:role/service-role/{name}"), none())]
            }
            To::ProfileRole => {
                // A profile made with the console has the name of its role.
                let profile = version.and_then(|version| version.profile.as_deref());
                let name = profile.map(|profile| profile.rsplit('/').next().unwrap_or_default());
                let arn = |name| format!("arn:{partition}:iam::{account}:role/{name}");
                name.map(|name| (arn(name), none())).into_iter().collect()
            }
        }
    }
}
