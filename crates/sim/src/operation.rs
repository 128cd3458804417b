//! The operations of AWS that the world accepts.

/// Reading or writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reads only.
    Read,
    /// Can change an object.
    Write,
}

/// An operation of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// IAM's name with the service, such as `drs:StartRecovery`.
    pub name: &'static str,
    /// Reading or writing.
    pub kind: Access,
}

impl Operation {
    /// Finds an operation by its name, with or without the service.
    pub fn find(name: &str) -> Option<Self> {
        OPERATIONS.iter().copied().find(|op| op.name == name || op.action() == name)
    }

    /// Returns the service, such as `drs`.
    pub fn service(self) -> &'static str {
        self.name.split_once(':').map_or("", |(service, _)| service)
    }

    /// Returns the name without its service, such as `StartRecovery`.
    pub fn action(self) -> &'static str {
        self.name.split_once(':').map_or(self.name, |(_, action)| action)
    }
}

const fn read(name: &'static str) -> Operation {
    Operation { name, kind: Access::Read }
}

const fn write(name: &'static str) -> Operation {
    Operation { name, kind: Access::Write }
}

/// Every operation that [`World::call`](crate::World::call) accepts.
pub const OPERATIONS: &[Operation] = &[
    read("drs:DescribeSourceServers"),
    read("drs:DescribeRecoveryInstances"),
    read("drs:DescribeJobs"),
    read("drs:DescribeJobLogItems"),
    read("drs:DescribeRecoverySnapshots"),
    read("drs:DescribeReplicationConfigurationTemplates"),
    read("drs:DescribeLaunchConfigurationTemplates"),
    read("drs:GetLaunchConfiguration"),
    write("drs:StartRecovery"),
    write("drs:ReverseReplication"),
    write("drs:UpdateLaunchConfiguration"),
    write("drs:StopReplication"),
    write("drs:TerminateRecoveryInstances"),
    write("drs:DeleteRecoveryInstance"),
    write("drs:DisconnectSourceServer"),
    write("drs:DeleteSourceServer"),
    write("drs:TagResource"),
    read("ec2:DescribeInstances"),
    read("ec2:DescribeInstanceStatus"),
    read("ec2:DescribeInstanceAttribute"),
    read("ec2:DescribeSubnets"),
    read("ec2:DescribeLaunchTemplateVersions"),
    write("ec2:CreateLaunchTemplateVersion"),
    write("ec2:ModifyLaunchTemplate"),
    write("ec2:TerminateInstances"),
    read("route53:ListResourceRecordSets"),
    read("route53:GetChange"),
    write("route53:ChangeResourceRecordSets"),
    read("servicequotas:ListServiceQuotas"),
    read("states:ListExecutions"),
    read("states:DescribeExecution"),
    write("s3:PutObject"),
    write("lambda:InvokeFunction"),
    // From here on only people and clients of the wire protocols call: the cloud traits have no methods for these.
    read("drs:ListTagsForResource"),
    read("drs:GetReplicationConfiguration"),
    write("drs:UntagResource"),
    write("drs:StartReplication"),
    write("drs:DisconnectRecoveryInstance"),
    write("drs:InitializeService"),
    write("ec2:StopInstances"),
    write("ec2:StartInstances"),
    read("route53:ListHostedZones"),
    read("route53:GetHostedZone"),
    read("sts:GetCallerIdentity"),
    read("sts:AssumeRole"),
];
