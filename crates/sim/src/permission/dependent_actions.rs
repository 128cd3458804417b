//! The actions that DRS does with the permissions of its caller: the dependent actions of the Service Authorization
//! Reference, on the resources and under the condition keys that AWS's own policy
//! AWSElasticDisasterRecoveryConsoleFullAccess gives them (drs-facts §8.1, §8.2).

use super::log::RequestContext;
use crate::drs_tags::MANAGED;

/// The purpose of a set of dependent actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Start of a launch job, which describes the existing resources.
    StartLaunchJob,
    /// Snapshot of a server's disks.
    Snapshot,
    /// Conversion of a server's disks.
    Conversion,
    /// Launch of a server's instance.
    Launch,
    /// Launch of a server into an instance that exists.
    LaunchInto,
    /// Post-launch actions, in the instance that was launched.
    PostLaunch,
    /// Termination of an instance, by a terminate job or before its server is launched again.
    Termination,
    /// Start of a terminate job.
    StartTerminateJob,
    /// Reversal of replication.
    Reversal,
    /// Change of a launch configuration.
    LaunchConfiguration,
}

/// The resource of a dependent action.
#[derive(Debug, Clone, Copy)]
pub(super) enum Resource {
    /// `*`: the action has no resource level.
    All,
    /// Source server, or for a reversal the recovery instance.
    Drs,
    /// Recovery instance that a launch makes.
    NewRecoveryInstance,
    /// Instance that is launched into, or terminated.
    Instance,
    /// Launch template of the server.
    LaunchTemplate,
    /// Subnet in the launch template.
    Subnet,
    /// Security groups in the launch template, each a request of its own.
    SecurityGroups,
    /// Any EC2 resource of a type. What DRS creates for its own use has no id here.
    Any(&'static str),
    /// Resource of Systems Manager, of AWS itself when it is named without an account.
    Ssm(&'static str, Owner),
    /// KMS key of the volumes.
    Key,
    /// Service role of DRS.
    ServiceRole(&'static str),
    /// Role of the instance profile in the launch template.
    ProfileRole,
}

/// Who owns a resource of Systems Manager.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owner {
    /// AWS: its ARN has no account.
    Aws,
    /// The account.
    Account,
}

/// The condition keys of a dependent action.
#[derive(Debug, Clone, Copy)]
pub(super) enum Condition {
    /// No keys but the tags of the resource, where it exists here.
    None,
    /// The tag of a resource that DRS created.
    ManagedResource,
    /// The tag that the request gives to a resource that it creates.
    ManagedRequest,
    /// The action that created the resource and now tags it.
    CreateAction(&'static str),
    /// CreateRecoveryInstanceForDrs, which created the recovery instance and now tags it.
    CreatedRecoveryInstance,
    /// EC2 as the service that a role is passed to.
    PassedToEc2,
}

pub(super) type DependentAction = (&'static str, Resource, Condition);

const DESCRIBES: &[&str] = &[
    "ec2:DescribeAccountAttributes",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeCapacityReservations",
    "ec2:DescribeHosts",
    "ec2:DescribeImages",
    "ec2:DescribeInstanceAttribute",
    "ec2:DescribeInstanceStatus",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstances",
    "ec2:DescribeKeyPairs",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:DescribeLaunchTemplates",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSnapshots",
    "ec2:DescribeSubnets",
    "ec2:DescribeVolumes",
    "ec2:GetEbsDefaultKmsKeyId",
    "ec2:GetEbsEncryptionByDefault",
    "iam:ListInstanceProfiles",
    "iam:ListRoles",
    "kms:ListAliases",
];

const SNAPSHOT: &[DependentAction] = &[
    ("drs:ListTagsForResource", Resource::All, Condition::None),
    ("ec2:CreateSnapshot", Resource::Any("volume"), Condition::ManagedResource),
    ("ec2:CreateSnapshot", Resource::Any("snapshot"), Condition::ManagedRequest),
    ("ec2:CreateTags", Resource::Any("snapshot"), Condition::CreateAction("CreateSnapshot")),
];

const CONVERSION: &[DependentAction] = &[
    ("ec2:CreateSecurityGroup", Resource::Any("vpc"), Condition::None),
    ("ec2:CreateSecurityGroup", Resource::Any("security-group"), Condition::ManagedRequest),
    ("ec2:CreateTags", Resource::Any("security-group"), Condition::CreateAction("CreateSecurityGroup")),
    ("ec2:AuthorizeSecurityGroupIngress", Resource::Any("security-group"), Condition::ManagedResource),
    ("ec2:AuthorizeSecurityGroupEgress", Resource::Any("security-group"), Condition::ManagedResource),
    ("ec2:RevokeSecurityGroupEgress", Resource::Any("security-group"), Condition::ManagedResource),
    ("ec2:CreateVolume", Resource::Any("snapshot"), Condition::ManagedResource),
    ("ec2:CreateVolume", Resource::Any("volume"), Condition::ManagedRequest),
    ("ec2:CreateTags", Resource::Any("volume"), Condition::CreateAction("CreateVolume")),
    ("ec2:RunInstances", Resource::Any("instance"), Condition::ManagedRequest),
    ("ec2:RunInstances", Resource::Any("image"), Condition::None),
    ("ec2:RunInstances", Resource::Any("subnet"), Condition::None),
    ("ec2:RunInstances", Resource::Any("security-group"), Condition::None),
    ("ec2:RunInstances", Resource::Any("network-interface"), Condition::None),
    ("ec2:RunInstances", Resource::Any("volume"), Condition::None),
    ("ec2:CreateTags", Resource::Any("instance"), Condition::CreateAction("RunInstances")),
    (
        "iam:PassRole",
        Resource::ServiceRole("AWSElasticDisasterRecoveryConversionServerRole"),
        Condition::PassedToEc2,
    ),
    ("ec2:AttachVolume", Resource::Any("instance"), Condition::ManagedResource),
    ("ec2:AttachVolume", Resource::Any("volume"), Condition::ManagedResource),
    ("ec2:DetachVolume", Resource::Any("instance"), Condition::ManagedResource),
    ("ec2:DetachVolume", Resource::Any("volume"), Condition::ManagedResource),
    ("ec2:StopInstances", Resource::Any("instance"), Condition::ManagedResource),
    ("ec2:TerminateInstances", Resource::Any("instance"), Condition::ManagedResource),
    ("ec2:DeleteVolume", Resource::Any("volume"), Condition::ManagedResource),
    ("ec2:DeleteSnapshot", Resource::Any("snapshot"), Condition::ManagedResource),
];

const LAUNCH: &[DependentAction] = &[
    ("ec2:CreateLaunchTemplate", Resource::Any("launch-template"), Condition::ManagedRequest),
    ("ec2:CreateTags", Resource::Any("launch-template"), Condition::CreateAction("CreateLaunchTemplate")),
    ("ec2:CreateLaunchTemplateVersion", Resource::LaunchTemplate, Condition::None),
    ("ec2:ModifyLaunchTemplate", Resource::LaunchTemplate, Condition::None),
    ("ec2:DeleteLaunchTemplateVersions", Resource::LaunchTemplate, Condition::None),
    ("ec2:RunInstances", Resource::Any("instance"), Condition::ManagedRequest),
    ("ec2:RunInstances", Resource::Any("image"), Condition::None),
    ("ec2:RunInstances", Resource::Subnet, Condition::None),
    ("ec2:RunInstances", Resource::SecurityGroups, Condition::None),
    ("ec2:RunInstances", Resource::Any("network-interface"), Condition::None),
    ("ec2:RunInstances", Resource::Any("volume"), Condition::None),
    ("ec2:RunInstances", Resource::LaunchTemplate, Condition::None),
    ("ec2:CreateTags", Resource::Any("instance"), Condition::CreateAction("RunInstances")),
    ("ec2:CreateTags", Resource::Any("volume"), Condition::CreateAction("RunInstances")),
    // A template may tag the network interfaces that it makes.
    ("ec2:CreateTags", Resource::Any("network-interface"), Condition::CreateAction("RunInstances")),
    // By AWS's policy of 2026 DRS may make network interfaces of their own, and launch through a fleet.
    ("ec2:CreateNetworkInterface", Resource::Any("network-interface"), Condition::ManagedRequest),
    ("ec2:CreateNetworkInterface", Resource::Subnet, Condition::None),
    ("ec2:CreateNetworkInterface", Resource::SecurityGroups, Condition::None),
    ("ec2:CreateTags", Resource::Any("network-interface"), Condition::CreateAction("CreateNetworkInterface")),
    ("ec2:CreateNetworkInterfacePermission", Resource::Any("network-interface"), Condition::ManagedResource),
    ("ec2:GetInstanceTypesFromInstanceRequirements", Resource::All, Condition::None),
    ("ec2:CreateFleet", Resource::Any("fleet"), Condition::None),
    ("ec2:CreateFleet", Resource::Any("image"), Condition::None),
    ("ec2:CreateFleet", Resource::Any("instance"), Condition::None),
    ("ec2:CreateFleet", Resource::Any("volume"), Condition::None),
    ("ec2:CreateFleet", Resource::LaunchTemplate, Condition::None),
    ("ec2:CreateFleet", Resource::Subnet, Condition::None),
    ("ec2:CreateTags", Resource::Any("instance"), Condition::CreateAction("CreateFleet")),
    ("ec2:CreateTags", Resource::Any("volume"), Condition::CreateAction("CreateFleet")),
    ("iam:PassRole", Resource::ProfileRole, Condition::PassedToEc2),
    // Of servers that were recovered with the profile that DRS makes.
    (
        "iam:PassRole",
        Resource::ServiceRole("AWSElasticDisasterRecoveryRecoveryInstanceRole"),
        Condition::PassedToEc2,
    ),
    ("ec2:StopInstances", Resource::Any("instance"), Condition::ManagedResource),
    ("ec2:ModifyInstanceAttribute", Resource::Any("instance"), Condition::ManagedResource),
    ("ec2:DetachVolume", Resource::Any("instance"), Condition::ManagedResource),
    ("ec2:DetachVolume", Resource::Any("volume"), Condition::None),
    ("ec2:AttachVolume", Resource::Any("instance"), Condition::ManagedResource),
    ("ec2:AttachVolume", Resource::Any("volume"), Condition::ManagedResource),
    ("ec2:DeleteVolume", Resource::Any("volume"), Condition::ManagedResource),
    ("ec2:StartInstances", Resource::Any("instance"), Condition::ManagedResource),
    ("ec2:GetConsoleOutput", Resource::Any("instance"), Condition::ManagedResource),
    ("ec2:GetConsoleScreenshot", Resource::Any("instance"), Condition::ManagedResource),
    ("drs:CreateRecoveryInstanceForDrs", Resource::Drs, Condition::None),
    ("drs:TagResource", Resource::NewRecoveryInstance, Condition::CreatedRecoveryInstance),
];

const LAUNCH_INTO: &[DependentAction] = &[
    ("ec2:DetachVolume", Resource::Instance, Condition::None),
    ("ec2:DetachVolume", Resource::Any("volume"), Condition::None),
    ("ec2:AttachVolume", Resource::Instance, Condition::None),
    ("ec2:AttachVolume", Resource::Any("volume"), Condition::ManagedResource),
    ("ec2:StartInstances", Resource::Instance, Condition::None),
    ("ec2:GetConsoleOutput", Resource::Instance, Condition::None),
    ("ec2:GetConsoleScreenshot", Resource::Instance, Condition::None),
    ("drs:CreateRecoveryInstanceForDrs", Resource::Drs, Condition::None),
    ("drs:TagResource", Resource::NewRecoveryInstance, Condition::CreatedRecoveryInstance),
];

/// By AWS's policy AWSElasticDisasterRecoveryLaunchActionsPolicy. Actions are documents of AWS or of the account.
const POST_LAUNCH: &[DependentAction] = &[
    ("ssm:DescribeInstanceInformation", Resource::All, Condition::None),
    ("ssm:DescribeParameters", Resource::All, Condition::None),
    (
        "ssm:DescribeDocument",
        Resource::Ssm("document/AWSDisasterRecovery-ValidateNetwork", Owner::Aws),
        Condition::None,
    ),
    (
        "ssm:SendCommand",
        Resource::Ssm("document/AWSDisasterRecovery-ValidateNetwork", Owner::Aws),
        Condition::None,
    ),
    ("ssm:SendCommand", Resource::Ssm("document/smoke-test", Owner::Account), Condition::None),
    ("ssm:SendCommand", Resource::Instance, Condition::None),
    ("ec2:AssociateIamInstanceProfile", Resource::Any("instance"), Condition::ManagedResource),
    (
        "ssm:StartAutomationExecution",
        Resource::Ssm("automation-definition/AWSDisasterRecovery-ValidateNetwork:*", Owner::Aws),
        Condition::None,
    ),
    (
        "ssm:StartAutomationExecution",
        Resource::Ssm("automation-definition/smoke-test:*", Owner::Account),
        Condition::None,
    ),
    (
        "ssm:StartAutomationExecution",
        Resource::Ssm("automation-execution/*", Owner::Account),
        Condition::None,
    ),
    (
        "ssm:GetAutomationExecution",
        Resource::Ssm("automation-execution/*", Owner::Account),
        Condition::ManagedResource,
    ),
    ("ssm:ListCommandInvocations", Resource::All, Condition::None),
    (
        "ssm:GetParameter",
        Resource::Ssm("parameter/ManagedByAWSElasticDisasterRecoveryService-timeout", Owner::Account),
        Condition::None,
    ),
    (
        "ssm:PutParameter",
        Resource::Ssm("parameter/ManagedByAWSElasticDisasterRecoveryService-timeout", Owner::Account),
        Condition::None,
    ),
    (
        "ssm:GetParameters",
        Resource::Ssm("parameter/ManagedByAWSElasticDisasterRecoveryService-timeout", Owner::Account),
        Condition::None,
    ),
    (
        "iam:PassRole",
        Resource::ServiceRole("AWSElasticDisasterRecoveryRecoveryInstanceWithLaunchActionsRole"),
        Condition::PassedToEc2,
    ),
];

const TERMINATION: &[DependentAction] = &[
    ("ec2:TerminateInstances", Resource::Instance, Condition::None),
    ("ec2:DeleteVolume", Resource::Any("volume"), Condition::ManagedResource),
];

const START_TERMINATE_JOB: &[DependentAction] = &[
    ("drs:DescribeSourceServers", Resource::All, Condition::None),
    ("ec2:DescribeInstances", Resource::All, Condition::None),
    ("ec2:DescribeVolumes", Resource::All, Condition::None),
];

const REVERSAL: &[DependentAction] = &[
    ("drs:ListTagsForResource", Resource::All, Condition::None),
    ("drs:DescribeReplicationConfigurationTemplates", Resource::All, Condition::None),
    ("drs:DescribeSourceServers", Resource::All, Condition::None),
    ("ec2:DescribeInstances", Resource::All, Condition::None),
];

const LAUNCH_CONFIGURATION: &[DependentAction] = &[("ec2:DescribeInstances", Resource::All, Condition::None)];

/// Returns the dependent actions of a purpose.
pub(super) fn dependent_actions(purpose: Purpose) -> Vec<DependentAction> {
    let actions = match purpose {
        Purpose::StartLaunchJob => return describe_actions(),
        Purpose::Snapshot => SNAPSHOT,
        Purpose::Conversion => CONVERSION,
        Purpose::Launch => LAUNCH,
        Purpose::LaunchInto => LAUNCH_INTO,
        Purpose::PostLaunch => POST_LAUNCH,
        Purpose::Termination => TERMINATION,
        Purpose::StartTerminateJob => START_TERMINATE_JOB,
        Purpose::Reversal => REVERSAL,
        Purpose::LaunchConfiguration => LAUNCH_CONFIGURATION,
    };
    actions.to_vec()
}

fn describe_actions() -> Vec<DependentAction> {
    let mut actions: Vec<DependentAction> =
        DESCRIBES.iter().map(|action| (*action, Resource::All, Condition::None)).collect();
    actions.push(("kms:DescribeKey", Resource::Key, Condition::None));
    actions
}

/// Returns the condition keys of a dependent action.
pub(super) fn condition_keys(condition: Condition) -> RequestContext {
    let (key, value) = match condition {
        Condition::None => return RequestContext::new(),
        Condition::ManagedResource => (format!("aws:ResourceTag/{}", MANAGED.0), MANAGED.1),
        Condition::ManagedRequest => (format!("aws:RequestTag/{}", MANAGED.0), MANAGED.1),
        Condition::CreateAction(action) => ("ec2:CreateAction".to_owned(), action),
        Condition::CreatedRecoveryInstance => {
            return RequestContext::from([
                ("drs:CreateAction".to_owned(), vec!["CreateRecoveryInstanceForDrs".to_owned()]),
                // A recovery instance has the tags of its source server.
                ("aws:TagKeys".to_owned(), vec!["Name".to_owned()]),
            ]);
        }
        Condition::PassedToEc2 => ("iam:PassedToService".to_owned(), "ec2.amazonaws.com"),
    };
    RequestContext::from([(key, vec![value.to_owned()])])
}
