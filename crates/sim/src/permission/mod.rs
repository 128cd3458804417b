//! What IAM is asked: for every call, and for everything that DRS does with the rights of whoever called it
//! (drs-facts §8).

mod direct;
mod forwarded;
mod rows;

use std::collections::BTreeMap;

use failback_core::cloud::Tags;
use failback_core::id::JobId;
use failback_core::region::Region;

pub(crate) use forwarded::About;
pub(crate) use rows::Stage;

/// The tag of everything that DRS makes.
const MANAGED: &str = "AWSElasticDisasterRecoveryManaged";

/// Condition keys and their values.
pub type Context = BTreeMap<String, Vec<String>>;

/// One question to IAM: may this action be done to this resource?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// When.
    pub at_ms: i64,
    /// The execution in whose name it is asked.
    pub actor: Option<String>,
    /// The step that made the call.
    pub step: Option<String>,
    /// Such as `drs:StartRecovery`.
    pub action: &'static str,
    /// ARN of the resource, or `*` where the action has no resource level. What DRS makes and has no id here, its
    /// volumes and snapshots above all, is written as `volume/*`.
    pub resource: String,
    /// The Region that is asked; services without one have none.
    pub region: Option<Region>,
    /// True when DRS asks with the caller's rights, not the caller itself.
    pub via_drs: bool,
    /// The other condition keys: tags of the resource and of the request, and the like.
    pub context: Context,
}

impl Permission {
    /// All condition keys that the question comes with.
    pub fn conditions(&self) -> Context {
        let mut all = self.context.clone();
        all.insert("aws:ViaAWSService".to_owned(), vec![self.via_drs.to_string()]);
        if let Some(region) = self.region {
            all.insert("aws:RequestedRegion".to_owned(), vec![region.to_string()]);
        }
        if self.via_drs {
            all.insert("aws:CalledVia".to_owned(), vec!["drs.amazonaws.com".to_owned()]);
        }
        all
    }
}

/// Who asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Asker {
    actor: Option<String>,
    step: Option<String>,
}

/// An action and what it is to be done to.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    action: &'static str,
    resource: String,
    region: Option<Region>,
    context: Context,
}

/// Every question so far.
#[derive(Debug, Default)]
pub(crate) struct Log {
    asked: Vec<Permission>,
    /// Who began a job: DRS goes on asking in that name while the job runs.
    jobs: BTreeMap<JobId, Asker>,
    /// Condition keys of the request that is being answered.
    request: Context,
}

impl Log {
    /// Every question so far.
    pub(crate) fn asked(&self) -> &[Permission] {
        &self.asked
    }

    /// A request comes with a condition key.
    pub(crate) fn request_has(&mut self, key: impl Into<String>, values: Vec<String>) {
        self.request.insert(key.into(), values);
    }

    /// A request sets tags.
    pub(crate) fn request_tags(&mut self, tags: &Tags) {
        if tags.is_empty() {
            return;
        }
        self.request_has("aws:TagKeys", tags.keys().cloned().collect());
        for (key, value) in tags {
            self.request_has(format!("aws:RequestTag/{key}"), vec![value.clone()]);
        }
    }
}

/// The condition keys that stand for a resource's tags.
fn resource_tags(tags: &Tags) -> Context {
    tags.iter().map(|(key, value)| (format!("aws:ResourceTag/{key}"), vec![value.clone()])).collect()
}
