//! Why a launch failed, and what helps: launching again is no cure for a quota or a missing permission.
//!
//! The words are EC2's: codes of `RunInstances` in DRS's job log, and `stateReason` of an instance that EC2 terminated as
//! soon as it was launched ([API][reason], [troubleshooting][trouble]).
//!
//! [reason]: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html
//! [trouble]: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html

/// What helps against a failed launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cure {
    /// To launch again.
    Launch,
    /// To launch again later; what a person can do at once.
    Later(&'static str),
    /// What a person must do first.
    Person(&'static str),
}

/// The time after which a launch that lacked capacity is tried again.
pub const LATER_SECONDS: u64 = 600;

const CAPACITY: Cure = Cure::Later(
    "EC2 has no capacity for this instance type in the subnet's Availability Zone now. Name another type or subnet in \
     $.launch, or a capacity reservation in A2's launch template",
);
const ADDRESSES: Cure = Cure::Person("Free addresses in the subnet, or name another one in $.launch");
const QUOTA: Cure =
    Cure::Person("Have the quota of EC2 or EBS raised in the source Region, or free what is not used");
const KEY: Cure = Cure::Person(
    "Mostly the caller may not use the KMS key of the volumes: name it in VolumeKeyArns of the stack, and allow it in the \
     key's policy",
);
const PERMISSION: Cure = Cure::Person(
    "Grant the permission to the role of the function that launched it, and look for policies that deny it",
);
const TEMPLATE: Cure = Cure::Person("Correct what A2's launch template names, or what $.launch does");

/// The words of a cause, and what helps.
const CURES: &[(&str, Cure)] = &[
    ("InsufficientInstanceCapacity", CAPACITY),
    ("InsufficientHostCapacity", CAPACITY),
    ("InsufficientCapacity", CAPACITY),
    ("InsufficientFreeAddressesInSubnet", ADDRESSES),
    ("VcpuLimitExceeded", QUOTA),
    ("InstanceLimitExceeded", QUOTA),
    ("VolumeLimitExceeded", QUOTA),
    ("MaxIOPSLimitExceeded", QUOTA),
    ("VolumeIOPSLimit", QUOTA),
    ("Client.InternalError", KEY),
    ("KMS", KEY),
    ("UnauthorizedOperation", PERMISSION),
    ("AccessDenied", PERMISSION),
    ("not authorized", PERMISSION),
    ("InvalidSubnetID", TEMPLATE),
    ("InvalidGroup", TEMPLATE),
    ("InvalidParameter", TEMPLATE),
    ("Unsupported", TEMPLATE),
];

/// Returns what helps against this cause. One that nobody knows may pass with another launch.
pub fn cure(cause: &str) -> Cure {
    CURES.iter().find(|(words, _)| cause.contains(words)).map_or(Cure::Launch, |(_, cure)| *cure)
}

impl Cure {
    /// Returns what a person can do.
    pub fn remedy(self) -> Option<&'static str> {
        match self {
            Self::Launch => None,
            Self::Later(remedy) | Self::Person(remedy) => Some(remedy),
        }
    }

    /// Returns true when launching again cannot help, so that it is not tried.
    pub fn is_persons(self) -> bool {
        matches!(self, Self::Person(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_launch_can_cure_is_launched_again() {
        for cause in ["Server.InternalError: Internal error on launch", "User initiated shutdown", ""] {
            assert_eq!(cure(cause), Cure::Launch, "{cause}");
        }
        let capacity = "An error occurred while launching the instance: InsufficientInstanceCapacity";
        assert!(matches!(cure(capacity), Cure::Later(_)));
        for cause in [
            "Client.VolumeLimitExceeded: Volume limit exceeded",
            "Client.InternalError: Client error on launch",
            "You are not authorized to perform this operation",
        ] {
            assert!(cure(cause).is_persons() && cure(cause).remedy().is_some(), "{cause}");
        }
    }
}
