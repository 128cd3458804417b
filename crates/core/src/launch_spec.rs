//! The launch specification of A4: from the plan, or like A1.

use crate::catalogue::{Fact, fact, fault};
use crate::cloud::{Instance, LaunchConfiguration, LaunchTemplateVersion, RightSizing, SourceServer};
use crate::error::{Error, Result};
use crate::fleet::{Server, tag_of_cycle};
use crate::id::{SecurityGroupId, SubnetId};
use crate::plan::{LIKE_SOURCE, NamedNetwork, Network};
use crate::procedure::Procedure;
use crate::run::Run;
use crate::tags::tag;

/// The fields that A2's launch template must have; the one that DRS creates has none of them (drs-facts §5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchSpec {
    /// The subnet of A4.
    pub subnet: SubnetId,
    /// The security groups of A4.
    pub security_groups: Vec<SecurityGroupId>,
    /// The instance profile of A4, by name or ARN.
    pub profile: String,
    /// The instance type of A4.
    pub instance_type: String,
}

impl LaunchSpec {
    /// Returns the specification of a server's A4. A1 is needed where the plan says `like-source`. Where A1 no longer shows
    /// what is to be copied, A2's launch template as it is [stands in](stand_in) for it.
    ///
    /// # Errors
    /// `NotReady` when neither shows what is to be copied; `InvalidPlan` for a drill without a network.
    pub fn of(
        run: &Run,
        server: &Server,
        a1: Option<&Instance>,
        stand_in: Option<&LaunchTemplateVersion>,
    ) -> Result<Self> {
        let plan = &run.plan.launch;
        let (subnet, security_groups) = match (network(run)?, a1.and_then(network_of)) {
            (Some(named), _) => (named.subnet_id.clone(), named.security_group_ids.clone()),
            (None, Some(of_a1)) => of_a1,
            (None, None) => {
                let template = stand_in.ok_or_else(|| not_ready(server, &lacks("subnet", "network")))?;
                let subnet =
                    template.subnet.clone().ok_or_else(|| not_ready(server, &lacks("subnet", "network")))?;
                (subnet, template.security_groups.clone())
            }
        };
        let of_a1 = a1.and_then(|a1| a1.profile_arn.as_ref());
        let prepared = stand_in.and_then(|template| template.profile.as_ref());
        let profile = match (plan.instance_profile.as_str(), of_a1.or(prepared)) {
            (LIKE_SOURCE, Some(profile)) => profile.clone(),
            (LIKE_SOURCE, None) => {
                return Err(not_ready(server, &lacks("instance profile", "instanceProfile")));
            }
            (name, _) => name.to_owned(),
        };
        let prepared = stand_in.and_then(|template| template.instance_type.as_ref());
        let instance_type = match (plan.instance_type.as_str(), a1.map(|a1| &a1.instance_type).or(prepared)) {
            (LIKE_SOURCE, Some(like)) => like.clone(),
            (LIKE_SOURCE, None) => return Err(not_ready(server, &lacks("instance type", "instanceType"))),
            (name, _) => name.to_owned(),
        };
        Ok(Self { subnet, security_groups, profile, instance_type })
    }

    /// Returns true when the launch template has the same values.
    pub fn is_met_by(&self, template: &LaunchTemplateVersion) -> bool {
        template.subnet.as_ref() == Some(&self.subnet)
            && sorted(&template.security_groups) == sorted(&self.security_groups)
            && template.profile.as_ref() == Some(&self.profile)
            && template.instance_type.as_ref() == Some(&self.instance_type)
    }
}

/// Returns the network of an instance. EC2 shows none of one that was terminated.
fn network_of(a1: &Instance) -> Option<(SubnetId, Vec<SecurityGroupId>)> {
    Some((a1.subnet.clone()?, a1.security_groups.clone()))
}

/// Returns A2's launch template where it may stand in for an A1 that is gone. DRS creates it without network and profile, so
/// that a run or a person has given it these, and a person is asked before clients use what it launches. That of a drill,
/// whose network production cannot reach, may not.
pub fn stand_in<'t>(
    run: &Run,
    a2: &SourceServer,
    template: &'t LaunchTemplateVersion,
) -> Option<&'t LaunchTemplateVersion> {
    let isolated = run.plan.drill.network.as_ref().map(|network| &network.subnet_id);
    let is_of_a_drill = tag_of_cycle(a2, tag::PROCEDURE) == Some(Procedure::Drill.as_str())
        || template.subnet.as_ref() == isolated;
    let is_prepared =
        template.subnet.is_some() && !template.security_groups.is_empty() && template.profile.is_some();
    let is_asked = run.procedure == Procedure::Failback && run.plan.gates.before_redirect.is_some();
    (is_prepared && !is_of_a_drill && is_asked).then_some(template)
}

fn sorted(ids: &[SecurityGroupId]) -> Vec<SecurityGroupId> {
    let mut ids = ids.to_vec();
    ids.sort();
    ids
}

fn lacks(part: &str, field: &str) -> Fact {
    fact::a1_shows_no(part, field)
}

fn not_ready(server: &Server, fact: &Fact) -> Error {
    Error::from(fault::a1_lacks(&server.name, fact))
}

/// Returns what A1 does not show of what the plan copies from it.
pub fn lacking(run: &Run, a1: Option<&Instance>) -> Vec<Fact> {
    let plan = &run.plan.launch;
    let copies_network = run.procedure == Procedure::Failback && plan.network == Network::LikeSource;
    let mut facts = Vec::new();
    if copies_network && a1.is_none_or(|a1| a1.subnet.is_none()) {
        facts.push(lacks("subnet", "network"));
    }
    if plan.instance_profile == LIKE_SOURCE && a1.is_none_or(|a1| a1.profile_arn.is_none()) {
        facts.push(lacks("instance profile", "instanceProfile"));
    }
    if plan.instance_type == LIKE_SOURCE && a1.is_none() {
        facts.push(lacks("instance type", "instanceType"));
    }
    facts
}

/// Returns the network that the plan names, `None` for A1's. A drill always has a named one.
fn network(run: &Run) -> Result<Option<&NamedNetwork>> {
    match (run.procedure, &run.plan.drill.network, &run.plan.launch.network) {
        (Procedure::Drill, Some(isolated), _) => Ok(Some(isolated)),
        (Procedure::Drill, None, _) => {
            Err(Error::from(fault::drill_has_no_network(fact::drill_has_no_network())))
        }
        (Procedure::Failback, _, Network::Named(named)) => Ok(Some(named)),
        (Procedure::Failback, _, Network::LikeSource) => Ok(None),
    }
}

/// Returns true when the plan needs A1 to be readable.
pub fn needs_a1(run: &Run) -> bool {
    let plan = &run.plan.launch;
    let network = run.procedure == Procedure::Failback && plan.network == Network::LikeSource;
    network || plan.instance_profile == LIKE_SOURCE || plan.instance_type == LIKE_SOURCE
}

/// Returns true when DRS neither overrides the launch template nor copies an address that A1 still has.
pub fn is_configured(configuration: &LaunchConfiguration) -> bool {
    configuration.right_sizing == RightSizing::None && !configuration.copy_private_ip && configuration.starts
}
