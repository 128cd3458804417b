//! A2's launch settings as they are before the step changes them.

use std::hash::{DefaultHasher, Hash, Hasher as _};

use failback_core::cloud::{LaunchConfiguration, LaunchTemplateVersion, RightSizing};
use failback_core::id::SourceServerId;
use failback_core::launch_spec::{LaunchSpec, is_configured};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A fingerprint of A2's settings: eight hexadecimal digits each for its launch configuration and its launch template. A state
/// machine passes numbers on as floating point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fingerprint(String);

impl Fingerprint {
    fn halves(&self) -> (&str, &str) {
        self.0.split_at_checked(HALF_DIGITS).unwrap_or_default()
    }
}

/// The number of digits of one half of a fingerprint.
const HALF_DIGITS: usize = 8;

fn half(of: &impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    // The upper half of the hash.
    format!("{:08x}", hasher.finish() >> 32)
}

/// The settings that a launch of A2 would use.
pub(crate) struct Present {
    pub(crate) a2: SourceServerId,
    pub(crate) configuration: LaunchConfiguration,
    /// The default version of A2's launch template.
    pub(crate) template: LaunchTemplateVersion,
}

impl Present {
    /// Returns true when DRS overrides nothing in the launch template.
    pub(crate) fn is_configured(&self) -> bool {
        is_configured(&self.configuration)
    }

    /// Returns true when nothing has to be changed.
    pub(crate) fn meets(&self, spec: &LaunchSpec) -> bool {
        self.is_configured() && spec.is_met_by(&self.template)
    }

    /// Returns the fingerprint of what the step changes.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let LaunchConfiguration { copy_private_ip, starts, .. } = self.configuration;
        let configuration = half(&(&self.a2, self.right_sizing(), copy_private_ip, starts));
        let template = half(&(&self.a2, &self.template.template, self.template.version));
        Fingerprint(configuration + &template)
    }

    /// Returns true when the bucket for evidence has all that a change would replace. What is as the plan wants it already,
    /// because a call was interrupted between its two changes, is not replaced.
    pub(crate) fn is_kept(&self, kept: &Fingerprint, spec: &LaunchSpec) -> bool {
        let (kept, present) = (kept.halves(), self.fingerprint());
        (self.is_configured() || kept.0 == present.halves().0)
            && (spec.is_met_by(&self.template) || kept.1 == present.halves().1)
    }

    /// Returns the inputs of `aws drs update-launch-configuration` and `aws ec2 modify-launch-template`, both with
    /// `--cli-input-json`, that put the settings back. EC2 keeps the earlier versions of a launch template, so the number of
    /// the default one is enough.
    pub(crate) fn inputs(&self) -> Value {
        let LaunchConfiguration { copy_private_ip, starts, .. } = self.configuration;
        let mut configuration = json!({
            "sourceServerID": self.a2,
            "copyPrivateIp": copy_private_ip,
            "launchDisposition": if starts { "STARTED" } else { "STOPPED" },
        });
        if let Some(right_sizing) = self.right_sizing() {
            configuration["targetInstanceTypeRightSizingMethod"] = json!(right_sizing);
        }
        let template = &self.template;
        json!({
            "launchConfiguration": configuration,
            "launchTemplate": {
                "LaunchTemplateId": template.template,
                "DefaultVersion": template.version.to_string(),
            },
        })
    }

    /// Returns DRS's word for the right-sizing, unless it is one that this program does not know.
    fn right_sizing(&self) -> Option<&'static str> {
        match self.configuration.right_sizing {
            RightSizing::None => Some("NONE"),
            RightSizing::Basic => Some("BASIC"),
            RightSizing::InAws => Some("IN_AWS"),
            RightSizing::Unknown => None,
        }
    }
}
