//! What DRS does with the rights of its caller: the dependent actions of the Service Authorization Reference, on the
//! resources and under the condition keys that AWS's own policy AWSElasticDisasterRecoveryConsoleFullAccess gives
//! them (drs-facts §8.1, §8.2).

use super::MANAGED;

/// Something that DRS does as its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// A launch job begins: it looks around.
    LaunchBegins,
    /// A server's snapshot is taken.
    Snapshot,
    /// A server's disks are converted.
    Conversion,
    /// A server's instance is launched.
    Launch,
    /// A server is launched into an instance that exists.
    LaunchInto,
    /// An instance is terminated: by a terminate job, or because its server is launched anew.
    Termination,
    /// A terminate job begins.
    TerminateBegins,
    /// Replication is reversed.
    Reversal,
    /// A launch configuration is changed.
    LaunchConfiguration,
}

/// What an action is done to.
#[derive(Debug, Clone, Copy)]
pub(super) enum To {
    Everything,
    /// The source server, or for a reversal the recovery instance.
    Drs,
    /// The instance that is launched into, or terminated.
    Instance,
    /// The server's launch template.
    LaunchTemplate,
    /// Subnet and security groups of the launch template.
    Subnet,
    SecurityGroups,
    /// Something of EC2 that has no id here.
    Any(&'static str),
    /// The key of the volumes.
    Key,
    /// A service role of DRS.
    ServiceRole(&'static str),
    /// The role of the instance profile in the launch template.
    ProfileRole,
}

/// Which condition keys come with it.
#[derive(Debug, Clone, Copy)]
pub(super) enum With {
    /// None, or for resources that exist here their own tags.
    Nothing,
    /// The resource was made by DRS.
    Managed,
    /// The request makes it, and tags it as made by DRS.
    Managing,
    /// Tags set by the action that made the resource.
    CreatedBy(&'static str),
    /// A role is handed to EC2.
    PassedToEc2,
}

pub(super) type Row = (&'static str, To, With);

const LOOKS: &[&str] = &[
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

const SNAPSHOT: &[Row] = &[
    ("drs:ListTagsForResource", To::Drs, With::Nothing),
    ("ec2:CreateSnapshot", To::Any("volume"), With::Managed),
    ("ec2:CreateSnapshot", To::Any("snapshot"), With::Managing),
    ("ec2:CreateTags", To::Any("snapshot"), With::CreatedBy("CreateSnapshot")),
];

const CONVERSION: &[Row] = &[
    ("ec2:CreateSecurityGroup", To::Any("vpc"), With::Nothing),
    ("ec2:CreateSecurityGroup", To::Any("security-group"), With::Managing),
    ("ec2:CreateTags", To::Any("security-group"), With::CreatedBy("CreateSecurityGroup")),
    ("ec2:AuthorizeSecurityGroupIngress", To::Any("security-group"), With::Managed),
    ("ec2:AuthorizeSecurityGroupEgress", To::Any("security-group"), With::Managed),
    ("ec2:RevokeSecurityGroupEgress", To::Any("security-group"), With::Managed),
    ("ec2:CreateVolume", To::Any("snapshot"), With::Managed),
    ("ec2:CreateVolume", To::Any("volume"), With::Managing),
    ("ec2:CreateTags", To::Any("volume"), With::CreatedBy("CreateVolume")),
    ("ec2:RunInstances", To::Any("instance"), With::Managing),
    ("ec2:RunInstances", To::Any("image"), With::Nothing),
    ("ec2:RunInstances", To::Any("subnet"), With::Nothing),
    ("ec2:RunInstances", To::Any("security-group"), With::Nothing),
    ("ec2:RunInstances", To::Any("network-interface"), With::Nothing),
    ("ec2:RunInstances", To::Any("volume"), With::Nothing),
    ("ec2:CreateTags", To::Any("instance"), With::CreatedBy("RunInstances")),
    ("iam:PassRole", To::ServiceRole("AWSElasticDisasterRecoveryConversionServerRole"), With::PassedToEc2),
    ("ec2:AttachVolume", To::Any("instance"), With::Managed),
    ("ec2:AttachVolume", To::Any("volume"), With::Managed),
    ("ec2:DetachVolume", To::Any("instance"), With::Managed),
    ("ec2:DetachVolume", To::Any("volume"), With::Managed),
    ("ec2:StopInstances", To::Any("instance"), With::Managed),
    ("ec2:TerminateInstances", To::Any("instance"), With::Managed),
    ("ec2:DeleteVolume", To::Any("volume"), With::Managed),
    ("ec2:DeleteSnapshot", To::Any("snapshot"), With::Managed),
];

const LAUNCH: &[Row] = &[
    ("ec2:CreateLaunchTemplate", To::Any("launch-template"), With::Managing),
    ("ec2:CreateTags", To::Any("launch-template"), With::CreatedBy("CreateLaunchTemplate")),
    ("ec2:CreateLaunchTemplateVersion", To::LaunchTemplate, With::Nothing),
    ("ec2:ModifyLaunchTemplate", To::LaunchTemplate, With::Nothing),
    ("ec2:DeleteLaunchTemplateVersions", To::LaunchTemplate, With::Nothing),
    ("ec2:RunInstances", To::Any("instance"), With::Managing),
    ("ec2:RunInstances", To::Any("image"), With::Nothing),
    ("ec2:RunInstances", To::Subnet, With::Nothing),
    ("ec2:RunInstances", To::SecurityGroups, With::Nothing),
    ("ec2:RunInstances", To::Any("network-interface"), With::Nothing),
    ("ec2:RunInstances", To::Any("volume"), With::Nothing),
    ("ec2:RunInstances", To::LaunchTemplate, With::Nothing),
    ("ec2:CreateTags", To::Any("instance"), With::CreatedBy("RunInstances")),
    ("ec2:CreateTags", To::Any("volume"), With::CreatedBy("RunInstances")),
    ("iam:PassRole", To::ProfileRole, With::PassedToEc2),
    ("ec2:StopInstances", To::Any("instance"), With::Managed),
    ("ec2:ModifyInstanceAttribute", To::Any("instance"), With::Managed),
    ("ec2:DetachVolume", To::Any("instance"), With::Managed),
    ("ec2:DetachVolume", To::Any("volume"), With::Nothing),
    ("ec2:AttachVolume", To::Any("instance"), With::Managed),
    ("ec2:AttachVolume", To::Any("volume"), With::Managed),
    ("ec2:DeleteVolume", To::Any("volume"), With::Managed),
    ("ec2:StartInstances", To::Any("instance"), With::Managed),
    ("ec2:GetConsoleOutput", To::Any("instance"), With::Managed),
    ("ec2:GetConsoleScreenshot", To::Any("instance"), With::Managed),
    ("drs:CreateRecoveryInstanceForDrs", To::Drs, With::Nothing),
];

const LAUNCH_INTO: &[Row] = &[
    ("ec2:DetachVolume", To::Instance, With::Nothing),
    ("ec2:DetachVolume", To::Any("volume"), With::Nothing),
    ("ec2:AttachVolume", To::Instance, With::Nothing),
    ("ec2:AttachVolume", To::Any("volume"), With::Managed),
    ("ec2:StartInstances", To::Instance, With::Nothing),
    ("ec2:GetConsoleOutput", To::Instance, With::Nothing),
    ("ec2:GetConsoleScreenshot", To::Instance, With::Nothing),
    ("drs:CreateRecoveryInstanceForDrs", To::Drs, With::Nothing),
];

const TERMINATION: &[Row] = &[
    ("ec2:TerminateInstances", To::Instance, With::Nothing),
    ("ec2:DeleteVolume", To::Any("volume"), With::Managed),
];

const TERMINATE_BEGINS: &[Row] = &[
    ("drs:DescribeSourceServers", To::Everything, With::Nothing),
    ("ec2:DescribeInstances", To::Everything, With::Nothing),
    ("ec2:DescribeVolumes", To::Everything, With::Nothing),
];

const REVERSAL: &[Row] = &[
    ("drs:ListTagsForResource", To::Drs, With::Nothing),
    ("drs:DescribeReplicationConfigurationTemplates", To::Everything, With::Nothing),
    ("drs:DescribeSourceServers", To::Everything, With::Nothing),
    ("ec2:DescribeInstances", To::Everything, With::Nothing),
];

const LAUNCH_CONFIGURATION: &[Row] = &[("ec2:DescribeInstances", To::Everything, With::Nothing)];

/// What DRS does at a stage.
pub(super) fn rows(stage: Stage) -> Vec<Row> {
    let looks = |action: &&'static str| (*action, To::Everything, With::Nothing);
    let rows = match stage {
        Stage::LaunchBegins => {
            let key = ("kms:DescribeKey", To::Key, With::Nothing);
            return LOOKS.iter().map(looks).chain([key]).collect();
        }
        Stage::Snapshot => SNAPSHOT,
        Stage::Conversion => CONVERSION,
        Stage::Launch => LAUNCH,
        Stage::LaunchInto => LAUNCH_INTO,
        Stage::Termination => TERMINATION,
        Stage::TerminateBegins => TERMINATE_BEGINS,
        Stage::Reversal => REVERSAL,
        Stage::LaunchConfiguration => LAUNCH_CONFIGURATION,
    };
    rows.to_vec()
}

/// The condition keys of a row.
pub(super) fn keys(with: With) -> Vec<(String, Vec<String>)> {
    let managed = || vec!["drs.amazonaws.com".to_owned()];
    let one = |key: String, value: Vec<String>| vec![(key, value)];
    match with {
        With::Nothing => Vec::new(),
        With::Managed => one(format!("aws:ResourceTag/{MANAGED}"), managed()),
        With::Managing => one(format!("aws:RequestTag/{MANAGED}"), managed()),
        With::CreatedBy(action) => one("ec2:CreateAction".to_owned(), vec![action.to_owned()]),
        With::PassedToEc2 => one("iam:PassedToService".to_owned(), vec!["ec2.amazonaws.com".to_owned()]),
    }
}
