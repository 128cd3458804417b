//! How A4 is to be launched, from the plan or from A1.

use crate::cloud::{Instance, LaunchConfiguration, LaunchTemplateVersion, RightSizing};
use crate::error::{Error, ErrorName, Result};
use crate::fleet::Server;
use crate::id::{SecurityGroupId, SubnetId};
use crate::plan::LIKE_SOURCE;
use crate::procedure::Procedure;
use crate::run::Run;

/// What A2's launch template must say, because DRS's own says none of it (drs-facts §5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchSpec {
    /// Where A4 goes.
    pub subnet: SubnetId,
    /// Who may reach it.
    pub security_groups: Vec<SecurityGroupId>,
    /// Its instance profile, by name or ARN.
    pub profile: String,
    /// Its type.
    pub instance_type: String,
}

impl LaunchSpec {
    /// What the plan wants for a server; `a1` is needed where the plan says `like-source`.
    ///
    /// # Errors
    /// `NotReady` when A1 is needed and lacks what is to be copied.
    pub fn of(run: &Run, server: &Server, a1: Option<&Instance>) -> Result<Self> {
        let lacking = |what: &str| {
            let message = format!(
                "{}: the plan says like-source, and A1 {} shows no {what}; name it in the plan's `launch`",
                server.name,
                server.a1.as_ref().map_or("(unknown)", |id| id.as_str()),
            );
            Error::new(ErrorName::NotReady, message)
        };
        let (subnet, security_groups) = match network(run)? {
            Some((subnet, groups)) => (subnet.clone(), groups.to_vec()),
            None => a1
                .and_then(|a1| a1.subnet.clone().map(|subnet| (subnet, a1.security_groups.clone())))
                .ok_or_else(|| lacking("subnet"))?,
        };
        let plan = &run.plan.launch;
        let profile = match plan.instance_profile.as_str() {
            LIKE_SOURCE => {
                a1.and_then(|a1| a1.profile_arn.clone()).ok_or_else(|| lacking("instance profile"))?
            }
            name => name.to_owned(),
        };
        let instance_type = match plan.instance_type.as_str() {
            LIKE_SOURCE => a1.map(|a1| a1.instance_type.clone()).ok_or_else(|| lacking("instance type"))?,
            name => name.to_owned(),
        };
        Ok(Self { subnet, security_groups, profile, instance_type })
    }

    /// True when the template already says so.
    pub fn is_met_by(&self, template: &LaunchTemplateVersion) -> bool {
        let groups = |ids: &[SecurityGroupId]| {
            let mut ids = ids.to_vec();
            ids.sort();
            ids
        };
        template.subnet.as_ref() == Some(&self.subnet)
            && groups(&template.security_groups) == groups(&self.security_groups)
            && template.profile.as_ref() == Some(&self.profile)
            && template.instance_type.as_ref() == Some(&self.instance_type)
    }
}

/// The network that the plan names, `None` for A1's. A drill's is always named.
fn network(run: &Run) -> Result<Option<(&SubnetId, &[SecurityGroupId])>> {
    match run.procedure {
        Procedure::Drill => {
            let isolated = run.plan.drill.network.as_ref().ok_or_else(|| {
                Error::new(
                    ErrorName::InvalidPlan,
                    "$.drill.network: missing. A drill needs an isolated network",
                )
            })?;
            Ok(Some((&isolated.subnet_id, &isolated.security_group_ids)))
        }
        Procedure::Failback => {
            let network = &run.plan.launch.network;
            Ok(network.subnet_id.as_ref().map(|subnet| (subnet, network.security_group_ids.as_slice())))
        }
    }
}

/// True when the plan needs A1 to be readable.
pub fn needs_a1(run: &Run) -> bool {
    let plan = &run.plan.launch;
    let network = run.procedure == Procedure::Failback && plan.network.like_source == Some(true);
    network || plan.instance_profile == LIKE_SOURCE || plan.instance_type == LIKE_SOURCE
}

/// True when DRS neither overrides the launch template nor copies an address that A1 still has.
pub fn is_configured(configuration: &LaunchConfiguration) -> bool {
    configuration.right_sizing == RightSizing::None && !configuration.copy_private_ip && configuration.starts
}
