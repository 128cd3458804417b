//! A2's launch settings as they are before the step changes them.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use failback_core::cloud::{LaunchConfiguration, LaunchTemplateVersion, RightSizing};
use failback_core::id::SourceServerId;
use failback_core::launch_spec::{LaunchSpec, is_configured};
use serde_json::{Value, json};

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

    /// Returns a fingerprint of what the step changes, in hexadecimal: a state machine passes numbers on as floating
    /// point.
    pub(crate) fn fingerprint(&self) -> String {
        let LaunchConfiguration { copy_private_ip, starts, .. } = self.configuration;
        let mut hasher = DefaultHasher::new();
        (&self.a2, self.right_sizing(), copy_private_ip, starts, self.template.version).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
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
