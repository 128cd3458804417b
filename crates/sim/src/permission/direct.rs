//! Calls: which IAM actions an operation needs, and on which resources.

use failback_core::id::{InstanceId, LaunchTemplateId};
use failback_core::procedure::Procedure;
use failback_core::region::Region;

use super::{Asker, Context, Permission, Question, resource_tags};
use crate::operation::Operation;
use crate::world::{BUCKET, World};

/// What an operation's targets are.
#[derive(Debug, Clone, Copy)]
enum On {
    /// The action has no resource level.
    Everything,
    /// Ids of this kind of resource of DRS.
    Drs(&'static str),
    /// ARNs.
    Arns,
    /// Ids of instances.
    Instances,
    /// Ids of launch templates.
    LaunchTemplates,
    /// A hosted zone, and names of records.
    Zone,
    /// A change of records.
    Change,
    /// Keys in the bucket for evidence.
    Evidence,
    /// Both state machines, and those of their executions that run.
    Machines,
}

/// The Service Authorization Reference says which actions have a resource level. What is not here has none.
const RESOURCES: &[(&str, On)] = &[
    ("drs:DescribeJobLogItems", On::Drs("job")),
    ("drs:DescribeRecoverySnapshots", On::Drs("source-server")),
    ("drs:GetLaunchConfiguration", On::Drs("source-server")),
    ("drs:StartRecovery", On::Drs("source-server")),
    ("drs:ReverseReplication", On::Drs("recovery-instance")),
    ("drs:UpdateLaunchConfiguration", On::Drs("source-server")),
    ("drs:StartReplication", On::Drs("source-server")),
    ("drs:StopReplication", On::Drs("source-server")),
    ("drs:TerminateRecoveryInstances", On::Drs("recovery-instance")),
    ("drs:DeleteRecoveryInstance", On::Drs("recovery-instance")),
    ("drs:DisconnectRecoveryInstance", On::Drs("recovery-instance")),
    ("drs:DisconnectSourceServer", On::Drs("source-server")),
    ("drs:DeleteSourceServer", On::Drs("source-server")),
    ("drs:TagResource", On::Arns),
    ("drs:ListTagsForResource", On::Arns),
    ("ec2:CreateLaunchTemplateVersion", On::LaunchTemplates),
    ("ec2:ModifyLaunchTemplate", On::LaunchTemplates),
    ("ec2:TerminateInstances", On::Instances),
    ("ec2:StopInstances", On::Instances),
    ("ec2:StartInstances", On::Instances),
    ("route53:ListResourceRecordSets", On::Zone),
    ("route53:ChangeResourceRecordSets", On::Zone),
    ("route53:GetChange", On::Change),
    ("s3:PutObject", On::Evidence),
    ("states:ListExecutions", On::Machines),
];

impl World {
    /// What IAM has been asked so far: for every call that was not turned away before it came to that, and for
    /// everything that DRS did in the caller's name.
    pub fn permissions(&self) -> &[Permission] {
        self.permissions.asked()
    }

    /// The questions of a call, with the tags that its targets have before it.
    pub(crate) fn begin_questions(
        &mut self,
        operation: Operation,
        region: Option<Region>,
        targets: &[String],
    ) -> Vec<Question> {
        self.permissions.request.clear();
        let on = RESOURCES.iter().find(|(name, _)| *name == operation.name);
        let on = on.map_or(On::Everything, |(_, on)| *on);
        let ask = |resource: String, context: Context| Question {
            action: operation.name,
            resource,
            region,
            context,
        };
        let partition = self.pair.0.partition();
        match (on, region) {
            (On::Drs(kind), Some(region)) => {
                let arns = targets.iter().map(|id| self.drs_arn(region, kind, id));
                arns.map(|arn| self.about_drs(&arn)).map(|(arn, tags)| ask(arn, tags)).collect()
            }
            (On::Arns, _) => {
                targets.iter().map(|arn| self.about_drs(arn)).map(|(arn, tags)| ask(arn, tags)).collect()
            }
            (On::Instances, Some(region)) => targets
                .iter()
                .map(|id| {
                    let tags = id.parse().ok().and_then(|id| self.about_instance(region, &id));
                    ask(self.ec2_arn(region, "instance", id), tags.unwrap_or_default())
                })
                .collect(),
            (On::LaunchTemplates, Some(region)) => targets
                .iter()
                .map(|id| {
                    let tags = id.parse().ok().and_then(|id| self.about_launch_template(region, &id));
                    ask(self.ec2_arn(region, "launch-template", id), tags.unwrap_or_default())
                })
                .collect(),
            (On::Zone, _) => {
                let zone = targets.iter().take(1);
                zone.map(|id| ask(format!("arn:{partition}:route53:::hostedzone/{id}"), Context::new()))
                    .collect()
            }
            (On::Change, _) => {
                let arn = |id| format!("arn:{partition}:route53:::change/{id}");
                targets.iter().map(|id| ask(arn(id), Context::new())).collect()
            }
            (On::Evidence, _) => {
                let arn = |key| format!("arn:{partition}:s3:::{BUCKET}/{key}");
                targets.iter().map(|key| ask(arn(key), Context::new())).collect()
            }
            (On::Machines, _) => self.about_machines(),
            _ => vec![ask("*".to_owned(), Context::new())],
        }
    }

    /// Notes the questions of a call, with the condition keys that its request brought.
    pub(crate) fn asked(&mut self, questions: Vec<Question>) {
        let request = std::mem::take(&mut self.permissions.request);
        let asker = self.asker();
        for mut question in questions {
            question.context.extend(request.clone());
            self.note_permission(&asker, question, false);
        }
    }

    /// Who acts now.
    pub(super) fn asker(&self) -> Asker {
        Asker { actor: self.actor.clone(), step: self.step.clone() }
    }

    pub(super) fn note_permission(&mut self, asker: &Asker, question: Question, via_drs: bool) {
        let Question { action, resource, region, context } = question;
        let Asker { actor, step } = asker.clone();
        let at_ms = self.now_ms;
        self.permissions.asked.push(Permission {
            at_ms,
            actor,
            step,
            action,
            resource,
            region,
            via_drs,
            context,
        });
    }

    fn about_drs(&self, arn: &str) -> (String, Context) {
        (arn.to_owned(), self.tags_of(arn).map(resource_tags).unwrap_or_default())
    }

    pub(super) fn about_instance(&self, region: Region, id: &InstanceId) -> Option<Context> {
        self.instance(region, id).map(|instance| resource_tags(&instance.tags))
    }

    pub(super) fn about_launch_template(&self, region: Region, id: &LaunchTemplateId) -> Option<Context> {
        self.launch_template(region, id).map(|template| resource_tags(&template.tags))
    }

    /// An ARN of EC2.
    pub(super) fn ec2_arn(&self, region: Region, kind: &str, id: &str) -> String {
        // AMIs and snapshots belong to no account as far as ARNs go.
        let account = if matches!(kind, "image" | "snapshot") { "" } else { self.account.as_str() };
        format!("arn:{}:ec2:{region}:{account}:{kind}/{id}", region.partition())
    }

    /// Listing the executions that run is a call to each state machine, and one to each execution: the list leaves
    /// out their inputs. The machines are deployed in the recovery Region.
    fn about_machines(&self) -> Vec<Question> {
        let (region, account) = (self.pair.1, &self.account);
        let arn = |kind: &str, procedure: Procedure, rest: &str| {
            format!(
                "arn:{}:states:{region}:{account}:{kind}:drs-failback-{procedure}{rest}",
                region.partition()
            )
        };
        let ask =
            |action, resource| Question { action, resource, region: Some(region), context: Context::new() };
        let lists = [Procedure::Drill, Procedure::Failback]
            .map(|procedure| ask("states:ListExecutions", arn("stateMachine", procedure, "")));
        let describes = self.executions.values().map(|execution| {
            let name = execution.id.rsplit(':').next().unwrap_or_default();
            ask("states:DescribeExecution", arn("execution", execution.procedure, &format!(":{name}")))
        });
        lists.into_iter().chain(describes).collect()
    }
}
